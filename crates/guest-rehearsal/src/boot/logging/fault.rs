//! What kept the log from arriving, in words, with the field to mend.

use openssl::error::ErrorStack;
use thiserror::Error;

use super::{Backend, Server};

/// The log server was not reached as the guest has to reach it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}`: {fault}", self.field())]
pub(crate) struct Unreached {
    backend: Backend,
    /// `log.example.com:6514`
    server: String,
    /// Why.
    pub fault: Fault,
}

impl Unreached {
    /// Why this server was not reached.
    pub(crate) fn new(server: &Server<'_>, fault: Fault) -> Self {
        Self { backend: server.backend, server: format!("{}:{}", server.hostname, server.port), fault }
    }

    /// The field of the env section to look at: `logging.syslog.hostname`; the backend alone where nothing in the section
    /// is to be mended.
    pub(crate) fn field(&self) -> String {
        match (self.fault.field(), self.backend) {
            ("", backend) | ("server" | "cert" | "key", backend @ Backend::LogRouter) => backend.to_string(),
            (field, backend) => format!("{backend}.{field}"),
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        let server = &self.server;
        match &self.fault {
            Fault::NameUnknown { .. } => format!(
                "where the name is known to the guest's network alone, say where it leads: `--resolve {server}:ADDRESS`"
            ),
            Fault::NotConnected { .. } => {
                let words = server.replace(':', " ");
                format!("see whether a log server listens there, and no firewall is between: `nc -vz {words}`")
            }
            Fault::PlainText
            | Fault::Silent { .. }
            | Fault::ClosedEarly
            | Fault::TooOld
            | Fault::Lost { .. }
            | Fault::Tls { .. } => format!("see what answers: `openssl s_client -connect {server}`"),
            Fault::UnknownAuthority { .. } | Fault::Distrusted { .. } => match self.backend {
                Backend::Syslog => format!(
                    "take the authority that issued the log server's certificate, `server: !file rsyslog/ca.crt`; see \
                     the chain: `openssl s_client -connect {server} -showcerts`"
                ),
                Backend::LogRouter => {
                    format!("see the chain that it shows: `openssl s_client -connect {server} -showcerts`")
                }
            },
            Fault::Expired { .. } | Fault::NotYetValid { .. } => {
                "have it renewed, or see whether the clock is right: `date -u`".into()
            }
            Fault::OtherName { .. } => "write a name that the certificate has, or have a certificate issued for this \
                                        one: `subjectAltName` has to hold it"
                .into(),
            Fault::ClientRefused { .. } | Fault::ClientWanted => {
                "take a client certificate that the log server's authority issued, `cert: !file rsyslog/client.crt`; \
                 the server's own log tells why it refuses"
                    .into()
            }
            Fault::ForeignKey | Fault::Half { .. } => "take certificate and key of one pair: `cert: !file \
                                                       rsyslog/client.crt`, `key: !file rsyslog/client-key.pem`"
                .into(),
            Fault::Unreadable { .. } | Fault::Unusable { .. } => {
                "name the file, `!file FILE`, and see what `env-deployer check` says of it".into()
            }
        }
    }
}

/// One way not to get a log through.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Fault {
    /// DNS.
    #[error("no address is found for `{host}`: {cause}")]
    NameUnknown { host: String, cause: String },
    /// TCP, on every address.
    #[error("no connection: {tried}")]
    NotConnected { tried: String, refused: bool },
    /// Something else than TLS came back.
    #[error("what answers there does not speak TLS")]
    PlainText,
    /// Nothing came back, or too slowly.
    #[error(
        "TLS was not set up within {seconds} s: what listens there is no TLS server, or an overloaded one"
    )]
    Silent { seconds: u64 },
    /// The end of the connection instead of a handshake.
    #[error("the connection was closed before TLS was set up")]
    ClosedEarly,
    /// TLS 1.1 or older.
    #[error("the server speaks neither TLS 1.2 nor TLS 1.3")]
    TooOld,
    /// No authority of the section vouches for the server.
    #[error(
        "no authority that is trusted here vouches for the server's certificate `{subject}`: it leads to `{issuer}`"
    )]
    UnknownAuthority { subject: String, issuer: String },
    /// A certificate of the server's chain.
    #[error("the {whose} certificate `{subject}` expired on {day}")]
    Expired { whose: Whose, subject: String, day: String },
    /// A certificate of the server's chain.
    #[error("the {whose} certificate `{subject}` is valid from {day} on")]
    NotYetValid { whose: Whose, subject: String, day: String },
    /// The certificate is for others.
    #[error("the server's certificate is for {names}, not for `{host}`")]
    OtherName { host: String, names: String },
    /// Any other reason not to trust the chain.
    #[error("the server's certificate chain is not trusted at `{subject}`: {reason}")]
    Distrusted { subject: String, reason: &'static str },
    /// The guest has a certificate, and the server does not want it.
    #[error("the server refused the client certificate `{subject}`{flaw}{words}")]
    ClientRefused { subject: String, flaw: String, words: &'static str },
    /// The guest has none.
    #[error("the server wants a client certificate, and the section has none")]
    ClientWanted,
    /// `cert` without `key`, or the other way.
    #[error("stands without `{lacks}`: one is of no use without the other")]
    Half { has: &'static str, lacks: &'static str },
    /// `cert` and `key`.
    #[error("the private key does not belong to the certificate in `cert`")]
    ForeignKey,
    /// PEM or base64 that does not decode.
    #[error("does not decode")]
    Unreadable { field: &'static str },
    /// OpenSSL does not take it.
    #[error("OpenSSL does not take it: {reason}")]
    Unusable { field: &'static str, reason: String },
    /// Any other end of TLS.
    #[error("TLS failed: {reason}")]
    Tls { reason: String },
    /// The connection broke after the handshake.
    #[error("the connection broke while the line was sent: {cause}")]
    Lost { cause: String },
}

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The log server's own.
    Server,
    /// One above it.
    Authority,
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Server => "server's",
            Self::Authority => "authority's",
        })
    }
}

impl Fault {
    /// What OpenSSL does not take of a field.
    pub(crate) fn unusable(field: &'static str, error: &ErrorStack) -> Self {
        Self::Unusable { field, reason: reason(error) }
    }

    /// The field under the backend; empty where the server itself is to be mended.
    fn field(&self) -> &'static str {
        match self {
            Self::NameUnknown { .. } | Self::NotConnected { refused: false, .. } | Self::OtherName { .. } => {
                "hostname"
            }
            Self::NotConnected { refused: true, .. }
            | Self::PlainText
            | Self::Silent { .. }
            | Self::ClosedEarly => "port",
            Self::UnknownAuthority { .. } | Self::Distrusted { .. } => "server",
            Self::Expired { whose, .. } | Self::NotYetValid { whose, .. } => match whose {
                Whose::Server => "",
                Whose::Authority => "server",
            },
            Self::ClientRefused { .. } | Self::ClientWanted => "cert",
            Self::ForeignKey => "key",
            Self::Half { has: field, .. } | Self::Unreadable { field } | Self::Unusable { field, .. } => {
                field
            }
            Self::TooOld | Self::Tls { .. } | Self::Lost { .. } => "",
        }
    }
}

/// Nothing that the contract could mend.
impl From<ErrorStack> for Fault {
    fn from(error: ErrorStack) -> Self {
        Self::Tls { reason: reason(&error) }
    }
}

/// OpenSSL's own words for the first cause, without its codes and source lines.
pub(crate) fn reason(error: &ErrorStack) -> String {
    let first = error.errors().first().and_then(openssl::error::Error::reason);
    first.unwrap_or("no reason is given").to_owned()
}
