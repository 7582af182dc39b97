//! The signing record: what was combined, who vouched, what was checked. It is next to the user data as
//! `user-data.record.json`, holds nothing secret, and lets an auditor repeat the checks of the contract signer.
//!
//! Source: ours (docs/format/record.md); the lines of the attestation record are those of contract-format, section 8.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Read, Seek};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::verifying_key::VerifyingKey;
use findings::{Advice, Blame};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ssh_signatures::allowed_signers::{AllowedSigners, Vouched};
use ssh_signatures::sshsig::{Namespace, Signature};

use super::{AuditorKeyRecord, Signed};
use crate::handoff::{Handoff, NotVouched};
use crate::kind::SectionName;
use crate::lifetime::Lifetime;
use crate::statement::{Digest, Statement, Tool, unique};
use crate::token::TokenFacts;
use crate::user_data::UserDataFacts;

const TYPE: &str = "urn:hyper-protect-contract:record:v1";

/// The line of the attestation record for the auditor key.
const AUDITOR_KEY: &str = "contract:attestationPublicKey";

/// The line of the attestation record for the user data's file.
const USER_DATA_LINE: &str = "cidata/user-data";

/// Longest signing record that is read: two statements of 1 MiB, in two forms each, with their signatures.
pub const LONGEST: usize = 8 << 20;

/// A signing record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Record {
    #[serde(rename = "_type")]
    kind: String,
    /// When it was signed, by the signer's clock.
    pub time: Timestamp,
    /// The program that signed.
    pub tool: Tool,
    /// The workload provider's half.
    pub workload: HalfRecord,
    /// The env deployer's half.
    pub env: HalfRecord,
    /// The auditor key in the contract; absent if there is none, and in the signing records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation_key: Option<AuditorKeyRecord>,
    /// Fingerprint of the key that signed the contract.
    pub signing_key: String,
    /// Digest of the value of `envWorkloadSignature`.
    pub signature: Digest,
    /// Digest of the whole file.
    pub user_data: Digest,
    /// What the attestation record of the running guest must show: name to SHA-256.
    #[serde(deserialize_with = "unique")]
    pub attestation_record: BTreeMap<String, String>,
    /// What was checked.
    pub checked: Vec<String>,
    /// What could not be checked.
    pub unchecked: Vec<String>,
    /// The dangers that the signer accepted: one for each `--danger-…` that had an effect.
    pub accepted: Vec<Accepted>,
}

/// What is known about one half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HalfRecord {
    /// Digest of the token, as in the attestation record.
    pub token: Digest,
    /// Who vouches; absent if nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouched_by: Option<Voucher>,
    /// The statement for people and other tools; absent for a bare token. Only the signed bytes count, see
    /// [`HalfRecord::statement`].
    #[serde(rename = "statement", skip_serializing_if = "Option::is_none")]
    shown: Option<Statement>,
    /// The bytes of `statement.json`, which the signature covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<SignedStatement>,
    /// `statement.json.sig`: `ssh-keygen -Y verify` takes it with the bytes above.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// The bytes of a `statement.json`, in base64 and decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct SignedStatement {
    base64: String,
    bytes: Vec<u8>,
    /// `None` if the bytes are not a statement, which [`Record::verify`] refuses.
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

/// The owner of a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Voucher {
    /// As in the allowed signers.
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
    pub(super) fn new<K, R: Read + Seek>(
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

    /// The signed statement; `None` for a bare token. A signing record that shows another one does not pass [`Record::verify`].
    pub fn statement(&self) -> Option<&Statement> {
        self.signed.as_ref()?.statement.as_ref()
    }

    /// How the shown statement differs from the signed one, which must be about this half's token.
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

    /// The key that signed, in the form of a voucher, or why none did. Its owner's permission is not checked.
    fn signed_by(&self, namespace: Namespace) -> String {
        let (Some(signed), Some(armored)) = (&self.signed, &self.signature) else {
            return "nothing is signed".to_owned();
        };
        match Signature::parse(armored).and_then(|signature| signature.verify(&signed.bytes, namespace)) {
            Ok(verified) => format!("{} in the namespace {namespace}", verified.key().fingerprint()),
            Err(error) => error.to_string(),
        }
    }

    fn vouched(
        &self,
        namespace: Namespace,
        signers: &AllowedSigners,
        at: Timestamp,
    ) -> Result<Vouched, NotVouched> {
        let (Some(signed), Some(armored)) = (&self.signed, &self.signature) else {
            return Err(if self.signed.is_some() { NotVouched::Unsigned } else { NotVouched::BareToken });
        };
        let signature = Signature::parse(armored)?.verify(&signed.bytes, namespace)?;
        if signers.entries().is_empty() {
            return Err(NotVouched::NobodyAllowed);
        }
        Ok(signers.vouch(signature, at)?)
    }
}

/// One difference between a signing record and its user data, or within the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// According to the record.
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

/// Why a signing record is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum RecordError {
    #[error("it is no signing record: {0}")]
    NotARecord(String),
    #[error("it is not the signing record of this user data: {}", names(.0))]
    Differs(Vec<Difference>),
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
                "name the file that `contract-signer sign` wrote next to the user data".into()
            }
            Self::Differs(_) | Self::Changed(_) => {
                "ask the contract signer for both files again, `user-data` and `user-data.record.json`".into()
            }
        }]
    }
}

impl Record {
    /// Records a contract that was just signed, and its user data as read back.
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

    /// The statements of both halves, if they have any.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        [&self.workload, &self.env].into_iter().filter_map(HalfRecord::statement)
    }

    /// The contract's lifetime, as far as both halves state it.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::from_halves(self.workload.statement(), self.env.statement())
    }

    /// Checks that no part of the record contradicts another, without any other file.
    pub fn verify_consistency(&self) -> Result<(), RecordError> {
        let mut differences = self.within();
        differences.extend(self.line_differences());
        if differences.is_empty() { Ok(()) } else { Err(RecordError::Changed(differences)) }
    }

    /// Lines of the expected attestation record that differ from the record's other digests.
    fn line_differences(&self) -> Vec<Difference> {
        let lines = [
            ("contract:workload", &self.workload.token),
            ("contract:env", &self.env.token),
            (USER_DATA_LINE, &self.user_data),
        ];
        let differences = lines.into_iter().filter_map(|(name, Digest { sha256 })| {
            let expected = self.attestation_record.get(name).map_or("none", String::as_str);
            Difference::between(&format!("line `{name}`"), expected, sha256)
        });
        differences.collect()
    }

    /// Compares the record with user data and the key that verifies it, and its parts with each other.
    pub fn verify(&self, facts: &UserDataFacts, key: &VerifyingKey) -> Result<(), RecordError> {
        self.compare(facts, Some(key))
    }

    /// As [`Record::verify`], without the key: then nothing shows that the record names the right one.
    pub fn verify_without_key(&self, facts: &UserDataFacts) -> Result<(), RecordError> {
        self.compare(facts, None)
    }

    fn compare(&self, facts: &UserDataFacts, key: Option<&VerifyingKey>) -> Result<(), RecordError> {
        let mut differences = Vec::new();
        let mut same = |what: &str, record: &str, found: &str| {
            differences.extend(Difference::between(what, record, found));
        };
        // `boot` is added after signing: the file is then another one, but nothing else in it
        let extended = facts.boot.is_some();
        if !extended {
            same("user data", &self.user_data.sha256, &facts.sha256);
        }
        same("signature", &self.signature.sha256, &facts.signature_sha256());
        if let Some(key) = key {
            same("signing key", &self.signing_key, key.fingerprint());
        }
        same("workload token", &self.workload.token.sha256, &facts.workload.sha256);
        same("env token", &self.env.token.sha256, &facts.env.sha256);
        if let Some(key) = &self.attestation_key {
            same("auditor key", &key.shown(), &key.found(facts.attestation_public_key.as_deref()));
        }
        let found = lines(facts);
        let every: BTreeSet<_> = self.attestation_record.keys().chain(found.keys()).collect();
        for name in every.into_iter().filter(|name| !(extended && *name == USER_DATA_LINE)) {
            let line =
                |lines: &BTreeMap<String, String>| lines.get(name).map_or("none".into(), String::clone);
            same(&format!("line `{name}`"), &line(&self.attestation_record), &line(&found));
        }
        differences.extend(self.within());
        if differences.is_empty() { Ok(()) } else { Err(RecordError::Differs(differences)) }
    }

    /// The contradictions between its parts.
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
        if self.attestation_key.is_some() && !self.attestation_record.contains_key(AUDITOR_KEY) {
            same("auditor key", "one in the contract", "no line of the attestation record");
        }
        for danger in self.shown_dangers() {
            if !self.accepted.iter().any(|accepted| accepted.danger == danger) {
                let (.., words) = danger.words();
                same("what was accepted", "nothing of it", words);
            }
        }
        differences
    }

    /// The dangers that the two halves show, which should have been refused.
    fn shown_dangers(&self) -> impl Iterator<Item = Danger> {
        let (workload, env) = (&self.workload.vouched_by, &self.env.vouched_by);
        let one_person = match (workload, env) {
            (Some(a), Some(b)) => a.key == b.key || a.principals == b.principals,
            _ => false,
        };
        let foreign = self.statements().any(|it| it.predicate.foreign_certificate.is_some());
        let shown = [workload.is_none(), env.is_none(), one_person, foreign];
        Danger::SHOWN.into_iter().zip(shown).filter_map(|(danger, shown)| shown.then_some(danger))
    }

    /// The texts of [`Record::accepted`].
    pub fn accepted_texts(&self) -> Vec<String> {
        self.accepted.iter().map(ToString::to_string).collect()
    }

    /// Verifies both signatures, and that the allowed signers allow them at this time; from then on, the record names them as the
    /// allowed signers do. Otherwise, returns the half and the reason. [`Record::verify_consistency`] must be called before,
    /// because the statements must be the signed ones, and after, because one person may have been behind two names.
    pub fn name_vouchers(
        &mut self,
        signers: &AllowedSigners,
        at: Timestamp,
    ) -> Result<(), (Namespace, NotVouched)> {
        for (half, namespace) in [(&mut self.workload, Namespace::Workload), (&mut self.env, Namespace::Env)]
        {
            let vouched = half.vouched(namespace, signers, at).map_err(|reason| (namespace, reason))?;
            half.vouched_by = Some(Voucher::from(&vouched));
        }
        Ok(())
    }
}

/// A danger that the signer accepted, with a `--danger-…` flag or `--assembled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Nobody vouches for the workload half.
    UnsignedWorkload,
    /// Nobody vouches for the env half.
    UnsignedEnv,
    /// One key or one person behind both halves.
    OnePerson,
    /// An encryption certificate that is not an image's.
    ForeignCertificate,
    /// Any other: a half shows nothing of it.
    Other,
}

impl Danger {
    /// Those that a half can show.
    const SHOWN: [Self; 4] =
        [Self::UnsignedWorkload, Self::UnsignedEnv, Self::OnePerson, Self::ForeignCertificate];

    /// How the text of a signing record begins, what else it contains, and how a difference is described.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::UnsignedWorkload => ("workload: ", "unsigned", "nobody vouches for the workload half"),
            Self::UnsignedEnv => ("env: ", "unsigned", "nobody vouches for the env half"),
            Self::OnePerson => ("one ", "one-person", "one person behind both halves"),
            Self::ForeignCertificate => {
                ("purpose ", "foreign-certificate", "a certificate that is not an image's")
            }
            Self::Other => ("", "", ""),
        }
    }
}

/// A danger and its text, which is all that the JSON holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Accepted {
    danger: Danger,
    text: String,
}

impl Accepted {
    /// States a danger, its details and the flag that accepted it.
    pub(super) fn new(danger: Danger, details: &str, flag: &str) -> Self {
        Self { danger, text: format!("{details} ({flag})") }
    }

    /// Which danger it is.
    pub fn danger(&self) -> Danger {
        self.danger
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Accepted {
    fn from(text: String) -> Self {
        let is_about = |danger: &Danger| {
            let (begin, flag, _) = danger.words();
            text.starts_with(begin) && text.contains(flag)
        };
        Self { danger: Danger::SHOWN.into_iter().find(is_about).unwrap_or(Danger::Other), text }
    }
}

impl From<Accepted> for String {
    fn from(accepted: Accepted) -> Self {
        accepted.text
    }
}

fn lines(facts: &UserDataFacts) -> BTreeMap<String, String> {
    facts.attestation_lines().into_iter().map(|(name, sha256)| (name.to_owned(), sha256)).collect()
}
