//! Vouching: a persona's SSH signature over `statement.json`.
//!
//! Keys that we hold (Ed25519, ECDSA) sign here. All others sign through `ssh-keygen -Y sign`, as git has it done: RSA,
//! keys held by ssh-agent (then the `.pub` file is named), hardware keys. `ssh-keygen` inherits our terminal, so that it
//! can ask for a passphrase, a PIN or a touch, and our stderr, where it says so itself; it may take as long as people do.
//! The statement goes through its stdin, the signature comes from its stdout; no secret passes between us. Whoever
//! signs, we verify before the signature is used.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use cli_kit::persona::expand_home;
use cli_kit::prompt::PassphraseSource;
use cli_kit::signals::OnSignal;
use cli_kit::{Doing as _, ExitCode, Failure, input};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use ssh_signatures::ssh_key::private::{self, PrivateKey};
use ssh_signatures::ssh_key::{Line, PublicKey};
use ssh_signatures::sshsig::{self, Namespace, Signature};

/// Larger than any key of OpenSSH.
const KEY_LIMIT: usize = 64 << 10;

/// Who computed a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// This process.
    Ourselves,
    /// OpenSSH's `ssh-keygen`, with a key that it, an agent or a piece of hardware holds.
    SshKeygen,
}

/// A signature over a statement, verified.
#[derive(Clone, Debug)]
pub struct Vouching {
    /// The content of `statement.json.sig`.
    pub armored: String,
    /// The key that signed.
    pub key: PublicKey,
    /// Who computed it.
    pub signer: Signer,
}

/// A key that is ready to sign.
pub struct VouchKey {
    /// As it was named.
    name: String,
    path: PathBuf,
    key: Key,
    /// A passphrase was given that `ssh-keygen` can't be handed.
    passphrase_given: bool,
}

enum Key {
    Ours(PrivateKey),
    /// The public half, where it alone is known beforehand.
    ForSshKeygen(Option<PublicKey>),
}

impl VouchKey {
    /// Opens the key that `vouch-with` names: a private key, or the `.pub` file of one that ssh-agent holds. Asks for a
    /// passphrase only if the key has one, and only if we are the ones who sign.
    pub fn open(key: &Path, passphrase: &PassphraseSource) -> Result<Self, Failure> {
        let path = expand_home(key)?;
        let name = key.display().to_string();
        let key = read(&path, passphrase, || cannot(&name))?;
        Ok(Self { name, path, key, passphrase_given: passphrase.is_given() })
    }

    /// Where the key lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Signs a statement.
    pub fn vouch(&self, statement: &[u8], namespace: Namespace) -> Result<Vouching, Failure> {
        let context = || cannot(&self.name);
        let (armored, due, signer) = match &self.key {
            Key::Ours(private) => {
                let armored = private.sign(statement, namespace).doing(context)?;
                (armored, Some(private.public()), Signer::Ourselves)
            }
            Key::ForSshKeygen(due) => {
                let armored = by_ssh_keygen(&self.path, statement, namespace, context)
                    .map_err(|failure| self.through_an_agent(failure))?;
                (armored, due.as_ref(), Signer::SshKeygen)
            }
        };
        let verified =
            Signature::parse(&armored).and_then(|it| it.verify(statement, namespace)).doing(context)?;
        match due {
            Some(due) if due != verified.key() => Err(Failure::new(
                ExitCode::Refused,
                format!(
                    "{}: `ssh-keygen` signed with another key, {}",
                    context(),
                    verified.key().fingerprint()
                ),
            )
            .hint("see which keys the agent holds: `ssh-add -l`")),
            _ => Ok(Vouching { armored, key: verified.key().clone(), signer }),
        }
    }
}

impl VouchKey {
    /// `ssh-keygen` asks for passphrases itself, on the terminal: one from a file reaches it through ssh-agent alone.
    fn through_an_agent(&self, failure: Failure) -> Failure {
        if !self.passphrase_given || self.path.extension() == Some(OsStr::new("pub")) {
            return failure;
        }
        let path = self.path.display();
        failure.hint(format!(
            "`ssh-keygen` does not take the passphrase that you name: give the key to the agent, `ssh-add {path}`, and vouch with `{path}.pub`"
        ))
    }
}

fn cannot(name: &str) -> String {
    format!("cannot vouch with `{name}`")
}

fn read(path: &Path, passphrase: &PassphraseSource, context: impl Fn() -> String) -> Result<Key, Failure> {
    let text = input::read_secret_text(path, KEY_LIMIT)?;
    if !text.contains("PRIVATE KEY-----") {
        let line = Line::parse_file(&text).doing(&context)?;
        return Ok(Key::ForSshKeygen(Some(line.key)));
    }
    input::warn_if_shared(path, "the key");
    let mut refused = None;
    let key = PrivateKey::parse(&text, &mut || {
        passphrase.passphrase(&format!("the key `{}`", input::name(path))).map_err(|failure| {
            let reason = failure.message.clone();
            refused = Some(failure);
            reason
        })
    });
    match (refused, key) {
        // the prompt's own failure says more than the library's
        (Some(failure), _) => Err(failure),
        (None, Err(private::Error::ForSshKeygen(_))) => Ok(Key::ForSshKeygen(None)),
        (None, key) => Ok(Key::Ours(key.doing(context)?)),
    }
}

/// Ends a child, and gives it five seconds to put the terminal right.
fn end_child(id: u32) -> impl FnOnce() + Send + 'static {
    move || {
        let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else { return };
        let _ = kill_process(pid, Signal::TERM);
        for _ in 0..500 {
            if test_kill_process(pid).is_err() {
                return;
            }
            sleep(Duration::from_millis(10));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "no secret is passed to `ssh-keygen`, which asks for its own")]
fn by_ssh_keygen(
    path: &Path,
    statement: &[u8],
    namespace: Namespace,
    context: impl Fn() -> String,
) -> Result<String, Failure> {
    let failed = |message: &str| Failure::new(ExitCode::CouldNot, format!("{}: {message}", context()));
    let started = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace.as_str(), "-f"])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| match error.kind() {
        ErrorKind::NotFound => failed("`ssh-keygen` is needed for it, and is not installed")
            .hint("install it: `apt-get install openssh-client` or `dnf install openssh-clients`")
            .hint("or vouch with an Ed25519 key: `ssh-keygen -t ed25519` makes one"),
        _ => Failure::from_io(&format!("{}: cannot start `ssh-keygen`", context()), &error),
    })?;
    // it may be asking for a passphrase, without echo, and puts that right when it is asked to end
    let _end = OnSignal::new(end_child(child.id()));
    // it may refuse before it reads: how it ends says why
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(statement));
    let mut armored = String::new();
    let limit = sshsig::LONGEST as u64 + 1;
    let read = child.stdout.take().map(|stdout| stdout.take(limit).read_to_string(&mut armored));
    let status = child.wait().map_err(|error| Failure::from_io(&context(), &error))?;
    if status.success() && matches!(read, Some(Ok(_))) {
        return Ok(armored);
    }
    let is_public = path.extension() == Some(OsStr::new("pub"));
    let hint = if is_public {
        "see whether the agent holds it: `ssh-add -l`".to_owned()
    } else {
        format!(
            "try by hand: `ssh-keygen -Y sign -n {namespace} -f {} <statement.json`; what it cannot read, `ssh-keygen -p -f KEY` rewrites in OpenSSH's form",
            path.display()
        )
    };
    // a locked key, an agent without it, a hardware key that nobody touched
    Err(Failure { exit: ExitCode::NoSecret, ..failed("`ssh-keygen` did not sign, and says why above") }
        .hint(hint))
}
