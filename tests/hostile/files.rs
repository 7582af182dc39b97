//! The machine: paths that are no files, disks that are full, pipes that nobody reads; and wrong usage.

use std::process::Command;

use super::hostile;
use story_tests::Story;

hostile! {
    a_directory_where_a_token_is_due {
        given: "mkdir folder",
        run: "contract-signer inspect folder",
        exit: 1, says: "folder",
    }
    a_directory_where_a_section_is_due {
        given: "rm workload-provider/workload.yaml; mkdir workload-provider/workload.yaml",
        run: "workload-provider encrypt workload-provider -o new",
        exit: 1, says: "workload.yaml",
    }
    a_directory_where_a_certificate_is_due {
        given: "",
        run: "workload-provider encrypt workload-provider --certificate guest -o new",
        exit: 1, says: "guest",
    }
    a_directory_where_the_output_is_due {
        given: "mkdir new",
        run: "workload-provider encrypt workload-provider -o new",
        exit: 1, says: "new",
    }
    a_file_that_is_not_there {
        given: "",
        run: "contract-signer inspect nowhere",
        exit: 1, says: "nowhere",
    }
    a_folder_that_is_not_there {
        given: "",
        run: "workload-provider encrypt nowhere -o new",
        exit: 1, says: "nowhere",
    }
    an_output_folder_that_is_not_there {
        given: "",
        run: "workload-provider encrypt workload-provider -o nowhere/new",
        exit: 1, says: "nowhere",
    }
    no_permission_to_read {
        given: "chmod 755 . && cp $(command -v contract-signer) tmp && chmod 000 user-data",
        run: "as_nobody tmp/contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 1, says: "user-data",
    }
    no_permission_to_write {
        given: "chmod a+r workload-provider/id_ed25519 && chmod 555 . && cp $(command -v workload-provider) tmp",
        run: "as_nobody tmp/workload-provider encrypt workload-provider -o new; exit=$?; chmod 755 .; exit $exit",
        exit: 1, says: "new",
    }
    an_output_that_is_the_section {
        given: "true",
        run: "workload-provider encrypt workload-provider -o workload-provider/../workload-provider/workload.yaml --force",
        exit: 2, says: "is read by this command",
    }
    an_output_that_is_the_signing_key {
        given: "cp $SIGNING_KEY key.pem",
        run: "contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key key.pem --passphrase-file $PASSPHRASE -o key.pem --force",
        exit: 2, says: "is read by this command",
    }
    one_file_as_handoff_and_token {
        given: "true",
        run: "workload-provider encrypt workload-provider -o one --token workload-provider/../one",
        exit: 2, says: "both handoff and token",
    }
    a_folder_that_can_not_be_synced {
        given: "chmod 755 . && cp $(command -v contract-signer) tmp && mkdir -m 0333 folder && chmod 644 $PASSPHRASE",
        run: "as_nobody tmp/contract-signer keygen -o folder/k.pem --passphrase-file $PASSPHRASE",
        exit: 1, says: "folder",
    }
    an_output_that_exists {
        given: "echo precious > new",
        run: "workload-provider encrypt workload-provider -o new",
        exit: 1, says: "--force",
    }
    a_token_file_that_exists {
        given: "echo precious > precious.token",
        run: "workload-provider encrypt workload-provider -o new --token precious.token",
        exit: 1, says: "precious.token",
    }
    a_key_that_exists {
        given: "echo precious > new.pem",
        run: "contract-signer keygen -o new.pem --passphrase-file $PASSPHRASE",
        exit: 1, says: "new.pem",
    }
    a_public_key_that_exists {
        given: "echo precious > new.pub.pem",
        run: "contract-signer keygen -o new.pem --passphrase-file $PASSPHRASE",
        exit: 1, says: "new.pub.pem",
    }
    user_data_that_exists {
        given: "",
        run: "sign -o user-data",
        exit: 1, says: "--force",
    }
    a_full_disk_behind_stdout {
        given: "",
        run: "workload-provider encrypt workload-provider -o - > /dev/full",
        exit: 1, says: "no space left",
    }
    a_full_disk_behind_json {
        given: "",
        run: "contract-signer inspect user-data --json > /dev/full",
        exit: 1, says: "no space left",
    }
    a_limit_on_file_size {
        given: "head -c 100000 /dev/urandom > workload-provider/play/noise",
        run: "trap '' XFSZ; ulimit -f 2; workload-provider encrypt workload-provider -o new --token new.token",
        exit: 1, says: "file too large",
    }
    a_limit_on_file_size_while_signing {
        given: "",
        run: "trap '' XFSZ; ulimit -f 1; sign -o new",
        exit: 1, says: "file too large",
    }
    an_unknown_flag {
        given: "",
        run: "workload-provider encrypt workload-provider --no-such-flag",
        exit: 2, says: "--no-such-flag",
    }
    an_unknown_platform {
        given: "",
        run: "workload-provider encrypt workload-provider --platform zvse -o new",
        exit: 2, says: "zvse",
    }
    an_unknown_command {
        given: "",
        run: "contract-signer decrypt user-data",
        exit: 2, says: "decrypt",
    }
    a_missing_argument {
        given: "",
        run: "contract-signer verify user-data",
        exit: 2, says: "--signing-key",
    }
    stdin_twice {
        given: "",
        run: "contract-signer sign --workload - --env - $SIGNER -o new < workload.handoff",
        exit: 2, says: "standard input",
    }
}

/// Quiet, as other filters are: the reader left because it had enough.
#[test]
fn a_broken_pipe_is_no_panic() {
    let story = Story::signed();
    let outcome = story
        .sh("{ sleep 0.3; workload-provider encrypt workload-provider -o -; } | true; exit ${PIPESTATUS[0]}");
    assert!([1, 141].contains(&outcome.exit), "{outcome:?}");
    assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
}

/// A disk of 64 kB, for root where mounting is allowed.
#[test]
fn a_full_disk_keeps_no_half_file() {
    let mounts = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !mounts.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no right to mount");
        return;
    }
    let story = Story::new();
    story.does("mkdir small; head -c 200000 /dev/urandom > workload-provider/play/noise");
    let outcome = story.sh("unshare -m bash -c 'mount -t tmpfs -o size=64k tmpfs small
             workload-provider encrypt workload-provider -o small/new; code=$?; ls -A small; exit $code'");
    assert_eq!((outcome.exit, outcome.text().as_str()), (1, ""), "{outcome:?}");
    assert!(outcome.stderr.contains("no space left"), "{outcome:?}");
}
