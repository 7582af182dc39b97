//! What a verified chain of the attestation certificate gives, and lists that are broken byte by byte. The ways in which a
//! chain is refused stand with the command's tests, beside the verdict of IBM's own procedure.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;

use contract_pki::certificate::AttestationCertificate;
use contract_pki::certificate::Reason;
use contract_pki::certificate::authority::Authority;
use contract_pki::certificate::chain::Authorities;
use contract_pki::certificate::revocation::RevocationList;
use jiff::Timestamp;
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509, X509CrlBuilder, X509Extension, X509Name, X509NameBuilder, X509Revoked};

const NOW: i64 = 1_795_000_000; // 2026-11-18

struct Issued {
    key: PKey<Private>,
    x509: X509,
}

fn name(text: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", text).unwrap();
    name.build()
}

/// Signed by itself where nobody else does it: an authority then.
fn issue(subject: &str, issuer: Option<&Issued>) -> Issued {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(issuer.map_or(&*name(subject), |it| it.x509.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(NOW - 100).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(NOW + 100).unwrap()).unwrap();
    if issuer.is_none() {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    }
    builder.sign(issuer.map_or(&key, |it| &it.key), MessageDigest::sha512()).unwrap();
    Issued { x509: builder.build(), key }
}

fn authorities(intermediate: &Issued, root: &Issued) -> Authorities {
    let read = |it: &Issued| Authority::parse_all(&it.x509.to_pem().unwrap()).unwrap();
    Authorities { intermediates: read(intermediate), roots: read(root), lists: Vec::new() }
}

#[test]
fn a_verified_attestation_certificate_verifies_the_guest_s_signature() {
    let root = issue("root", None);
    let intermediate = issue("intermediate", Some(&root));
    let leaf = issue("attestation", Some(&intermediate));
    let read = || AttestationCertificate::from_bytes(&leaf.x509.to_pem().unwrap()).unwrap();
    let now = Timestamp::from_second(NOW).unwrap();
    let fingerprint = read().facts().key_fingerprint.clone();

    let key = authorities(&intermediate, &root).verify(read(), now).unwrap().verifying_key().unwrap();
    assert_eq!(key.fingerprint(), fingerprint);
    let facts = key.facts().unwrap();
    assert_eq!(facts.subject, "CN=attestation");
    assert_eq!(Some(facts.not_after), Some(Timestamp::from_second(NOW + 100).unwrap()));
    let signature = Signer::new(MessageDigest::sha256(), &leaf.key)
        .and_then(|mut signer| signer.sign_oneshot_to_vec(b"record"))
        .unwrap();
    assert!(key.verifies(&sha256(b"record"), &signature));
    assert!(!key.verifies(&sha256(b"recorD"), &signature));

    let elsewhere = issue("intermediate", Some(&root));
    let refusal = authorities(&elsewhere, &root).verify(read(), now).err().unwrap();
    assert!(matches!(refusal.reason, Reason::WrongSigner { .. }), "{refusal}");
}

/// The list that is broken.
static LIST: LazyLock<Vec<u8>> = LazyLock::new(|| list(b"\x30\x12\x02\x01\x05\x17\x0d261118000000Z"));

/// A list with a scope and this entry, signed by somebody.
fn list(entry: &[u8]) -> Vec<u8> {
    let issuer = issue("issuer", None);
    let mut builder = X509CrlBuilder::new().unwrap();
    builder.set_issuer_name(issuer.x509.subject_name()).unwrap();
    builder.set_last_update(&Asn1Time::from_unix(NOW - 100).unwrap()).unwrap();
    builder.set_next_update(&Asn1Time::from_unix(NOW + 100).unwrap()).unwrap();
    // a distribution point at `https://a/` and `onlyContainsUserCerts`; what the builder demands
    let scope = b"\x30\x13\xa0\x0e\xa0\x0c\x86\x0ahttps://a/\x81\x01\xff";
    for (oid, value) in
        [("2.5.29.28", &scope[..]), ("2.5.29.35", b"\x30\x03\x80\x01\x01"), ("2.5.29.20", b"\x02\x01\x01")]
    {
        let value = Asn1OctetString::new_from_bytes(value).unwrap();
        let critical = oid == "2.5.29.28";
        let oid = Asn1Object::from_str(oid).unwrap();
        builder.append_extension(X509Extension::new_from_der(&oid, critical, &value).unwrap()).unwrap();
    }
    builder.add_revoked(X509Revoked::from_der(entry).unwrap()).unwrap();
    builder.sign(&issuer.key, MessageDigest::sha256()).unwrap();
    builder.build().unwrap().to_der().unwrap()
}

/// An entry for the serial 5, with one extension: of this identifier, critical or not, with the value `ENUMERATED 1`.
fn entry(oid: &[u8], critical: bool) -> Vec<u8> {
    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }
    let critical = if critical { &b"\x01\x01\xff"[..] } else { b"" };
    let extension = [&der(6, oid), critical, &der(4, b"\x0a\x01\x01")].concat();
    let extensions = der(0x30, &der(0x30, &extension));
    der(0x30, &[b"\x02\x01\x05\x17\x0d261118000000Z", &*extensions].concat())
}

/// What is critical changes what the entry means: RFC 5280, section 5.3.
#[test]
fn a_critical_extension_of_an_entry_must_be_known() {
    let (reason, unknown) = (b"\x55\x1d\x15", b"\x2a\x03\x04");
    for (oid, critical, taken) in
        [(reason, true, true), (reason, false, true), (unknown, false, true), (unknown, true, false)]
    {
        let read = RevocationList::parse(&list(&entry(oid, critical)), "any");
        assert_eq!(read.is_ok(), taken, "{oid:?} {critical}");
        if let Err(error) = read {
            assert!(
                error.to_string().contains("critical extension that is not known here: 1.2.3.4"),
                "{error}"
            );
        }
    }
}

proptest::proptest! {
    #[test]
    fn a_list_with_another_byte_is_read_or_refused(place: proptest::sample::Index, byte: u8) {
        let mut list = LIST.clone();
        *place.get_mut(&mut list) = byte;
        let _ = RevocationList::parse(&list, "any");
    }
}

#[test]
fn the_list_that_is_broken_is_read_when_it_is_whole() {
    assert!(RevocationList::parse(&LIST, "any").is_ok());
    assert!(RevocationList::parse(&[&**LIST, b"x"].concat(), "any").is_err());
}
