//! The value of `attestationPublicKey`: the auditor key, under which the guest encrypts its attestation record.
//!
//! `attestationPublicKey = PEM / base64(PEM) / token(PEM)`. Source: contract-format, sections 4 and 8. Anyone can exchange
//! or remove it: the signature does **not** cover it, only the attestation record shows it.

use std::fmt;

use contract_pki::pem::PemError;
use contract_pki::verifying_key::{Error, VerifyingKey};

use super::token_facts;
use crate::token::TokenFacts;

/// The public facts of the value of `attestationPublicKey`.
#[derive(Clone, Debug)]
pub enum AuditorKeyForm {
    /// A PEM, `PUBLIC KEY` or `CERTIFICATE`.
    Pem(VerifyingKey),
    /// Base64 of such a PEM.
    Base64(VerifyingKey),
    /// Encrypted: only the guest can read it.
    Token(TokenFacts),
    /// Not usable for a guest, and why.
    Unusable(String),
}

impl AuditorKeyForm {
    /// Reads a value as it is in user data.
    pub fn new(value: &str) -> Self {
        match token_facts(value.trim_end_matches(['\r', '\n'])) {
            Ok(Some(facts)) => return Self::Token(facts),
            Err(error) => return Self::Unusable(format!("a damaged token: {error}")),
            Ok(None) => {}
        }
        match VerifyingKey::parse(value) {
            Ok(key) if value.contains("-----BEGIN ") => Self::Pem(key),
            Ok(key) => Self::Base64(key),
            Err(Error::NotRsa(kind)) => {
                Self::Unusable(format!("a key of type {kind}, and a token needs RSA"))
            }
            Err(Error::Pem(PemError::NoLineEnds)) => Self::Unusable(
                "its line breaks are gone: write `attestationPublicKey: |`, and the key's lines below it, indented"
                    .into(),
            ),
            Err(error) => Self::Unusable(error.to_string()),
        }
    }

    /// One word for programs: `pem`, `base64`, `token`, `unusable`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pem(_) => "pem",
            Self::Base64(_) => "base64",
            Self::Token(_) => "token",
            Self::Unusable(_) => "unusable",
        }
    }

    /// The key's fingerprint, if the key can be read.
    pub fn fingerprint(&self) -> Option<&str> {
        match self {
            Self::Pem(key) | Self::Base64(key) => Some(key.fingerprint()),
            Self::Token(_) | Self::Unusable(_) => None,
        }
    }
}

/// `a PEM, key sha256:…`
impl fmt::Display for AuditorKeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(key) => write!(f, "a PEM, key {}", key.fingerprint()),
            Self::Base64(key) => write!(f, "base64 of a PEM, key {}", key.fingerprint()),
            Self::Token(_) => f.write_str("a token: only the guest can read the key"),
            Self::Unusable(reason) => write!(f, "of no use to a guest: {reason}"),
        }
    }
}
