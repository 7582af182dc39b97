//! The owner of a key: a distinguished name, built entry by entry, so that `/`, `,`, `=`, `+` and quotes are ordinary
//! characters in it.

use std::fmt;
use std::str::FromStr;

use findings::text::is_invisible;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::x509::{X509Name, X509NameRef};

use crate::x509::one_line;

/// Why a name is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum NameError {
    #[error("{0} is empty")]
    Empty(&'static str),
    #[error("{field} has {length} characters, at most {longest} are allowed")]
    TooLong { field: &'static str, length: usize, longest: usize },
    #[error("{0} holds a control character")]
    Control(&'static str),
    #[error("C is a country's two capital letters, as in C=DE")]
    Country,
    #[error(
        "`{0}` is no part of a subject, as O=Example is; put `\\` before a comma that belongs to a value"
    )]
    NoPart(String),
    #[error("it ends in a `\\` that nothing follows; write `\\\\` for one")]
    LoneBackslash,
    #[error("its parts are separated by commas: O=Example,CN=signing key")]
    Slashes,
    #[error("`{0}` is none of C, ST, L, O, OU and CN")]
    UnknownField(String),
    #[error("it has no CN")]
    NoCommonName,
    #[error("OpenSSL can neither read nor write it")]
    Unreadable,
}

impl From<ErrorStack> for NameError {
    fn from(_: ErrorStack) -> Self {
        Self::Unreadable
    }
}

/// The fields that a typed subject may have, each with its upper bound in characters (RFC 5280, appendix A.1).
const FIELDS: [(&str, Nid, usize); 6] = [
    ("C", Nid::COUNTRYNAME, 2),
    ("ST", Nid::STATEORPROVINCENAME, 128),
    ("L", Nid::LOCALITYNAME, 128),
    ("O", Nid::ORGANIZATIONNAME, 64),
    ("OU", Nid::ORGANIZATIONALUNITNAME, 64),
    ("CN", Nid::COMMONNAME, 64),
];

/// A subject that is safe to show and to compare. In DER, as in the certificate.
#[derive(Clone, Debug)]
pub struct Name(Vec<u8>);

impl Name {
    /// `CN=…` alone.
    pub fn common(text: &str) -> Result<Self, NameError> {
        Self::new([("CN", text)])
    }

    /// Fields and values, in the certificate's order.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, NameError> {
        let mut name = X509Name::builder()?;
        for (field, value) in entries {
            let known = FIELDS.iter().find(|(known, ..)| *known == field);
            let &(field, nid, longest) = known.ok_or_else(|| NameError::UnknownField(field.to_owned()))?;
            check(field, value, longest)?;
            name.append_entry_by_nid(nid, value)?;
        }
        Ok(Self(name.build().to_der()?))
    }

    /// A subject that somebody else wrote, with any fields, checked by the same rules.
    pub(super) fn from_x509(name: &X509NameRef) -> Result<Self, NameError> {
        if name.entries().next().is_none() {
            return Err(NameError::Empty("the subject"));
        }
        for entry in name.entries() {
            let value = entry.data().to_string().map_err(|_| NameError::Unreadable)?;
            let nid = entry.object().nid();
            match FIELDS.iter().find(|(_, known, _)| *known == nid) {
                Some((field, _, longest)) => check(field, &value, *longest)?,
                None if value.chars().any(is_invisible) => return Err(NameError::Control("a field")),
                None => {}
            }
        }
        Ok(Self(name.to_der()?))
    }

    pub(super) fn to_x509(&self) -> Result<X509Name, ErrorStack> {
        X509Name::from_der(&self.0)
    }
}

/// On one line.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&*self.to_x509().map_err(|_| fmt::Error)?))
    }
}

/// `O=Example,CN=signing key`: parts separated by commas; `\` makes the next character an ordinary one (RFC 4514,
/// section 2.4).
impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.starts_with('/') {
            return Err(NameError::Slashes);
        }
        let (mut parts, mut part, mut escaped) = (Vec::new(), String::new(), false);
        for char in text.chars() {
            match char {
                _ if std::mem::take(&mut escaped) => part.push(char),
                '\\' => escaped = true,
                ',' => parts.push(std::mem::take(&mut part)),
                _ => part.push(char),
            }
        }
        if escaped {
            return Err(NameError::LoneBackslash);
        }
        parts.push(part);
        let mut entries = Vec::with_capacity(parts.len());
        for part in &parts {
            let (field, value) =
                part.split_once('=').ok_or_else(|| NameError::NoPart(part.trim().to_owned()))?;
            entries.push((field.trim().to_uppercase(), value.trim()));
        }
        if !entries.iter().any(|(field, _)| field == "CN") {
            return Err(NameError::NoCommonName);
        }
        Self::new(entries.iter().map(|(field, value)| (field.as_str(), *value)))
    }
}

fn check(field: &'static str, value: &str, longest: usize) -> Result<(), NameError> {
    let length = value.chars().count();
    if value.trim().is_empty() {
        return Err(NameError::Empty(field));
    }
    if value.chars().any(is_invisible) {
        return Err(NameError::Control(field));
    }
    if length > longest {
        return Err(NameError::TooLong { field, length, longest });
    }
    let country = |value: &str| length == 2 && value.bytes().all(|it| it.is_ascii_uppercase());
    if field == "C" && !country(value) { Err(NameError::Country) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, NameError> {
        text.parse::<Name>().map(|name| one_line(&name.to_x509().unwrap()))
    }

    #[test]
    fn a_subject_is_read_part_by_part() {
        assert_eq!(read("O=Example, OU=a=b,cn=signing key").unwrap(), "O=Example, OU=a=b, CN=signing key");
        assert_eq!(read(r"O=Example\, Inc.,CN=a\\b/c+d\=é").unwrap(), r"O=Example\, Inc., CN=a\\b/c\+d=é");
        assert_eq!(read("/O=Example/CN=x"), Err(NameError::Slashes));
        assert_eq!(read(r"CN=x\"), Err(NameError::LoneBackslash));
        assert_eq!(read("O=Example"), Err(NameError::NoCommonName));
        assert_eq!(read("CN=x,Example"), Err(NameError::NoPart("Example".into())));
        assert_eq!(read("CN=x,DC=example"), Err(NameError::UnknownField("DC".into())));
        assert_eq!(read("C=Germany,CN=x"), Err(NameError::TooLong { field: "C", length: 7, longest: 2 }));
        assert_eq!(read("C=de,CN=x"), Err(NameError::Country));
    }

    #[test]
    fn a_common_name_has_an_upper_bound_in_characters() {
        Name::common(&"é".repeat(64)).unwrap().to_x509().unwrap();
        let long = Name::common(&"é".repeat(65)).unwrap_err();
        assert_eq!(long, NameError::TooLong { field: "CN", length: 65, longest: 64 });
        for empty in ["", " ", "\u{3000}"] {
            assert_eq!(Name::common(empty).unwrap_err(), NameError::Empty("CN"));
        }
        for steering in ["a\nb", "a\u{1b}[0m", "\u{9b}", "a\u{202e}b", "a\0b"] {
            assert_eq!(Name::common(steering).unwrap_err(), NameError::Control("CN"));
        }
    }
}
