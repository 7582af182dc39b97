//! Why the log can't be sent, with the field to fix.

use openssl::error::ErrorStack;
use thiserror::Error;

use super::{Backend, Server};

/// The guest would not reach its log server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}`: {fault}", self.field())]
pub(crate) struct Unreached {
    backend: Backend,
    /// `log.example.com:6514`
    server: String,
    pub fault: Fault,
}

impl Unreached {
    pub(crate) fn new(server: &Server<'_>, fault: Fault) -> Self {
        Self { backend: server.backend, server: format!("{}:{}", server.hostname, server.port), fault }
    }

    /// The field of the env section to fix: `logging.syslog.hostname`; only the backend if the section is not at fault.
    pub(crate) fn field(&self) -> String {
        match (self.advice().0, self.backend) {
            ("", backend) | ("server" | "cert" | "key", backend @ Backend::LogRouter) => backend.to_string(),
            (field, backend) => format!("{backend}.{field}"),
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        self.advice().1
    }

    /// The field under the backend, empty if the server itself is at fault; and the hint.
    fn advice(&self) -> (&'static str, String) {
        let server = &self.server;
        let pair = "use certificate and key of one pair: `cert: !file rsyslog/client.crt`, `key: !file \
                    rsyslog/client-key.pem`";
        let inspect = || format!("look at the answer: `openssl s_client -connect {server}`");
        match &self.fault {
            Fault::NameUnknown { .. } => (
                "hostname",
                format!("if only the guest's network knows the name, give its address: `--resolve {server}:ADDRESS`"),
            ),
            Fault::NotConnected { refused, .. } => (
                if *refused { "port" } else { "hostname" },
                format!(
                    "check that a log server listens there, and that no firewall is between: `nc -vz {}`",
                    server.replace(':', " ")
                ),
            ),
            Fault::PlainText | Fault::Silent { .. } | Fault::ClosedEarly => ("port", inspect()),
            Fault::TooOld | Fault::Lost { .. } | Fault::Tls { .. } => ("", inspect()),
            Fault::UnknownAuthority { .. } | Fault::Distrusted { .. } => (
                "server",
                match self.backend {
                    Backend::Syslog => format!(
                        "use the authority that issued the log server's certificate, `server: !file rsyslog/ca.crt`; \
                         look at the chain: `openssl s_client -connect {server} -showcerts`"
                    ),
                    Backend::LogRouter => {
                        format!("look at its chain: `openssl s_client -connect {server} -showcerts`")
                    }
                },
            ),
            Fault::Expired { whose, .. } | Fault::NotYetValid { whose, .. } => (
                if *whose == Whose::Authority { "server" } else { "" },
                "renew it, or check the clock: `date -u`".into(),
            ),
            Fault::OtherName { .. } => (
                "hostname",
                "use a name that the certificate has, or get a certificate with this name in `subjectAltName`".into(),
            ),
            Fault::ClientRefused { .. } | Fault::ClientWanted => (
                "cert",
                "use a client certificate that the log server's authority issued, `cert: !file rsyslog/client.crt`; \
                 the server's log states why it refuses"
                    .into(),
            ),
            Fault::ForeignKey => ("key", pair.into()),
            Fault::Half { has, .. } => (has, pair.into()),
            Fault::Unreadable { field } | Fault::Unusable { field, .. } => {
                (field, "use the file itself, `!file FILE`, and run `env-deployer check`".into())
            }
        }
    }
}

/// A reason why the log can't be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Fault {
    /// DNS.
    #[error("no address for `{host}`: {cause}")]
    NameUnknown { host: String, cause: String },
    /// TCP, on every address.
    #[error("no connection: {tried}")]
    NotConnected { tried: String, refused: bool },
    /// The answer is not TLS.
    #[error("the server does not speak TLS")]
    PlainText,
    /// No answer, or too slow.
    #[error("no TLS connection within {seconds} s: it is not a TLS server, or it is overloaded")]
    Silent { seconds: u64 },
    /// Closed instead of a handshake.
    #[error("the server closed the connection before TLS was set up")]
    ClosedEarly,
    /// TLS 1.1 or older.
    #[error("the server speaks neither TLS 1.2 nor TLS 1.3")]
    TooOld,
    /// No authority of the section issued the certificate.
    #[error("no trusted authority issued the server's certificate `{subject}`: its chain ends at `{issuer}`")]
    UnknownAuthority { subject: String, issuer: String },
    /// A certificate of the server's chain.
    #[error("the {whose} certificate `{subject}` expired on {day}")]
    Expired { whose: Whose, subject: String, day: String },
    /// A certificate of the server's chain.
    #[error("the {whose} certificate `{subject}` is valid from {day} on")]
    NotYetValid { whose: Whose, subject: String, day: String },
    /// The certificate is for other names.
    #[error("the server's certificate is for {names}, not for `{host}`")]
    OtherName { host: String, names: String },
    /// Any other fault of the chain.
    #[error("the server's certificate chain is not trusted at `{subject}`: {reason}")]
    Distrusted { subject: String, reason: &'static str },
    /// The server refuses the guest's certificate.
    #[error("the server refused the client certificate `{subject}`{flaw}{words}")]
    ClientRefused { subject: String, flaw: String, words: &'static str },
    /// The guest has no certificate.
    #[error("the server wants a client certificate, and the section has none")]
    ClientWanted,
    /// `cert` without `key`, or `key` without `cert`.
    #[error("`{lacks}` is missing: both are required together")]
    Half { has: &'static str, lacks: &'static str },
    /// `cert` and `key`.
    #[error("the private key does not belong to the certificate in `cert`")]
    ForeignKey,
    /// The PEM or base64 does not decode.
    #[error("does not decode")]
    Unreadable { field: &'static str },
    /// OpenSSL refuses it.
    #[error("OpenSSL refuses it: {reason}")]
    Unusable { field: &'static str, reason: String },
    /// Any other TLS error.
    #[error("TLS failed: {reason}")]
    Tls { reason: String },
    /// The connection broke after the handshake.
    #[error("the connection broke while the line was sent: {cause}")]
    Lost { cause: String },
}

/// The owner of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The log server.
    Server,
    /// An authority above it.
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
    pub(crate) fn unusable(field: &'static str, error: &ErrorStack) -> Self {
        Self::Unusable { field, reason: reason(error) }
    }
}

impl From<ErrorStack> for Fault {
    fn from(error: ErrorStack) -> Self {
        Self::Tls { reason: reason(&error) }
    }
}

/// OpenSSL's text for the first cause, without codes and source lines.
pub(crate) fn reason(error: &ErrorStack) -> String {
    let first = error.errors().first().and_then(openssl::error::Error::reason);
    first.unwrap_or("no reason is given").to_owned()
}
