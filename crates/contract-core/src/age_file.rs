//! Age files for several recipients: the seed vault, and files that one persona sends to another.
//!
//! `age file = header(file key for each recipient, MAC) || payload(ChaCha20-Poly1305)`, as age-encryption.org/v1 has it,
//! in binary or armored. Authenticated against change, not against replacement: anyone who knows a recipient can make one.
//!
//! Recipients and identities are arguments, because making them may prompt or start a plugin.

mod header;

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use age::armor::{ArmoredReader, ArmoredWriter};
use age::stream::StreamReader;
use age::{DecryptError, Decryptor, EncryptError, Encryptor, Identity, Recipient};
use contract_pki::random::{self, RandomError};
use findings::{Advice, Blame};
use zeroize::Zeroizing;

use header::Limited;

pub use age::armor::Format;

/// The most work for a passphrase, N = 2^22, that age accepts by default.
pub const MOST_WORK: u8 = 22;

const BINARY: &[u8] = b"age-encryption.org/";
const ARMORED: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// Why an age file could not be opened or made. Never holds any of its content.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum AgeError {
    #[error("it is no age file")]
    NotAge,
    #[error("it is an age file of an unknown version")]
    UnknownVersion,
    #[error("none of the identities opens it")]
    NoIdentity,
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    #[error("its passphrase asks for too much work (scrypt, 2^{0})")]
    TooMuchWork(u8),
    #[error("not enough memory to try its passphrase: it takes {mib} MiB (scrypt, 2^{0})", mib = scrypt_memory(*.0) >> 20)]
    Memory(u8),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("its header is longer than {} KiB, the length of some 300 recipients", header::LONGEST >> 10)]
    LongHeader,
    #[error("it is damaged or cut short")]
    Damaged,
    #[error("{0}")]
    Plugin(String),
    #[error("{0}")]
    Recipients(String),
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Advice for AgeError {
    fn blame(&self) -> Blame {
        match self {
            Self::NotAge
            | Self::UnknownVersion
            | Self::TooMuchWork(_)
            | Self::LongHeader
            | Self::Damaged
            | Self::Recipients(_) => Blame::Input,
            Self::NoIdentity | Self::WrongPassphrase | Self::Plugin(_) => Blame::Secret,
            Self::Memory(_) | Self::Random(_) | Self::Io(_) => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::NotAge => "see what it is: `head -c 40 FILE`",
            Self::UnknownVersion => "see whether a newer `age` opens it: `age -d -i identity.age FILE`",
            Self::NoIdentity => {
                "take the identity that it was encrypted to: `identity: FILE` in `persona.yaml`"
            }
            Self::WrongPassphrase => "run it again and type the other one",
            Self::TooMuchWork(_) => "protect it again with `age -p`, which takes 2^18",
            Self::LongHeader => "ask its author for it again, encrypted to fewer recipients",
            Self::Damaged => "take an earlier copy: from a backup, or from `git log -- FILE`",
            Self::Plugin(_) => "see what the plugin says to `age -d -i identity.age FILE`",
            Self::Recipients(_) => "name recipients of one kind, or `passphrase` alone",
            Self::Memory(_) => "see how much there is: `free -m`, `ulimit -v`",
            Self::Random(_) | Self::Io(_) => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

/// Writes an age file to all recipients; `plain` writes what it holds.
pub fn encrypt(
    recipients: &[&dyn Recipient],
    format: Format,
    out: &mut dyn Write,
    plain: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), AgeError> {
    // age panics without randomness
    random::check()?;
    let encryptor = Encryptor::with_recipients(recipients.iter().copied()).map_err(not_encrypted)?;
    let mut stream = encryptor.wrap_output(ArmoredWriter::wrap_output(out, format)?)?;
    plain(&mut stream)?;
    stream.finish()?.finish()?.flush()?;
    Ok(())
}

/// The plaintext of an age file as a stream. Nothing of it is authentic before its end is reached. An error of the file, and not
/// of the machine, carries [`AgeError::Damaged`]: see [`is_damage`].
pub struct Plaintext<R: Read>(Stream<R>);

type Stream<R> = StreamReader<ArmoredReader<BufReader<Limited<R>>>>;

impl<R: Read> Read for Plaintext<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(damage)
    }
}

impl<R: Read + Seek> Seek for Plaintext<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to).map_err(damage)
    }
}

/// Only the machine's own errors have a number.
fn damage(error: io::Error) -> io::Error {
    let damaged = error.raw_os_error().is_none() && error.kind() != io::ErrorKind::Interrupted;
    if damaged { io::Error::new(io::ErrorKind::InvalidData, AgeError::Damaged) } else { error }
}

/// Whether reading failed because an age file is damaged, even if the error was wrapped several times.
pub fn is_damage(error: &io::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if matches!(error.downcast_ref(), Some(AgeError::Damaged))
            || inner.is_some_and(|inner| matches!(inner.downcast_ref(), Some(AgeError::Damaged)))
        {
            return true;
        }
        next = inner.map_or_else(|| error.source(), |inner| inner.source().or_else(|| error.source()));
    }
    false
}

/// Opens an age file, armored or not, with the first identity that fits. `Read` then fails if the machine does, or if the rest is
/// damaged or cut short.
pub fn decrypt<R: Read>(file: R, identities: &[&dyn Identity]) -> Result<Plaintext<R>, AgeError> {
    let (file, limit) = Limited::new(file);
    let decryptor = Decryptor::new(ArmoredReader::new(file))
        .map_err(|error| if limit.was_hit() { AgeError::LongHeader } else { not_opened(error) })?;
    limit.lift();
    let protected = decryptor.is_scrypt();
    decryptor.decrypt(identities.iter().copied()).map(Plaintext).map_err(|error| match error {
        DecryptError::DecryptionFailed if protected => AgeError::WrongPassphrase,
        error => not_opened(error),
    })
}

/// Decrypts a small age file.
pub fn open(file: &[u8], identities: &[&dyn Identity]) -> Result<Zeroizing<Vec<u8>>, AgeError> {
    if !is_age(file) {
        return Err(AgeError::NotAge);
    }
    if let Some(work) = work(file) {
        reserve_scrypt(work)?;
    }
    // the plaintext is shorter than its file, so the buffer never moves and leaves no copy
    let mut plain = Zeroizing::new(Vec::with_capacity(file.len()));
    decrypt(file, identities)?.read_to_end(&mut plain).map_err(|_| AgeError::Damaged)?;
    Ok(plain)
}

/// Whether a file begins as an age file does.
pub fn is_age(file: &[u8]) -> bool {
    let text = file.trim_ascii_start();
    file.starts_with(BINARY) || text.starts_with(ARMORED)
}

/// Whether only a passphrase opens an age file.
pub fn asks_for_passphrase(file: &[u8]) -> bool {
    Decryptor::new(ArmoredReader::new(Limited::new(file).0)).is_ok_and(|decryptor| decryptor.is_scrypt())
}

/// The work for its passphrase, if it has one; age reads no more of the header before it starts.
fn work(file: &[u8]) -> Option<u8> {
    let mut header = Vec::new();
    ArmoredReader::new(file).take(256).read_to_end(&mut header).ok()?;
    let header = String::from_utf8_lossy(&header);
    let stanza = header.lines().nth(1)?.strip_prefix("-> scrypt ")?;
    stanza.split(' ').nth(1)?.parse().ok()
}

/// Bytes that scrypt takes with N = 2^`work`, r = 8.
fn scrypt_memory(work: u8) -> u64 {
    1024_u64.checked_shl(work.into()).unwrap_or(u64::MAX)
}

/// Whether there is as much memory: age would abort the process. age refuses more work than [`MOST_WORK`].
pub fn reserve_scrypt(work: u8) -> Result<(), AgeError> {
    let bytes = usize::try_from(scrypt_memory(work.min(MOST_WORK))).unwrap_or(usize::MAX);
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| AgeError::Memory(work))
}

fn not_encrypted(error: EncryptError) -> AgeError {
    match error {
        EncryptError::Io(error) => AgeError::Io(error),
        error @ (EncryptError::Plugin(_) | EncryptError::PluginResolve(_)) => {
            AgeError::Plugin(tidy(&error.to_string()))
        }
        EncryptError::EncryptedIdentities(error) => not_opened(error),
        error => AgeError::Recipients(tidy(&error.to_string())),
    }
}

fn not_opened(error: DecryptError) -> AgeError {
    match error {
        DecryptError::NoMatchingKeys => AgeError::NoIdentity,
        DecryptError::UnknownFormat => AgeError::UnknownVersion,
        DecryptError::KeyDecryptionFailed => AgeError::WrongPassphrase,
        DecryptError::ExcessiveWork { required, .. } => AgeError::TooMuchWork(required),
        error @ (DecryptError::Plugin(_) | DecryptError::PluginResolve(_)) => {
            AgeError::Plugin(tidy(&error.to_string()))
        }
        // the error of a plugin that died
        DecryptError::Io(error) if error.kind() == io::ErrorKind::ConnectionAborted => {
            AgeError::Plugin(tidy(&error.to_string()))
        }
        _ => AgeError::Damaged,
    }
}

/// A text of age or a plugin on one line, without the marks (U+2068, U+2069) that age puts around quoted parts.
pub fn tidy(text: &str) -> String {
    let text: String = text.chars().filter(|c| !matches!(c, '\u{2068}' | '\u{2069}')).collect();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::x25519;

    fn sealed(format: Format) -> (x25519::Identity, Vec<u8>) {
        let identity = x25519::Identity::generate();
        let mut file = Vec::new();
        encrypt(&[&identity.to_public()], format, &mut file, |out| out.write_all(b"inside")).unwrap();
        (identity, file)
    }

    #[test]
    fn both_forms_open_and_every_cut_and_flip_is_refused() {
        for format in [Format::Binary, Format::AsciiArmor] {
            let (identity, file) = sealed(format);
            assert_eq!(&**open(&file, &[&identity]).unwrap(), b"inside");
            for cut in 0..file.len() - 1 {
                assert!(open(&file[..cut], &[&identity]).is_err(), "{cut}");
            }
            for at in 0..file.len() - 1 {
                let mut flipped = file.clone();
                flipped[at] ^= 1;
                assert!(open(&flipped, &[&identity]).is_err(), "{at}");
            }
        }
    }

    #[test]
    fn a_header_is_read_to_a_limit_and_no_further() {
        let stanza = format!("-> X25519 {0}\n{0}\n", "A".repeat(43));
        let file = |recipients: usize| format!("age-encryption.org/v1\n{}", stanza.repeat(recipients));
        let stranger = x25519::Identity::generate();
        assert!(matches!(open(file(1000).as_bytes(), &[&stranger]), Err(AgeError::LongHeader)));
        let endless = format!("{}-> X25519 AAAA\n{}", file(0), "A".repeat(10 << 20));
        assert!(matches!(open(endless.as_bytes(), &[&stranger]), Err(AgeError::LongHeader)));
        assert!(!asks_for_passphrase(endless.as_bytes()));

        let recipients: Vec<_> = (0..100).map(|_| x25519::Identity::generate().to_public()).collect();
        let mut them: Vec<&dyn Recipient> = recipients.iter().map(|it| it as &dyn Recipient).collect();
        let last = stranger.to_public();
        them.push(&last);
        let (mut sealed, long) = (Vec::new(), vec![7; 200 << 10]);
        encrypt(&them, Format::Binary, &mut sealed, |out| out.write_all(&long)).unwrap();
        assert_eq!(&**open(&sealed, &[&stranger]).unwrap(), long);
    }

    #[test]
    fn each_reason_has_its_own_message() {
        let (_, file) = sealed(Format::AsciiArmor);
        let stranger = x25519::Identity::generate();
        assert!(matches!(open(&file, &[&stranger]), Err(AgeError::NoIdentity)));
        assert!(matches!(open(&file, &[]), Err(AgeError::NoIdentity)));
        assert!(matches!(open(b"seeds: {}\n", &[&stranger]), Err(AgeError::NotAge)));
        assert!(matches!(open(&file[..60], &[&stranger]), Err(AgeError::Damaged)));
        let later = b"age-encryption.org/v9\n-> X\n---\n";
        assert!(matches!(open(later, &[&stranger]), Err(AgeError::UnknownVersion | AgeError::Damaged)));
        assert!(!asks_for_passphrase(&file));
    }
}
