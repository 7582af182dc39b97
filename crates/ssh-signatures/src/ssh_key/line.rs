//! A public key as a line of text: a `.pub` file, the end of a line of `allowed_signers`.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::ssh_key::{Error, KeyType, PublicKey};

/// `type base64 [comment]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The key.
    pub key: PublicKey,
    /// What follows it; may be empty.
    pub comment: String,
}

impl Line {
    /// The only line of a `.pub` file. Blank lines and comments are ignored.
    pub fn parse_file(text: &str) -> Result<Self, Error> {
        if text.contains("PRIVATE KEY-----") {
            return Err(Error::Private);
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = lines.next().ok_or(Error::NotAKey)?;
        match lines.count() {
            0 => Self::parse(first),
            more => Err(Error::SeveralLines(more + 1)),
        }
    }

    pub(crate) fn parse(line: &str) -> Result<Self, Error> {
        let (name, rest) = split(line);
        let (base64, comment) = split(rest);
        if base64.is_empty() || !is_type(name) {
            return Err(Error::NotAKey);
        }
        let kind = KeyType::from_name(name)?;
        let blob = STANDARD.decode(base64).map_err(|_| Error::Base64)?;
        match PublicKey::parse(&blob) {
            Ok(key) if key.kind == kind => Ok(Self { key, comment: comment.trim_end().to_owned() }),
            Ok(_) | Err(Error::Certificate(_) | Error::Unsupported(_)) => {
                Err(Error::Differs(name.to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a word is a key's type, accepted or not.
pub(crate) fn is_type(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "webauthn-sk-"]
        .iter()
        .any(|begin| word.starts_with(begin))
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-@._".contains(&byte))
}

/// The first word, and the text after it and its white space.
pub(crate) fn split(line: &str) -> (&str, &str) {
    let line = line.trim_start_matches(BLANK);
    let (word, rest) = line.split_once(BLANK).unwrap_or((line, ""));
    (word, rest.trim_start_matches(BLANK))
}

/// The characters between the words of a line.
pub(crate) const BLANK: [char; 2] = [' ', '\t'];
