//! The machine: paths that are no files, disks that are full, pipes that nobody reads; and wrong usage.

use std::process::Command;

use super::cases;
use story_tests::Story;

cases! {
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
        exit: 2, says: "workload.yaml` is your section",
    }
    an_output_that_is_the_signing_key {
        given: "cp $SIGNING_KEY key.pem",
        run: "contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key key.pem --passphrase-file $PASSPHRASE -o key.pem --force",
        exit: 2, says: "is read by this command",
    }
    an_output_that_is_the_key_read {
        given: "cp $SIGNING_KEY signing-key.pem",
        run: "contract-signer public-key signing-key.pem --passphrase-file $PASSPHRASE -o signing-key.pem --force",
        exit: 2, says: "`signing-key.pem` is read by this command",
    }
    an_output_that_is_the_key_read_through_a_link {
        given: "cp $SIGNING_KEY one.pem && ln one.pem two.pem && ln -s two.pem three.pem",
        run: "contract-signer public-key three.pem --passphrase-file $PASSPHRASE -o one.pem --force",
        exit: 2, says: "`three.pem` is read by this command",
    }
    an_output_that_is_standard_input {
        given: "true",
        run: "contract-signer sign --workload - --env env.handoff $SIGNER -o workload.handoff --force < workload.handoff",
        exit: 2, says: "`standard input` is read by this command",
    }
    an_output_that_is_the_passphrase_of_the_signing_key {
        given: "true",
        run: "sign -o $PASSPHRASE --force",
        exit: 2, says: "passphrase` is read by this command",
    }
    an_output_that_is_the_signers_identity {
        given: "cp workload.handoff env.handoff contract-signer && age-keygen -o contract-signer/identity.age",
        run: "cd contract-signer && contract-signer sign --workload workload.handoff --env env.handoff --passphrase-file passphrase -o identity.age --force",
        exit: 2, says: "`identity.age` is your identity",
    }
    an_output_that_is_the_signers_settings {
        given: "cp workload.handoff env.handoff contract-signer && echo 'name: paynow' > contract-signer/persona.yaml",
        run: "cd contract-signer && contract-signer sign --workload workload.handoff --env env.handoff --passphrase-file passphrase -o persona.yaml --force",
        exit: 2, says: "`persona.yaml` is",
    }
    a_public_key_over_the_identity {
        given: "age-keygen -o identity.age",
        run: "contract-signer public-key $SIGNING_KEY --passphrase-file $PASSPHRASE -o identity.age --force",
        exit: 2, says: "`identity.age` is your identity",
    }
    a_new_key_over_its_passphrase {
        given: "cp $PASSPHRASE pp",
        run: "contract-signer keygen -o pp --passphrase-file pp --force",
        exit: 2, says: "`pp` is read by this command",
    }
    a_handoff_over_the_key_that_the_section_names {
        given: "true",
        run: "env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env-deployer/rsyslog/client-key.pem --force",
        exit: 2, says: "rsyslog/client-key.pem` is read by this command",
    }
    a_handoff_over_what_is_packed {
        given: "true",
        run: "workload-provider encrypt workload-provider -o workload-provider/play/pod.yml --force",
        exit: 2, says: "would be in the folder `workload-provider/play`, which is packed",
    }
    a_handoff_among_what_is_packed {
        given: "true",
        run: "workload-provider encrypt workload-provider -o new --token workload-provider/play/new",
        exit: 2, says: "which is packed",
    }
    a_token_over_the_ssh_key {
        given: "true",
        run: "workload-provider encrypt workload-provider -o new --token workload-provider/id_ed25519 --force",
        exit: 2, says: "id_ed25519` is",
    }
    a_handoff_over_the_vault {
        given: "vault",
        run: "workload-provider encrypt workload-provider -o workload-provider/seeds.age --force",
        exit: 2, says: "seeds.age` is your seed vault",
    }
    an_archive_over_the_vault {
        given: "vault",
        run: "cd workload-provider && workload-provider pack play -o seeds.age --force",
        exit: 2, says: "`seeds.age` is your seed vault",
    }
    an_archive_over_the_vault_of_another_folder {
        given: "vault",
        run: "workload-provider pack workload-provider/play -o workload-provider/seeds.age --force",
        exit: 2, says: "seeds.age` is your seed vault",
    }
    an_archive_in_what_is_packed {
        given: "true",
        run: "workload-provider pack workload-provider/play -o workload-provider/play/new",
        exit: 2, says: "which is packed",
    }
    a_medium_over_the_identity {
        given: "age-keygen -o env-deployer/identity.age",
        run: "cd env-deployer && env-deployer boot-media ../user-data --hostname paynow --signing-key ../$PUBLIC_KEY -o identity.age --force",
        exit: 2, says: "`identity.age` is your identity",
    }
    a_medium_over_its_user_data {
        given: "true",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY -o user-data --force",
        exit: 2, says: "is read by this command",
    }
    a_risk_that_is_nowhere_on_record {
        given: "true",
        run: "sign_tokens -o -",
        exit: 2, says: "--record",
    }
    one_file_as_user_data_and_record {
        given: "true",
        run: "sign -o new --record ./new",
        exit: 2, says: "both user data and signing record",
    }
    nothing_to_inspect {
        given: "true",
        run: "contract-signer inspect /dev/null",
        exit: 3, says: "`/dev/null` is empty",
    }
    a_medium_of_a_token {
        given: "true",
        run: "env-deployer boot-media env.token --hostname paynow --signing-key $PUBLIC_KEY -o new",
        exit: 3, says: "it is a token, one half of a contract",
    }
    a_medium_of_a_handoff {
        given: "true",
        run: "env-deployer boot-media env.handoff --hostname paynow --signing-key $PUBLIC_KEY -o new",
        exit: 3, says: "it is a handoff, one half of a contract",
    }
    one_file_as_handoff_and_token {
        given: "true",
        run: "workload-provider encrypt workload-provider -o one --token workload-provider/../one",
        exit: 2, says: "both handoff and token",
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

/// What was accepted at one's own risk is on record, wherever the user data go.
#[test]
fn a_risk_is_on_record_beside_a_pipe() {
    let story = Story::encrypted();
    story.does("sign_tokens -o - --record record.json | cat > user-data");
    story.does("grep -q danger-accept-unsigned-tokens record.json");
    story.does("contract-signer verify user-data --signing-key $PUBLIC_KEY --record record.json");
}

/// What was placed may be the only copy: it stays, and what is not known about it is said.
#[test]
fn a_folder_that_cannot_be_synced_keeps_what_was_placed() {
    let story = Story::signed();
    let outcome = story.sh(
        "chmod 755 . && cp $(command -v contract-signer) tmp && mkdir -m 0333 folder && chmod 644 $PASSPHRASE
        as_nobody tmp/contract-signer keygen -o folder/k.pem --passphrase-file $PASSPHRASE; exit=$?
        chmod 755 folder; ls folder; exit $exit",
    );
    assert_eq!((outcome.exit, outcome.text().as_str()), (1, "k.pem\nk.pub.pem\n"), "{outcome:?}");
    assert!(outcome.stderr.contains("`folder/k.pem` is written, but"), "{outcome:?}");
}

/// A user may be in a folder without access to the folders above it, as in a ceremony under root's home.
#[test]
fn a_folder_under_a_closed_one_can_be_written_to() {
    let story = Story::new();
    let outcome = story.sh(
        "chmod 755 . && cp $(command -v contract-signer) tmp && mkdir -p closed/open && chmod 777 closed/open
        signer=$PWD/tmp/contract-signer; cd closed/open; echo a passphrase > passphrase; chmod 000 ..
        as_nobody $signer keygen -o k.pem --passphrase-file passphrase; exit=$?; chmod 755 ..; ls; exit $exit",
    );
    assert_eq!((outcome.exit, outcome.text().as_str()), (0, "k.pem\nk.pub.pem\npassphrase\n"), "{outcome:?}");
}

/// Everyday steps that replace what they have read, or made before.
#[test]
fn what_follows_itself_may_be_replaced() {
    let story = Story::signed();
    story.does(
        "sign --previous user-data.record.json -o user-data --force
         contract-signer public-key $SIGNING_KEY --passphrase-file $PASSPHRASE -o $PUBLIC_KEY --force
         contract-signer keygen -o new.pem --passphrase-file $PASSPHRASE
         contract-signer keygen -o new.pem --passphrase-file $PASSPHRASE --force
         workload-provider encrypt workload-provider -o workload.handoff --token workload.token --force
         workload-provider pack workload-provider/play -o play.tar.gz
         workload-provider pack workload-provider/play -o play.tar.gz --force
         vault; seed roll data",
    );
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

/// A limit on processes, as containers have it: the calling thread does the work, and the bytes are the same.
#[test]
fn where_no_thread_can_be_made_the_work_is_done() {
    let story = Story::signed();
    story.does(
        "head -c 3000000 /dev/urandom > workload-provider/play/noise
         cp $(command -v contract-signer) $(command -v workload-provider) $(command -v guest-rehearsal) tmp
         chmod 755 .; [ $(id -u) != 0 ] || chown -R 65534:65534 .",
    );
    for command in [
        "contract-signer inspect user-data",
        "contract-signer inspect workload.token",
        "contract-signer keygen -o k.pem --passphrase-file contract-signer/passphrase",
        "workload-provider check workload-provider",
        "workload-provider pack workload-provider/play -o play.tgz",
        "workload-provider encrypt workload-provider -o w --token w.token",
        "guest-rehearsal keygen -o g",
        "guest-rehearsal boot user-data --guest-key guest/guest-key.pem",
    ] {
        let outcome = story.sh(&format!("as_nobody bash -c 'ulimit -u 1; exec tmp/{command}'"));
        assert_eq!(outcome.exit, 0, "{command}: {outcome:?}");
    }
    story.does("workload-provider pack workload-provider/play -o again.tgz; cmp play.tgz again.tgz");
}

/// What it may be is seen by its first bytes; a text without an end comes to a limit.
#[test]
fn what_cannot_be_a_contract_is_refused_before_a_pipe_is_copied() {
    let story = Story::signed();
    for run in ["contract-signer inspect -", "contract-signer verify - --signing-key $PUBLIC_KEY"] {
        let outcome = story.sh(&format!("timeout 20 {run} < <(cat /dev/zero)"));
        assert_eq!(outcome.exit, 3, "{outcome:?}");
        assert!(outcome.stderr.contains("nothing that is read here"), "{outcome:?}");
    }
}

/// A named pipe may never have a writer.
#[test]
fn pipes_are_taken_where_they_are_typed_and_not_waited_for_elsewhere() {
    let story = Story::signed();
    story.does("mkfifo pipe");
    for run in [
        "contract-signer sign --workload workload.handoff --env env.handoff --key pipe $TRUST -o new",
        "contract-signer sign --workload workload.handoff --env env.handoff --key $SIGNING_KEY --allowed-signers pipe -o new",
        "contract-signer verify user-data --signing-key pipe",
        "contract-signer verify user-data --signing-key $PUBLIC_KEY --record pipe",
        "workload-provider encrypt workload-provider -o new --certificate pipe",
        "workload-provider encrypt workload-provider -o new --vouch-with pipe",
        "guest-rehearsal boot user-data --guest-key pipe",
        "cd contract-signer && printf \"persona: contract-signer\\nname: paynow\\n\" > persona.yaml && mkfifo paynow.workload.handoff && contract-signer sign --env ../env.handoff -o new",
        "rm workload-provider/persona.yaml; mkfifo workload-provider/persona.yaml; workload-provider check workload-provider",
    ] {
        let outcome = story.sh(&format!("export PUBLIC_KEY SIGNING_KEY TRUST; timeout 20 bash -c '{run}'"));
        assert_eq!(outcome.exit, 1, "{run}: {outcome:?}");
        assert!(outcome.stderr.contains("it is a pipe, and a file is expected"), "{run}: {outcome:?}");
    }
    story.does(
        "mkfifo workload-provider/play/.contractignore
         timeout 20 workload-provider pack workload-provider/play -o new 2> said || [ $? = 3 ]
         grep -q 'no regular file' said; rm workload-provider/play/.contractignore
         contract-signer verify <(cat user-data) --signing-key <(cat $PUBLIC_KEY)
         cat user-data | contract-signer verify /dev/stdin --signing-key $PUBLIC_KEY
         cat user-data > pipe & contract-signer verify pipe --signing-key $PUBLIC_KEY; wait
         cat user-data > pipe & guest-rehearsal boot pipe --guest-key <(cat $GUEST_KEY); wait
         cat $PASSPHRASE > pipe & contract-signer keygen -o new.pem --passphrase-file pipe; wait",
    );
}
