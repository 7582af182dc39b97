//! The four products whose guests open contracts, and what differs among them (docs/platforms.md).
//!
//! [`Platform::product`] is the only table: whatever treats two platforms differently reads it there. It is in this crate
//! because both the readers of sections and the contract signer, who has no such reader, depend on it.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// The product whose guest opens the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Hyper Protect Virtual Servers for VPC.
    Hpvs,
    /// Confidential Computing Container Runtime.
    Ccrt,
    /// Confidential Computing Container Runtime for Red Hat Virtualization Solutions.
    Ccrv,
    /// Confidential Computing Containers for Red Hat `OpenShift` Container Platform.
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

    /// The first part of a token for this platform.
    pub fn prefix(self) -> Prefix {
        self.product().prefix
    }

    /// What is particular to the product.
    pub fn product(self) -> &'static Product {
        match self {
            Self::Hpvs => &HPVS,
            Self::Ccrt => &CCRT,
            Self::Ccrv => &CCRV,
            Self::Ccco => &CCCO,
        }
    }

    /// One note for people if the product ends.
    pub fn end_note(self) -> Option<String> {
        let End { no_new_guests_since, deleted_on } = self.product().end.as_ref()?;
        Some(format!(
            "{self}: IBM Cloud has taken no new guests since {no_new_guests_since}, and on {deleted_on} deletes those that still run"
        ))
    }
}

/// The names of platforms, for people: `hpvs, ccrt`.
pub fn names(platforms: &[Platform]) -> String {
    platforms.iter().map(|platform| platform.name()).collect::<Vec<_>>().join(", ")
}

/// What a contract depends on.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a row of a table of differences")]
pub struct Product {
    /// Its name in IBM's documentation.
    pub title: &'static str,
    /// Where that documentation is.
    pub documentation: &'static str,
    /// The first part of its tokens.
    pub prefix: Prefix,
    /// The first part of tokens that were made for its older guests.
    pub older_prefix: Option<Prefix>,
    /// How the guest gets its contract.
    pub delivery: Delivery,
    /// Its announced end.
    pub end: Option<End>,
    /// The kinds of workload that its guests run.
    pub applications: &'static [Application],
    /// Whether its schema describes `compose`: without, the schema refuses a section with `compose` alone.
    pub describes_compose: bool,
    /// Whether its schema describes `confidential-containers` and `host-attestation`; the others accept any mapping.
    pub describes_confidential_containers: bool,
    /// Whether an env section without `logging` is refused.
    pub requires_logging: bool,
    /// Whether `logging.logRouter` may have `tags`.
    pub log_router_tags: bool,
    /// Whether the env section's part of a volume key may come from the ultravisor or from a crypto card (`uv-secret-id`,
    /// `grep11`), and `kmsTimeout` may be given without `kms`.
    pub volume_key_services: bool,
}

impl Product {
    /// Whether tokens for it, new or old, begin like this.
    pub fn has_prefix(&self, prefix: Prefix) -> bool {
        self.prefix == prefix || self.older_prefix == Some(prefix)
    }

    /// Whether its guests run this kind of workload.
    pub fn runs(&self, application: Application) -> bool {
        self.applications.contains(&application)
    }
}

const HPVS: Product = Product {
    title: "IBM Cloud Hyper Protect Virtual Servers for VPC",
    documentation: "https://cloud.ibm.com/docs/vpc",
    prefix: Prefix::HyperProtectBasic,
    older_prefix: None,
    delivery: Delivery::UserData,
    // release notes of IBM Cloud VPC, 20 February 2026
    end: Some(End { no_new_guests_since: date(2026, 2, 28), deleted_on: date(2027, 2, 20) }),
    applications: &[Application::Compose, Application::Play],
    describes_compose: true,
    describes_confidential_containers: false,
    requires_logging: true,
    log_router_tags: false,
    volume_key_services: true,
};

const CCRT: Product = Product {
    title: "IBM Confidential Computing Container Runtime",
    documentation: "https://www.ibm.com/docs/en/ccrt",
    prefix: Prefix::ContractBasic,
    // IBM's tool writes the new one since June 2026
    older_prefix: Some(Prefix::HyperProtectBasic),
    delivery: Delivery::Medium,
    end: None,
    ..HPVS
};

const CCRV: Product = Product {
    title: "IBM Confidential Computing Container Runtime for Red Hat Virtualization Solutions",
    documentation: "https://www.ibm.com/docs/en/ccrv",
    applications: &[Application::Play],
    describes_compose: false,
    ..CCRT
};

const CCCO: Product = Product {
    title: "IBM Confidential Computing Containers for Red Hat OpenShift Container Platform",
    documentation: "https://www.ibm.com/docs/en/ccco",
    prefix: Prefix::HyperProtectBasic,
    older_prefix: None,
    delivery: Delivery::Initdata,
    end: None,
    applications: &[Application::ConfidentialContainers],
    describes_compose: true,
    describes_confidential_containers: true,
    requires_logging: false,
    log_router_tags: true,
    volume_key_services: false,
};

/// How a guest gets its contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// User data of the instance.
    UserData,
    /// The file `user-data` on a medium with the volume id `cidata`.
    Medium,
    /// The pod's annotation with `initdata`.
    Initdata,
}

/// The end of a product.
#[derive(Debug)]
pub struct End {
    /// The last day on which guests could be created.
    pub no_new_guests_since: Date,
    /// When guests that still run are deleted.
    pub deleted_on: Date,
}

/// How a workload section describes the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// `compose`
    Compose,
    /// `play`
    Play,
    /// `confidential-containers`
    ConfidentialContainers,
}

impl Application {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Compose, Self::Play, Self::ConfidentialContainers];

    /// Its field in the section.
    pub fn field(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Play => "play",
            Self::ConfidentialContainers => "confidential-containers",
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
    /// `hyper-protect-basic`
    HyperProtectBasic,
    /// `contract-basic`
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
