//! Certificates made while the tests run.

use jiff::SignedDuration;
use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{X509, X509Builder, X509NameBuilder},
};

use crate::tests::now;

pub struct Pair {
    pub certificate: X509,
    pub key: PKey<Private>,
}

impl Pair {
    /// A certificate for `days` from a year before now on, signed by itself or by another one.
    pub fn new(name: &str, days: i64, issuer: Option<&Self>) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self::of(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap(), name, days, issuer)
    }

    pub fn rsa(name: &str, days: i64) -> Self {
        Self::of(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(), name, days, None)
    }

    fn of(key: PKey<Private>, name: &str, days: i64, issuer: Option<&Self>) -> Self {
        let subject = {
            let mut builder = X509NameBuilder::new().unwrap();
            builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
            builder.build()
        };
        let year_before = now() - SignedDuration::from_hours(365 * 24);
        let end = now() + SignedDuration::from_hours(days * 24);
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder
            .set_issuer_name(issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name()))
            .unwrap();
        builder.set_not_before(&Asn1Time::from_unix(year_before.as_second()).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(end.as_second()).unwrap()).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.sign(issuer.map_or(&key, |issuer| &issuer.key), MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    pub fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().unwrap()).unwrap()
    }

    pub fn pkcs8(&self) -> String {
        String::from_utf8(self.key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }

    /// `EC PRIVATE KEY`
    pub fn sec1(&self) -> String {
        String::from_utf8(self.key.ec_key().unwrap().private_key_to_pem().unwrap()).unwrap()
    }

    pub fn public(&self) -> String {
        String::from_utf8(self.key.public_key_to_pem().unwrap()).unwrap()
    }
}
