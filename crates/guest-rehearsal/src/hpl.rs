//! The messages of the guest, with their meaning in our words.
//!
//! Source: IBM's list of error messages of the Hyper Protect Container Runtime,
//! <https://cloud.ibm.com/docs/vpc?topic=vpc-hpcr-msgs>, as of 2026-02-20. Where the list does not say which
//! message a fault brings, the table says so. Who shows it: published logs of real guests.

use serde::{Serialize, Serializer};

/// Where a guest shows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// On the console, and in the log.
    Console,
    /// In the log that the log server gets. The console shows HPL10000E alone.
    LogServer,
}

/// A message of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hpl {
    /// The id, as the log shows it.
    pub id: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Where a person sees it.
    pub shown: Shown,
}

impl Hpl {
    /// `on its console: HPL10000E: …`
    pub fn describe(&self) -> String {
        let Self { id, meaning, shown } = self;
        match shown {
            Shown::Console => format!("its console would show {id}: {meaning}"),
            Shown::LogServer => {
                format!("its log server would get {id}: {meaning}; its console would show HPL10000E alone")
            }
        }
    }
}

impl Serialize for Hpl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident, $shown:ident = $meaning:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: Hpl = Hpl { id: stringify!($name), meaning: $meaning, shown: Shown::$shown };
        )*

        /// Every message that a rehearsal can show.
        pub const ALL: &[Hpl] = &[$($name),*];
    };
}

messages! {
    /// Bootloader: the user data is not the expected YAML, or a token does not decrypt. The list has no separate message
    /// for a medium without user data.
    HPL11001E, Console = "the contract cannot be parsed or decrypted";
    /// Bootloader: the auditor key is of no use.
    HPL11002E, Console = "the attestation record cannot be encrypted";
    /// Network: not in the list, but on the console of a guest of build 25.11.0. The list has no message for a file that does
    /// not follow the schema.
    HPL13000I, Console = "`network-config` follows the guest's schema";
    /// Network: as before.
    HPL13004I, Console = "the guest's interfaces are set as in `network-config`";
    /// Logging: no source states whether the bootloader reads the sections first.
    HPL01000E, Console = "logging cannot parse the contract";
    /// Logging: its own part of the contract.
    HPL01001E, Console = "`logging` does not follow the schema";
    /// All other parts of the contract. HPL07001E and HPL09001E mean the same in later services.
    HPL05001E, LogServer = "the contract does not follow the schema";
    /// A signature that does not verify.
    HPL12001E, LogServer = "the signature does not verify with the `signingKey` of the env section";
    /// One of both is missing.
    HPL12004E, LogServer = "the signing key or the signature is missing";
    /// The list does not say how long before the end.
    HPL12006E, LogServer = "the signing certificate is about to expire";
    /// The contract expires with the certificate.
    HPL12007E, LogServer = "the signing certificate expired, and the contract with it";
    /// Compose: base64 or gzip.
    HPL06006E, LogServer = "the compose archive is not a gzip file, or is damaged";
    /// Compose: tar.
    HPL06007E, LogServer = "the tar in the compose archive is empty or damaged";
    /// Compose: the file has another name or is in a folder.
    HPL06008E, LogServer = "the compose archive holds neither docker-compose.yaml nor docker-compose.yml at its top level";
    /// Compose: the file is not YAML.
    HPL06009E, LogServer = "the compose file cannot be parsed";
    /// Compose: an image that is neither pinned by digest nor listed under `images`.
    HPL06010E, LogServer = "an image of the compose file cannot be verified";
    /// Play: archive, descriptors or templates.
    HPL15002E, LogServer = "the Pod and ConfigMap descriptors cannot be processed";
    /// Play: also a missing `ConfigMap` key, for which the list has no separate message.
    HPL15005E, LogServer = "a Pod fails to start";
    /// Play: information; the guest continues, with nothing to run.
    HPL15006I, LogServer = "no pod definitions found";
    /// Any service: also a missing variable that a compose file requires, for which the list has no separate message.
    HPL10000E, Console = "one or more services failed, and the guest shuts down";
    /// Volumes: the sources differ on the order of the seeds (contract-format, section 6).
    HPL07013E, LogServer = "the volume's passphrase cannot be made from the seeds of env, workload and key management service";
    /// Volumes: the names differ.
    HPL07015E, LogServer = "the volumes of both sections do not have the same names";
    /// Volumes: the disk was encrypted with other seeds.
    HPL02003E, LogServer = "the encrypted disk does not open with the passphrase";
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
