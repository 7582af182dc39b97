//! Reads a token as a stream: checks every byte, and keeps only those that [`super::weak`] needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use contract_pki::platform::Prefix;
use findings::text::hex;

use super::Error;
use super::base64_engine::ENGINE;
use super::weak::{self, Sample, Weakness};

/// Longest second part: an RSA key of 16,384 bits.
const LONGEST_WRAPPED: usize = 2732;
/// `Salted__` and the salt.
const HEADER: u64 = 16;

/// The public facts of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// The first part.
    pub prefix: Prefix,
    /// Bytes of the wrapped password, and so of the certificate's RSA key.
    pub wrapped_bytes: usize,
    /// Bytes of the ciphertext: the section's size, rounded up to the next multiple of 16.
    pub ciphertext_bytes: u64,
    /// Bytes of the whole token.
    pub bytes: u64,
    /// Lower-case hex SHA-256 of the token: what the attestation record must show for this section.
    pub sha256: String,
    pub(super) sample: Sample,
}

impl TokenFacts {
    /// Whether the token opens under the empty password (contract-format, section 2, the password trap).
    pub fn opens_with_empty_password(&self) -> Option<Weakness> {
        weak::empty(&self.sample)
    }

    /// Whether it opens under a password of one byte. Costs some 254 key derivations: half a second and more.
    pub fn opens_with_one_byte(&self, workers: std::num::NonZeroUsize) -> Option<Weakness> {
        weak::one_byte(&self.sample, workers)
    }
}

/// Takes a token piece by piece.
pub struct Scanner {
    state: State,
    at: u64,
    hasher: openssl::sha::Sha256,
    third: Third,
}

enum State {
    Prefix(Vec<u8>),
    Wrapped(Prefix, Vec<u8>),
    Third(Prefix, usize),
}

impl Scanner {
    /// Before the first byte.
    pub fn new() -> Self {
        Self {
            state: State::Prefix(Vec::new()),
            at: 0,
            hasher: openssl::sha::Sha256::new(),
            third: Third::new(),
        }
    }

    /// Takes the next bytes, and refuses them as soon as they cannot belong to a token.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        let end = self.at + bytes.len() as u64;
        if let State::Prefix(seen) = &mut self.state {
            bytes = take_until_dot(seen, bytes);
            if let Some(prefix) = finished_prefix(seen)? {
                self.state = State::Wrapped(prefix, Vec::new());
            }
        }
        if let State::Wrapped(prefix, seen) = &mut self.state {
            bytes = take_until_dot(seen, bytes);
            let at = end - bytes.len() as u64;
            if let Some(wrapped) = finished_wrapped(seen, at)? {
                self.state = State::Third(*prefix, wrapped);
            }
        }
        if let State::Third(..) = self.state {
            self.third.push(bytes, end - bytes.len() as u64)?;
        }
        self.at = end;
        Ok(())
    }

    /// After the last byte.
    pub fn finish(self) -> Result<TokenFacts, Error> {
        match self.state {
            State::Prefix(_) => Err(Error::Truncated("first")),
            State::Wrapped(..) => Err(Error::Truncated("second")),
            State::Third(prefix, wrapped_bytes) => {
                let (ciphertext_bytes, sample) = self.third.finish(self.at)?;
                let sha256 = hex(&self.hasher.finish());
                Ok(TokenFacts { prefix, wrapped_bytes, ciphertext_bytes, bytes: self.at, sha256, sample })
            }
        }
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

/// Moves bytes up to and including the first dot; the rest is returned.
fn take_until_dot<'a>(seen: &mut Vec<u8>, bytes: &'a [u8]) -> &'a [u8] {
    let end = bytes.iter().position(|byte| *byte == b'.').map_or(bytes.len(), |dot| dot + 1);
    let room = (LONGEST_WRAPPED + 2).saturating_sub(seen.len());
    let (taken, rest) = bytes.split_at_checked(end.min(room)).unwrap_or((bytes, &[]));
    seen.extend_from_slice(taken);
    rest
}

fn finished_prefix(seen: &[u8]) -> Result<Option<Prefix>, Error> {
    let (whole, text) = match seen.split_last() {
        Some((b'.', text)) => (true, text),
        _ => (false, seen),
    };
    let fits = |prefix: &&Prefix| {
        let name = prefix.as_str().as_bytes();
        if whole { name == text } else { name.starts_with(text) }
    };
    match Prefix::ALL.iter().find(fits) {
        Some(prefix) if whole => Ok(Some(*prefix)),
        Some(_) => Ok(None),
        None => Err(Error::Prefix),
    }
}

fn finished_wrapped(seen: &[u8], end: u64) -> Result<Option<usize>, Error> {
    let begin = end.saturating_sub(seen.len() as u64);
    let bad = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'.'));
    if let Some(position) = seen.iter().position(bad) {
        return Err(not_base64(seen, position, "second", begin));
    }
    match seen.split_last() {
        Some((b'.', text)) => {
            let wrapped = STANDARD.decode(text).map_err(|_| Error::Base64 { part: "second", at: begin })?;
            // RSA of 2,048 to 16,384 bits
            let is_rsa = (256..=2048).contains(&wrapped.len()) && wrapped.len().is_multiple_of(8);
            if is_rsa { Ok(Some(wrapped.len())) } else { Err(Error::WrappedPassword(wrapped.len())) }
        }
        _ if seen.len() > LONGEST_WRAPPED => Err(Error::WrappedPassword(seen.len() / 4 * 3)),
        _ => Ok(None),
    }
}

fn not_base64(bytes: &[u8], position: usize, part: &'static str, begin: u64) -> Error {
    let at = begin + position as u64;
    match bytes.get(position) {
        Some(byte) if byte.is_ascii_whitespace() => Error::WhiteSpace(at),
        _ => Error::Base64 { part, at },
    }
}

/// The third part: base64 decoded in chunks, except the last four characters, because only they may be padded.
struct Third {
    carry: Vec<u8>,
    decoded: Vec<u8>,
    length: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// Characters decoded in one call; a multiple of four.
const CHUNK: usize = 64 * 1024;

impl Third {
    fn new() -> Self {
        Self {
            carry: Vec::with_capacity(CHUNK + 4),
            decoded: Vec::new(),
            length: 0,
            head: Vec::with_capacity(32),
            tail: Vec::with_capacity(32),
        }
    }

    fn push(&mut self, mut bytes: &[u8], mut at: u64) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = CHUNK + 4 - self.carry.len();
            let (taken, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.carry.extend_from_slice(taken);
            at += taken.len() as u64;
            bytes = rest;
            if self.carry.len() == CHUNK + 4 {
                self.decode(CHUNK, at - (CHUNK + 4) as u64)?;
            }
        }
        Ok(())
    }

    fn decode(&mut self, count: usize, at: u64) -> Result<(), Error> {
        let (chunk, rest) = self.carry.split_at(count);
        let more = !rest.is_empty();
        self.decoded.resize(count / 4 * 3 + 3, 0);
        let decoded = ENGINE.decode_slice(chunk, &mut self.decoded);
        let length = match decoded {
            // only the very end may be padded
            Ok(length) if !more || chunk.last() != Some(&b'=') => length,
            _ => {
                let foreign =
                    |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
                let padding = || chunk.iter().position(|byte| *byte == b'=');
                let position = chunk.iter().position(foreign).or_else(padding).unwrap_or(count);
                return Err(not_base64(chunk, position, "third", at));
            }
        };
        let (decoded, _) = self.decoded.split_at(length);
        let missing = 32_usize.saturating_sub(self.head.len());
        self.head.extend(decoded.iter().take(missing));
        self.tail.extend_from_slice(decoded.split_at(length.saturating_sub(32)).1);
        self.tail.drain(..self.tail.len().saturating_sub(32));
        self.length += length as u64;
        self.carry.drain(..count);
        Ok(())
    }

    fn finish(mut self, end: u64) -> Result<(u64, Sample), Error> {
        if self.carry.is_empty() {
            return Err(Error::NothingEncrypted);
        }
        self.decode(self.carry.len(), end - self.carry.len() as u64)?;
        let ciphertext = self.length.saturating_sub(HEADER);
        let (magic, rest) = self.head.split_at_checked(8).ok_or(Error::NotSalted)?;
        if magic != b"Salted__" {
            return Err(Error::NotSalted);
        }
        if self.length < HEADER + 16 || !self.length.is_multiple_of(16) {
            return Err(Error::Blocks(ciphertext));
        }
        // at least 32 bytes, so both hold 32
        let (salt, first) = rest.split_first_chunk().ok_or(Error::Blocks(ciphertext))?;
        let (before_last, last) = self.tail.split_first_chunk().ok_or(Error::Blocks(ciphertext))?;
        Ok((
            ciphertext,
            Sample {
                salt: *salt,
                first: first.try_into().map_err(|_| Error::Blocks(ciphertext))?,
                last: last.try_into().map_err(|_| Error::Blocks(ciphertext))?,
                before_last: (ciphertext > 16).then_some(*before_last),
            },
        ))
    }
}
