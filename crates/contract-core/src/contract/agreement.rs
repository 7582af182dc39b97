//! The checks without opening a token: who vouches, and whether both statements agree.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use contract_pki::certificate::{CertificateFacts, Expiry, Foreign};
use contract_pki::verifying_key::VerifyingKey;
use contract_pki::x509::day;
use findings::Advice as _;
use jiff::{SignedDuration, Timestamp};
use ssh_signatures::allowed_signers::Vouched;

use super::Half;
use super::record::{Accepted, Danger};
use crate::env_certificates::{CertificateField, Certificates};
use crate::handoff::NotVouched;
use crate::kind::{Env, Kind, Workload};
use crate::statement::Predicate;

/// One difference between two halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What differs: `platform`, `encryption certificate`, …
    pub what: &'static str,
    /// What the workload half states; for the signing key, what the given key is.
    pub workload: String,
    /// What the env half states.
    pub env: String,
    /// What to do.
    pub hints: Vec<String>,
}

/// All disagreements on one line.
pub(super) fn list(disagreements: &[Disagreement]) -> String {
    let one = |it: &Disagreement| format!("{} (workload: {}; env: {})", it.what, it.workload, it.env);
    disagreements.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// How far the clocks of two people may be apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(24);

/// The dangers that the signer accepts, each with a flag `--danger-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    /// An encryption certificate that is not valid now.
    pub expiry: Expiry,
    /// An encryption certificate that is not an image's.
    pub foreign: Foreign,
    /// Halves that nobody vouches for.
    pub unvouched: bool,
    /// One person behind both halves.
    pub one_person: bool,
}

impl Accept {
    /// No danger: the default.
    pub const NOTHING: Self =
        Self { expiry: Expiry::Refuse, foreign: Foreign::Refuse, unvouched: false, one_person: false };
}

/// The result of the comparison of two halves.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreement {
    /// The differences, which are refused.
    pub disagreements: Vec<Disagreement>,
    /// What was checked.
    pub checked: Vec<String>,
    /// What could not be checked.
    pub unchecked: Vec<String>,
    /// The dangers that were found and accepted.
    pub accepted: Vec<Accepted>,
}

impl Agreement {
    /// Checks everything, so that all differences are reported at once.
    pub fn check<R: Read + Seek>(
        workload: &Half<Workload, R>,
        env: &Half<Env, R>,
        key: &VerifyingKey,
        at: Timestamp,
        accept: Accept,
    ) -> Self {
        let mut all = Self::default();
        all.vouching((workload.vouched(), env.vouched()), accept.unvouched);
        if let (Ok(workload), Ok(env)) = (workload.vouched(), env.vouched()) {
            all.two_persons(workload, env, accept.one_person);
        }
        all.strong_passwords(workload.is_made_by_us() && env.is_made_by_us());
        let (workload, env) = (workload.statement(), env.statement());
        let (workload, env) = (workload.map(|it| &it.predicate), env.map(|it| &it.predicate));
        match (workload, env) {
            (Some(workload), Some(env)) => {
                all.compared("platform", platforms_differ(workload, env));
                all.compared("encryption certificate", certificates_differ(workload, env));
                all.compared("volumes", volumes_differ(workload, env));
                all.compared("environment variables", variables_missing(workload, env));
            }
            _ => all.unchecked.push(
                "sections, platform, certificate, volumes, variables of both halves: a bare token states none of them"
                    .into(),
            ),
        }
        all.foreign(workload, env, accept.foreign);
        all.expiry(workload, env, at, accept.expiry);
        if workload.is_some() || env.is_some() {
            all.compared("times of the statements", times_differ(workload, env, at));
        }
        match env {
            Some(env) => all.compared("signing key", signing_key_differs(env, key)),
            None => {
                all.unchecked.push("whether the env section names the signing key as `signingKey`".into());
            }
        }
        match env.and_then(|env| env.certificates.as_ref()) {
            Some(certificates) => {
                all.compared(
                    "validity of the signing certificate",
                    signing_certificate_ended(certificates, at),
                );
            }
            None => all.unchecked.push(
                "until when the signing key is certified, if the env section holds it as a certificate"
                    .into(),
            ),
        }
        all
    }

    fn compared(&mut self, what: &str, disagreement: Option<Disagreement>) {
        match disagreement {
            None => self.checked.push(what.to_owned()),
            Some(disagreement) => self.disagreements.push(disagreement),
        }
    }

    fn vouching(
        &mut self,
        (workload, env): (Result<&Vouched, &NotVouched>, Result<&Vouched, &NotVouched>),
        accept: bool,
    ) {
        let refused =
            |reason: &NotVouched| *reason != NotVouched::Assembled && !(accept && reason.may_be_accepted());
        let reasons: Vec<&NotVouched> = [workload, env].into_iter().filter_map(Result::err).collect();
        if reasons.iter().any(|reason| refused(reason)) {
            let mut hints: Vec<String> = reasons.iter().flat_map(|reason| reason.hints()).collect();
            hints.dedup();
            if reasons.iter().all(|reason| reason.may_be_accepted()) {
                hints.push("or take the risk with `--danger-accept-unsigned-tokens`".into());
            }
            return self.disagreements.push(Disagreement {
                what: "who vouches",
                workload: voucher(workload),
                env: voucher(env),
                hints,
            });
        }
        for (section, vouched, danger) in
            [(Workload::NAME, workload, Danger::UnsignedWorkload), (Env::NAME, env, Danger::UnsignedEnv)]
        {
            match vouched {
                Ok(_) => self.checked.push(format!("who made the {section} half: {}", voucher(vouched))),
                Err(reason) => {
                    let text = format!("{section}: {reason}");
                    let assembled = *reason == NotVouched::Assembled;
                    let flag = if assembled { "--assembled" } else { "--danger-accept-unsigned-tokens" };
                    self.accepted.push(Accepted::new(danger, &text, flag));
                    self.unchecked.push(format!("who made the {section} half: {reason}"));
                }
            }
        }
    }

    fn two_persons(&mut self, workload: &Vouched, env: &Vouched, accept: bool) {
        let same_key = workload.is_same_key(env);
        if !same_key && !workload.may_be_same_principal(env) {
            return self.checked.push("that two persons vouch, with two keys".into());
        }
        let what = if same_key { "one key behind both halves" } else { "one person behind both halves" };
        let (workload, env) = (voucher(Ok(workload)), voucher(Ok(env)));
        if accept {
            let text = format!("{what}: workload {workload}, env {env}");
            return self.accepted.push(Accepted::new(Danger::OnePerson, &text, "--danger-allow-one-person"));
        }
        let hints = vec![
            "a person with both halves knows both seeds of every volume: let two persons vouch, each with their own key"
                .into(),
            "in a lab, take the risk with `--danger-allow-one-person`".into(),
        ];
        self.disagreements.push(Disagreement { what, workload, env, hints });
    }

    /// [`Contract::sign`](super::Contract::sign) checks it: only a signed contract gets a record of these lines.
    fn strong_passwords(&mut self, ours: bool) {
        self.checked.push("that no token opens with the empty password".into());
        if !ours {
            self.checked.push("that no token of an unknown tool opens with a password of one byte".into());
        }
    }

    fn foreign(&mut self, workload: Option<&Predicate>, env: Option<&Predicate>, accept: Foreign) {
        let what = "purpose of the encryption certificate";
        let [workload, env] = [workload, env].map(|half| half.map(Predicate::foreign));
        if !matches!((&workload, &env), (Some(Some(_)), _) | (_, Some(Some(_)))) {
            if workload.is_some() && env.is_some() {
                self.checked.push(what.to_owned());
            }
            return;
        }
        let [workload, env] = [workload, env].map(|half| match half {
            Some(Some(foreign)) => foreign,
            Some(None) => "an image's, as far as stated".to_owned(),
            None => "not stated".to_owned(),
        });
        if accept == Foreign::DangerAccept {
            let text = format!("{what}: workload {workload}, env {env}");
            let accepted =
                Accepted::new(Danger::ForeignCertificate, &text, "--danger-accept-foreign-certificate");
            return self.accepted.push(accepted);
        }
        self.disagreements.push(Disagreement {
            what,
            workload,
            env,
            hints: vec!["both sides encrypt again with the encryption certificate of the image, or sign for your own guest with `--danger-accept-foreign-certificate`".into()],
        });
    }

    fn expiry(
        &mut self,
        workload: Option<&Predicate>,
        env: Option<&Predicate>,
        at: Timestamp,
        accept: Expiry,
    ) {
        let expired = certificate_ended(workload, env, at);
        for (section, half) in [(Workload::NAME, workload), (Env::NAME, env)] {
            if half.is_none() {
                self.unchecked.push(format!(
                    "until when the {section} half's encryption certificate is valid: a bare token does not say"
                ));
            }
        }
        match (accept, expired) {
            (Expiry::Refuse, None) if workload.is_none() || env.is_none() => {}
            (Expiry::Refuse, expired) => self.compared("validity of the encryption certificate", expired),
            (Expiry::DangerAccept, None) => {}
            (Expiry::DangerAccept, Some(Disagreement { what, workload, env, .. })) => {
                let text = format!("{what}: workload {workload}, env {env}");
                self.accepted.push(Accepted::new(
                    Danger::Other,
                    &text,
                    "--danger-accept-expired-certificate",
                ));
            }
        }
    }
}

fn voucher(vouched: Result<&Vouched, &NotVouched>) -> String {
    match vouched {
        Ok(vouched) => format!("{} with key {}", vouched.principals(), vouched.key().fingerprint()),
        Err(reason) => reason.to_string(),
    }
}

fn platforms_differ(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    (workload.platform != env.platform).then(|| Disagreement {
        what: "platform",
        workload: workload.platform.to_string(),
        env: env.platform.to_string(),
        hints: vec!["agree on one, and encrypt again: `encrypt --platform NAME`".into()],
    })
}

fn certificates_differ(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    let (a, b) = (&workload.encryption_certificate, &env.encryption_certificate);
    let shown = |it: &CertificateFacts| {
        let (from, until) = (day(it.not_before), day(it.not_after));
        format!("{}, serial {}, {from} to {until}, key {}", it.subject, it.serial, it.key_fingerprint)
    };
    (!a.is_same_certificate(b)).then(|| Disagreement {
        what: "encryption certificate",
        workload: shown(a),
        env: shown(b),
        hints: vec![
            "both sides take the certificate of the guest's image version: `encrypt --certificate PEM`"
                .into(),
        ],
    })
}

fn certificate_ended(
    workload: Option<&Predicate>,
    env: Option<&Predicate>,
    at: Timestamp,
) -> Option<Disagreement> {
    let early = |begin| format!("not valid before {}", day(begin));
    let expired = |end| format!("expired on {}", day(end));
    let stated = |half: Option<&Predicate>| {
        let Some(half) = half else { return Ok("not stated".to_owned()) };
        let validity = half.encryption_certificate.validity();
        validity.check(at, early, expired)?;
        Ok(format!("valid until {}", day(validity.not_after)))
    };
    let (workload, env) = (stated(workload), stated(env));
    let text = |it: Result<String, String>| it.unwrap_or_else(|refused| refused);
    (workload.is_err() || env.is_err()).then(|| Disagreement {
        what: "validity of the encryption certificate",
        workload: text(workload),
        env: text(env),
        hints: vec!["encrypt again with the current certificate, or sign for a test guest with `--danger-accept-expired-certificate`".into()],
    })
}

/// A statement from the future would make every later one look old.
fn times_differ(
    workload: Option<&Predicate>,
    env: Option<&Predicate>,
    at: Timestamp,
) -> Option<Disagreement> {
    let latest = at.checked_add(CLOCKS_DIFFER).unwrap_or(Timestamp::MAX);
    let is_ahead = |half: Option<&Predicate>| half.is_some_and(|half| half.time > latest);
    let time = |half: Option<&Predicate>| half.map_or("not stated".to_owned(), |half| half.time.to_string());
    (is_ahead(workload) || is_ahead(env)).then(|| Disagreement {
        what: "times of the statements",
        workload: time(workload),
        env: time(env),
        hints: vec![format!("it is {at} here: set the clock that is wrong, and encrypt again")],
    })
}

fn volumes_differ(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    let names = |half: &Predicate| half.volumes.keys().cloned().collect::<BTreeSet<_>>();
    let (a, b) = (names(workload), names(env));
    (a != b).then(|| Disagreement {
        what: "volumes",
        workload: joined(&a),
        env: joined(&b),
        hints: vec!["a volume is in both sections under the same name, or in neither (HPL07015E)".into()],
    })
}

fn variables_missing(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    let missing: BTreeSet<_> =
        workload.required_variables.difference(&env.provided_variables).cloned().collect();
    (!missing.is_empty()).then(|| Disagreement {
        what: "environment variables",
        workload: format!("needs {}", joined(&missing)),
        env: format!("provides {}", joined(&env.provided_variables)),
        hints: vec![format!("write {} under `env` in env.yaml, and encrypt it again", joined(&missing))],
    })
}

fn signing_key_differs(env: &Predicate, key: &VerifyingKey) -> Option<Disagreement> {
    (env.signing_key.as_deref() != Some(key.fingerprint())).then(|| Disagreement {
        what: "signing key",
        workload: format!("names none; the signing key is {}", key.fingerprint()),
        env: env.signing_key.clone().unwrap_or_else(|| "names none".to_owned()),
        hints: vec!["give the env deployer your public key (`contract-signer public-key signing-key.pem`), to encrypt again with `--signing-key PUBLIC.pem`".into()],
    })
}

/// The guest boots no contract with an expired one (contract-format, section 5), so there is no flag to accept it.
fn signing_certificate_ended(certificates: &Certificates, at: Timestamp) -> Option<Disagreement> {
    let validity = certificates.get(&CertificateField::SigningKey)?;
    let early = |begin| {
        let hint = "sign after that day, or see whether the clock is right: `date -u`";
        (format!("the signing certificate is not valid before {}", day(begin)), hint)
    };
    let expired = |end| {
        let hint = "certify the signing key again, `contract-signer certify --days 365`; then the env deployer encrypts again with `--signing-key CERTIFICATE`";
        (format!("the signing certificate expired on {}", day(end)), hint)
    };
    let (env, hint) = validity.check(at, early, expired).err()?;
    Some(Disagreement {
        what: "validity of the signing certificate",
        workload: "states none".to_owned(),
        env,
        hints: vec![hint.to_owned()],
    })
}

fn joined(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "none".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(" ") }
}
