//! The record of a signing: what was combined, who vouched, what was checked. It stands beside the user data as
//! `user-data.record.json`, holds nothing secret, and lets an auditor check again what the contract signer checked.
//!
//! Source: ours (docs/format/6-user-data.md); the lines of the attestation record are those of contract-format, section 8.

mod vouching;

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AttestationKeyRecord, Signed};
use crate::handoff::Handoff;
use crate::kind::SectionName;
use crate::lifetime::Lifetime;
use crate::statement::{Digest, Statement, Tool, unique};
use crate::token::TokenFacts;
use crate::user_data::UserDataFacts;
use contract_pki::verifying_key::VerifyingKey;
use findings::{Advice, Blame};
use ssh_signatures::allowed_signers::Vouched;
use ssh_signatures::sshsig::{Namespace, Signature};

const TYPE: &str = "urn:hyper-protect-contract:record:v1";

/// The line of the attestation record for the key under which it is encrypted.
const ATTESTATION_KEY: &str = "contract:attestationPublicKey";

/// Longest record that is read: two statements of 1 MiB, in two forms each, with their signatures.
pub const LONGEST: usize = 8 << 20;

/// What `sign` did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Record {
    #[serde(rename = "_type")]
    kind: String,
    /// When it was signed, by the signer's clock.
    pub time: Timestamp,
    /// What signed it.
    pub tool: Tool,
    /// The workload provider's half.
    pub workload: HalfRecord,
    /// The env deployer's half.
    pub env: HalfRecord,
    /// Whose attestation key is in the contract; absent where none is, and in the records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation_key: Option<AttestationKeyRecord>,
    /// Fingerprint of the key that signed the contract.
    pub signing_key: String,
    /// Of the value of `envWorkloadSignature`.
    pub signature: Digest,
    /// Of the whole file.
    pub user_data: Digest,
    /// What the attestation record of the running guest must show: name to SHA-256.
    #[serde(deserialize_with = "unique")]
    pub attestation_record: BTreeMap<String, String>,
    /// What was checked.
    pub checked: Vec<String>,
    /// What could not be.
    pub unchecked: Vec<String>,
    /// What the signer accepted although it should be refused: one line for each `--danger-…` that had an effect.
    pub accepted: Vec<String>,
}

/// What is known of one half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HalfRecord {
    /// Of the token, as the attestation record shows it.
    pub token: Digest,
    /// Who vouches; absent where nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouched_by: Option<Voucher>,
    /// What they state, for people and other tools to read; absent for a bare token. Only the signed bytes count, see
    /// [`HalfRecord::statement`].
    #[serde(rename = "statement", skip_serializing_if = "Option::is_none")]
    shown: Option<Statement>,
    /// `statement.json`, over which the signature was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<SignedStatement>,
    /// `statement.json.sig`: `ssh-keygen -Y verify` takes it with the bytes above.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// The bytes of a `statement.json`, in base64, and what they state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct SignedStatement {
    base64: String,
    bytes: Vec<u8>,
    /// `None` where the bytes are not a statement, which [`Record::verify`] refuses.
    statement: Option<Statement>,
}

impl From<String> for SignedStatement {
    fn from(base64: String) -> Self {
        let bytes = STANDARD.decode(&base64).unwrap_or_default();
        Self { base64, statement: Statement::parse(&bytes).ok(), bytes }
    }
}

impl From<SignedStatement> for String {
    fn from(signed: SignedStatement) -> Self {
        signed.base64
    }
}

/// Whose signature it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Voucher {
    /// As the line of the allowed signers says it.
    pub principals: String,
    /// As `ssh-keygen -l` shows it: `SHA256:…`.
    pub key: String,
    /// `hpcr-workload` or `hpcr-env`.
    pub namespace: String,
}

impl From<&Vouched> for Voucher {
    fn from(vouched: &Vouched) -> Self {
        Self {
            principals: vouched.principals().to_string(),
            key: vouched.key().fingerprint(),
            namespace: vouched.namespace().to_string(),
        }
    }
}

impl HalfRecord {
    pub(super) fn of<K, R: Read + Seek>(
        token: &TokenFacts,
        handoff: Option<&Handoff<K, R>>,
        vouched: Option<&Vouched>,
    ) -> Self {
        let signature = handoff.and_then(Handoff::signature);
        Self {
            token: Digest { sha256: token.sha256.clone() },
            vouched_by: vouched.map(Voucher::from),
            shown: handoff.map(|handoff| handoff.statement().clone()),
            signed: handoff.map(|handoff| STANDARD.encode(handoff.signed()).into()),
            signature: signature.map(|armored| String::from_utf8_lossy(armored).into_owned()),
        }
    }
}

impl HalfRecord {
    /// What was signed; `None` for a bare token. A record that shows anything else does not pass [`Record::verify`].
    pub fn statement(&self) -> Option<&Statement> {
        self.signed.as_ref()?.statement.as_ref()
    }

    /// How the statement that the record shows differs from the signed one, which must be about this half's token.
    fn statement_differs(&self, section: SectionName) -> Option<Difference> {
        let what = format!("{section} statement");
        let (record, found) = match (&self.shown, &self.signed, &self.signature) {
            (None, None, None) => return None,
            (None, None, Some(_)) => ("missing", "a signature"),
            (None, Some(_), _) => ("missing", "one that was signed"),
            (Some(_), None, _) => ("as stated", "none that was signed"),
            (Some(shown), Some(signed), _) if signed.statement.as_ref() != Some(shown) => {
                ("as stated", "other than as signed")
            }
            (Some(shown), ..) => {
                let of = |section: SectionName, token: &str| format!("of the {section} token {token}");
                let stated = of(shown.predicate.section, shown.token_sha256());
                return Difference::between(&what, &stated, &of(section, &self.token.sha256));
            }
        };
        Difference::between(&what, record, found)
    }

    /// The key that did sign, as the voucher is told; or why none did. That its owner was allowed to, only the record says.
    fn signed_by(&self, namespace: Namespace) -> String {
        let (Some(signed), Some(armored)) = (&self.signed, &self.signature) else {
            return "nothing is signed".to_owned();
        };
        match Signature::parse(armored).and_then(|signature| signature.verify(&signed.bytes, namespace)) {
            Ok(verified) => format!("{} in the namespace {namespace}", verified.key().fingerprint()),
            Err(error) => error.to_string(),
        }
    }
}

/// One thing in which user data and a record differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In what.
    pub what: String,
    /// As the record says it.
    pub record: String,
    /// As it was found.
    pub found: String,
}

impl Difference {
    fn between(what: &str, record: &str, found: &str) -> Option<Self> {
        let (what, record, found) = (what.to_owned(), record.to_owned(), found.to_owned());
        (record != found).then_some(Self { what, record, found })
    }
}

/// Why a record is none, or not of these user data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not the JSON that `sign` writes.
    #[error("it is no record of a signing: {0}")]
    NotARecord(String),
    /// A record of other user data.
    #[error("it is not the record of these user data: {}", names(.0))]
    Differs(Vec<Difference>),
    /// A record that says one thing here and another there.
    #[error("it was changed after the signing: {}", names(.0))]
    Changed(Vec<Difference>),
}

fn names(differences: &[Difference]) -> String {
    differences.iter().map(|it| it.what.as_str()).collect::<Vec<_>>().join(", ")
}

impl Advice for RecordError {
    fn blame(&self) -> Blame {
        match self {
            Self::NotARecord(_) => Blame::Input,
            Self::Differs(_) | Self::Changed(_) => Blame::Refusal,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NotARecord(_) => {
                "name the file that `contract-signer sign` wrote beside the user data".into()
            }
            Self::Differs(_) | Self::Changed(_) => {
                "ask the contract signer for both files again, `user-data` and `user-data.record.json`".into()
            }
        }]
    }
}

impl Record {
    /// Of a contract that was just signed, and the user data as they were read back.
    pub fn new(
        signed: Signed,
        facts: &UserDataFacts,
        key: &VerifyingKey,
        time: Timestamp,
        tool: Tool,
    ) -> Self {
        let Signed { workload, env, attestation_key, checked, unchecked, accepted } = signed;
        Self {
            kind: TYPE.to_owned(),
            time,
            tool,
            workload,
            env,
            attestation_key,
            signing_key: key.fingerprint().to_owned(),
            signature: Digest { sha256: facts.signature_sha256() },
            user_data: Digest { sha256: facts.sha256.clone() },
            attestation_record: lines(facts),
            checked,
            unchecked,
            accepted,
        }
    }

    /// Reads a `user-data.record.json`.
    pub fn parse(json: &str) -> Result<Self, RecordError> {
        let record: Self =
            serde_json::from_str(json).map_err(|error| RecordError::NotARecord(error.to_string()))?;
        if record.kind != TYPE {
            return Err(RecordError::NotARecord(format!("`_type` is not `{TYPE}`")));
        }
        Ok(record)
    }

    /// The bytes of `user-data.record.json`.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Both statements, where there are.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        [&self.workload, &self.env].into_iter().filter_map(HalfRecord::statement)
    }

    /// Until when the contract lives, as far as both halves' makers state it.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::from_halves(self.workload.statement(), self.env.statement())
    }

    /// Holds the record against itself, for whoever has nothing else: are the statements those that were signed?
    pub fn verify_itself(&self) -> Result<(), RecordError> {
        let mut differences = self.within();
        differences.extend(self.foretelling());
        if differences.is_empty() { Ok(()) } else { Err(RecordError::Changed(differences)) }
    }

    /// What it foretells of the guest's record and says otherwise elsewhere; user data would show the same.
    fn foretelling(&self) -> Vec<Difference> {
        let lines = [
            ("contract:workload", &self.workload.token),
            ("contract:env", &self.env.token),
            ("cidata/user-data", &self.user_data),
        ];
        let differences = lines.into_iter().filter_map(|(name, Digest { sha256 })| {
            let foretold = self.attestation_record.get(name).map_or("none", String::as_str);
            Difference::between(&format!("line `{name}`"), foretold, sha256)
        });
        differences.collect()
    }

    /// Holds the record against user data and the key that verifies them, and against itself.
    pub fn verify(&self, facts: &UserDataFacts, key: &VerifyingKey) -> Result<(), RecordError> {
        self.compare(facts, Some(key))
    }

    /// As [`Record::verify`], for whoever does not know the key: nothing tells then that the record names the right one.
    pub fn verify_without_key(&self, facts: &UserDataFacts) -> Result<(), RecordError> {
        self.compare(facts, None)
    }

    fn compare(&self, facts: &UserDataFacts, key: Option<&VerifyingKey>) -> Result<(), RecordError> {
        let mut differences = Vec::new();
        let mut same = |what: &str, record: &str, found: &str| {
            differences.extend(Difference::between(what, record, found));
        };
        same("user data", &self.user_data.sha256, &facts.sha256);
        same("signature", &self.signature.sha256, &facts.signature_sha256());
        if let Some(key) = key {
            same("signing key", &self.signing_key, key.fingerprint());
        }
        same("workload token", &self.workload.token.sha256, &facts.workload.sha256);
        same("env token", &self.env.token.sha256, &facts.env.sha256);
        if let Some(key) = &self.attestation_key {
            same("attestation key", &key.said(), &key.found(facts.attestation_public_key.as_deref()));
        }
        let found = lines(facts);
        let every: std::collections::BTreeSet<_> =
            self.attestation_record.keys().chain(found.keys()).collect();
        for name in every {
            let of =
                |lines: &BTreeMap<String, String>| lines.get(name).cloned().unwrap_or_else(|| "none".into());
            same(&format!("line `{name}`"), &of(&self.attestation_record), &of(&found));
        }
        differences.extend(self.within());
        if differences.is_empty() { Ok(()) } else { Err(RecordError::Differs(differences)) }
    }

    /// What one part of it says and another does not.
    fn within(&self) -> Vec<Difference> {
        let halves = [(SectionName::Workload, &self.workload), (SectionName::Env, &self.env)];
        let mut differences: Vec<_> =
            halves.into_iter().filter_map(|(section, half)| half.statement_differs(section)).collect();
        let mut same = |what: &str, record: &str, found: &str| {
            differences.extend(Difference::between(what, record, found));
        };
        for (what, half, namespace) in [
            ("who vouches for the workload half", &self.workload, Namespace::Workload),
            ("who vouches for the env half", &self.env, Namespace::Env),
        ] {
            let Some(voucher) = &half.vouched_by else { continue };
            let record = format!("{} in the namespace {}", voucher.key, voucher.namespace);
            same(what, &record, &half.signed_by(namespace));
        }
        if self.attestation_key.is_some() && !self.attestation_record.contains_key(ATTESTATION_KEY) {
            same("attestation key", "one in the contract", "no line of the attestation record");
        }
        for danger in self.dangers_not_accepted() {
            same("what was accepted", "nothing of it", danger);
        }
        differences
    }
}

impl Record {
    /// What its two halves show that should have been refused, where no line of `accepted` owns up to it.
    fn dangers_not_accepted(&self) -> Vec<&'static str> {
        let accepted = |begin: &str, end: &str| {
            self.accepted.iter().any(|line| line.starts_with(begin) && line.contains(end))
        };
        let one_person = match (&self.workload.vouched_by, &self.env.vouched_by) {
            (Some(a), Some(b)) => a.key == b.key || a.principals == b.principals,
            _ => false,
        };
        let foreign = self.statements().any(|it| it.predicate.foreign_certificate.is_some());
        [
            (
                self.workload.vouched_by.is_none(),
                "workload: ",
                "unsigned",
                "nobody vouches for the workload half",
            ),
            (self.env.vouched_by.is_none(), "env: ", "unsigned", "nobody vouches for the env half"),
            (one_person, "one ", "one-person", "one person behind both halves"),
            (foreign, "purpose ", "foreign-certificate", "a certificate that is not an image's"),
        ]
        .into_iter()
        .filter(|(shown, begin, end, _)| *shown && !accepted(begin, end))
        .map(|(.., danger)| danger)
        .collect()
    }
}

fn lines(facts: &UserDataFacts) -> BTreeMap<String, String> {
    facts.attestation_lines().into_iter().map(|(name, sha256)| (name.to_owned(), sha256)).collect()
}
