//! The published encryption certificates of IBM's images.
//!
//! Source: the histories of IBM's public repositories and the index of its images, collected on 2026-11-28. IBM publishes no
//! such list: a certificate that is missing here may still be genuine. A certificate is recognised by its key, because a subject
//! names no product: some certificates share one key, and one certificate is in images of several products.
//!
//! To add a row, paste what `crates/contract-pki/known-row` prints for a certificate's file.

use std::fmt;

use serde::ser::{SerializeMap as _, Serializer};

use crate::platform::Platform::{self, Ccco, Ccrt, Ccrv, Hpvs};
use crate::validity::Validity;

/// One published certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownCertificate {
    /// Its role: `encryption` or `attestation`.
    pub kind: &'static str,
    /// The images that it belongs to, by product and version; empty for IBM's test images, which no product runs.
    #[serde(serialize_with = "as_map")]
    pub images: &'static [(Platform, &'static [&'static str])],
    /// Upper-case hex, as `openssl x509 -serial` shows it.
    pub serial: &'static str,
    /// `sha256:` and the hex SHA-256 of its key.
    pub key_fingerprint: &'static str,
    /// First second of validity.
    pub not_before: &'static str,
    /// Last second of validity.
    pub not_after: &'static str,
    /// Whether the published file was read. Otherwise the row is from the text of an index, and not compared with the file.
    pub verified: bool,
}

impl KnownCertificate {
    /// All rows, in the order of the documentation.
    pub fn all() -> &'static [Self] {
        &KNOWN
    }

    /// All certificates with this key.
    pub fn with_key(fingerprint: &str) -> impl Iterator<Item = &'static Self> {
        KNOWN.iter().filter(move |it| it.key_fingerprint == fingerprint)
    }

    /// Whether it belongs to test images only.
    pub fn is_for_tests(&self) -> bool {
        self.images.is_empty()
    }

    /// The versions of a product's image that it belongs to.
    pub fn versions(&self, platform: Platform) -> Option<&'static [&'static str]> {
        self.images.iter().find(|(product, _)| *product == platform).map(|(_, versions)| *versions)
    }

    /// Both dates; `None` if a row is not well formed, which a test excludes.
    pub fn validity(&self) -> Option<Validity> {
        Some(Validity { not_before: self.not_before.parse().ok()?, not_after: self.not_after.parse().ok()? })
    }
}

/// `hpvs 26, 28 and ccrt 26.2.0`
impl fmt::Display for KnownCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_for_tests() {
            return f.write_str("one of IBM's test images, never of a product");
        }
        let images =
            self.images.iter().map(|(platform, versions)| format!("{platform} {}", versions.join(", ")));
        f.write_str(&images.collect::<Vec<_>>().join(" and "))
    }
}

/// `{"hpvs": ["26", "28"], "ccrt": ["26.2.0"]}`
fn as_map<S: Serializer>(
    images: &[(Platform, &'static [&'static str])],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(images.len()))?;
    for (platform, versions) in images {
        map.serialize_entry(platform.name(), versions)?;
    }
    map.end()
}

#[rustfmt::skip] // two lines for each, to be read as a table
static KNOWN: [KnownCertificate; 29] = [
    KnownCertificate { kind: "encryption", serial: "03DF9393EF0F6EB5629B7B0AC561723D", verified: true, images: &[(Hpvs, &["1"])],
        not_before: "2022-07-06T21:31:51Z", not_after: "2042-07-06T21:32:01Z", key_fingerprint: "sha256:e338ec71afb9e5ae315a88ab276fb3bcbf4c78be57ee939bcf4b230802a067fb" },
    KnownCertificate { kind: "encryption", serial: "5702F3C12A4AB005D5CAC9E5CDA5CC6D", verified: true, images: &[(Hpvs, &["2", "3"])],
        not_before: "2022-07-20T16:12:52Z", not_after: "2042-07-20T16:13:02Z", key_fingerprint: "sha256:4d79b4fa5d865d16f53be13d074ded40becb6ac0f39849c55846348a4c717476" },
    KnownCertificate { kind: "encryption", serial: "ABF5E6BB3E8BE3FCF75F86230949D3F2", verified: true, images: &[(Hpvs, &["5"])],
        not_before: "2022-09-22T10:49:52Z", not_after: "2042-09-22T10:50:02Z", key_fingerprint: "sha256:4d79b4fa5d865d16f53be13d074ded40becb6ac0f39849c55846348a4c717476" },
    KnownCertificate { kind: "encryption", serial: "91155CAE1709E633595FFFCF1F384713", verified: true, images: &[(Hpvs, &["6"])],
        not_before: "2022-11-08T09:14:46Z", not_after: "2023-11-08T09:14:56Z", key_fingerprint: "sha256:4d79b4fa5d865d16f53be13d074ded40becb6ac0f39849c55846348a4c717476" },
    KnownCertificate { kind: "encryption", serial: "16B7C7F9B61548506F4E63BA6FD40045", verified: true, images: &[(Hpvs, &["7", "8", "9", "10", "11", "12"])],
        not_before: "2022-12-08T15:24:06Z", not_after: "2023-12-08T15:24:16Z", key_fingerprint: "sha256:a4e3a3de8a5056dd6fd5647347564a37ead7adb57da714ee8227fa486ab63bf6" },
    KnownCertificate { kind: "encryption", serial: "D6599AE22D34B96FE6BA67AA0044098E", verified: true, images: &[(Hpvs, &["13", "14"])],
        not_before: "2023-10-06T06:06:28Z", not_after: "2024-10-05T06:06:38Z", key_fingerprint: "sha256:a14447c49906d99064a657a1b736cb5e0341dfa475b5f0326df8244c7ceb790e" },
    KnownCertificate { kind: "encryption", serial: "E51E40B9F3B5981C168EAF384CC2F421", verified: true, images: &[(Hpvs, &["15"])],
        not_before: "2024-03-08T10:14:00Z", not_after: "2025-03-08T10:14:10Z", key_fingerprint: "sha256:684172d1fc068dffc2898fa71ae276550664e416cb2103dc2cea0ddfcba629aa" },
    KnownCertificate { kind: "encryption", serial: "FA31936143914519B54B7B865436D092", verified: true, images: &[(Hpvs, &["16"])],
        not_before: "2024-06-06T12:00:39Z", not_after: "2025-06-06T12:00:49Z", key_fingerprint: "sha256:b8b43de0eec9bdc2a94e9885f274cd2116fc95b288fc5ff747f4f918322e58bb" },
    KnownCertificate { kind: "encryption", serial: "88125A532B65A22C60E7763384253C86", verified: true, images: &[(Hpvs, &["17", "18"])],
        not_before: "2024-07-04T11:48:30Z", not_after: "2025-07-04T11:48:40Z", key_fingerprint: "sha256:30c9d1c041f12e960b6de7a8c85de18591a5f46b3ee52c81cf73e23b55a8079e" },
    KnownCertificate { kind: "encryption", serial: "C66CF6A4A9D72F515FFCB3D2AC052142", verified: true, images: &[(Hpvs, &["19", "20"])],
        not_before: "2024-09-02T06:38:12Z", not_after: "2025-09-02T06:38:22Z", key_fingerprint: "sha256:992e2bb9ba713401620df96c753a08ed0d6653f4bc57c3abb18d3744cdbe7545" },
    KnownCertificate { kind: "encryption", serial: "F0E13E14FABECF4BA192C1FE9FE48891", verified: true, images: &[(Hpvs, &["22", "23"])],
        not_before: "2025-02-26T12:27:23Z", not_after: "2026-02-26T12:27:33Z", key_fingerprint: "sha256:27acf19f83fc1beefb1856ff6c116334b3295e52cb3777f93dde844bf3980bd3" },
    KnownCertificate { kind: "encryption", serial: "4B956E1568B55D4C971203F34409BAD5", verified: true, images: &[(Hpvs, &["24", "25"]), (Ccrt, &["25.8.1", "25.11.0"])],
        not_before: "2025-08-06T08:25:59Z", not_after: "2026-08-06T08:26:09Z", key_fingerprint: "sha256:9ccd7a9c2440171339f0ef51e9a56a13e2f2c1eb2292be0a64ab8f3ce09f6c40" },
    KnownCertificate { kind: "encryption", serial: "E6EEAB7C1523E11A8B81C50D1BBB7969", verified: true, images: &[(Hpvs, &["26", "28"]), (Ccrt, &["26.2.0"])],
        not_before: "2026-02-24T09:30:45Z", not_after: "2027-02-24T09:30:55Z", key_fingerprint: "sha256:0012b5f85a1a41822c17cad7d17b059babb785d933664a02881789864f3df84b" },
    KnownCertificate { kind: "encryption", serial: "948103CF62AB04B58A59EFCC4C011798", verified: true, images: &[(Hpvs, &["27"]), (Ccrt, &["26.5.0"]), (Ccrv, &["26.5.0"])],
        not_before: "2026-03-23T12:47:00Z", not_after: "2027-03-23T12:47:10Z", key_fingerprint: "sha256:781d32dfbef35155a6ac3e60fc1fb3f15d4fd7dd6754590f9aaac17dcf78a038" },
    KnownCertificate { kind: "encryption", serial: "C775927D9F86D27D369FAC42B05144AA", verified: true, images: &[(Hpvs, &["29"])],
        not_before: "2026-07-06T06:44:31Z", not_after: "2027-07-06T06:44:41Z", key_fingerprint: "sha256:b8d3ee02f0154a5b6ffeb57b87fd3d3a53fa6283eedfb0e227219a93a1b9ef7f" },
    KnownCertificate { kind: "encryption", serial: "C2A4E80B0D278042B5B588759A4107E4", verified: true, images: &[(Ccrt, &["26.7.2"])],
        not_before: "2026-07-06T18:16:20Z", not_after: "2027-06-20T23:59:59Z", key_fingerprint: "sha256:3e148a66ce7c8ad88d8bcfba92f9bb646b8a095cf3f21c0c8e78c49b02ad8186" },
    KnownCertificate { kind: "encryption", serial: "71AF7E3FF1C4B21EDAD6198BFBD0E77C", verified: false, images: &[(Ccrt, &["26.9.1"])],
        not_before: "2026-08-18T12:18:42Z", not_after: "2027-08-18T12:18:52Z", key_fingerprint: "sha256:8385238ec144fdef169ba633a2f60f355e6cc52a967081920f03c0b02f935a97" },
    KnownCertificate { kind: "encryption", serial: "D993E7698BBB7B1A412395E98123D749", verified: true, images: &[(Ccrv, &["1.1.0"])],
        not_before: "2025-04-23T08:52:44Z", not_after: "2026-04-23T08:52:54Z", key_fingerprint: "sha256:080026966e0bc20db7e1a73473b9c2e191730da4fa33fdb19eea21ec02aaf730" },
    KnownCertificate { kind: "encryption", serial: "72B5C0A8A697C63B448288DFF07C2325", verified: true, images: &[(Ccrv, &["1.1.1", "1.1.1.1", "25.8.1", "25.11.0"])],
        not_before: "2025-08-12T11:12:48Z", not_after: "2026-08-12T11:12:58Z", key_fingerprint: "sha256:8fef2aa66b16b4ef40a573774d7b1d8fd767c0cf77b559f0e8bdd2e183b0bcef" },
    KnownCertificate { kind: "encryption", serial: "3A2E19715B2B8D2B3E9526DBBF7D5E21", verified: true, images: &[(Ccrv, &["26.4.1"])],
        not_before: "2026-03-11T11:52:37Z", not_after: "2027-03-11T11:52:47Z", key_fingerprint: "sha256:e61e2324faf946bc9c13918fffe4c79f3658f51b66b3ce3f93d1800bea12715a" },
    KnownCertificate { kind: "encryption", serial: "D4F7BB4B163C52C6D527BA353168D46D", verified: true, images: &[(Ccrv, &["26.7.1"])],
        not_before: "2026-07-14T11:31:35Z", not_after: "2027-07-14T11:31:45Z", key_fingerprint: "sha256:9ce13dceed73e8c7eabacb50633b07fe74b5ba61dfefc9eee1d98aec654d7e9b" },
    KnownCertificate { kind: "encryption", serial: "FA92CB02F1485220D1303CD38DD3F87F", verified: false, images: &[(Ccrv, &["26.9.0"])],
        not_before: "2026-08-24T12:06:55Z", not_after: "2027-08-24T12:07:05Z", key_fingerprint: "sha256:d68497b893d8183f976c01ed2c5c18388d271958e8a9b61785a8e4558ad5e691" },
    KnownCertificate { kind: "encryption", serial: "5882B39D122CC5BF44D7BF9F2564AEC1", verified: true, images: &[(Ccco, &["25.10.0", "25.12.0"])],
        not_before: "2025-08-12T11:55:30Z", not_after: "2026-08-12T11:55:40Z", key_fingerprint: "sha256:97a7fca4dde6ec5483847236cbd3750e6d00b1ccdc28af6f35bdf17f66d7a10e" },
    KnownCertificate { kind: "encryption", serial: "855E21B9461030D234DA94CF39A41FBB", verified: true, images: &[(Ccco, &["26.4.0"])],
        not_before: "2026-03-12T09:41:29Z", not_after: "2027-03-12T09:41:39Z", key_fingerprint: "sha256:a949f9736680bc2754bc63a49fdc8775a9ad587a5bff1c779ec60a40d6ba3431" },
    KnownCertificate { kind: "encryption", serial: "7C1B9CB6D3C9E7AF4986A14C4F0D2D09", verified: true, images: &[(Ccco, &["26.7.0", "26.7.1"])],
        not_before: "2026-07-15T06:39:52Z", not_after: "2027-07-15T06:40:02Z", key_fingerprint: "sha256:9d97c5fd951e32a3a3c5883dbcb4c69c3b1d81cc2dad48d9868507d1410a24fb" },
    KnownCertificate { kind: "encryption", serial: "CC0D3098E85BC4315B6EAC67729E6E91", verified: true, images: &[],
        not_before: "2023-05-12T03:40:31Z", not_after: "2024-05-11T03:40:41Z", key_fingerprint: "sha256:68da85f1d6d398793f1f2499a5c233779332ded5b25cf2581da113389aa9a99f" },
    KnownCertificate { kind: "encryption", serial: "2840EB149BB6B25C949B150899EEF5D2", verified: true, images: &[],
        not_before: "2023-05-19T04:16:42Z", not_after: "2024-05-18T04:16:52Z", key_fingerprint: "sha256:68da85f1d6d398793f1f2499a5c233779332ded5b25cf2581da113389aa9a99f" },
    KnownCertificate { kind: "encryption", serial: "9BECF5CFD7FD25F50EDBFF64C21B12A3", verified: true, images: &[],
        not_before: "2024-05-06T09:19:56Z", not_after: "2025-05-06T09:20:06Z", key_fingerprint: "sha256:68da85f1d6d398793f1f2499a5c233779332ded5b25cf2581da113389aa9a99f" },
    KnownCertificate { kind: "encryption", serial: "8AEC45075C60D75A22FB972360B6506A", verified: true, images: &[],
        not_before: "2025-06-18T17:47:20Z", not_after: "2026-06-18T17:47:30Z", key_fingerprint: "sha256:c72eb909030772066b2e884be0fd3ef5d68b7fc6aff0366b8a73320795905ae1" },
];

#[cfg(test)]
mod tests {
    use super::super::{Attestation, Encryption, Pin, Role as _};
    use super::KNOWN;

    /// An entry that cannot be read is never found.
    #[test]
    fn every_entry_is_well_formed() {
        for it in &KNOWN {
            assert!(it.key_fingerprint.parse::<Pin>().is_ok(), "{it:?}");
            assert!(it.serial.bytes().all(|it| matches!(it, b'0'..=b'9' | b'A'..=b'F')), "{it:?}");
            assert!(!it.validity().unwrap().is_reversed(), "{it:?}");
            assert!([Encryption::NAME, Attestation::NAME].contains(&it.kind), "{it:?}");
            assert_eq!(KNOWN.iter().filter(|other| other.serial == it.serial).count(), 1, "{it:?}");
        }
    }
}
