//! The checks that need no signature and no look inside: what both statements say, held against each other.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::certificate::{CertificateFacts, Expiry, day};
use crate::statement::{Predicate, Statement};
use crate::verifying_key::VerifyingKey;

/// One thing in which two halves differ, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// In what: `platform`, `encryption certificate`, …
    pub what: &'static str,
    /// What the workload half says.
    pub workload: String,
    /// What the env half, or the key at hand, says.
    pub env: String,
    /// What to do.
    pub hint: String,
}

/// All disagreements on one line.
pub(super) fn list(disagreements: &[Disagreement]) -> String {
    let one = |it: &Disagreement| format!("{} (workload: {}; env: {})", it.what, it.workload, it.env);
    disagreements.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Everything that disagrees, and everything that could not be checked.
pub(super) fn check(
    (workload, env): (Option<&Statement>, Option<&Statement>),
    key: &VerifyingKey,
    at: Timestamp,
    accept: Expiry,
) -> (Vec<Disagreement>, Vec<String>) {
    let mut found = Vec::new();
    let mut unchecked = Vec::new();
    let (workload, env) = (workload.map(|it| &it.predicate), env.map(|it| &it.predicate));
    match (workload, env) {
        (Some(workload), Some(env)) => {
            found.extend(platform(workload, env));
            found.extend(certificate(workload, env));
            found.extend(volumes(workload, env));
            found.extend(variables(workload, env));
        }
        _ => unchecked.push(
            "sections, platform, certificate, volumes, variables of both halves: a bare token says nothing of them"
                .into(),
        ),
    }
    match accept {
        Expiry::Refuse => found.extend(expiry(workload, env, at)),
        Expiry::DangerAccept => unchecked.push("whether the encryption certificate has expired".into()),
    }
    unchecked
        .push("until when the signing key is certified, if the env section holds it as a certificate".into());
    if [workload, env].into_iter().flatten().any(|half| half.tool.is_ours()) {
        unchecked.push(
            "whether a password of one byte opens a token whose statement names our own tools: it is not signed".into(),
        );
    }
    match env {
        Some(env) => found.extend(signing_key(env, key)),
        None => unchecked.push("whether the env section names the key at hand as `signingKey`".into()),
    }
    unchecked.push("who made the handoffs: they are not signed in this version".into());
    (found, unchecked)
}

fn platform(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    (workload.platform != env.platform).then(|| Disagreement {
        what: "platform",
        workload: workload.platform.to_string(),
        env: env.platform.to_string(),
        hint: "agree on one, and encrypt again: `encrypt --platform NAME`".into(),
    })
}

fn certificate(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    let (a, b) = (&workload.encryption_certificate, &env.encryption_certificate);
    let shown = |it: &CertificateFacts| {
        let (from, until) = (day(it.not_before), day(it.not_after));
        format!("{}, serial {}, {from} to {until}, key {}", it.subject, it.serial, it.key_fingerprint)
    };
    (a != b).then(|| Disagreement {
        what: "encryption certificate",
        workload: shown(a),
        env: shown(b),
        hint: "both sides take the certificate of the guest's image version: `encrypt --certificate PEM`"
            .into(),
    })
}

fn expiry(workload: Option<&Predicate>, env: Option<&Predicate>, at: Timestamp) -> Option<Disagreement> {
    let said = |half: Option<&Predicate>| match half
        .map(|it| &it.encryption_certificate)
        .map(|it| (it.not_before, it.not_after))
    {
        Some((_, end)) if end < at => (true, format!("expired on {}", day(end))),
        Some((begin, _)) if begin > at => (true, format!("not valid before {}", day(begin))),
        Some((_, end)) => (false, format!("valid until {}", day(end))),
        None => (false, "not stated".to_owned()),
    };
    let ((workload_expired, workload), (env_expired, env)) = (said(workload), said(env));
    (workload_expired || env_expired).then(|| Disagreement {
        what: "validity of the encryption certificate",
        workload,
        env,
        hint: "encrypt again with the current certificate, or sign for a test guest with `--danger-accept-expired-certificate`".into(),
    })
}

fn volumes(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    let names = |half: &Predicate| half.volumes.keys().cloned().collect::<BTreeSet<_>>();
    let (a, b) = (names(workload), names(env));
    (a != b).then(|| Disagreement {
        what: "volumes",
        workload: joined(&a),
        env: joined(&b),
        hint: "a volume stands in both sections under the same name, or in neither (HPL07015E)".into(),
    })
}

fn variables(workload: &Predicate, env: &Predicate) -> Option<Disagreement> {
    let missing: BTreeSet<_> =
        workload.required_variables.difference(&env.provided_variables).cloned().collect();
    (!missing.is_empty()).then(|| Disagreement {
        what: "environment variables",
        workload: format!("needs {}", joined(&missing)),
        env: format!("provides {}", joined(&env.provided_variables)),
        hint: format!("write {} under `env` in env.yaml, and encrypt it again", joined(&missing)),
    })
}

fn signing_key(env: &Predicate, key: &VerifyingKey) -> Option<Disagreement> {
    (env.signing_key.as_deref() != Some(key.fingerprint())).then(|| Disagreement {
        what: "signing key",
        workload: format!("names none; the key at hand is {}", key.fingerprint()),
        env: env.signing_key.clone().unwrap_or_else(|| "names none".to_owned()),
        hint: "give the env deployer your public key (`contract-signer public-key signing-key.pem`), to encrypt again with `--signing-key PUBLIC.pem`".into(),
    })
}

fn joined(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "none".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(" ") }
}
