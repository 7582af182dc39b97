//! The passphrase of a volume's disk.
//!
//! ```text
//! passphrase = lower-case hex( SHA-256( seed of one side || seed of the other side ) )
//! ```
//!
//! Source: contract-format, section 6. The sources differ on the order of the seeds: see [`SeedOrder`]. No source states
//! which seeds the guest tries while both sides roll: see `Seeds::previous`.

use std::fmt;

use clap::ValueEnum;
use contract_section::seed::Seed;
use contract_section::{EnvSeed, EnvVolume, WorkloadVolume};
use zeroize::Zeroizing;

use crate::keys::secret_hex;

/// The order of the seeds in the passphrase
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SeedOrder {
    /// The likely order: IBM's table of seeds, and the guest's message
    #[default]
    EnvFirst,
    /// The order in the text of the same documentation
    WorkloadFirst,
}

impl SeedOrder {
    /// The other order.
    pub(super) fn other(self) -> Self {
        match self {
            Self::EnvFirst => Self::WorkloadFirst,
            Self::WorkloadFirst => Self::EnvFirst,
        }
    }

    /// Name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EnvFirst => "env-first",
            Self::WorkloadFirst => "workload-first",
        }
    }
}

/// A passphrase. Wiped when dropped, masked in `Debug`.
#[derive(PartialEq, Eq)]
pub(super) struct Passphrase(Zeroizing<String>);

impl Passphrase {
    fn new(workload: &Seed, env: &Seed, order: SeedOrder) -> Self {
        let [first, second] = match order {
            SeedOrder::EnvFirst => [env, workload],
            SeedOrder::WorkloadFirst => [workload, env],
        };
        let mut seeds = Zeroizing::new(Vec::with_capacity(first.expose().len() + second.expose().len()));
        seeds.extend_from_slice(first.expose().as_bytes());
        seeds.extend_from_slice(second.expose().as_bytes());
        let digest = Zeroizing::new(openssl::sha::sha256(&seeds));
        Self(secret_hex(&*digest))
    }

    /// The passphrase itself: 64 characters.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(<hidden>)")
    }
}

/// The seeds of one volume, from both sections.
pub(super) struct Seeds<'a> {
    workload: Half<'a>,
    env: Half<'a>,
}

#[derive(Clone, Copy)]
struct Half<'a> {
    seed: &'a Seed,
    previous: Option<&'a Seed>,
}

/// A passphrase that a rolled disk may still have.
pub(super) struct Previous {
    /// The passphrase.
    pub passphrase: Passphrase,
    /// The seeds it is made from.
    pub seeds: &'static str,
    /// Both sides roll, and one current seed is used: no source states whether the real guest tries this.
    pub half_way: bool,
}

impl<'a> Seeds<'a> {
    /// `None` if a part is kept elsewhere: in a key management service, a crypto card or the ultravisor.
    pub(super) fn from_volumes(workload: &'a WorkloadVolume, env: &'a EnvVolume) -> Option<Self> {
        let EnvSeed::Seed(seed) = &env.seed else { return None };
        (!env.has_kms && !env.has_grep11).then_some(Self {
            workload: Half { seed: &workload.seed, previous: workload.previous_seed.as_ref() },
            env: Half { seed, previous: env.previous_seed.as_ref() },
        })
    }

    /// The passphrase of the current seeds.
    pub(super) fn current(&self, order: SeedOrder) -> Passphrase {
        Passphrase::new(self.workload.seed, self.env.seed, order)
    }

    /// The passphrases that the disk may still have, the likely one first; empty if no side rolls.
    ///
    /// If both sides roll, one of them may have rolled and booted before the other.
    pub(super) fn previous(&self, order: SeedOrder) -> Vec<Previous> {
        let (workload, env) = (&self.workload, &self.env);
        let both = workload.previous.is_some() && env.previous.is_some();
        let made = |workload: &Seed, env: &Seed, seeds, half_way| Previous {
            passphrase: Passphrase::new(workload, env, order),
            seeds,
            half_way,
        };
        let mut found = Vec::new();
        if let (Some(workload), Some(env)) = (workload.previous, env.previous) {
            found.push(made(workload, env, "the previous seeds of both sections", false));
        }
        if let Some(previous) = workload.previous {
            found.push(made(previous, env.seed, "the workload section's previous seed", both));
        }
        if let Some(previous) = env.previous {
            found.push(made(workload.seed, previous, "the env section's previous seed", both));
        }
        let current = self.current(order);
        found.retain(|it| it.passphrase != current);
        found
    }
}

#[cfg(test)]
mod tests {
    use contract_core::kind::{Env, Workload};
    use contract_pki::platform::Platform;
    use contract_section::Section;
    use jiff::Timestamp;

    use super::*;
    use crate::testing::{Case, ENV_SEED, WORKLOAD_SEED, openssl};

    /// The sections of a sound contract, with another line before each `seed`.
    fn sections(workload: &str, env: &str) -> (Section<Workload>, Section<Env>) {
        let case = Case::sound();
        let with =
            |text: &str, line: &str| Zeroizing::new(text.replace("    seed:", &format!("{line}    seed:")));
        let now = Timestamp::UNIX_EPOCH;
        let workload = Section::open(with(&case.workload, workload), now, &[Platform::Hpvs]).0.unwrap();
        let env = Section::open(with(&case.env, env), now, &[Platform::Hpvs]).0.unwrap();
        (workload, env)
    }

    fn seeds(sections: &(Section<Workload>, Section<Env>)) -> Option<Seeds<'_>> {
        Seeds::from_volumes(&sections.0.model().volumes[0], &sections.1.model().volumes[0])
    }

    fn sha256(text: &str) -> String {
        let said = String::from_utf8(openssl(&["dgst", "-sha256", "-r"], text.as_bytes())).unwrap();
        said.split(' ').next().unwrap().to_owned()
    }

    const OLD: &str = "an-old-seed-of-one-side";

    fn rolling() -> String {
        format!("    previousSeed: \"{OLD}\"\n")
    }

    #[test]
    fn it_is_the_hash_by_openssl_in_either_order() {
        let sections = sections("", "");
        let seeds = seeds(&sections).unwrap();
        let current = seeds.current(SeedOrder::EnvFirst);
        assert_eq!(current.expose(), sha256(&format!("{ENV_SEED}{WORKLOAD_SEED}")));
        assert_eq!(format!("{current:?}"), "Passphrase(<hidden>)");
        let other = seeds.current(SeedOrder::EnvFirst.other());
        assert_eq!(other.expose(), sha256(&format!("{WORKLOAD_SEED}{ENV_SEED}")));
        assert!(seeds.previous(SeedOrder::EnvFirst).is_empty());
    }

    #[test]
    fn one_side_rolls_or_both_or_one_is_a_step_ahead() {
        let tried = |workload: &str, env: &str| -> Vec<_> {
            let sections = sections(workload, env);
            let previous = seeds(&sections).unwrap().previous(SeedOrder::EnvFirst);
            previous.iter().map(|it| (it.passphrase.expose().to_owned(), it.half_way)).collect()
        };
        let (old_workload, old_env) =
            (sha256(&format!("{ENV_SEED}{OLD}")), sha256(&format!("{OLD}{WORKLOAD_SEED}")));
        assert_eq!(tried(&rolling(), ""), [(old_workload.clone(), false)]);
        assert_eq!(tried("", &rolling()), [(old_env.clone(), false)]);
        let both = sha256(&format!("{OLD}{OLD}"));
        assert_eq!(tried(&rolling(), &rolling()), [(both, false), (old_workload, true), (old_env, true)]);
    }

    #[test]
    fn a_part_kept_elsewhere_makes_no_passphrase() {
        let service = "    kms:\n    - apiKey: \"0123456789\"\n      \
                       crn: \"crn:v1:bluemix:public:kms:eu-de:a/1:2:key:3\"\n";
        assert!(seeds(&sections("", service)).is_none());
    }
}
