//! Randomness as an argument, so that whole outputs can be golden.

/// The system's random generator failed.
#[derive(Debug, thiserror::Error)]
#[error("the random generator of the system failed")]
pub struct RandomError;

/// A source of random bytes.
pub trait Randomness {
    /// Fills the buffer with bytes that nobody can foresee.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError>;
}

/// OpenSSL's generator, seeded by the operating system: what every binary uses.
#[derive(Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
        openssl::rand::rand_priv_bytes(buffer).map_err(|_| RandomError)
    }
}
