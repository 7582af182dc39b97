//! What nobody states of a contract's end, and whom to ask.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::kind::SectionName;

/// Dates that nobody states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStated {
    /// All of a half: it came as a bare token, or no record tells of it.
    Half(SectionName),
    /// Those of the half that a handoff is not about.
    OtherHalf(SectionName),
    /// The statement is of a version that did not look at them.
    EnvCertificates,
}

impl NotStated {
    /// Who has to do what, so that they are.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Half(SectionName::Workload) | Self::OtherHalf(SectionName::Workload) => {
                "ask the workload provider for the handoff of `workload-provider encrypt` instead of a bare token, and sign it"
            }
            Self::Half(SectionName::Env) | Self::OtherHalf(SectionName::Env) => {
                "ask the env deployer for the handoff of `env-deployer encrypt` instead of a bare token, and sign it"
            }
            Self::EnvCertificates => {
                "ask the env deployer to encrypt again with this version, `env-deployer encrypt`, and sign that"
            }
        }
    }
}

impl fmt::Display for NotStated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Half(section) | Self::OtherHalf(section) => write!(f, "the dates of the {section} half"),
            Self::EnvCertificates => f.write_str(
                "the env section's own certificates, signing and syslog: an earlier version made the statement",
            ),
        }
    }
}

impl Serialize for NotStated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
