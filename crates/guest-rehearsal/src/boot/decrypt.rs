//! From a value of the user data to the section's plain text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract_core::platform::Prefix;
use zeroize::Zeroizing;

use super::log::{Log, Stopped};
use crate::guest_key::GuestKey;
use crate::hpl::HPL11001E;
use crate::open::{self, OpenError, PASSWORD_LENGTH, Sealed};

const HINT: &str = "encrypt with the certificate of this guest key: `--certificate guest-encrypt.crt`";

/// Opens a token; a plain section passes as it is (contract-format, section 4).
pub fn section(
    log: &mut Log,
    name: &'static str,
    value: &str,
    key: &GuestKey,
) -> Result<Zeroizing<String>, Stopped> {
    let Some(prefix) = prefix(value) else {
        log.warning(name, None, "a plain section: whoever handles the user data can read it");
        return Ok(Zeroizing::new(value.to_owned()));
    };
    let Some((wrapped_password, salted)) = parts(value, prefix) else {
        let detail = "no token: three parts are due, separated by `.`, two of them base64, the last one salted";
        return Err(log.refused(name, HPL11001E, detail, HINT));
    };
    let (salt, ciphertext) = salted.split_at_checked(8).unwrap_or_default();
    match open::open(key, Sealed { wrapped_password: &wrapped_password, salt, ciphertext }) {
        Ok(opened) => {
            let length = opened.password_length;
            if opened.password_cut || length < PASSWORD_LENGTH {
                let why = if opened.password_cut { ", cut at a line feed or NUL" } else { "" };
                let detail = format!(
                    "opens, with a password of {length} bytes instead of {PASSWORD_LENGTH}{why}: {}",
                    if length == 0 { "anybody can read it" } else { "encrypt it again" }
                );
                log.warning(name, None, detail);
            } else {
                log.ok(name, format!("a `{}` token, {} bytes of text", prefix.as_str(), opened.section.len()));
            }
            Ok(opened.section)
        }
        Err(error @ (OpenError::NotOpened | OpenError::NotText)) => {
            Err(log.refused(name, HPL11001E, error.to_string(), HINT))
        }
    }
}

fn prefix(value: &str) -> Option<Prefix> {
    Prefix::ALL
        .into_iter()
        .find(|prefix| value.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('.')))
}

/// The wrapped password, and salt and ciphertext in one.
fn parts(value: &str, prefix: Prefix) -> Option<(Vec<u8>, Vec<u8>)> {
    let (password, salted) = value.strip_prefix(prefix.as_str())?.strip_prefix('.')?.split_once('.')?;
    let salted = STANDARD.decode(salted).ok()?.strip_prefix(b"Salted__")?.to_owned();
    Some((STANDARD.decode(password).ok()?, salted))
}
