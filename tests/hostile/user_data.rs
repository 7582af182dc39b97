//! User data that does not hold what it should.

use super::hostile;

hostile! {
    two_signatures {
        given: "grep ^envWorkloadSignature user-data > again; cat again >> user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "twice",
    }
    no_signature {
        given: "edit /^envWorkloadSignature/d user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 4, says: "envWorkloadSignature",
    }
    no_env {
        given: "edit /^env:/d user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "env",
    }
    a_signature_over_other_bytes {
        given: r#"printf other | openssl dgst -sha256 -sign $SIGNING_KEY -passin file:$PASSPHRASE -out other
                  edit "s|^(envWorkloadSignature:).*|\1 $(base64 -w0 other)|" user-data"#,
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 4, says: "signature",
    }
    a_signature_over_other_bytes_does_not_boot {
        given: r#"printf other | openssl dgst -sha256 -sign $SIGNING_KEY -passin file:$PASSPHRASE -out other
                  edit "s|^(envWorkloadSignature:).*|\1 $(base64 -w0 other)|" user-data"#,
        run: "boot",
        exit: 4, says: "HPL12001E",
    }
    a_signature_that_is_no_base64 {
        given: r"edit 's|^(envWorkloadSignature:).*|\1 not-a-signature!|' user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 4, says: "envWorkloadSignature",
    }
    a_signature_by_somebody_else {
        given: "openssl genrsa 2048 | openssl rsa -pubout > other.pem",
        run: "contract-signer verify user-data --signing-key other.pem",
        exit: 4, says: "signature",
    }
    an_alias_in_user_data {
        given: "edit 's/^workload: /workload: \\&a /' user-data; echo 'attestationPublicKey: *a' >> user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "user-data",
    }
    empty_user_data {
        given: ": > user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "user-data",
    }
    nul_in_user_data {
        given: r"edit '1s/$/\x00/' user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "user-data",
    }
    user_data_that_is_one_line_of_two_gigabytes {
        given: "printf 'workload: ' > user-data; truncate -s 2G user-data",
        run: "ulimit -v 1000000; contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "user-data",
    }
    user_data_where_the_guest_has_another_key {
        given: "openssl genrsa -out $GUEST_KEY 4096",
        run: "boot",
        exit: 4, says: "HPL11001E",
    }
    volumes_that_differ_do_not_boot {
        given: r#"open_token env.token > section; edit 's/^  "?data"?:/  other:/' section
                  printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > password
                  documented_token section password > env.token
                  documented_contract workload.token env.token > user-data"#,
        run: "boot",
        exit: 4, says: "HPL07015E",
    }
    a_section_with_an_unknown_field_does_not_boot {
        given: r"open_token env.token > section; echo 'Volumes: {}' >> section
                  printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > password
                  documented_token section password > env.token
                  documented_contract workload.token env.token > user-data",
        run: "boot",
        exit: 4, says: "Volumes",
    }
}
