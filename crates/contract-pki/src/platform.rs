//! Which product the guest image belongs to (contract-format, section 1), and so the token's prefix (section 2).

use serde::{Deserialize, Serialize};

/// The product whose guest opens the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Hyper Protect Virtual Servers.
    Hpvs,
    /// Confidential Computing Container Runtime.
    Ccrt,
    /// Confidential Computing Container Runtime for Red Hat Virtualization.
    Ccrv,
    /// Confidential Computing Containers for Red Hat `OpenShift`.
    Ccco,
}

impl Platform {
    /// All platforms, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Hpvs, Self::Ccrt, Self::Ccrv, Self::Ccco];

    /// `hpvs`, `ccrt`, `ccrv` or `ccco`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hpvs => "hpvs",
            Self::Ccrt => "ccrt",
            Self::Ccrv => "ccrv",
            Self::Ccco => "ccco",
        }
    }

    /// The platforms whose certificates have such a subject (contract-format, section 9); empty for a subject that names no
    /// product. A hint and no proof: two products shipped one key.
    pub fn suggested_by(subject: &str) -> &'static [Self] {
        match subject {
            _ if subject.contains("Hyper Protect Container Runtime") => &[Self::Hpvs],
            _ if subject.contains("Confidential Container ") => &[Self::Ccco],
            _ if subject.contains("CN=Container Runtime") => &[Self::Ccrt, Self::Ccrv],
            _ => &[],
        }
    }

    /// The first part of a token for this platform.
    pub fn prefix(self) -> Prefix {
        match self {
            Self::Hpvs | Self::Ccco => Prefix::HyperProtectBasic,
            Self::Ccrt | Self::Ccrv => Prefix::ContractBasic,
        }
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Platform {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.name() == name)
            .ok_or_else(|| format!("`{name}` is no platform; expected hpvs, ccrt, ccrv or ccco"))
    }
}

/// The first part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `hyper-protect-basic`: platforms `hpvs` and `ccco`.
    HyperProtectBasic,
    /// `contract-basic`: platforms `ccrt` and `ccrv`.
    ContractBasic,
}

impl Prefix {
    /// Both prefixes.
    pub const ALL: [Self; 2] = [Self::HyperProtectBasic, Self::ContractBasic];

    /// As in the token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HyperProtectBasic => "hyper-protect-basic",
            Self::ContractBasic => "contract-basic",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    /// The names in the certificates that IBM ships.
    #[test]
    fn a_subject_suggests_its_platform() {
        for (name, platforms) in [
            ("Hyper Protect Container Runtime Contract Encryption", &[Platform::Hpvs][..]),
            ("Hyper Protect Confidential Container Contract Encryption", &[Platform::Ccco]),
            ("Container Runtime Contract Encryption", &[Platform::Ccrt, Platform::Ccrv]),
            ("guest rehearsal", &[]),
        ] {
            let subject = format!("C=IN, OU=Confidential Computing Platform Signing Service, CN={name}");
            assert_eq!(Platform::suggested_by(&subject), platforms, "{name}");
        }
    }
}
