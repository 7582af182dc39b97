//! Seeds: what each side gives to a volume's passphrase (contract-format, section 6).
//!
//! `passphrase = hex(SHA-256(seed of one side || seed of the other side))`; this module knows the rules of one seed, and
//! nothing of the passphrase, which the guest alone makes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use contract_core::secret::Secret;
use contract_pki::random::{RandomError, Randomness};

/// Characters; the schema of the contract asks for no less.
pub const SHORTEST: usize = 15;

/// Characters. Seeds of 3 to 14 were legal before March 2026, and their volumes still have to be opened.
pub const SHORTEST_PREVIOUS: usize = 3;

/// Characters; the schema names no limit, and nobody types more than a file named by mistake holds.
pub const LONGEST: usize = 10_000;

/// Beside letters and digits.
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
        Self::of_at_least(text, SHORTEST)
    }

    /// A seed that is only left to open a disk that it once closed: three characters are enough.
    pub fn parse_previous(text: &str) -> Result<Self, SeedError> {
        Self::of_at_least(text, SHORTEST_PREVIOUS)
    }

    fn of_at_least(text: &str, minimum: usize) -> Result<Self, SeedError> {
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

    /// Whether the schema of the contract would take it as `seed` too, and not as `previousSeed` alone.
    pub fn is_short(&self) -> bool {
        self.expose().chars().count() < SHORTEST
    }
}

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || PUNCTUATION.contains(c)
}

/// What one side's section says of a volume whose seed it does not name itself.
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

/// Whoever keeps seeds for the volumes of a section.
pub trait Seeds {
    /// The seeds of a volume, by its key under `volumes`.
    fn of(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed>;

    /// The seeds kept for a volume that names its own; an error where that cannot be told.
    fn beside(&mut self, volume: &str) -> Result<Option<VolumeSeeds>, NoSeed> {
        Ok(self.of(volume).ok())
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
