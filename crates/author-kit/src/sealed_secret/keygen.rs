//! `sealed-secret keygen`.

use std::io::Write as _;

use cli_kit::failure::DoingIo as _;
use cli_kit::names::in_folder;
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::persona::AuthorFolder;
use cli_kit::progress::Progress;
use cli_kit::{Doing as _, Failure, Report};
use contract_pki::private_key::{BITS, PrivateKey, Sealing, Unsealing};
use serde::Serialize;

use super::arguments::Keygen;
use super::{DECRYPTION_KEY, ENCRYPTION_KEY, SIGNING_KEY, VERIFICATION_KEY};
use crate::Authored;

/// What was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    signing_key: String,
    verification_key: String,
    decryption_key: String,
    encryption_key: String,
    /// Of the pair that signs.
    verification_key_fingerprint: String,
    /// Of the pair that opens.
    decryption_key_fingerprint: String,
}

pub fn keygen<K: Authored>(arguments: &Keygen, report: &Report) -> Result<(), Failure> {
    let Keygen { folder, force } = arguments;
    let protected = AuthorFolder::read(folder, K::PERSONA)?.protected();
    let create =
        |(name, visibility)| Output::create(&in_folder(folder, name), force.force, visibility, &protected);
    let outputs = [
        (SIGNING_KEY, Visibility::Secret),
        (VERIFICATION_KEY, Visibility::Public),
        (DECRYPTION_KEY, Visibility::Secret),
        (ENCRYPTION_KEY, Visibility::Public),
    ]
    .map(create);
    let [signing, verification, decryption, encryption] = outputs;
    let mut outputs = [signing?, verification?, decryption?, encryption?];

    let progress = Progress::spinner(report, &format!("making two RSA keys of {BITS} bits"));
    let make = || "cannot make a key".to_owned();
    let sealing = PrivateKey::<Sealing>::generate().doing(make)?;
    let unsealing = PrivateKey::<Unsealing>::generate().doing(make)?;
    drop(progress);
    let write = || "cannot write a key".to_owned();
    let (signs, opens) =
        (sealing.to_unprotected_pem().doing(write)?, unsealing.to_unprotected_pem().doing(write)?);
    let (verifies, encrypts) =
        (sealing.public().to_pem().doing(write)?, unsealing.public().to_pem().doing(write)?);
    for (output, pem) in outputs.iter_mut().zip([&*signs, &verifies, &*opens, &encrypts]) {
        output.write_all(pem.as_bytes()).doing_io("write", folder)?;
    }
    let [signing_key, verification_key, decryption_key, encryption_key] =
        outputs.each_ref().map(Output::name);
    commit_all(outputs)?;

    report.success(&format!("wrote `{signing_key}`, which signs sealed secrets: it stays with you"));
    report.success(&format!("wrote `{verification_key}`, `{decryption_key}` and `{encryption_key}`"));
    report.note(&format!("next: put these lines into {}.yaml, then encrypt it", K::NAME));
    let done = Done {
        signing_key,
        verification_key,
        decryption_key,
        encryption_key,
        verification_key_fingerprint: sealing.public().fingerprint().to_owned(),
        decryption_key_fingerprint: unsealing.public().fingerprint().to_owned(),
    };
    report.result(&done, |_| {
        vec![
            "confidential-containers:".to_owned(),
            "  secret:".to_owned(),
            format!("    verificationKey: !file {VERIFICATION_KEY}"),
            format!("    decryptionKey: !file {DECRYPTION_KEY}"),
        ]
    })
}
