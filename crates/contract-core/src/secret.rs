//! A value that is never shown.

use std::fmt;

use zeroize::Zeroizing;

/// A seed, a password, a private key: wiped when dropped, masked in `Debug`, with neither `Display` nor `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A copy of `text`.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hidden(&self.0))
    }
}

/// The text that is shown in place of a secret.
pub fn hidden(text: &str) -> String {
    match text.chars().count() {
        1 => "<hidden, 1 character>".to_owned(),
        count => format!("<hidden, {count} characters>"),
    }
}
