//! State 3 of 7: the token, a section that only the guest can open.
//!
//! `token = prefix "." base64(RSA[certificate](password)) "." base64("Salted__" || salt || AES[PBKDF2(password, salt)](section))`
//!
//! Source: contract-format, section 2; the third part is what `openssl enc -aes-256-cbc -pbkdf2` writes.
//!
//! | part | size | authenticated? |
//! |---|---|---|
//! | prefix | `hyper-protect-basic` or `contract-basic`, by platform | no |
//! | wrapped password | 684 characters under RSA-4096: 512 bytes, PKCS#1 v1.5 | no |
//! | `Salted__`, salt | 8 + 8 bytes | no |
//! | ciphertext | a multiple of 16 bytes, AES-256-CBC, PKCS#7 padding | no |
//!
//! A token does **not** show who made it, nor which section is inside: anyone can encrypt anything for the guest. The handoff
//! (state 4) and the contract's signature (state 6) show this.

mod base64_engine;
mod base64_writer;
mod encrypt;
mod password;
mod scan;
mod weak;

use std::fmt;
use std::marker::PhantomData;

use contract_pki::platform::Prefix;
use findings::{Advice, Blame};

pub use base64_writer::Base64Writer;
pub use encrypt::{Encrypted, Recipient, SealError, encrypt, seal};
pub use password::WrapError;
pub(crate) use password::wrap;
pub use scan::{Scanner, TokenFacts};
pub use weak::Weakness;

/// Why a text is no token. Positions are zero-based bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("it does not begin with `{}.` or `{}.`", Prefix::HyperProtectBasic.as_str(), Prefix::ContractBasic.as_str())]
    Prefix,
    #[error("it ends inside its {0} part of three")]
    Truncated(&'static str),
    #[error("it has white space at byte {0}; a token is on one line")]
    WhiteSpace(u64),
    #[error("its {part} part is not base64 with padding (near byte {at})")]
    Base64 { part: &'static str, at: u64 },
    #[error("its wrapped password has {0} bytes, which is no size of an RSA key")]
    WrappedPassword(usize),
    /// Nothing behind the second dot: what a shell script without `pipefail` writes when the password begins with NUL.
    #[error(
        "its third part is empty: nothing was encrypted (the documented shell procedure does this once in 256 times)"
    )]
    NothingEncrypted,
    #[error("its third part does not begin with `Salted__`")]
    NotSalted,
    #[error("its ciphertext has {0} bytes, not a multiple of 16: it was cut or is damaged")]
    Blocks(u64),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NothingEncrypted => {
                "make it again: `workload-provider encrypt` or `env-deployer encrypt`".into()
            }
            _ => "get the file again from its author, unchanged".into(),
        }]
    }
}

/// An encrypted text of kind `K` in memory: a section, an auditor key or an attestation record.
/// `Token::parse(text)?.to_string() == text`, always.
pub struct Token<K> {
    text: String,
    facts: TokenFacts,
    kind: PhantomData<K>,
}

impl<K> Token<K> {
    /// Reads a text that is a token in every byte.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut scanner = Scanner::new();
        scanner.push(text.as_bytes())?;
        Ok(Self { facts: scanner.finish()?, text: text.to_owned(), kind: PhantomData })
    }

    /// What anyone can see.
    pub fn facts(&self) -> &TokenFacts {
        &self.facts
    }

    /// The three parts: prefix, base64 of the wrapped password, base64 of salt and ciphertext.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the scanner has seen two dots")]
    pub fn parts(&self) -> (Prefix, &str, &str) {
        let mut parts = self.text.splitn(3, '.').skip(1);
        let mut next = || parts.next().expect("a token has three parts");
        (self.facts.prefix, next(), next())
    }
}

impl<K> fmt::Display for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<K> fmt::Debug for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(sha256:{})", self.facts.sha256)
    }
}
