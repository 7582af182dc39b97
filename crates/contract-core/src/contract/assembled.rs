//! A contract that another tool assembled of two tokens, and nobody signed.
//!
//! `assembled = yaml{workload: token, env: token, …}`, in any form of YAML. Every other entry goes into the user data too, as it
//! is: contract-cli drops them.

use std::io::Read;

use findings::{Advice, Blame};
use strict_yaml::{Limits, Node, Tags};

use crate::kind::SectionName;
use crate::received::read_all;
use crate::user_data::{self, Form, LARGEST_YAML, UserData, ValueFacts};

/// An unsigned contract of two tokens.
pub struct Assembled {
    /// The workload token.
    pub workload: String,
    /// The env token.
    pub env: String,
    /// `attestationPublicKey` as written.
    pub attestation_public_key: Option<String>,
    /// The other entries.
    pub others: Vec<Entry>,
}

/// An entry of user data that is kept as it is. The signature does not cover it.
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Key and value as YAML, with a line end.
    pub(super) yaml: String,
}

/// Why a contract is not signed as it is.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum AssembledError {
    #[error(transparent)]
    UserData(#[from] user_data::Error),
    #[error("it is signed already: it has an `envWorkloadSignature`")]
    Signed,
    #[error("its {0} section is plain text, which anyone can read")]
    Plain(SectionName),
    #[error("line {line}: `{key}` cannot be kept as it is")]
    Entry { key: String, line: usize },
}

impl Advice for AssembledError {
    fn blame(&self) -> Blame {
        match self {
            Self::UserData(error) => error.blame(),
            Self::Signed | Self::Plain(_) => Blame::Refusal,
            Self::Entry { .. } => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::UserData(error) => error.hints(),
            Self::Signed => vec![
                "verify it: `contract-signer verify FILE --signing-key PUBLIC.pem`".into(),
                "to sign it with another key, remove the line first: `sed /^envWorkloadSignature:/d FILE`"
                    .into(),
            ],
            Self::Plain(section) => {
                let author = section.author();
                vec![
                    format!("save the section as `{section}.yaml`, and encrypt it: `{author} encrypt`"),
                    "then sign both handoffs: `contract-signer sign --workload HANDOFF --env HANDOFF`".into(),
                ]
            }
            Self::Entry { key, .. } => vec![format!("write it on one line: `{key}: \"…\"`")],
        }
    }
}

impl Assembled {
    /// Reads a contract.
    pub fn read(input: impl Read) -> Result<Self, AssembledError> {
        let too_large = strict_yaml::Error::TooLarge { limit: LARGEST_YAML };
        // it may be a plain contract
        let bytes = read_all(input, LARGEST_YAML).map_err(user_data::Error::Read)?;
        let bytes = bytes.ok_or(user_data::Error::Yaml(too_large))?;
        let text = strict_yaml::text(&bytes).map_err(user_data::Error::Yaml)?;
        let UserData { workload, env, signature, attestation_public_key, .. } = UserData::parse(text)?;
        if signature.is_some() {
            return Err(AssembledError::Signed);
        }
        for (section, value) in [(SectionName::Workload, &workload), (SectionName::Env, &env)] {
            if let Form::Plain(_) = ValueFacts::of(section.as_str(), value)?.form {
                return Err(AssembledError::Plain(section));
            }
        }
        Ok(Self {
            workload: workload.trim_end_matches(['\r', '\n']).to_owned(),
            env: env.trim_end_matches(['\r', '\n']).to_owned(),
            attestation_public_key,
            others: others(text)?,
        })
    }
}

/// Every entry that `sign` does not write itself.
fn others(text: &str) -> Result<Vec<Entry>, AssembledError> {
    let document = parse(text).map_err(user_data::Error::Yaml)?;
    let mut others = Vec::new();
    for (key, value) in document.entries().unwrap_or_default() {
        let written = ["workload", "env", "envWorkloadSignature", "attestationPublicKey"];
        if written.contains(&key.text.as_str()) {
            continue;
        }
        let source = if value.is_null() { None } else { text.get(key.span.start..value.span.end) };
        let yaml = source.map_or_else(|| format!("{}:", *strict_yaml::quote(&key.text)), str::to_owned);
        let yaml = yaml.trim_end_matches(['\r', '\n']).to_owned() + "\n";
        let is_same = |root: Node| root.entry(&key.text).is_some_and(|it| it.same(value));
        if !parse(&yaml).is_ok_and(is_same) {
            return Err(AssembledError::Entry { key: key.text.clone(), line: key.line });
        }
        others.push(Entry { key: key.text.clone(), yaml });
    }
    Ok(others)
}

fn parse(text: &str) -> Result<Node, strict_yaml::Error> {
    let limits = Limits { bytes: text.len(), ..Limits::default() };
    strict_yaml::parse(text, &limits, Tags::Refused).map(|document| document.root)
}
