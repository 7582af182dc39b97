//! What the documented shell procedure makes is read as the guest reads it, its defects included.

use story_tests::Story;

/// A story whose `user-data` comes from the shell alone, both passwords being `password` (a `printf` format).
fn documented(password: &str) -> Story {
    let story = Story::new();
    story.does(&format!(
        r#"printf '{password}' > password
        tar cz -C workload-provider/play . | base64 -w0 > archive
        printf 'type: workload\nplay:\n  archive: %s\nvolumes:\n  data:\n    seed: "workload0123456789"\n' "$(cat archive)" > workload.yaml
        awk '/!file/ {{ file = $3; while ((getline line < ("env-deployer/" file)) > 0) text = text line "\\n"
                        print "    " $1 " \"" text "\""; text = ""; next }} 1' env-deployer/env.yaml > env.yaml
        openssl pkcs8 -topk8 -nocrypt -in env-deployer/rsyslog/client-key.pem -out client-key.p8
        awk -v key="$(awk '{{ printf "%s\\\\n", $0 }}' client-key.p8)" '/^    key:/ {{ print "    key: \"" key "\""; next }} 1' env.yaml > env.p8.yaml
        {{ cat env.p8.yaml; awk 'BEGIN {{ printf "signingKey: \"" }} {{ printf "%s\\n", $0 }} END {{ print "\"" }}' $PUBLIC_KEY; }} > env.yaml
        documented_token workload.yaml password > workload.token
        documented_token env.yaml password > env.token
        documented_contract workload.token env.token > user-data"#
    ));
    story
}

#[test]
fn a_contract_made_by_openssl_boots_and_verifies() {
    let story = documented("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345");
    story.does("boot; contract-signer verify user-data --signing-key $PUBLIC_KEY");
}

#[test]
fn a_password_with_a_line_feed_is_cut_there() {
    documented("ABCDEFGHIJ\\nLMNOPQRSTUVWXYZ012345").does("boot");
}

#[test]
fn a_password_with_nul_is_cut_there() {
    documented("ABCDEFGHIJ\\0LMNOPQRSTUVWXYZ012345").does("boot");
}

#[test]
fn a_password_with_a_line_feed_first_is_the_empty_one() {
    documented("\\nBCDEFGHIJKLMNOPQRSTUVWXYZ012345").does("boot");
}

#[test]
fn a_password_with_nul_first_leaves_an_empty_third_part() {
    let story = documented("\\0BCDEFGHIJKLMNOPQRSTUVWXYZ012345");
    story.does("cat workload.token; [[ $(cat workload.token) == *. ]]");
    let outcome = story.sh("boot");
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(format!("{}{}", outcome.text(), outcome.stderr).contains("HPL11001E"), "{outcome:?}");
}

#[test]
fn a_password_with_a_carriage_return_is_left_alone() {
    documented("ABCDEFGHIJ\\rLMNOPQRSTUVWXYZ012345").does("boot");
}

/// Which of the two an OpenSSL of another version writes is not ours to choose.
#[test]
fn keys_made_by_genrsa_are_read() {
    let story = Story::encrypted();
    story.does(
        "for form in '' -traditional; do
            openssl rsa -in $SIGNING_KEY -passin file:$PASSPHRASE -aes128 $form \
                -passout \"pass:$(cat $PASSPHRASE)\" -out key.pem
            contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key key.pem \
                --passphrase-file $PASSPHRASE -o user-data --force
            boot
         done
         grep -q 'Proc-Type: 4,ENCRYPTED' key.pem",
    );
}

#[test]
fn an_unencrypted_key_is_read() {
    let story = Story::encrypted();
    story.does(
        "openssl pkey -in $SIGNING_KEY -passin file:$PASSPHRASE -out plain.pem
         contract-signer sign --workload workload.handoff --env env.handoff $TRUST --key plain.pem -o user-data
         contract-signer verify user-data --signing-key $PUBLIC_KEY",
    );
}

/// Every way of writing the same user data down, each of which the guest takes.
#[test]
fn user_data_verifies_in_any_dress() {
    let story = Story::signed();
    for dress in [
        "sed 's/$/\\r/'",
        "tac",
        "sed -E 's/^([a-zA-Z]+): (.*)/\\1: \"\\2\"/'",
        "sed -E \"s/^([a-zA-Z]+): (.*)/\\1: '\\2'/\"",
        "sed -E 's/^([a-zA-Z]+): (.*)/\\1: |-\\n  \\2/'",
        "sed -E 's/^([a-zA-Z]+): (.*)/\\1: >-\\n  \\2/'",
        "sed -E 's/^/# a comment\\n/; s/$/\\n\\n/'",
        "sed '1i---'",
        "sed '1i#cloud-config'",
        "head -c -1",
    ] {
        story.does(&format!("{dress} user-data > dressed"));
        let outcome = story.sh("contract-signer verify dressed --signing-key $PUBLIC_KEY");
        assert_eq!(outcome.exit, 0, "{dress}: {outcome:?}");
    }
}

/// The schema's pattern of base64 takes line breaks after each four characters, and nothing behind the padding.
#[test]
fn a_signature_of_many_lines_verifies_without_a_last_line_feed() {
    let story = Story::signed();
    for (block, exit) in [("|-", 0), ("|", 4), (">", 4)] {
        let outcome = story.sh(&format!(
            "{{ grep -v ^envWorkloadSignature user-data; echo 'envWorkloadSignature: {block}'
                value envWorkloadSignature user-data | fold -w 64 | sed 's/^/  /'; }} > dressed
             contract-signer verify dressed --signing-key $PUBLIC_KEY"
        ));
        assert_eq!(outcome.exit, exit, "{block}: {outcome:?}");
        assert!(exit == 0 || outcome.stderr.contains("put it on one line"), "{block}: {outcome:?}");
    }
}

/// The bytes signed are the values without CR and LF, so plain sections can be signed, too.
#[test]
fn plain_sections_verify() {
    let story = Story::new();
    story.does(
        r#"printf 'type: workload\nenv:\n  A: "1"\n' > w; printf 'type: env\nenv:\n  B: "2"\n' > e
        cat w e | tr -d '\r\n' | openssl dgst -sha256 -sign $SIGNING_KEY -passin file:$PASSPHRASE -out signature
        { echo 'workload: |'; sed 's/^/  /' w; echo 'env: |'; sed 's/^/  /' e
          echo "envWorkloadSignature: $(base64 -w0 signature)"; } > user-data
        contract-signer verify user-data --signing-key $PUBLIC_KEY"#,
    );
}

#[test]
fn a_certificate_verifies_as_well_as_its_key() {
    let story = Story::signed();
    story.does(
        "openssl req -x509 -new -key $SIGNING_KEY -passin file:$PASSPHRASE -days 30 -subj /CN=signer -out signer.crt
         contract-signer verify user-data --signing-key signer.crt",
    );
}

#[test]
fn crlf_files_are_taken() {
    let story = Story::new();
    story.does(
        "sed -i 's/$/\\r/' workload-provider/workload.yaml env-deployer/env.yaml env-deployer/rsyslog/* $PUBLIC_KEY $CERTIFICATE
         workload-provider encrypt workload-provider -o workload.handoff --token workload.token
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --token env.token
         sign -o user-data
         boot",
    );
}
