//! The messages of the guest, with their meaning in our words.
//!
//! Source: IBM's list of error messages of the Hyper Protect Container Runtime,
//! <https://cloud.ibm.com/docs/vpc?topic=vpc-hpcr-msgs>, as of 2026-02-20. Where the list does not say which
//! message a fault brings, the table says so.

use serde::{Serialize, Serializer};

/// A message of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hpl {
    /// The id, as the console log shows it.
    pub id: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

impl Serialize for Hpl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $meaning:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: Hpl = Hpl { id: stringify!($name), meaning: $meaning };
        )*

        /// Every message that a rehearsal can show.
        pub const ALL: &[Hpl] = &[$($name),*];
    };
}

messages! {
    /// Bootloader: the user data is not the expected YAML, or a token does not decrypt. The list has no separate message
    /// for a medium without user data.
    HPL11001E = "the contract cannot be parsed or decrypted";
    /// Network: not in the list, but on the console of a guest of build 25.11.0. The list has no message for a file that does
    /// not follow the schema.
    HPL13000I = "`network-config` follows the guest's schema";
    /// Network: as before.
    HPL13004I = "the guest's interfaces are set as in `network-config`";
    /// Validation, before logging is set up. HPL05001E, HPL07001E and HPL09001E mean the same in later services.
    HPL01001E = "a section does not follow the schema";
    /// The list has this for a signature that does not verify. It has HPL12003E and HPL12004E for values that can't be
    /// extracted or are missing, but does not say which: the rehearsal always uses this one.
    HPL12001E = "the signature does not verify with the `signingKey` of the env section";
    /// The list does not say how long before the end.
    HPL12006E = "the signing certificate is about to expire";
    /// The contract expires with the certificate.
    HPL12007E = "the signing certificate expired, and the contract with it";
    /// Compose: base64 or gzip.
    HPL06006E = "the compose archive is not a gzip file, or is damaged";
    /// Compose: tar.
    HPL06007E = "the tar in the compose archive is empty or damaged";
    /// Compose: the file has another name or is in a folder.
    HPL06008E = "the compose archive holds neither docker-compose.yaml nor docker-compose.yml at its top level";
    /// Compose: the file is not YAML.
    HPL06009E = "the compose file cannot be parsed";
    /// Compose: an image that is neither pinned by digest nor listed under `images`.
    HPL06010E = "an image of the compose file cannot be verified";
    /// Play: archive, descriptors or templates.
    HPL15002E = "the Pod and ConfigMap descriptors cannot be processed";
    /// Play: also a missing `ConfigMap` key, for which the list has no separate message.
    HPL15005E = "a Pod fails to start";
    /// Play: information; the guest continues, with nothing to run.
    HPL15006I = "no pod definitions found";
    /// Any service: also a missing variable that a compose file requires, for which the list has no separate message.
    HPL10000E = "one or more services failed, and the guest shuts down";
    /// Volumes: the sources differ on the order of the seeds (contract-format, section 6).
    HPL07013E = "the volume's passphrase cannot be made from the seeds of env, workload and key management service";
    /// Volumes: the names differ.
    HPL07015E = "the volumes of both sections do not have the same names";
    /// Volumes: the disk was encrypted with other seeds.
    HPL02003E = "the encrypted disk does not open with the passphrase";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_well_formed_and_unique() {
        let mut ids: Vec<_> = ALL.iter().map(|message| message.id).collect();
        assert!(ids.iter().all(|id| id.len() == 9 && id.starts_with("HPL") && id.ends_with(['E', 'I'])));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
    }
}
