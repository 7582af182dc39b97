//! Certificates from outside: IBM's real ones where they lie beside the project, and one for each way to fail.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads files and says what it skips"
)]

use contract_pki::certificate::authority::Authority;
use contract_pki::certificate::revocation::RevocationList;
use contract_pki::certificate::{EncryptionCertificate, Error, Expiry, Foreign};
use contract_pki::x509::day;
use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};

const NOW: i64 = 1_795_000_000; // 2026-11-18

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn certificate(key: &PKey<Private>, from: i64, to: i64) -> String {
    certificate_with(key, from, to, "CN")
}

/// `attribute` is a short name, or an OID.
fn certificate_with(key: &PKey<Private>, from: i64, to: i64, attribute: &str) -> String {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text(attribute, "Test material").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(from).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(to).unwrap()).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    String::from_utf8(builder.build().to_pem().unwrap()).unwrap()
}

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

fn reason(text: &str) -> String {
    let verified =
        EncryptionCertificate::parse(text).and_then(|it| it.verify(now(), Expiry::Refuse, Foreign::Refuse));
    verified.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn each_way_to_fail_has_its_words() {
    let key = rsa(2048);
    let good = certificate(&key, NOW - 100, NOW + 100);
    let ec = PKey::from_ec_key(
        EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap(),
    );
    let private = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let body = good.lines().nth(1).unwrap();
    let cases = [
        (good.clone(), ""),
        (good.replace('\n', "\r\n"), ""),
        (format!("subject=whatever\n{good}"), ""),
        (String::new(), "not a certificate: it is empty"),
        ("MIIB".into(), "not a certificate: it is not PEM: no `-----BEGIN …-----` line"),
        (
            format!("\u{feff}{good}"),
            "not a certificate: it begins with a byte order mark; PEM is plain ASCII",
        ),
        (format!("{good}{good}"), "not a certificate: it holds 2 PEM blocks where one is expected"),
        (private, "a PEM `PRIVATE KEY`, expected `CERTIFICATE`"),
        (
            good.replace("-----END", "----END"),
            "not a certificate: its `-----BEGIN CERTIFICATE-----` has no matching `-----END CERTIFICATE-----`",
        ),
        (
            good.replacen(body, "%%%", 1),
            "not a certificate: the base64 inside its `CERTIFICATE` block is damaged",
        ),
        (
            good.replacen(body, "", 1),
            "the certificate is damaged: its DER does not read back as it was written",
        ),
        (
            certificate(&ec.unwrap(), NOW - 100, NOW + 100),
            "the certificate holds a key of type EC, and RSA is needed",
        ),
        (
            certificate(&rsa(1024), NOW - 100, NOW + 100),
            "the certificate's RSA key has 1024 bits, at least 2048 are needed (IBM's have 4096)",
        ),
        (certificate(&key, NOW - 100, NOW - 1), "the encryption certificate expired on 2026-11-18"),
        (certificate(&key, NOW + 1, NOW + 100), "the encryption certificate is not valid before 2026-11-18"),
    ];
    for (text, expected) in cases {
        assert_eq!(reason(&text), expected, "{text}");
    }
}

#[test]
fn an_attribute_that_has_no_name_is_shown_by_its_oid() {
    let key = rsa(2048);
    for (attribute, shown) in [("O", "O"), ("1.2.3.4", "1.2.3.4"), ("1.2.3.5", "1.2.3.5")] {
        let text = certificate_with(&key, NOW, NOW + 1, attribute);
        let subject = EncryptionCertificate::parse(&text).unwrap().facts().subject.clone();
        assert_eq!(subject, format!("{shown}=Test material"));
    }
}

#[test]
fn bytes_behind_the_der_are_refused() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let good = certificate(&rsa(2048), NOW - 100, NOW + 100);
    let mut der = X509::from_pem(good.as_bytes()).unwrap().to_der().unwrap();
    der.push(0);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der));
    assert!(matches!(EncryptionCertificate::parse(&pem), Err(Error::Trailing(1))));
}

#[test]
fn an_expired_certificate_needs_the_danger_flag() {
    let text = certificate(&rsa(2048), NOW - 100, NOW - 1);
    let parsed = EncryptionCertificate::parse(&text).unwrap();
    assert!(parsed.verify(now(), Expiry::DangerAccept, Foreign::Refuse).is_ok());
}

/// The files of IBM's images, kept out of the project: looked for beside it.
#[test]
fn ibms_certificates_are_read_and_the_expired_one_is_refused_with_its_date() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/certificates");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no {}", folder.display());
        return;
    };
    let mut refused = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let parsed = EncryptionCertificate::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let openssl = |field: &str| {
            let arguments = ["x509", "-noout", field, "-in", path.to_str().unwrap()];
            let output = std::process::Command::new("openssl").args(arguments).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().split_once('=').unwrap().1.to_owned()
        };
        assert_eq!(parsed.facts().serial, openssl("-serial"));
        assert_eq!(parsed.facts().subject.replace('=', " = "), openssl("-subject"));
        if let Err(Error::Expired(at)) = parsed.verify(now(), Expiry::Refuse, Foreign::Refuse) {
            refused.push(day(at).to_string());
        }
    }
    assert_eq!(refused, ["2026-08-12"]);
}

proptest::proptest! {
    /// Whatever a server or a mail brings: an error or a value, never a panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, pem: bool) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let body = STANDARD.encode(&bytes);
        let text = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        let bytes = if pem { text.as_bytes() } else { &bytes };
        let _ = EncryptionCertificate::from_bytes(bytes);
        let _ = Authority::parse_roots(bytes);
        let _ = RevocationList::parse(bytes, "any");
    }
}
