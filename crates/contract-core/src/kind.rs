//! The two kinds of section, as types and as a value.

use std::fmt;

use serde::{Deserialize, Serialize};
use ssh_signatures::sshsig::Namespace;

/// Marks what belongs to the workload section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {}

/// Marks what belongs to the env section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Env {}

/// Which of the two sections.
pub trait Kind: sealed::Sealed {
    /// As a value.
    const SECTION: SectionName;
    /// `workload` or `env`: the section's `type`, and its key in the contract.
    const NAME: &'static str = Self::SECTION.as_str();
    /// The binary of the persona who writes it.
    const AUTHOR: &'static str = Self::SECTION.author();
}

impl Kind for Workload {
    const SECTION: SectionName = SectionName::Workload;
}

impl Kind for Env {
    const SECTION: SectionName = SectionName::Env;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Workload {}
    impl Sealed for super::Env {}
}

/// Which of the two sections, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionName {
    /// The workload provider's.
    Workload,
    /// The env deployer's.
    Env,
}

impl SectionName {
    /// `workload` or `env`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Env => "env",
        }
    }

    /// The binary of the persona who writes it.
    pub const fn author(self) -> &'static str {
        match self {
            Self::Workload => "workload-provider",
            Self::Env => "env-deployer",
        }
    }

    /// The namespace of a signature over its statement.
    pub const fn namespace(self) -> Namespace {
        match self {
            Self::Workload => Namespace::Workload,
            Self::Env => Namespace::Env,
        }
    }
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
