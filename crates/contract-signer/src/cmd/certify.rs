//! `contract-signer certify` and `csr`: a certificate of the signing key, which gives a contract an end.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cli_kit::evidence::verifying_key;
use cli_kit::failure::DoingIo as _;
use cli_kit::names::{is_stdout, public_half, same_target};
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::persona::{Persona, SignerFolder, protected_around};
use cli_kit::private_key;
use cli_kit::progress::Progress;
use cli_kit::prompt::PassphraseSource;
use cli_kit::{Doing as _, Failure, Report, clock, input};
use contract_pki::certificate::CertificateFacts;
use contract_pki::private_key::SigningKey;
use contract_pki::random::SystemRandomness;
use contract_pki::signing_certificate::{
    self, CertificateAuthority, Days, Error, SigningCertificate, SigningRequest,
};
use contract_pki::verifying_key::{self, VerifyingKey};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::cli::{Certify, Csr};

/// What was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    certificate: String,
    /// The certificate of the authority that was made for this one.
    authority_certificate: Option<String>,
    issuer: String,
    #[serde(flatten)]
    facts: CertificateFacts,
    /// Files whose key is the same; empty if there was nothing to compare with.
    same_key_as: Vec<String>,
}

/// A certificate, and the PEM of the authority that was made for it.
struct Certified {
    certificate: SigningCertificate,
    authority: Option<String>,
    same_key_as: Vec<String>,
}

pub fn certify(arguments: &Certify, report: &Report) -> Result<(), Failure> {
    let persona = SignerFolder::read(Path::new("."))?;
    let named = arguments.positional_key.as_ref().or(arguments.key.as_ref());
    let key_file = KeyFile { named: named.map(PathBuf::as_path), default: &persona.key };
    let target = arguments.output.clone().unwrap_or_else(|| key_file.private().with_extension("crt"));
    report.shares_stdout_with(&target)?;
    let mut protected = protected_around(Persona::ContractSigner, &target);
    protected
        .add_inputs([key_file.private(), &public_half(key_file.private())])
        .add_inputs(&arguments.certificate)
        .add_inputs(&arguments.csr)
        .add_inputs(&arguments.ca_cert)
        .add_inputs(&arguments.ca_key)
        .add_inputs(arguments.passphrase.file())
        .add_inputs(arguments.ca_passphrase().file());
    let force = arguments.force.force;
    let mut output = Output::create(&target, force, Visibility::Public, &protected)?;
    let makes_authority = arguments.certificate.is_none() && arguments.ca_cert.is_none();
    // nothing is written next to a stream
    let beside = target.with_extension("ca.crt");
    let mut authority = (makes_authority && output.is_file())
        .then(|| Output::create(&beside, force, Visibility::Public, &protected))
        .transpose()?;

    let at = clock::now();
    let certified = match (&arguments.certificate, arguments.days) {
        (Some(received), _) => check_received(received, arguments, &key_file, at)?,
        (None, Some(days)) => issue(arguments, &persona, &key_file, days, at, report)?,
        (None, None) => {
            return Err(Failure::usage("the number of days is missing").hint("name it: `--days 90`"));
        }
    };
    let pem = certified.certificate.to_pem().doing(|| cannot(key_file.private()))?;
    output.write_all(pem.as_bytes()).doing_io("write", &target)?;
    if let (Some(output), Some(pem)) = (&mut authority, &certified.authority) {
        output.write_all(pem.as_bytes()).doing_io("write", &beside)?;
    }
    let done = Done {
        certificate: output.name(),
        authority_certificate: authority.as_ref().map(Output::name),
        issuer: certified.certificate.issuer(),
        facts: certified.certificate.facts().clone(),
        same_key_as: certified.same_key_as,
    };
    let is_file = output.is_file();
    let written: Vec<_> =
        [Some(&output), authority.as_ref()].into_iter().flatten().map(Output::quoted).collect();
    commit_all([authority, Some(output)].into_iter().flatten())?;
    let to_stdout = is_stdout(&target);
    // the given authority may have this name
    let is_given = arguments.ca_cert.as_deref().is_some_and(|given| same_target(given, &beside));
    if !makes_authority && is_file && !is_given && beside.exists() {
        let beside = beside.display();
        report.note(&format!(
            "`{beside}` belongs to an earlier certificate, and is not the authority of this one"
        ));
    }
    show(&done, &written.join(" and "), makes_authority, to_stdout, report);
    if to_stdout { Ok(()) } else { report.result(&done, |_| Vec::<String>::new()) }
}

impl Certify {
    fn ca_passphrase(&self) -> PassphraseSource {
        PassphraseSource::of_authority(self.ca_passphrase_file.clone(), self.ca_passphrase_fd)
    }
}

fn cannot(key: &Path) -> String {
    format!("cannot certify `{}`", input::name(key))
}

/// Issued by an authority: the given one, or one that is made for this certificate.
fn issue(
    arguments: &Certify,
    persona: &SignerFolder,
    key_file: &KeyFile<'_>,
    days: Days,
    at: Timestamp,
    report: &Report,
) -> Result<Certified, Failure> {
    let context = || cannot(arguments.csr.as_deref().unwrap_or_else(|| key_file.private()));
    let own_subject = || arguments.subject.or_default(&persona.name).map_err(Error::Name);
    let (key, subject, same_key_as) = if let Some(file) = &arguments.csr {
        let public = key_file.public()?;
        let request = request(file, public.as_ref())?;
        let subject = if arguments.subject.is_typed() { own_subject() } else { request.subject() };
        (request.key().clone(), subject, public.into_iter().map(|(name, _)| name).collect())
    } else {
        let key: SigningKey = private_key::read(key_file.private(), &arguments.passphrase)?;
        (key.public().clone(), own_subject(), Vec::new())
    };
    // an invalid subject is refused before an authority is made
    let subject = subject.doing(context)?;
    let randomness = &mut SystemRandomness;
    let (authority, made) = if let Some(authority) = given_authority(arguments, at)? {
        (authority, false)
    } else {
        let _progress = Progress::spinner(report, "making an authority for this certificate");
        (CertificateAuthority::for_once(days, at, randomness).doing(context)?, true)
    };
    let certificate = authority.issue(&key, &subject, days, at, randomness).doing(context)?;
    let authority = made.then(|| authority.to_pem()).transpose().doing(context)?;
    Ok(Certified { certificate, authority, same_key_as })
}

fn given_authority(arguments: &Certify, at: Timestamp) -> Result<Option<CertificateAuthority>, Failure> {
    let (Some(certificate), Some(key)) = (&arguments.ca_cert, &arguments.ca_key) else { return Ok(None) };
    let name = input::name(key);
    let source = arguments.ca_passphrase();
    let bytes = input::read_bytes(certificate, input::LARGEST_KEY_FILE)?;
    let pem = input::read_secret_text(key, input::LARGEST_KEY_FILE)?;
    let authority = source.open(&format!("the authority's key `{name}`"), |passphrase| {
        CertificateAuthority::parse(&bytes, &pem, at, passphrase)
    })?;
    let file = match &authority {
        Err(Error::AuthorityKey(_) | Error::AuthorityKeyOfAnother(_)) => name,
        _ => input::name(certificate),
    };
    authority.map(Some).doing(|| format!("cannot use `{file}`"))
}

/// Received from a company's authority, and checked.
fn check_received(
    received: &Path,
    arguments: &Certify,
    key_file: &KeyFile<'_>,
    at: Timestamp,
) -> Result<Certified, Failure> {
    let name = input::name(received);
    let mut keys: Vec<_> = key_file.public()?.into_iter().collect();
    if let Some(file) = &arguments.csr {
        let request = request(file, keys.first())?;
        keys.push((input::name(file), request.key().clone()));
    }
    let Some((key_name, key)) = keys.first() else {
        return Err(Failure::usage(format!(
            "cannot check whether `{name}` is for your key: there is no public key"
        ))
        .hint("make its public half, `contract-signer public-key signing-key.pem -o signing-key.pub.pem`")
        .hint("or name the request that was sent: `--csr signing-key.csr`"));
    };
    let bytes = input::read_bytes(received, input::LARGEST_KEY_FILE)?;
    let certificate =
        signing_certificate::received(&bytes, key, key_name, at).doing(|| format!("cannot take `{name}`"))?;
    let same_key_as = keys.into_iter().map(|(name, _)| name).collect();
    Ok(Certified { certificate, authority: None, same_key_as })
}

/// A request, which must be for the same key as the public half, if there is one.
fn request(path: &Path, public: Option<&NamedKey>) -> Result<SigningRequest, Failure> {
    let cannot = || format!("cannot use `{}`", input::name(path));
    let request = SigningRequest::parse(&input::read_bytes(path, input::LARGEST_KEY_FILE)?).doing(cannot)?;
    let found = request.key().fingerprint();
    match public {
        Some((other, key)) if key.fingerprint() != found => {
            let (found, other, expected) = (found.to_owned(), other.clone(), key.fingerprint().to_owned());
            Err(Error::OtherKey { found, other, expected }).doing(cannot)
        }
        _ => Ok(request),
    }
}

fn show(done: &Done, written: &str, makes_authority: bool, to_stdout: bool, report: &Report) {
    let CertificateFacts { subject, serial, key_fingerprint, not_before, not_after } = &done.facts;
    report.note(&format!("certificate of {subject}"));
    report.note(&format!("  issued by {}", done.issuer));
    report.note(&format!("  serial {serial}"));
    report.note(&format!("  key {key_fingerprint}"));
    report.note(&format!("  valid from {not_before}"));
    for name in &done.same_key_as {
        report.note(&format!("its key is the key of `{name}`"));
    }
    report.note(&format!("a contract with this certificate ends at {not_after}"));
    if makes_authority {
        report.note("the authority's private key signed only this certificate, and is wiped");
    }
    report.success(&format!("wrote {written}"));
    if to_stdout {
        return;
    }
    let file = &done.certificate;
    let name = Path::new(file).file_name().unwrap_or(file.as_ref()).display();
    report.note(&format!(
        "next: give `{file}` to the env deployer: `env-deployer encrypt . --signing-key {name}`"
    ));
}

/// A public key, and the name of its file.
type NamedKey = (String, VerifyingKey);

/// Where the signing key is. The public half is enough for what needs no secret.
struct KeyFile<'a> {
    /// The typed path.
    named: Option<&'a Path>,
    /// The path in `persona.yaml`.
    default: &'a Path,
}

impl KeyFile<'_> {
    /// The private key's file.
    fn private(&self) -> &Path {
        self.named.unwrap_or(self.default)
    }

    /// The public half, and the name of its file. Asks for no passphrase: for a private key, reads the public key next to
    /// it. `None` if no key is named and there is none.
    fn public(&self) -> Result<Option<NamedKey>, Failure> {
        let beside = public_half(self.private());
        let Some(named) = self.named.or_else(|| self.default.exists().then_some(self.default)) else {
            return if beside.exists() { read_public(&beside).map(Some) } else { Ok(None) };
        };
        let text = input::read_secret_text(named, input::LARGEST_KEY_FILE)?;
        match VerifyingKey::parse(&text) {
            Ok(key) => Ok(Some((input::name(named), key))),
            Err(verifying_key::Error::Private(_)) if beside.exists() => read_public(&beside).map(Some),
            Err(verifying_key::Error::Private(_)) => {
                let name = named.display();
                Err(Failure::usage(format!("the public half of `{name}` is missing: `{}`", beside.display()))
                    .hint(format!("make it: `contract-signer public-key {name} -o {}`", beside.display())))
            }
            Err(error) => Err(error).doing(|| format!("cannot use `{}`", input::name(named))),
        }
    }
}

fn read_public(path: &Path) -> Result<NamedKey, Failure> {
    Ok((input::name(path), verifying_key(path)?))
}

/// `csr`: a request to a company's authority.
pub fn csr(arguments: &Csr, report: &Report) -> Result<(), Failure> {
    let persona = SignerFolder::read(Path::new("."))?;
    let key_path = arguments.key.as_ref().unwrap_or(&persona.key);
    let target = arguments.output.clone().unwrap_or_else(|| key_path.with_extension("csr"));
    report.shares_stdout_with(&target)?;
    let mut protected = protected_around(Persona::ContractSigner, &target);
    protected.add_inputs([key_path]).add_inputs(arguments.passphrase.file());
    let cannot = || format!("cannot ask for a certificate of `{}`", input::name(key_path));
    let subject = arguments.subject.or_default(&persona.name).map_err(Error::Name).doing(cannot)?;
    let mut output = Output::create(&target, arguments.force.force, Visibility::Public, &protected)?;

    let key: SigningKey = private_key::read(key_path, &arguments.passphrase)?;
    let request = SigningRequest::make(&key, &subject).doing(cannot)?;
    let pem = request.to_pem().doing(cannot)?;
    output.write_all(pem.as_bytes()).doing_io("write", &target)?;
    let (name, written) = (output.name(), output.quoted());
    output.commit()?;

    let fingerprint = key.public().fingerprint();
    report.note(&format!("a request for `{subject}`, key {fingerprint}"));
    report.success(&format!("wrote {written}"));
    report.note(
        "next: send it to the authority, and check its answer: `contract-signer certify --certificate FILE`",
    );
    let result = json!({ "request": name, "subject": subject.to_string(), "keyFingerprint": fingerprint });
    if is_stdout(&target) { Ok(()) } else { report.result(&result, |_| Vec::<String>::new()) }
}
