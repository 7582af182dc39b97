//! `contract-auditor verify`.

use super::{PASSWORD, does, played, refuses};

const VERIFY: &str = "contract-auditor verify";

#[test]
fn what_openssl_signed_verifies_without_a_flag() {
    let outcome = does(
        "",
        VERIFY,
        "openssl x509 -in attestation.crt -noout -pubkey > p; openssl dgst -sha256 -verify p -signature se-signature.bin se-checksums.txt",
    );
    assert!(outcome.stderr.contains("leads to a root that you trust"), "{outcome:?}");
    let json = does("", "contract-auditor verify --json", "").json();
    assert_eq!((&json["verified"], &json["encrypted"]), (&true.into(), &false.into()));
    assert_eq!((&json["signature"], &json["certificate"]), (&"holds".into(), &"chain".into()));
    assert_eq!(json["signatureFile"], "se-signature.bin");
    assert_eq!(json["certificateFile"], "attestation.crt");
    assert_eq!(json["chain"].as_array().unwrap().len(), 4);
    assert!(json["accepted"].is_null());
}

#[test]
fn the_signature_may_be_base64_and_the_record_encrypted_or_elsewhere() {
    does("base64 se-signature.bin > x; mv x se-signature.bin", VERIFY, "");
    does("base64 -w0 se-signature.bin > x; mv x se-signature.bin", VERIFY, "");
    does(&format!("seal {PASSWORD}; rm se-checksums.txt"), VERIFY, "test ! -e se-checksums.txt");
    does("mkdir guest; mv se-* guest", "contract-auditor verify guest/se-checksums.txt", "");
    does("", "contract-auditor verify - < se-checksums.txt", "");
    // CR LF, if that is what the guest signed
    does(r"sed -i 's/$/\r/' se-checksums.txt; guest_signs", VERIFY, "");
}

#[test]
fn without_a_chain_only_a_pin_or_the_auditors_own_risk_will_do() {
    let alone = "sed -i '/^roots/d; /^intermediates/d' persona.yaml";
    refuses(
        alone,
        VERIFY,
        4,
        "cannot trust `attestation.crt`: no chain to a root is given, and anyone could have made it",
    );
    let outcome = does(alone, "contract-auditor verify --danger-accept-unverified-certificate", "");
    assert!(outcome.stderr.contains("warning: `attestation.crt` is accepted unverified"), "{outcome:?}");
    let pinned = format!(
        "{alone}; echo certificate-pin: sha256:$(openssl x509 -in attestation.crt -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1) >> persona.yaml"
    );
    let outcome = does(&pinned, VERIFY, "");
    assert!(outcome.stderr.contains("has the pinned key"), "{outcome:?}");
    let json = does(&pinned, "contract-auditor verify --json", "").json();
    assert_eq!((&json["verified"], &json["certificate"]), (&true.into(), &"pinned".into()));
    assert_eq!(json["pinned"], true);
    let other = "echo certificate-pin: sha256:$(printf %064d 0) >> persona.yaml";
    refuses(
        other,
        "contract-auditor verify --danger-accept-unverified-certificate",
        4,
        "holds another key than the pinned one",
    );
}

/// A script that asks for `verified` learns what the danger flag stands for.
#[test]
fn what_is_taken_unverified_is_not_called_verified() {
    let alone = "sed -i '/^roots/d; /^intermediates/d' persona.yaml";
    for verb in ["verify", "compare --medium ciiso.iso"] {
        let run = format!("contract-auditor {verb} --danger-accept-unverified-certificate --json");
        let json = does(alone, &run, "").json();
        assert_eq!(json["verified"], false, "{verb}: {json}");
        assert_eq!((&json["signature"], &json["certificate"]), (&"holds".into(), &"unverified".into()));
    }
    for (given, signature, certificate) in [
        ("", "holds", "chain".into()),
        ("rm se-signature.bin", "none", serde_json::Value::Null),
        ("echo x > other; guest_signs other", "refused", serde_json::Value::Null),
    ] {
        let json = played(given, "contract-auditor compare --medium ciiso.iso --json", "").json();
        assert_eq!(json["verified"], signature == "holds", "{given}: {json}");
        assert_eq!((&json["signature"], &json["certificate"]), (&signature.into(), &certificate), "{given}");
    }
    let outcome = does("", "contract-auditor compare --medium ciiso.iso", "");
    assert!(
        outcome.stderr.contains("`attestation.crt`: C=US, O=Story tests, CN=attestation of a story"),
        "{outcome:?}"
    );
}

/// Neither a pin nor the danger flag is a reason to leave unread what the auditor names.
#[test]
fn whatever_of_a_chain_is_named_is_used() {
    const PIN: &str = "echo certificate-pin: sha256:$(openssl x509 -in attestation.crt -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1) >> persona.yaml";
    let nothing = "sed -i '/^roots/d; /^intermediates/d' persona.yaml";
    let revoked = "revocations intermediate l attestation; echo 'crls: l' >> persona.yaml";
    for (given, flags, exit, says) in [
        (nothing, "--crl intermediate.crl", 2, "`--intermediate` is missing"),
        (nothing, "--root root.crt", 2, "`--intermediate` is missing"),
        (nothing, "--intermediate intermediate.crt --intermediate ca.crt", 2, "`--root` is missing"),
        ("sed -i /^roots/d persona.yaml", "", 2, "`--root` is missing"),
        ("sed -i /^intermediates/d persona.yaml", "", 2, "`--intermediate` is missing"),
        (
            "sed -i '/^roots/d; /^intermediates/d' persona.yaml; echo 'crls: intermediate.crl' >> persona.yaml",
            "",
            2,
            "is missing",
        ),
        (revoked, "", 4, "revoked"),
        ("revocations intermediate l attestation", "--crl l", 4, "revoked"),
        ("echo garbage > l", "--crl l", 3, "cannot use `l`"),
        ("", "--intermediate ca.crt", 4, "its issuer is none of the intermediates"),
    ] {
        for verb in ["verify", "compare --medium ciiso.iso"] {
            let danger = format!("contract-auditor {verb} --danger-accept-unverified-certificate {flags}");
            refuses(given, &danger, exit, says);
            refuses(&format!("{PIN}; {given}"), &format!("contract-auditor {verb} {flags}"), exit, says);
        }
    }
}

#[test]
fn each_thing_that_does_not_hold_has_its_own_words() {
    for (given, exit, says) in [
        (
            "change contract:env",
            4,
            "cannot verify `se-checksums.txt` with `se-signature.bin`: it is the signature of another record, or the record was changed",
        ),
        ("echo x > other; guest_signs other", 4, "it is the signature of another record"),
        (r"sed -i 's/$/\r/' se-checksums.txt", 4, "the record was changed"),
        (
            "openssl genrsa -out attestation.key 2> /dev/null; guest_signs",
            4,
            "it was not made with the attestation certificate's key, or it is damaged",
        ),
        (
            "openssl genrsa -out attestation.key 4096 2> /dev/null; guest_signs",
            4,
            "it was not made with the attestation certificate's key",
        ),
        (": > se-signature.bin", 3, "0 bytes that are no RSA signature"),
        ("echo '<html>' > se-signature.bin", 3, "7 bytes that are no RSA signature"),
        ("rm se-signature.bin", 1, "cannot read `se-signature.bin`: no such file"),
        ("sed -i /attestation-certificate/d persona.yaml", 2, "no attestation certificate is named"),
        ("rm attestation.crt", 1, "cannot read `attestation.crt`"),
        (
            "TO=20260201000000Z issue attestation intermediate encryption x",
            4,
            "cannot trust `attestation.crt`: ",
        ),
        ("FROM=20800101000000Z issue attestation intermediate encryption x", 4, "not valid before"),
        ("issue attestation root encryption x", 4, "cannot trust `attestation.crt`: "),
        ("issue attestation attestation encryption x", 4, "cannot trust `attestation.crt`: "),
        ("sed -i 's/, ca.crt//' persona.yaml", 4, "cannot trust `attestation.crt`: "),
        ("revocations intermediate l attestation; echo 'crls: l' >> persona.yaml", 4, "revoked"),
        (
            "new_key weak 1024; issue weak intermediate encryption x; mv weak.crt attestation.crt",
            3,
            "RSA key has 1024 bits",
        ),
        (
            "openssl ecparam -name prime256v1 -genkey -noout -out ec.key; issue ec intermediate encryption x; mv ec.crt attestation.crt",
            3,
            "a key of type EC",
        ),
        (
            ": > se-checksums.txt",
            3,
            "cannot read `se-checksums.txt` as an attestation record: it has no line",
        ),
        ("echo '<html>' > se-checksums.txt", 3, "it has no line `<sha256> <name>`"),
        (
            "cat se-checksums.txt >> se-checksums.txt~; cat se-checksums.txt~ >> se-checksums.txt; rm se-checksums.txt~",
            3,
            "line 7: a second line `contract:workload`",
        ),
        ("head -c 2000000 /dev/zero > se-checksums.txt", 3, "larger than the limit"),
        ("mv se-checksums.txt x", 1, "cannot read `se-checksums.txt`: no such file"),
    ] {
        refuses(given, VERIFY, exit, says);
    }
    refuses("", "contract-auditor verify --at 2097-01-01", 4, "expired");
}
