//! From a value of the user data to the section's plain text.

use contract_core::platform::Prefix;
use contract_core::section::Kind;
use contract_core::token::Token;
use findings::Advice as _;
use open_token::{Opened, PASSWORD_LENGTH};
use zeroize::Zeroizing;

use super::log::{Log, Stopped};
use crate::guest_key::GuestKey;
use crate::hpl::HPL11001E;

const HINT: &str = "encrypt with the certificate of this guest key: `--certificate guest-encrypt.crt`";

/// Opens a token; a plain section passes as it is (contract-format, section 4).
pub fn section<K: Kind>(log: &mut Log, value: &str, key: &GuestKey) -> Result<Zeroizing<String>, Stopped> {
    if is_token(value) {
        return token(log, K::NAME, value, key);
    }
    log.warning(K::NAME, None, "a plain section: whoever handles the user data can read it");
    Ok(Zeroizing::new(value.to_owned()))
}

/// Whether a value begins as a token: what follows may be damaged.
pub fn is_token(value: &str) -> bool {
    let begins =
        |prefix: &Prefix| value.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('.'));
    Prefix::ALL.iter().any(begins)
}

/// Opens a token, whatever it holds.
pub fn token(
    log: &mut Log,
    step: &'static str,
    value: &str,
    key: &GuestKey,
) -> Result<Zeroizing<String>, Stopped> {
    let token = Token::<Anything>::parse(value.trim_end_matches(['\r', '\n'])).map_err(|error| {
        let hint = error.hints().into_iter().next().unwrap_or_else(|| HINT.into());
        log.refused(step, HPL11001E, format!("a damaged token: {error}"), &hint)
    })?;
    match open_token::open(key.rsa(), &token) {
        Ok(opened) => {
            told(log, step, token.parts().0, &opened);
            Ok(opened.text)
        }
        Err(error) => Err(log.refused(step, HPL11001E, error.to_string(), HINT)),
    }
}

/// Sections and attestation keys open alike.
enum Anything {}

fn told(log: &mut Log, name: &'static str, prefix: Prefix, opened: &Opened) {
    let length = opened.password_length;
    if length >= PASSWORD_LENGTH {
        let detail = format!("a `{}` token, opens to {} bytes", prefix.as_str(), opened.text.len());
        return log.ok(name, detail);
    }
    let cut = if opened.password_cut { ", cut at a line feed or NUL" } else { "" };
    let consequence = if length == 0 { "anybody can read it" } else { "it can be guessed more easily" };
    let detail =
        format!("opens with a password of {length} bytes instead of {PASSWORD_LENGTH}{cut}: {consequence}");
    log.warning(name, None, detail);
}
