//! What an error tells beyond its message: who has to act, and what to type next.

/// Who has to act on an error; `cli-kit` turns it into an exit code (docs/exit-codes.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The machine: a file, the network, memory.
    Machine,
    /// The input was read and rejected.
    Input,
    /// The input is well formed, and verification refused it: signature, provenance, disagreement, expiry.
    Refusal,
    /// A secret could not be had: passphrase, identity.
    Secret,
}

/// Every error of the library says whose turn it is and, where there is one, the way on.
pub trait Advice: std::error::Error {
    /// Who has to act.
    fn blame(&self) -> Blame;

    /// What to do next, each a lower-case sentence with something that can be typed.
    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}
