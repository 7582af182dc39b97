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
        given: r"open_token env.token > section; echo 'auths: {us.icr.io: {username: abc, password: abc, Volumes: abc}}' >> section
                  printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > password
                  documented_token section password > env.token
                  documented_contract workload.token env.token > user-data",
        run: "boot",
        exit: 4, says: "Volumes",
    }
    a_gzip_bomb {
        given: "head -c 300M /dev/zero | gzip > user-data",
        run: "ulimit -v 300000; contract-signer inspect user-data",
        exit: 3, says: "unpacked, it has more than 33554432 bytes",
    }
    a_gzip_bomb_in_base64 {
        given: "head -c 300M /dev/zero | gzip | base64 > user-data",
        run: "ulimit -v 600000; boot",
        exit: 4, says: "unpacked, it has more than 33554432 bytes",
    }
    base64_of_base64 {
        given: "base64 user-data | base64 > again; mv again user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "unpacked, it is base64",
    }
    gzip_of_gzip {
        given: "gzip -c user-data | gzip > again; mv again user-data",
        run: "contract-signer inspect user-data",
        exit: 3, says: "unpacked, it is gzip",
    }
    gzip_of_a_handoff {
        given: "gzip -c workload.handoff > user-data",
        run: "contract-signer inspect user-data",
        exit: 3, says: "unpacked, it is a handoff",
    }
    a_gzip_that_was_cut {
        given: "gzip -c user-data | head -c 700 > again; mv again user-data",
        run: "contract-signer inspect user-data",
        exit: 3, says: "its gzip is damaged or cut short",
    }
    base64_that_was_cut {
        given: "base64 user-data | head -c 702 > again; mv again user-data",
        run: "contract-signer inspect user-data",
        exit: 3, says: "its base64 is damaged or cut short",
    }
    more_base64_than_is_read {
        given: "head -c 60M /dev/zero | tr '\\0' A > user-data",
        run: "ulimit -v 300000; contract-signer inspect user-data",
        exit: 3, says: "it has more than 50331648 bytes",
    }
    a_resource_with_two_contracts {
        given: r"one() { printf 'kind: HyperProtectContainerRuntimeVPC\nspec:\n  contract: |\n'; sed 's/^/    /' user-data; }
                 { one; echo ---; one; } > again; mv again user-data",
        run: "contract-signer inspect user-data",
        exit: 3, says: "2 resources of the Kubernetes operator",
    }
    a_resource_without_a_contract {
        given: r"printf 'kind: HyperProtectContainerRuntimeOnPrem\nspec: {imageURL: x}\n' > user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 3, says: "no `spec.contract`",
    }
    a_resource_whose_contract_is_a_mapping {
        given: r"{ printf 'kind: HyperProtectContainerRuntimeOnPrem\nspec:\n  contract:\n'; sed 's/^/    /' user-data; } > again; mv again user-data",
        run: "boot",
        exit: 4, says: "`spec.contract` of the resource is not a text",
    }
    a_gigabyte_of_zeros_on_standard_input {
        given: "rm user-data",
        run: "head -c 1G /dev/zero | guest-rehearsal boot - --guest-key $GUEST_KEY",
        exit: 3, says: "larger than the limit",
    }
    a_program_does_not_boot {
        given: "cp $(command -v contract-signer) again; head -c 100000 again > user-data; rm again",
        run: "boot",
        exit: 4, says: "it does not begin with text",
    }
    a_token_does_not_boot {
        given: "cp env.token user-data",
        run: "boot",
        exit: 4, says: "it is a token, one half of a contract",
    }
}
