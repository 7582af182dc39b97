//! Randomness as an argument, so that tests can compare whole outputs.

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// The system's random generator failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the random generator of the system failed")]
pub struct RandomError;

/// Whether the system's generator works: some libraries panic if it fails.
pub fn check() -> Result<(), RandomError> {
    SystemRandomness.fill(&mut [0])
}

/// A source of random bytes.
pub trait Randomness {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError>;
}

/// The kernel's generator, used by every binary. To set up OpenSSL's own would take a sixth of the instructions of a small
/// encryption without key derivation (`callgrind`).
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
            rest = rest.get_mut(count..).ok_or(RandomError)?;
        }
        Ok(())
    }
}
