//! What `sign` reads: both handoffs, the keys, who may vouch, and earlier contracts.

use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};

use certificate_command::encryption_lines;
use cli_kit::evidence::RECORD_LIMIT;
use cli_kit::persona::SignerFolder;
use cli_kit::private_key;
use cli_kit::protected::Protected;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input, received};
use contract_core::contract::record::Record;
use contract_core::contract::{Assembled, AuditorKey, BareToken, Earlier, Entry, Half, Signed};
use contract_core::kind::{Env, Kind, Workload};
use contract_core::received::FileKind;
use contract_core::statement::Statement;
use contract_core::user_data::State;
use contract_pki::certificate::{Encryption, Pin, VerifiedCertificate};
use contract_pki::private_key::SigningKey;
use contract_pki::verifying_key::{Error, VerifyingKey};
use jiff::Timestamp;
use ssh_signatures::allowed_signers::AllowedSigners;

use crate::cli::Sign;
use crate::cmd::handoff_file::{HandoffOpener, ReadSeek};
use crate::cmd::trust;

/// The files, named by flags or by the signer's folder.
pub struct Sources<'a> {
    arguments: &'a Sign,
    halves: Halves,
    key: PathBuf,
    allowed_signers: PathBuf,
    identity: PathBuf,
    auditor_key: Option<PathBuf>,
    /// Encrypts the auditor key for the guest.
    certificate: Option<PathBuf>,
    /// The key that both halves must be encrypted under.
    pin: Option<Pin>,
    owned: Protected,
}

/// The files with both halves.
enum Halves {
    Handoffs { workload: PathBuf, env: PathBuf },
    Assembled(PathBuf),
}

/// All of them, read.
pub struct Inputs {
    pub workload: Half<Workload, Box<dyn ReadSeek>>,
    pub env: Half<Env, Box<dyn ReadSeek>>,
    pub auditor_key: Option<AuditorKey>,
    /// Other entries of an assembled contract.
    pub other_entries: Vec<Entry>,
    pub earlier: Vec<Earlier>,
    pub key: SigningKey,
}

impl<'a> Sources<'a> {
    pub fn resolve(arguments: &'a Sign, report: &Report) -> Result<Self, Failure> {
        let persona = SignerFolder::read(Path::new("."))?;
        let halves = match &arguments.assembled {
            Some(file) => Halves::Assembled(file.clone()),
            None => handoff_files(arguments, &persona, report)?,
        };
        let (auditor_key, certificate) = auditor_key_files(arguments, &persona)?;
        let owned = persona.protected();
        let pin = persona.certificate.pin.clone();
        let SignerFolder { key, allowed_signers, identity, .. } = persona;
        Ok(Self {
            arguments,
            halves,
            key: arguments.key.clone().unwrap_or(key),
            allowed_signers: arguments.allowed_signers.clone().unwrap_or(allowed_signers),
            identity,
            auditor_key,
            certificate,
            pin,
            owned,
        })
    }

    /// All that no output may replace.
    pub fn protected(&self) -> Protected {
        let mut protected = self.owned.clone();
        match &self.halves {
            Halves::Handoffs { workload, env } => protected.add_inputs([workload, env]),
            Halves::Assembled(file) => protected.add_inputs([file]),
        };
        protected
            .add_inputs([&self.key, &self.allowed_signers])
            .add_inputs(&self.auditor_key)
            .add_inputs(&self.certificate)
            .add_inputs(&self.arguments.identities)
            .add_inputs(&self.arguments.previous)
            .add_inputs(self.arguments.passphrase.file())
            .add_inputs(self.arguments.identity_passphrase.source().file());
        protected
    }

    /// Asks for the passphrase of the signing key last, when everything else could be read.
    pub fn read(&self, at: Timestamp, report: &Report) -> Result<Inputs, Failure> {
        let auditor_key = self.auditor_key.as_deref().map(|path| self.auditor_key(path, at, report));
        let mut auditor_key = auditor_key.transpose()?;
        // `--passphrase-file` is for the signing key only
        let passphrase = self.arguments.identity_passphrase.source();
        let opener = HandoffOpener::new(&self.arguments.identities, &self.identity, &passphrase);
        let mut other_entries = Vec::new();
        let (workload, env) = match &self.halves {
            Halves::Handoffs { workload, env } => {
                let signers = trust::allowed_signers(&self.allowed_signers, report)?;
                let workload = self.half(workload, &opener, &signers, at)?;
                (workload, self.half(env, &opener, &signers, at)?)
            }
            Halves::Assembled(file) => {
                let assembled = read_assembled(file, report)?;
                auditor_key = agreed_auditor_key(file, auditor_key, &assembled)?;
                other_entries = assembled.others;
                (token(assembled.workload)?, token(assembled.env)?)
            }
        };
        let mut earlier = Vec::new();
        for path in &self.arguments.previous {
            let source = input::name(path);
            let statements = statements(path, &opener)?.into_iter();
            earlier.extend(statements.map(|statement| Earlier { source: source.clone(), statement }));
        }
        let key: SigningKey = private_key::read(&self.key, &self.arguments.passphrase)?;
        if !key.is_protected() {
            let hint =
                "protect it: `openssl pkcs8 -topk8 -scrypt -in OLD.pem -out signing-key.pem`".to_owned();
            report.warning(&format!("the key `{}` has no passphrase", self.key.display()), &[hint]);
        }
        Ok(Inputs { workload, env, auditor_key, other_entries, earlier, key })
    }

    /// States in the signing record what was checked besides the contract itself.
    pub fn add_checks(&self, signed: &mut Signed) {
        if self.pin.is_some() {
            // a statement names the key that a half is encrypted under, a bare token does not
            let both = signed.workload.statement().is_some() && signed.env.statement().is_some();
            let list = if both { &mut signed.checked } else { &mut signed.unchecked };
            list.push("that both halves are encrypted under the pinned key".to_owned());
        }
        if !self.arguments.previous.is_empty() {
            signed.unchecked.push("that the files of `--previous` are authentic".to_owned());
        }
    }

    fn half<K: Kind>(
        &self,
        path: &Path,
        opener: &HandoffOpener<'_>,
        signers: &AllowedSigners,
        at: Timestamp,
    ) -> Result<Half<K, Box<dyn ReadSeek>>, Failure> {
        let name = input::name(path);
        let context = || format!("cannot take `{name}` as the {} half", K::NAME);
        let (file, kind) = received::open(path)?;
        if kind == FileKind::Token {
            if !self.arguments.danger_accept_unsigned_tokens {
                return Err(Failure::new(
                    ExitCode::Refused,
                    format!("{}: it is a bare token, and nothing states what it contains", context()),
                )
                .hint("ask for the handoff that `encrypt` wrote")
                .hint("or take the risk with `--danger-accept-unsigned-tokens`"));
            }
            let source: Box<dyn ReadSeek> = Box::new(file);
            return BareToken::new(source)
                .map(Half::BareToken)
                .map_err(|error| Failure::from_io(&context(), &error));
        }
        let handoff = opener.handoff(file, kind, context)?.of_section::<K>().doing(context)?;
        let half = Half::new(handoff, signers, at);
        if let (Some(pin), Some(statement)) = (&self.pin, half.statement()) {
            pin.check(&statement.predicate.encryption_certificate).doing(context)?;
        }
        Ok(half)
    }

    fn auditor_key(&self, path: &Path, at: Timestamp, report: &Report) -> Result<AuditorKey, Failure> {
        let key = auditor_public_key(path)?;
        let certificate = self.certificate.as_deref().map(|path| self.certificate(path, at, report));
        AuditorKey::new(key, certificate.transpose()?).doing(|| format!("cannot use `{}`", input::name(path)))
    }

    /// Shown before it can be refused: several keys have been seen with the same subject.
    fn certificate(
        &self,
        path: &Path,
        at: Timestamp,
        report: &Report,
    ) -> Result<VerifiedCertificate, Failure> {
        let cannot = || format!("cannot encrypt the auditor key under `{}`", input::name(path));
        let certificate = certificate_command::read::<Encryption>(path)?;
        for line in encryption_lines(certificate.facts()) {
            report.note(&line);
        }
        if let Some(pin) = &self.pin {
            pin.check(certificate.facts()).doing(cannot)?;
        }
        let accept = self.arguments.accept();
        certificate.verify(at, accept.expiry, accept.foreign).doing(cannot)
    }
}

/// The handoffs that flags name, or those in the signer's folder.
fn handoff_files(arguments: &Sign, persona: &SignerFolder, report: &Report) -> Result<Halves, Failure> {
    let handoff = |flag: &Option<PathBuf>, section| {
        if let Some(named) = flag {
            return Ok(named.clone());
        }
        let found = handoff_in_folder(&persona.name, section, report);
        input::refuse_special_file(&found).map(|()| found)
    };
    let workload = handoff(&arguments.workload, Workload::NAME)?;
    let env = handoff(&arguments.env, Env::NAME)?;
    if workload == Path::new("-") && env == Path::new("-") {
        return Err(Failure::usage("only one of `--workload` and `--env` can be standard input")
            .hint("name a file for the other"));
    }
    Ok(Halves::Handoffs { workload, env })
}

fn read_assembled(path: &Path, report: &Report) -> Result<Assembled, Failure> {
    let context = || format!("cannot sign `{}`", input::name(path));
    let mut file = received::user_data(path)?;
    let assembled = Assembled::read(&mut file).doing(context)?;
    report.note(&format!("`{}` is {}", input::name(path), file.describe(State::Tokens)));
    Ok(assembled)
}

/// A token of an assembled contract.
fn token<K: Kind>(token: String) -> Result<Half<K, Box<dyn ReadSeek>>, Failure> {
    let source: Box<dyn ReadSeek> = Box::new(Cursor::new(token));
    BareToken::new(source)
        .map(Half::Assembled)
        .map_err(|error| Failure::from_io("cannot read a token", &error))
}

/// The auditor key that is named, or the one in the contract. Two must be one key.
fn agreed_auditor_key(
    path: &Path,
    named: Option<AuditorKey>,
    assembled: &Assembled,
) -> Result<Option<AuditorKey>, Failure> {
    let Some(value) = &assembled.attestation_public_key else { return Ok(named) };
    let context = || format!("cannot sign `{}`", input::name(path));
    let in_file = AuditorKey::from_contract(value).doing(context)?;
    let Some(named) = named else { return Ok(Some(in_file)) };
    let why = match named.is_same(&in_file) {
        Some(true) => return Ok(Some(named)),
        Some(false) => "its `attestationPublicKey` is another key than the auditor key that is named",
        None => {
            "its `attestationPublicKey` is encrypted, so it cannot be compared with the auditor key that is named"
        }
    };
    Err(Failure::new(ExitCode::Refused, format!("{}: {why}", context()))
        .hint(
            "ask the auditor which key is theirs; then leave out `--auditor-key` to keep the one in the file",
        )
        .hint(format!("or remove the other: `sed /^attestationPublicKey:/d {}`", input::name(path))))
}

/// The handoff in the signer's folder, encrypted or not. If there are both, one may be an old one: warns.
fn handoff_in_folder(name: &str, section: &str, report: &Report) -> PathBuf {
    let name = format!("{name}.{section}.handoff");
    let (encrypted, plain) = (PathBuf::from(format!("{name}.age")), PathBuf::from(name));
    match (encrypted.exists(), plain.exists()) {
        (true, true) => {
            let (encrypted_name, plain_name) = (encrypted.display(), plain.display());
            let message = format!("`{plain_name}` is ignored: `{encrypted_name}` is next to it");
            let hint = format!("remove the older one, or name the one that you mean: `--{section} FILE`");
            report.warning(&message, &[hint]);
            encrypted
        }
        (false, true) => plain,
        _ => encrypted,
    }
}

/// The auditor's public key, and the certificate that encrypts it for the guest, where they are named.
fn auditor_key_files(
    arguments: &Sign,
    persona: &SignerFolder,
) -> Result<(Option<PathBuf>, Option<PathBuf>), Failure> {
    let encrypt = arguments.encrypt_auditor_key || persona.encrypt_auditor_key;
    if arguments.certificate.is_some() && !encrypt {
        return Err(Failure::usage("`--certificate` is only for encrypting the auditor key")
            .hint("add `--encrypt-auditor-key`, or leave `--certificate` out"));
    }
    let key = arguments.auditor_key.clone().or_else(|| persona.auditor_key.clone());
    if key.is_none() && encrypt {
        return Err(Failure::usage("there is no auditor key to encrypt")
            .hint("pass it with `--auditor-key attestation-key.pub.pem`, or write `auditor-key: attestation-key.pub.pem` into `persona.yaml`"));
    }
    let certificate =
        encrypt.then(|| persona.encryption_certificate(arguments.certificate.as_deref())).transpose()?;
    Ok((key, certificate))
}

fn auditor_public_key(path: &Path) -> Result<VerifyingKey, Failure> {
    let cannot = format!("cannot use `{}`", input::name(path));
    let failure = match VerifyingKey::parse(&input::read_text(path, input::LARGEST_KEY_FILE)?) {
        Ok(key) => return Ok(key),
        // the library's message is about signatures
        Err(Error::NotRsa(kind)) => {
            let why =
                format!("{cannot}: a key of type {kind}; attestation records are encrypted with RSA only");
            Failure::new(ExitCode::Rejected, why)
        }
        Err(error) => Failure { hints: Vec::new(), ..Failure::from_advice(&cannot, &error) },
    };
    Err(failure.hint("ask the auditor for the public half of an RSA key, as PEM `PUBLIC KEY`: `contract-auditor keygen` makes it"))
}

/// What a file of `--previous` states: a handoff states one half, a signing record both.
fn statements(path: &Path, opener: &HandoffOpener<'_>) -> Result<Vec<Statement>, Failure> {
    let context = || format!("cannot compare with `{}`", input::name(path));
    let (file, kind) = received::open(path)?;
    if matches!(kind, FileKind::Handoff | FileKind::EncryptedHandoff) {
        let mut handoff = opener.handoff(file, kind, context)?;
        // a statement about another token is not about an earlier contract
        handoff.copy_token(&mut io::sink()).doing(context)?;
        return Ok(vec![handoff.statement().clone()]);
    }
    let mut json = String::new();
    let read = file.take(RECORD_LIMIT as u64).read_to_string(&mut json);
    let record = read.ok().and_then(|_| Record::parse(&json).ok());
    record.as_ref().map_or(Ok(()), Record::verify_consistency).doing(context)?;
    let statements: Vec<_> = record.iter().flat_map(Record::statements).cloned().collect();
    if statements.is_empty() {
        let failure = Failure::new(ExitCode::Rejected, format!("{}: it states nothing", context()));
        return Err(failure.hint(
            "name a handoff of an earlier contract, workload or env, or its `user-data.record.json`: tokens and user data state nothing",
        ));
    }
    Ok(statements)
}
