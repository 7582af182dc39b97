//! User data that does not hold what it should.

use super::cases;

cases! {
    two_signatures {
        given: "grep ^envWorkloadSignature user-data > again; cat again >> user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "duplicate key",
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
    // nobody can open these tokens; what counts is that they are read
    a_rehearsal_reads_large_tokens {
        given: r#"python3 -c 'import base64
section = base64.b64encode(b"Salted__" + bytes(16000008)).decode()
token = "hyper-protect-basic." + base64.b64encode(bytes(512)).decode() + "." + section
open("user-data", "w").write(f"workload: {token}\nenv: {token}\n")'"#,
        run: "boot",
        exit: 4, says: "HPL11001E",
    }
    a_rehearsal_reads_nothing_else_that_is_large {
        given: "rm user-data; truncate -s 1G user-data",
        run: "boot",
        exit: 3, says: "larger than the limit",
    }
    an_alias_in_user_data {
        given: "edit 's/^workload: /workload: \\&a /' user-data; echo 'attestationPublicKey: *a' >> user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "user-data",
    }
    // U+0085, U+2028 and U+2029 end a line for libyaml, PyYAML and Go
    a_second_workload_behind_a_line_end_of_libyaml {
        given: r"printf '# c\302\205workload: x\302\205env: y\n' >> user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "line 4, column 4: the character U+0085",
    }
    a_second_workload_does_not_boot {
        given: r"printf '# c\342\200\250workload: x\342\200\250env: y\n' >> user-data",
        run: "boot",
        exit: 4, says: "U+2028",
    }
    a_second_workload_behind_a_carriage_return {
        given: r"printf 'x: y\rworkload: x\renv: y\n' >> user-data",
        run: "contract-signer inspect user-data",
        exit: 3, says: "carriage return",
    }
    user_data_of_many_values {
        given: r"{ printf 'workload: x\nenv: y\nz: ['; seq 3000000 | tr '\n' ,; echo ']'; } > user-data",
        run: "ulimit -v 300000; contract-signer inspect user-data",
        exit: 3, says: "more than 200000 values",
    }
    foreign_user_data_that_is_too_large {
        given: r"{ printf 'workload: x\nenv: y\nz: ['; seq 10000000 | tr '\n' ,; echo ']'; } > user-data",
        run: "ulimit -v 300000; contract-signer inspect user-data",
        exit: 3, says: "larger than 33554432 bytes",
    }
    user_data_of_many_keys_does_not_boot {
        given: r"{ printf 'workload: x\nenv: y\n'; seq -f 'k%.0f:' 300000; } > user-data",
        run: "ulimit -v 600000; boot",
        exit: 4, says: "more than 200000 values",
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
