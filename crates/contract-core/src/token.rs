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
//! A token does **not** say who made it, nor which section is inside: anyone can encrypt anything for the guest. That
//! is what the handoff is for (state 4), and the contract's signature (state 6).

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
pub use scan::{Scanner, TokenFacts};
pub use weak::Weakness;

/// Why a text is no token. Positions are zero-based bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The first part is neither of the two prefixes.
    #[error("it does not begin with `{}.` or `{}.`", Prefix::HyperProtectBasic.as_str(), Prefix::ContractBasic.as_str())]
    Prefix,
    /// Ends before the second dot.
    #[error("it ends inside its {0} part of three")]
    Truncated(&'static str),
    /// White space or a line break.
    #[error("it has white space at byte {0}; a token stands on one line")]
    WhiteSpace(u64),
    /// A character that is not base64, padding in the wrong place, non-canonical bits.
    #[error("its {part} part is not base64 with padding (near byte {at})")]
    Base64 {
        /// `second` or `third`.
        part: &'static str,
        /// Where.
        at: u64,
    },
    /// The wrapped password has no RSA size.
    #[error("its wrapped password has {0} bytes, which is no size of an RSA key")]
    WrappedPassword(usize),
    /// Nothing behind the second dot: what a shell script without `pipefail` writes when the password begins with NUL.
    #[error(
        "its third part is empty: nothing was encrypted (the documented shell procedure does this once in 256 times)"
    )]
    NothingEncrypted,
    /// No `Salted__`.
    #[error("its third part does not begin with `Salted__`")]
    NotSalted,
    /// Not a whole number of AES blocks.
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
            _ => "get the file again from whoever made it, unchanged".into(),
        }]
    }
}

/// An encrypted text of kind `K`, held in memory: a section, or what else travels in a token's form. `Token::parse(text)?.to_string() == text`, always.
pub struct Token<K> {
    text: String,
    facts: TokenFacts,
    wrapped_length: usize,
    kind: PhantomData<K>,
}

impl<K> Token<K> {
    /// Takes a text that is a token in every byte, or says what it is not.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut scanner = Scanner::new();
        scanner.push(text.as_bytes())?;
        let facts = scanner.finish()?;
        let wrapped_length = text.split('.').nth(1).map_or(0, str::len);
        Ok(Self { text: text.to_owned(), facts, wrapped_length, kind: PhantomData })
    }

    /// What anyone can see.
    pub fn facts(&self) -> &TokenFacts {
        &self.facts
    }

    /// The three parts as they stand: prefix, base64 of the wrapped password, base64 of salt and ciphertext.
    pub fn parts(&self) -> (Prefix, &str, &str) {
        let rest = self.text.get(self.facts.prefix.as_str().len() + 1..).unwrap_or_default();
        let (wrapped, third) = rest.split_at_checked(self.wrapped_length).unwrap_or((rest, ""));
        (self.facts.prefix, wrapped, third.strip_prefix('.').unwrap_or(third))
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
