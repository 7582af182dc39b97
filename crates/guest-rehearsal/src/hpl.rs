//! The guest's own messages, told in our words.
//!
//! Source: IBM's list of error messages of the Hyper Protect Container Runtime,
//! <https://cloud.ibm.com/docs/vpc?topic=vpc-hpcr-msgs>, as of 2026-02-20. Where the list does not say which
//! message a fault brings, the table says so.

use serde::{Serialize, Serializer};

/// A message of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hpl {
    /// As it stands in the console log.
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

        /// Every message that a rehearsal can name.
        pub const ALL: &[Hpl] = &[$($name),*];
    };
}

messages! {
    /// The bootloader: user data that is no YAML of the expected shape, or a token that does not decrypt. For a medium on
    /// which there are no user data to find, the list has no message of its own.
    HPL11001E = "the contract cannot be parsed or decrypted";
    /// Validation, before logging is set up. HPL05001E, HPL07001E and HPL09001E say the same of later services.
    HPL01001E = "a section does not follow the schema";
    /// The list gives this for a signature that does not verify. It names HPL12003E and HPL12004E for values that
    /// can't be extracted or are missing, without saying which: the rehearsal stays with this one.
    HPL12001E = "the signature does not verify with the `signingKey` of the env section";
    /// An `E` that is no error.
    HPL12005E = "the signing certificate is valid";
    /// How long before, the list does not say.
    HPL12006E = "the signing certificate is about to expire";
    /// The contract expires with the certificate.
    HPL12007E = "the signing certificate expired, and the contract with it";
    /// Compose: base64 or gzip.
    HPL06006E = "the compose archive is no gzip file, or damaged";
    /// Compose: tar.
    HPL06007E = "the tar in the compose archive is empty or damaged";
    /// Compose: the file has another name or lies in a folder.
    HPL06008E = "the compose archive holds neither docker-compose.yaml nor docker-compose.yml at its top level";
    /// Compose: the file is no YAML.
    HPL06009E = "the compose file cannot be parsed";
    /// Compose: an image that is neither pinned by digest nor listed under `images`.
    HPL06010E = "an image of the compose file cannot be verified";
    /// Play: archive, descriptors and templates alike.
    HPL15002E = "the Pod and ConfigMap descriptors cannot be processed";
    /// Play: for a `ConfigMap` key that is not there the list has no message of its own.
    HPL15005E = "a Pod fails to start";
    /// Play: an information, and the guest goes on with nothing to run.
    HPL15006I = "no pod definitions found";
    /// Any service. For an environment variable that a compose file insists on the list has no message of its own.
    HPL10000E = "one or more services failed, and the guest shuts down";
    /// Volumes: the order of the seeds is told differently in different places (contract-format, section 6).
    HPL07013E = "the volume's passphrase cannot be made from the seeds of env, workload and key management service";
    /// Volumes: not one set of names.
    HPL07015E = "the volumes of both sections do not have the same names";
    /// Volumes: the disk was encrypted under other seeds.
    HPL02003E = "the encrypted disk does not open with the passphrase";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_guest_s_form_and_stand_once() {
        let mut ids: Vec<_> = ALL.iter().map(|message| message.id).collect();
        assert!(ids.iter().all(|id| id.len() == 9 && id.starts_with("HPL") && id.ends_with(['E', 'I'])));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
    }
}
