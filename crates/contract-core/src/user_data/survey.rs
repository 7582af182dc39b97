//! Reads the facts of user data of any size as a stream.
//!
//! Our own form (one line a key, tokens as plain scalars) is read as a stream. Its grammar is a part of YAML on which
//! all readers agree; a file in any other form is read again, whole, by the YAML reader.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use findings::text::hex;
use openssl::sha::Sha256;
use strict_yaml::{Limits, Tags};
use zeroize::Zeroizing;

use super::{Boot, Error, Form, LARGEST_YAML, SignedBytes, UserData, UserDataFacts, ValueFacts, token_facts};
use crate::token::{self, Scanner, TokenFacts};

/// Longest line that is not a token.
const LONGEST_LINE: u64 = 64 << 10;

/// The public facts of the user data in `input`.
pub fn survey<R: Read + Seek>(mut input: R) -> Result<UserDataFacts, Error> {
    input.seek(SeekFrom::Start(0))?;
    let left = match own_form(&mut input) {
        Ok(facts) => return Ok(facts),
        Err(Left::Read(error)) => return Err(error.into()),
        Err(left) => left,
    };
    let bytes = input.seek(SeekFrom::End(0))?;
    if bytes > LARGEST_YAML as u64 {
        return Err(match left {
            Left::Token(key, error) if !matches!(error, token::Error::Prefix) => Error::Token { key, error },
            _ => strict_yaml::Error::TooLarge { limit: LARGEST_YAML }.into(),
        });
    }
    input.seek(SeekFrom::Start(0))?;
    // plain sections hold secrets
    let size = usize::try_from(bytes).unwrap_or(LARGEST_YAML);
    let mut contents = Zeroizing::new(Vec::with_capacity(size.saturating_add(1)));
    input.read_to_end(&mut contents)?;
    let facts = UserData::parse(strict_yaml::text(&contents)?)?;
    facts.facts(hex(&openssl::sha::sha256(&contents)), contents.len() as u64)
}

/// Whether user data has the form that `sign` writes, of any size. Any other form is read whole.
pub fn is_own_form(mut input: impl Read) -> bool {
    own_form(&mut input).is_ok()
}

/// Why a file is not in our own form.
enum Left {
    Read(io::Error),
    Form,
    Token(&'static str, token::Error),
}

impl From<io::Error> for Left {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

fn own_form(input: &mut impl Read) -> Result<UserDataFacts, Left> {
    let mut lines =
        Lines { input: BufReader::with_capacity(128 * 1024, input), hasher: Sha256::new(), bytes: 0 };
    let mut signed = SignedBytes::default();
    let workload = lines.token("workload", &mut signed)?;
    let env = lines.token("env", &mut signed)?;
    let mut signature = None;
    let mut attestation_public_key = None;
    let mut boot = None;
    while let Some(line) = lines.short_line()? {
        if line == "boot: |" {
            let header = lines.short_line()?.ok_or(Left::Form)?;
            if boot.replace(boot_block(&header)?).is_some() {
                return Err(Left::Form);
            }
            continue;
        }
        let (slot, value) = match line.split_once(": ") {
            Some(("envWorkloadSignature", value)) if is_base64(value) => (&mut signature, value.to_owned()),
            Some(("attestationPublicKey", value)) if value.starts_with('"') => {
                (&mut attestation_public_key, quoted(value)?)
            }
            Some(("attestationPublicKey", value)) if matches!(token_facts(value), Ok(Some(_))) => {
                (&mut attestation_public_key, value.to_owned())
            }
            _ => return Err(Left::Form),
        };
        if slot.replace(value).is_some() {
            return Err(Left::Form);
        }
    }
    Ok(UserDataFacts {
        workload: ValueFacts { sha256: workload.sha256.clone(), form: Form::Token(workload) },
        env: ValueFacts { sha256: env.sha256.clone(), form: Form::Token(env) },
        signed_digest: signed.0.finish(),
        signature,
        attestation_public_key,
        boot,
        unknown: Vec::new(),
        sha256: hex(&lines.hasher.finish()),
        bytes: lines.bytes,
    })
}

fn is_base64(value: &str) -> bool {
    !value.is_empty()
        && !strict_yaml::plain::is_null(value)
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// The one line of `boot`, as `initdata` writes it.
fn boot_block(line: &str) -> Result<Boot, Left> {
    let base64 = line.strip_prefix("    sehdr: ").filter(|value| is_base64(value)).ok_or(Left::Form)?;
    Ok(Boot::from_base64(base64))
}

/// A scalar in double quotes, as `sign` writes it.
fn quoted(value: &str) -> Result<String, Left> {
    let document = strict_yaml::parse(value, &Limits::default(), Tags::Refused).map_err(|_| Left::Form)?;
    document.root.text().map(str::to_owned).ok_or(Left::Form)
}

struct Lines<R> {
    input: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    /// Consumes `count` bytes of the buffer.
    fn take(&mut self, count: usize) -> io::Result<()> {
        let buffer = self.input.fill_buf()?;
        self.hasher.update(buffer.get(..count).ok_or_else(|| io::Error::other("a buffer is too short"))?);
        self.input.consume(count);
        self.bytes += count as u64;
        Ok(())
    }

    /// `key: token` and its line end.
    fn token(&mut self, key: &'static str, signed: &mut SignedBytes) -> Result<TokenFacts, Left> {
        let opening = format!("{key}: ");
        let mut found = Vec::new();
        self.input.by_ref().take(opening.len() as u64).read_to_end(&mut found)?;
        self.hasher.update(&found);
        self.bytes += found.len() as u64;
        if found != opening.as_bytes() {
            return Err(Left::Form);
        }
        let mut scanner = Scanner::new();
        loop {
            let buffer = self.input.fill_buf()?;
            let line_end = buffer.iter().position(|byte| *byte == b'\n');
            let (piece, _) = buffer.split_at(line_end.unwrap_or(buffer.len()));
            scanner.push(piece).map_err(|error| Left::Token(key, error))?;
            signed.update(piece);
            let (length, at_end) = (piece.len(), line_end.is_some() || buffer.is_empty());
            self.take(length)?;
            if at_end {
                self.take(usize::from(line_end.is_some()))?;
                return scanner.finish().map_err(|error| Left::Token(key, error));
            }
        }
    }

    /// The next line without its end.
    fn short_line(&mut self) -> Result<Option<String>, Left> {
        let mut line = Vec::new();
        self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        self.hasher.update(&line);
        self.bytes += line.len() as u64;
        if line.is_empty() {
            return Ok(None);
        }
        let line = String::from_utf8(line).map_err(|_| Left::Form)?;
        let line = line.strip_suffix('\n').unwrap_or(&line);
        if line.len() as u64 >= LONGEST_LINE { Err(Left::Form) } else { Ok(Some(line.to_owned())) }
    }
}
