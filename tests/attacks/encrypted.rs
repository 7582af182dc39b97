//! Age files on their way: a carrier can cut, change, replace and wrap them, and cannot read them.

use super::cases;

/// The contract signer has an identity, and the workload handoff is encrypted to it: `workload.handoff.age`.
const ENCRYPTED: &str = "
a22=$(printf %022d 0 | tr 0 A) a43=$(printf %043d 0 | tr 0 A)
age-keygen -o contract-signer/identity.age 2>/dev/null
workload-provider encrypt workload-provider -r $(age-keygen -y contract-signer/identity.age) -o workload.handoff.age";

/// What the contract signer then types.
const SIGN: &str = "contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER \
    --identity contract-signer/identity.age -o new";

macro_rules! encrypted {
    ($($name:ident { given: $given:expr, run: $run:expr, exit: $exit:expr, says: [$($says:expr),+ $(,)?] $(,)? })*) => {
        $(#[test]
        fn $name() {
            let given: &'static str = String::leak(format!("{ENCRYPTED}\n{}", $given));
            story_tests::Case { given, run: $run, exit: $exit, says: &[$($says),+] }.check();
        })*
    };
}

encrypted! {
    an_age_file_truncated {
        given: "truncate -s -1 workload.handoff.age",
        run: SIGN,
        exit: 3, says: ["cannot take `workload.handoff.age` as the workload half", "it is damaged or cut short", "get the handoff again"],
    }
    an_age_file_truncated_in_its_header {
        given: "truncate -s 100 workload.handoff.age",
        run: SIGN,
        exit: 3, says: ["it is damaged or cut short"],
    }
    an_age_file_truncated_between_two_chunks {
        given: "header=$(grep -an '^--- ' workload.handoff.age | cut -d: -f1)
                truncate -s $(($(head -n $header workload.handoff.age | wc -c) + 16)) workload.handoff.age",
        run: SIGN,
        exit: 3, says: ["it is damaged or cut short"],
    }
    an_age_file_with_a_flipped_byte {
        given: "python3 -c 'file = open(\"workload.handoff.age\", \"r+b\"); file.seek(-3000, 2); b = file.read(1)
file.seek(-3000, 2); file.write(bytes([b[0] ^ 1]))'",
        run: SIGN,
        exit: 3, says: ["it is damaged or cut short"],
    }
    an_age_file_with_a_flipped_byte_in_a_middle_chunk {
        given: "head -c 300000 /dev/urandom > workload-provider/play/blob
                workload-provider encrypt workload-provider -r $(age-keygen -y contract-signer/identity.age) -o workload.handoff.age --force
                python3 -c 'file = open(\"workload.handoff.age\", \"r+b\"); file.seek(200000); b = file.read(1)
file.seek(200000); file.write(bytes([b[0] ^ 1]))'",
        run: SIGN,
        exit: 3, says: ["it is an age file that is damaged or cut short"],
    }
    an_age_file_with_a_flipped_byte_in_its_header {
        given: "sed -i '/^--- /{s/^--- A/--- B/;t;s/^--- ./--- A/}' workload.handoff.age",
        run: SIGN,
        exit: 3, says: ["it is damaged or cut short"],
    }
    an_age_file_with_something_behind_it {
        given: "echo more >> workload.handoff.age",
        run: SIGN,
        exit: 3, says: ["it is damaged or cut short"],
    }
    an_age_file_for_somebody_else {
        given: "age-keygen -o his.age 2>/dev/null
                workload-provider encrypt workload-provider -r $(age-keygen -y his.age) -o workload.handoff.age --force",
        run: SIGN,
        exit: 5, says: ["none of the identities opens it", "encrypt --recipient age1"],
    }
    an_age_file_to_nobody_known {
        given: "printf 'age-encryption.org/v1\\n-> of-tomorrow AAAA\\nAAAA\\n--- %s\\n' $a43 > workload.handoff.age; head -c 100 /dev/zero >> workload.handoff.age",
        run: SIGN,
        exit: 5, says: ["none of the identities opens it"],
    }
    the_wrong_identity {
        given: "age-keygen -o wrong.age 2>/dev/null",
        run: "contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER --identity wrong.age -o new",
        exit: 5, says: ["none of the identities opens it"],
    }
    no_identity_at_all {
        given: "",
        run: "contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER -o new",
        exit: 5, says: ["the handoff is encrypted, and there is no identity `identity.age`", "`--identity FILE`"],
    }
    an_ssh_key_as_identity {
        given: "",
        run: "contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER --identity workload-provider/id_ed25519 -o new",
        exit: 3, says: ["workload-provider/id_ed25519"],
    }
    an_age_file_in_an_age_file {
        given: "age -r $(age-keygen -y contract-signer/identity.age) -o twice workload.handoff.age; mv twice workload.handoff.age",
        run: SIGN,
        exit: 3, says: ["cannot take `workload.handoff.age` as the workload half: not a tar archive"],
    }
    a_token_in_an_age_file {
        given: "age -r $(age-keygen -y contract-signer/identity.age) -o workload.handoff.age workload.token",
        run: SIGN,
        exit: 3, says: ["not a tar archive"],
    }
    an_age_file_of_another_version {
        given: "sed -i '1s/v1/v2/' workload.handoff.age",
        run: SIGN,
        exit: 3, says: ["cannot take `workload.handoff.age`"],
    }
    a_changed_handoff_encrypted_anew {
        given: r#"unpack workload.handoff; edit 's/"rolling": false/"rolling": true/' handoff/statement.json; repack workload.handoff
                  age -r $(age-keygen -y contract-signer/identity.age) -o workload.handoff.age workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["who vouches", "the statement was changed"],
    }
    an_unsigned_handoff_encrypted {
        given: "sed -i /^handoff/d workload-provider/persona.yaml
                workload-provider encrypt workload-provider -r $(age-keygen -y contract-signer/identity.age) -o workload.handoff.age --force",
        run: SIGN,
        exit: 4, says: ["who vouches", "it holds no `statement.json.sig`"],
    }
    an_age_file_protected_by_a_passphrase {
        given: "printf 'age-encryption.org/v1\\n-> scrypt %s 30\\n%s\\n--- %s\\n' $a22 $a43 $a43 > workload.handoff.age; head -c 100 /dev/zero >> workload.handoff.age",
        run: "timeout 10 bash -c \"ulimit -v 1000000; contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER \
              --identity contract-signer/identity.age -o new\"",
        exit: 5, says: ["none of the identities opens it"],
    }
    an_identity_that_asks_for_too_much_work {
        given: "printf 'age-encryption.org/v1\\n-> scrypt %s 30\\n%s\\n--- %s\\n' $a22 $a43 $a43 > his.age; head -c 100 /dev/zero >> his.age; echo x > word",
        run: "timeout 10 contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER --identity his.age --identity-passphrase-file word -o new",
        exit: 3, says: ["too much work (scrypt, 2^30)"],
    }
    an_age_file_of_twenty_thousand_recipients {
        given: "{ echo age-encryption.org/v1; for i in {1..20000}; do echo \"-> X25519 $a43\"; echo $a43; done; echo \"--- $a43\"; head -c 100 /dev/zero; } > workload.handoff.age",
        run: "timeout 60 bash -c \"ulimit -v 1000000; contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER \
              --identity contract-signer/identity.age -o new\"",
        exit: 3, says: ["its header is longer than 32 KiB", "encrypted to fewer recipients"],
    }
}

cases! {
    an_age_header_without_an_end {
        given: "age-keygen -o contract-signer/identity.age 2>/dev/null
                { echo age-encryption.org/v1; echo '-> X25519 AAAA'; head -c 300000000 /dev/zero | tr '\\0' A; } > workload.handoff.age",
        run: "ulimit -v 1000000; contract-signer sign --workload workload.handoff.age --env env.handoff $SIGNER --identity contract-signer/identity.age -o new",
        exit: 3, says: ["its header is longer than 32 KiB"],
    }
}
