//! Seeds: each side's half of a volume's passphrase (contract-format, section 6).
//!
//! `passphrase = hex(SHA-256(seed of one side || seed of the other side))`. This module has the rules of one seed; only the
//! guest makes the passphrase.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contract_core::secret::Secret;
use contract_pki::random::{RandomError, Randomness};
use zeroize::Zeroizing;

/// Characters: the minimum of the contract's schema.
pub const SHORTEST: usize = 15;

/// Characters. Seeds of 3 to 14 were legal before March 2026, and their volumes must still open.
pub const SHORTEST_PREVIOUS: usize = 3;

/// Characters. The schema has no limit; a longer text is a file named by mistake.
pub const LONGEST: usize = 10_000;

/// The characters other than letters and digits.
pub const PUNCTUATION: &str = r#"!@#$%^&*(),.?":{}|<>_-"#;

/// Random bytes in a seed that we make: 256 bits.
const RANDOM_BYTES: usize = 32;

/// Which rule a text breaks as a seed; never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// Not UTF-8.
    #[error("byte {position} is not UTF-8")]
    NotUtf8 {
        /// Counted from 1.
        position: usize,
    },
    /// Outside the alphabet.
    #[error("character {position} of {count} is not allowed in a seed")]
    Character {
        /// Counted from 1.
        position: usize,
        /// Characters in all.
        count: usize,
    },
    /// Too few characters.
    #[error("a seed of {count} characters, at least {minimum} are required")]
    TooShort {
        /// Characters in all.
        count: usize,
        /// [`SHORTEST`] or [`SHORTEST_PREVIOUS`].
        minimum: usize,
    },
    /// Too many characters.
    #[error("a seed of more than {LONGEST} characters")]
    TooLong,
}

impl SeedError {
    /// What to do.
    pub fn hint(self) -> String {
        match self {
            Self::NotUtf8 { .. } | Self::Character { .. } => {
                format!("take letters, digits and `{PUNCTUATION}`: `openssl rand -hex 32` makes such a seed")
            }
            Self::TooShort { .. } => "make one: `openssl rand -hex 32`".into(),
            Self::TooLong => format!("at most {LONGEST} characters are taken: is this the right file?"),
        }
    }
}

/// One side's half of a volume's passphrase. Wiped when dropped, masked in `Debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed(Secret);

impl Seed {
    /// A current seed: `^[a-zA-Z0-9!@#$%^&*(),.?":{}|<>_-]{15,}$`.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        Self::with_minimum(text, SHORTEST)
    }

    /// An old seed, which only opens a disk: three characters are enough.
    pub fn parse_previous(text: &str) -> Result<Self, SeedError> {
        Self::with_minimum(text, SHORTEST_PREVIOUS)
    }

    fn with_minimum(text: &str, minimum: usize) -> Result<Self, SeedError> {
        let count = text.chars().count();
        if count > LONGEST {
            return Err(SeedError::TooLong);
        }
        if let Some(before) = text.chars().position(|c| !is_legal(c)) {
            return Err(SeedError::Character { position: before + 1, count });
        }
        if count < minimum {
            return Err(SeedError::TooShort { count, minimum });
        }
        Ok(Self(Secret::new(text)))
    }

    /// A new seed of 256 bits: 43 characters, base64url without padding, all of them legal.
    pub fn generate(randomness: &mut dyn Randomness) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        randomness.fill(&mut *bytes)?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
        Ok(Self(Secret::new(&text)))
    }

    /// The seed itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether the schema accepts it only as `previousSeed`.
    pub fn is_short(&self) -> bool {
        self.expose().chars().count() < SHORTEST
    }
}

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || PUNCTUATION.contains(c)
}

/// One side's seeds of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSeeds {
    /// `seed`
    pub seed: Seed,
    /// `previousSeed`, while rolling.
    pub previous: Option<Seed>,
    /// Counted from 1, one more at each roll.
    pub generation: u64,
}

/// Why there is no seed for a volume, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSeed {
    /// The cause, without the volume's name.
    pub message: String,
    /// Something that can be typed.
    pub hint: String,
}

/// The seeds of a section's volumes, usually from a vault.
pub trait Seeds {
    /// The seeds of a volume, by its key under `volumes`.
    fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed>;

    /// The stored seeds of a volume that has its own in the section; an error if that is not known.
    fn stored(&mut self, volume: &str) -> Result<Option<VolumeSeeds>, NoSeed> {
        Ok(self.seeds_for(volume).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract_pki::random::SystemRandomness;

    #[test]
    fn each_rule_has_its_own_refusal() {
        assert_eq!(Seed::parse("abcdefghijklmn"), Err(SeedError::TooShort { count: 14, minimum: 15 }));
        assert!(Seed::parse("abcdefghijklmno").is_ok());
        for (at, bad) in [" ", "+", "/", "=", "'", "\\", "é", "\n", "\0"].iter().enumerate() {
            let text = format!("abcdefghijklmno{bad}");
            assert_eq!(Seed::parse(&text), Err(SeedError::Character { position: 16, count: 16 }), "{at}");
        }
        assert_eq!(Seed::parse(&"a".repeat(LONGEST + 1)), Err(SeedError::TooLong));
        assert!(Seed::parse(&"a".repeat(LONGEST)).is_ok());
        assert!(Seed::parse(&format!("abcdefghijklmno{PUNCTUATION}")).is_ok());
        assert!(Seed::parse_previous("abc").is_ok_and(|seed| seed.is_short()));
        assert_eq!(Seed::parse_previous("ab"), Err(SeedError::TooShort { count: 2, minimum: 3 }));
    }

    #[test]
    fn a_seed_of_ours_holds_every_bit_that_was_drawn() {
        struct Fixed(u8);
        impl Randomness for Fixed {
            fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
                buffer.fill(self.0);
                Ok(())
            }
        }
        let made = |byte| Seed::generate(&mut Fixed(byte)).unwrap();
        assert_eq!(made(0xff).expose(), format!("{}8", "_".repeat(42)));
        assert_eq!(URL_SAFE_NO_PAD.decode(made(0x5a).expose()).unwrap(), [0x5a; 32]);
        let seed = Seed::generate(&mut SystemRandomness).unwrap();
        assert_eq!(Seed::parse(seed.expose()).unwrap(), seed);
        assert_eq!(format!("{seed:?}"), "Seed(<hidden, 43 characters>)");
    }
}
