//! Randomness as an argument, so that whole outputs can be golden.

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// The system's random generator failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the random generator of the system failed")]
pub struct RandomError;

/// Whether the system's generator works, for those who panic where it fails.
pub fn check() -> Result<(), RandomError> {
    SystemRandomness.fill(&mut [0])
}

/// A source of random bytes.
pub trait Randomness {
    /// Fills the buffer with bytes that nobody can foresee.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError>;
}

/// The kernel's generator: what every binary uses. OpenSSL's own is seeded from it, and setting that up would be a sixth
/// of the instructions of a small encryption, key derivation apart (`callgrind`).
#[derive(Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
        let mut rest = buffer;
        while !rest.is_empty() {
            let count = match getrandom(&mut *rest, GetRandomFlags::empty()) {
                Ok(count) => count,
                Err(Errno::INTR) => 0,
                Err(_) => return Err(RandomError),
            };
            rest = rest.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }
}
