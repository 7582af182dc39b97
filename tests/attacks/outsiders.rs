//! Somebody with the mail server: they read, store, change and forge what passes, and have no key that is allowed.

use super::{INSPECT, SIGN, cases};

cases! {
    a_token_swapped_under_a_good_statement {
        given: "workload-provider encrypt workload-provider -o his --token his.token
                unpack workload.handoff; cp his.token handoff/token; repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["the workload half", "the token is not the one stated"],
    }
    a_statement_from_another_contract {
        given: "workload-provider encrypt workload-provider -o other.handoff
                unpack workload.handoff; mv handoff/token tmp; unpack other.handoff; mv tmp/token handoff; repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["the token is not the one stated"],
    }
    a_token_swapped_under_a_good_statement_is_seen_by_inspect {
        given: "unpack workload.handoff; cp env.token handoff/token; repack workload.handoff",
        run: INSPECT,
        exit: 4, says: ["the token is not the one stated"],
    }
    a_handoff_of_his_own_without_a_signature {
        given: "sed -i /^handoff/d workload-provider/persona.yaml; workload-provider encrypt workload-provider -o workload.handoff --force",
        run: SIGN,
        exit: 4, says: ["who vouches", "it holds no `statement.json.sig`", "encrypt with `--vouch-with KEY`", "--danger-accept-unsigned-tokens"],
    }
    a_signature_taken_off {
        given: "unpack workload.handoff; repack workload.handoff token statement.json",
        run: SIGN,
        exit: 4, says: ["who vouches", "bob@example.com with key SHA256:"],
    }
    a_handoff_signed_by_an_unknown_key {
        given: "ssh-keygen -q -t ed25519 -N '' -C alice -f his
                workload-provider encrypt workload-provider --vouch-with his -o workload.handoff --force",
        run: SIGN,
        exit: 4, says: ["nobody allowed: the key", "is not among the allowed signers", "compare the fingerprint with its owner"],
    }
    a_handoff_signed_by_an_unknown_key_is_not_an_unsigned_one {
        given: "ssh-keygen -q -t ed25519 -N '' -C alice -f his
                workload-provider encrypt workload-provider --vouch-with his -o workload.handoff --force",
        run: "sign -o new --danger-accept-unsigned-tokens",
        exit: 4, says: ["nobody allowed: the key"],
    }
    a_signature_taken_from_another_statement {
        given: "workload-provider encrypt workload-provider -o other.handoff
                unpack other.handoff; mv handoff/statement.json.sig tmp; unpack workload.handoff; mv tmp/statement.json.sig handoff
                repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["the signature does not verify: the statement was changed, or another key signed it"],
    }
    a_statement_changed_after_signing {
        given: r#"unpack env.handoff; edit 's/"GREETING"/"LANGUAGE"/' handoff/statement.json; repack env.handoff"#,
        run: SIGN,
        exit: 4, says: ["who vouches", "alice@example.com with key", "the statement was changed"],
    }
    a_statement_changed_after_signing_where_nobody_is_allowed {
        given: r#"unpack env.handoff; edit 's/"GREETING"/"LANGUAGE"/' handoff/statement.json; repack env.handoff
                  : > contract-signer/allowed_signers"#,
        run: "sign -o new --danger-accept-unsigned-tokens",
        exit: 4, says: ["who vouches", "the statement was changed"],
    }
    a_statement_changed_by_one_blank_at_its_end {
        given: "unpack env.handoff; printf ' ' >> handoff/statement.json; repack env.handoff",
        run: SIGN,
        exit: 4, says: ["the statement was changed"],
    }
    a_statement_changed_after_signing_is_seen_by_inspect {
        given: r#"unpack workload.handoff; edit 's/"rolling": false/"rolling": true/' handoff/statement.json; repack workload.handoff"#,
        run: INSPECT,
        exit: 4, says: ["vouched for by", "the statement was changed"],
    }
    a_signature_in_another_namespace {
        given: "unpack workload.handoff; rm handoff/statement.json.sig
                ssh-keygen -q -Y sign -n git -f workload-provider/id_ed25519 handoff/statement.json; repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["made in the namespace `git`, expected `hpcr-workload`", "ssh-keygen -Y sign -n hpcr-workload"],
    }
    a_signature_that_names_another_namespace_than_it_was_made_in {
        given: "unpack workload.handoff; rm handoff/statement.json.sig
                ssh-keygen -q -Y sign -n hpcr-wxrkload -f workload-provider/id_ed25519 handoff/statement.json
                python3 -c 'if True:
                    import base64
                    lines = open(\"handoff/statement.json.sig\").read().split()
                    der = base64.b64decode(\"\".join(lines[3:-3])).replace(b\"hpcr-wxrkload\", b\"hpcr-workload\")
                    body = base64.encodebytes(der).decode()
                    open(\"handoff/statement.json.sig\", \"w\").write(
                        \"-----BEGIN SSH SIGNATURE-----\\n\" + body + \"-----END SSH SIGNATURE-----\\n\")
                '
                repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["the signature does not verify"],
    }
    a_handoff_of_last_year_under_an_expired_key {
        given: r#"sed -i '/^alice/s/ namespaces/ valid-before="20251231Z",namespaces/' contract-signer/allowed_signers"#,
        run: SIGN,
        exit: 4, says: ["`alice@example.com` is no longer valid: it ended at 2025-12-31T00:00:00Z", "signed with a key that is valid now"],
    }
    a_key_that_is_not_yet_valid {
        given: r#"sed -i '/^bob/s/ namespaces/ valid-after="20990101Z",namespaces/' contract-signer/allowed_signers"#,
        run: SIGN,
        exit: 4, says: ["`bob@example.com` is not yet valid: it begins at 2099-01-01T00:00:00Z"],
    }
    a_signature_that_is_garbage {
        given: "unpack workload.handoff; head -c 500 /dev/urandom > handoff/statement.json.sig; repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["who vouches", "`statement.json.sig` is not UTF-8 text"],
    }
    a_signature_that_is_a_text {
        given: "unpack workload.handoff; echo 'signed, Alice' > handoff/statement.json.sig; repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["not an armored SSH signature"],
    }
    a_signature_that_is_empty {
        given: "unpack workload.handoff; : > handoff/statement.json.sig; repack workload.handoff",
        run: "sign -o new --danger-accept-unsigned-tokens",
        exit: 4, says: ["who vouches", "not an armored SSH signature"],
    }
    a_signature_of_ten_gigabytes {
        given: r#"unpack workload.handoff
                  python3 -c 'if True:
                      import tarfile
                      tar = tarfile.open("workload.handoff", "w", format=tarfile.GNU_FORMAT)
                      for name in "token", "statement.json": tar.add("handoff/" + name, name)
                      info = tarfile.TarInfo("statement.json.sig"); info.size = 10 << 30
                      tar.fileobj.write(info.tobuf(tarfile.GNU_FORMAT)); tar.fileobj.truncate(tar.fileobj.tell() + (10 << 30) + 1024)
                  '; rm -r handoff"#,
        run: "ulimit -v 1000000; sign -o new",
        exit: 3, says: ["`statement.json.sig` claims 10737418240 bytes"],
    }
    a_handoff_of_his_own_in_place_of_both {
        given: "ssh-keygen -q -t ed25519 -N '' -f his
                workload-provider encrypt workload-provider --vouch-with his -o workload.handoff --force
                env-deployer encrypt env-deployer --vouch-with his --signing-key $PUBLIC_KEY -o env.handoff --force",
        run: "sign -o new --danger-allow-one-person",
        exit: 4, says: ["who vouches", "nobody allowed: the key"],
    }
}
