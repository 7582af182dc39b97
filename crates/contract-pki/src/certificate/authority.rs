//! Certificates that vouch for others: IBM's intermediate, the authorities above it, roots.

use findings::{Advice, Blame};
use openssl::x509::X509;

use crate::certificate::{Error as FormError, text};
use crate::pem::{self, PemError};
use crate::x509::{is_signed_by, one_line};

/// Why a file with authorities is not accepted.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum AuthorityError {
    /// UTF-16, a web page, no text.
    #[error(transparent)]
    Form(FormError),
    #[error("not a certificate: {0}")]
    Pem(#[from] PemError),
    /// A bundle with something else in it, or with a damaged block.
    #[error("{found} of its {blocks} PEM blocks can be read as certificates")]
    Blocks { found: usize, blocks: usize },
    /// A root signs itself; an authority below it belongs to the intermediates.
    #[error("`{0}` is no root: it was not signed with its own key")]
    NotRoot(String),
}

impl Advice for AuthorityError {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NotRoot(_) => "pass it with `--intermediate`, and its issuer's certificate with `--root`".into(),
            Self::Form(error) => return error.hints(),
            _ => "download it again from its issuer, and look at it: `openssl x509 -noout -subject -issuer -in FILE`".into(),
        }]
    }
}

/// One certificate that vouches for others.
#[derive(Clone, Debug)]
pub struct Authority(pub(crate) X509);

impl Authority {
    /// Reads a file: DER with one certificate, or PEM with one or more.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, AuthorityError> {
        let text = match text(bytes) {
            Ok(text) => text,
            Err(FormError::Der) => {
                let one = X509::from_der(bytes).map_err(|_| AuthorityError::Form(FormError::Damaged))?;
                return Ok(vec![Self(one)]);
            }
            Err(error) => return Err(AuthorityError::Form(error)),
        };
        let blocks = match pem::only_block(text) {
            Ok(_) | Err(PemError::NoEnd(_) | PemError::Body(_)) => 1,
            Err(PemError::SeveralBlocks(blocks)) => blocks,
            Err(error) => return Err(error.into()),
        };
        let found = X509::stack_from_pem(text.as_bytes()).unwrap_or_default();
        if found.len() != blocks {
            return Err(AuthorityError::Blocks { found: found.len(), blocks });
        }
        Ok(found.into_iter().map(Self).collect())
    }

    /// As [`Authority::parse_all`], each signed with its own key.
    pub fn parse_roots(bytes: &[u8]) -> Result<Vec<Self>, AuthorityError> {
        let roots = Self::parse_all(bytes)?;
        match roots.iter().find(|root| !is_signed_by(&root.0, &root.0)) {
            Some(other) => Err(AuthorityError::NotRoot(other.subject())),
            None => Ok(roots),
        }
    }

    /// On one line.
    pub fn subject(&self) -> String {
        one_line(self.0.subject_name())
    }
}
