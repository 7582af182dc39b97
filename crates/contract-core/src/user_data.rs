//! State 6 of 7: the user data, the finished contract as the guest receives it.
//!
//! `user-data = yaml{workload, env, envWorkloadSignature, attestationPublicKey?, boot?}`. Source: contract-format,
//! sections 4 and 5; docs/platforms.md for `boot`. We write the keys in this order, one line each, never folded; we read
//! any order and any equivalent YAML, plain sections included.
//!
//! | key | value | covered by the signature? |
//! |---|---|---|
//! | `workload` | token, or the section as text | yes |
//! | `env` | token, or the section as text | yes |
//! | `envWorkloadSignature` | base64 of RSASSA-PKCS1-v1_5 with SHA-256 | |
//! | `attestationPublicKey` | PEM, base64 of PEM, or token | **no** |
//! | `boot` | a Secure Execution header, on CCCO | **no** |
//!
//! `signed bytes = workload || env`, every CR and LF removed. The verifying key is inside `env`: the signature binds
//! the author of an env section to a workload token, and does not show who made the workload.

mod auditor_key;
mod boot;
mod survey;

use std::{fmt, io};

use contract_pki::pem::{Base64Error, SchemaBase64};
use contract_pki::verifying_key::VerifyingKey;
use contract_pki::x509::day;
use findings::text::hex;
use findings::{Advice, Blame};
use jiff::Timestamp;
use strict_yaml::{Limits, Node, Tags};
use zeroize::Zeroizing;

use crate::token::{self, Scanner, TokenFacts};

pub use auditor_key::AuditorKeyForm;
pub use boot::{Boot, HeaderNotAdded, SeHeader, SeHeaderError, with_header};
pub use survey::{is_own_form, survey};

/// Longest user data that is read as general YAML; our own form streams without a limit.
pub const LARGEST_YAML: usize = 32 << 20;

/// Where user data is found, for a hint.
pub(crate) const FORMS: &str = "user data is read as it is, as base64, as gzip, as initdata, on a boot medium, and in the resource of the Kubernetes operator; `contract-signer inspect FILE` also reads handoffs, tokens and signing records";

/// The keys of user data, in the order in which they are written.
pub const KEYS: [&str; 5] = ["workload", "env", "envWorkloadSignature", "attestationPublicKey", "boot"];

/// Why a file is no user data.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("cannot read the user data")]
    Read(#[from] io::Error),
    #[error(transparent)]
    Yaml(#[from] strict_yaml::Error),
    #[error("it is no mapping; expected `workload:` and `env:` at the top")]
    NoMapping,
    #[error("it has no `{0}`")]
    Missing(&'static str),
    #[error("line {line}: `{key}` is not a text")]
    NotText { key: String, line: usize },
    #[error("`{key}` is a damaged token: {error}")]
    Token { key: &'static str, error: token::Error },
    #[error("`{key}` is neither a token nor a section with `type: {key}`")]
    Neither { key: &'static str },
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        if matches!(self, Self::Read(_)) { Blame::Machine } else { Blame::Input }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Read(_) => Vec::new(),
            Self::Yaml(error) => error.hints(),
            Self::NotText { key, .. } => {
                vec![format!("write a token, or the section as a block: `{key}: |`")]
            }
            Self::Token { error, .. } => error.hints(),
            Self::NoMapping | Self::Missing(_) | Self::Neither { .. } => {
                vec!["user data is what `contract-signer sign … -o user-data` writes".into(), FORMS.into()]
            }
        }
    }
}

/// Why user data is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Refusal {
    #[error("it is not signed: it has no `envWorkloadSignature`")]
    Unsigned(State),
    #[error("its `envWorkloadSignature` is not base64")]
    NotBase64,
    #[error("its `envWorkloadSignature` has white space where the guest's schema refuses it")]
    WhiteSpace,
    #[error(
        "the signature does not verify with the key {fingerprint}: another key signed it, or `workload` or `env` was changed after signing"
    )]
    Signature { fingerprint: String },
    #[error("the signing certificate expired on {}: the guest refuses to boot", day(*.0))]
    Expired(Timestamp),
    #[error("the signing certificate is not valid before {}", day(*.0))]
    NotYetValid(Timestamp),
}

impl Advice for Refusal {
    fn blame(&self) -> Blame {
        Blame::Refusal
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Unsigned(State::Tokens) => "sign it: `contract-signer sign --assembled FILE -o user-data`".into(),
            Self::Unsigned(_) => {
                "encrypt the plain sections first: `workload-provider encrypt`, `env-deployer encrypt`; then `contract-signer sign`".into()
            }
            Self::WhiteSpace => "put it on one line, without a line break behind it".into(),
            Self::NotBase64 => "sign it again: `contract-signer sign … -o user-data`".into(),
            Self::Signature { .. } => {
                "look at it: `contract-signer inspect user-data`; then sign both handoffs again".into()
            }
            Self::NotYetValid(_) => "check this machine's clock: `date -u`".into(),
            Self::Expired(_) => {
                "certify the signing key again, encrypt the env section with it, and sign again".into()
            }
        }]
    }
}

/// User data in memory: what the guest works with.
pub struct UserData {
    /// Token, or the plain section.
    pub workload: Zeroizing<String>,
    /// Token, or the plain section.
    pub env: Zeroizing<String>,
    /// The value as written.
    pub signature: Option<String>,
    /// The value as written.
    pub attestation_public_key: Option<String>,
    /// The Secure Execution header of a CCCO guest on bare metal.
    pub boot: Option<Boot>,
    /// Keys that this version does not know; the guest may know them.
    pub unknown: Vec<String>,
}

impl UserData {
    /// Reads YAML of any tool: any key order, CRLF, block scalars, quotes. The caller limits the size.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let document =
            strict_yaml::parse(text, &Limits { bytes: text.len(), ..Limits::default() }, Tags::Refused)?;
        let entries = document.root.entries().ok_or(Error::NoMapping)?;
        let value = |key: &str| match document.root.entry(key) {
            None => Ok(None),
            Some(node) if node.is_null() => Ok(None),
            Some(node) => match node.text() {
                Some(text) => Ok(Some(text)),
                None => Err(Error::NotText { key: key.to_owned(), line: node.line }),
            },
        };
        let section =
            |key| value(key)?.map(|text| Zeroizing::new(text.to_owned())).ok_or(Error::Missing(key));
        let boot = document.root.entry("boot").filter(|node| !node.is_null()).map(Boot::read);
        let unknown = entries.iter().map(|(key, _)| &key.text).filter(|key| !KEYS.contains(&key.as_str()));
        let unknown = unknown.chain(boot.iter().flat_map(|boot| &boot.unknown)).cloned().collect();
        Ok(Self {
            workload: section("workload")?,
            env: section("env")?,
            signature: value("envWorkloadSignature")?.map(str::to_owned),
            attestation_public_key: value("attestationPublicKey")?.map(str::to_owned),
            boot,
            unknown,
        })
    }

    /// The SHA-256 that the signature is over.
    pub fn signed_digest(&self) -> [u8; 32] {
        let mut signed = SignedBytes::default();
        signed.update(self.workload.as_bytes());
        signed.update(self.env.as_bytes());
        signed.0.finish()
    }

    fn facts(&self, sha256: String, bytes: u64) -> Result<UserDataFacts, Error> {
        Ok(UserDataFacts {
            workload: ValueFacts::of("workload", &self.workload)?,
            env: ValueFacts::of("env", &self.env)?,
            signed_digest: self.signed_digest(),
            signature: self.signature.clone(),
            attestation_public_key: self.attestation_public_key.clone(),
            boot: self.boot.clone(),
            unknown: self.unknown.clone(),
            sha256,
            bytes,
        })
    }
}

/// The public facts of user data.
#[derive(Clone, Debug)]
pub struct UserDataFacts {
    /// The workload section.
    pub workload: ValueFacts,
    /// The env section.
    pub env: ValueFacts,
    /// The SHA-256 that the signature is over.
    pub signed_digest: [u8; 32],
    /// `envWorkloadSignature` as written.
    pub signature: Option<String>,
    /// `attestationPublicKey` as written.
    pub attestation_public_key: Option<String>,
    /// `boot`: a Secure Execution header.
    pub boot: Option<Boot>,
    /// Keys that this version does not know.
    pub unknown: Vec<String>,
    /// Lower-case hex SHA-256 of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
}

/// The public facts of `workload` or `env`.
#[derive(Clone, Debug)]
pub struct ValueFacts {
    /// Lower-case hex SHA-256 of the value without line end: what the attestation record must show.
    pub sha256: String,
    /// Token or plain text.
    pub form: Form,
}

/// The form of a section in user data.
#[derive(Clone, Debug)]
pub enum Form {
    /// Encrypted.
    Token(TokenFacts),
    /// For everyone to read: the names of the fields, without values.
    Plain(Vec<String>),
}

/// How far user data is on its way to a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// With a signature, which nobody has verified yet.
    Signed,
    /// Two tokens without a signature, as other tools assemble them.
    Tokens,
    /// A token and a plain section, without a signature.
    Mixed,
    /// Two plain sections, without a signature.
    Plain,
}

impl State {
    /// One word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Tokens => "unsigned",
            Self::Mixed => "mixed",
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signed => "user data, signed",
            Self::Tokens => "an unsigned contract: two tokens",
            Self::Mixed => "an unsigned contract: a token and a plain section",
            Self::Plain => "a plain contract: two sections that anyone can read",
        })
    }
}

/// The names of all fields of a section, with their paths: `volumes.data.seed`.
pub(crate) fn fields(section: &Node) -> Vec<String> {
    let mut fields = Vec::new();
    section.visit_scalars("", &mut |path, _| fields.push(path.to_owned()));
    fields
}

impl ValueFacts {
    pub(crate) fn of(key: &'static str, value: &str) -> Result<Self, Error> {
        let value = value.trim_end_matches(['\r', '\n']);
        if let Some(facts) = token_facts(value).map_err(|error| Error::Token { key, error })? {
            return Ok(Self { sha256: facts.sha256.clone(), form: Form::Token(facts) });
        }
        let document =
            strict_yaml::parse(value, &Limits { bytes: LARGEST_YAML, ..Limits::default() }, Tags::Refused);
        let is_section = |root: &Node| root.entry("type").and_then(Node::text) == Some(key);
        match document {
            Ok(document) if is_section(&document.root) => Ok(Self {
                sha256: hex(&openssl::sha::sha256(value.as_bytes())),
                form: Form::Plain(fields(&document.root)),
            }),
            _ => Err(Error::Neither { key }),
        }
    }
}

/// The facts of a token; `None` if a value does not begin as one.
pub(crate) fn token_facts(value: &str) -> Result<Option<TokenFacts>, token::Error> {
    let mut scanner = Scanner::new();
    match scanner.push(value.as_bytes()) {
        Err(token::Error::Prefix) => return Ok(None),
        pushed => pushed?,
    }
    scanner.finish().map(Some)
}

impl UserDataFacts {
    /// Whether a section is for everyone to read.
    pub fn is_plain(&self) -> bool {
        [&self.workload, &self.env].iter().any(|section| matches!(section.form, Form::Plain(_)))
    }

    /// Whether these are the bytes that the facts are about.
    pub fn is_of(&self, user_data: &[u8]) -> bool {
        hex(&openssl::sha::sha256(user_data)) == self.sha256
    }

    /// Lower-case hex SHA-256 of the value of `envWorkloadSignature`, without line end; of nothing if there is none.
    pub fn signature_sha256(&self) -> String {
        let value = self.signature.as_deref().unwrap_or_default();
        hex(&openssl::sha::sha256(value.trim_end_matches(['\r', '\n']).as_bytes()))
    }

    /// The auditor key in `attestationPublicKey`, if there is one.
    pub fn auditor_key(&self) -> Option<AuditorKeyForm> {
        self.attestation_public_key.as_deref().map(AuditorKeyForm::new)
    }

    /// The lines of the guest's attestation record that are known beforehand (contract-format, section 8): name and
    /// lower-case hex SHA-256.
    pub fn attestation_lines(&self) -> Vec<(&'static str, String)> {
        let sha256 =
            |value: &str| hex(&openssl::sha::sha256(value.trim_end_matches(['\r', '\n']).as_bytes()));
        let key = self.attestation_public_key.as_deref().map(sha256);
        let mut lines = vec![
            ("contract:workload", self.workload.sha256.clone()),
            ("contract:env", self.env.sha256.clone()),
            ("cidata/user-data", self.sha256.clone()),
        ];
        lines.extend(key.map(|sha256| ("contract:attestationPublicKey", sha256)));
        lines
    }

    /// How far it is on its way to a guest.
    pub fn state(&self) -> State {
        let plain = [&self.workload, &self.env].into_iter().filter(|it| matches!(it.form, Form::Plain(_)));
        match (&self.signature, plain.count()) {
            (Some(_), _) => State::Signed,
            (None, 0) => State::Tokens,
            (None, 1) => State::Mixed,
            (None, _) => State::Plain,
        }
    }

    /// Verifies the signature, and the dates of the certificate that carries the key, if there is one.
    pub fn verify(&self, key: &VerifyingKey, at: Timestamp) -> Result<(), Refusal> {
        let signature = self.signature.as_ref().ok_or(Refusal::Unsigned(self.state()))?;
        let signature = SchemaBase64::parse(signature).map_err(|error| match error {
            Base64Error::NotBase64 => Refusal::NotBase64,
            Base64Error::WhiteSpace => Refusal::WhiteSpace,
        })?;
        if !key.verifies(&self.signed_digest, &signature.bytes) {
            return Err(Refusal::Signature { fingerprint: key.fingerprint().to_owned() });
        }
        key.validity().map_or(Ok(()), |it| it.check(at, Refusal::NotYetValid, Refusal::Expired))
    }
}

/// Hashes what the signature covers: every byte but CR and LF.
#[derive(Default)]
pub(crate) struct SignedBytes(pub(crate) openssl::sha::Sha256);

impl SignedBytes {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        bytes.split(|byte| matches!(byte, b'\r' | b'\n')).for_each(|piece| self.0.update(piece));
    }
}
