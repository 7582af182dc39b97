//! TLS 1.2 or 1.3 to the log server, and the meaning of its errors.

use std::net::{IpAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract_pki::x509::{day, one_line, timestamp, validity};
use contract_section::Syslog;
use jiff::Timestamp;
use openssl::asn1::Asn1TimeRef;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{
    self, ErrorCode, HandshakeError, SslConnector, SslConnectorBuilder, SslContextBuilder, SslMethod,
    SslStream, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509Ref, X509StoreContextRef};

use super::Fault;
use super::fault::{Whose, reason};
use super::reach::Timed;
use crate::keys::{certificates, private_key};

/// The authorities to trust, and the certificate to present.
pub(super) struct Trust {
    connector: SslConnector,
    client: Client,
    at: Timestamp,
}

impl Trust {
    /// Only the authorities, certificate and key in `logging.syslog`.
    pub(super) fn of_section(syslog: &Syslog, at: Timestamp) -> Result<Self, Fault> {
        let authorities = authorities(&syslog.server)?;
        let client = Client::from_section(syslog, &authorities, at)?;
        let mut builder = builder()?;
        let mut store = X509StoreBuilder::new()?;
        for authority in authorities {
            store.add_cert(authority)?;
        }
        // replaces the store of the system
        builder.set_cert_store(store.build());
        client.present(&mut builder)?;
        Ok(Self { connector: builder.build(), client, at })
    }

    /// The authorities of the system, and no client certificate.
    pub(super) fn of_system(at: Timestamp) -> Result<Self, Fault> {
        Ok(Self { connector: builder()?.build(), client: Client::Nobody, at })
    }

    /// Opens a session with the server of this name. Its certificate must be valid at the time of boot.
    pub(super) fn shake_hands(
        self,
        hostname: &str,
        stream: TcpStream,
        limit: Duration,
    ) -> Result<Session, Fault> {
        let mut configuration = self.connector.configure()?;
        configuration.param_mut().set_time(self.at.as_second());
        // OpenSSL drops a certificate that it did not accept: note the fault while it verifies
        let seen = Arc::new(Mutex::new(None));
        let note = Arc::clone(&seen);
        let host = hostname.to_owned();
        configuration.set_verify_callback(SslVerifyMode::PEER, move |accepted, context| {
            if !accepted {
                *note.lock().unwrap_or_else(PoisonError::into_inner) = Some(on_certificate(context, &host));
            }
            accepted
        });
        let begun = Instant::now();
        let timed = Timed::new(stream, begun + limit);
        let failed = match configuration.connect(hostname, timed) {
            Ok(stream) => return Ok(Session::new(stream, self.client, begun.elapsed())),
            Err(failed) => failed,
        };
        if let Some(fault) = seen.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(fault);
        }
        Err(match failed {
            HandshakeError::SetupFailure(error) => error.into(),
            HandshakeError::WouldBlock(_) => Fault::Silent { seconds: limit.as_secs() },
            HandshakeError::Failure(stream) => {
                let accepted = stream.ssl().peer_certificate().is_some();
                on_error(stream.error(), accepted, &self.client)
            }
        })
    }
}

fn builder() -> Result<SslConnectorBuilder, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    Ok(builder)
}

/// How the guest identifies itself.
enum Client {
    /// No certificate.
    Nobody,
    /// Certificate and key of the env section.
    Certified {
        /// `cert`
        certificate: X509,
        /// `key`
        key: PKey<Private>,
        /// A visible fault, as words that follow the name; may be empty.
        flaw: String,
    },
}

impl Client {
    /// Reads `cert` and `key`, which must belong together.
    fn from_section(syslog: &Syslog, authorities: &[X509], at: Timestamp) -> Result<Self, Fault> {
        let (certificate, key) = match (&syslog.cert, &syslog.key) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => return Ok(Self::Nobody),
            (Some(_), None) => return Err(Fault::Half { has: "cert", lacks: "key" }),
            (None, Some(_)) => return Err(Fault::Half { has: "key", lacks: "cert" }),
        };
        let certificate = certificates(certificate).and_then(|found| found.into_iter().next());
        let certificate = certificate.ok_or(Fault::Unreadable { field: "cert" })?;
        let key = private_key(key.expose()).ok_or(Fault::Unreadable { field: "key" })?;
        if !certificate.public_key()?.public_eq(&key) {
            return Err(Fault::ForeignKey);
        }
        let flaw = flaw(&certificate, authorities, at);
        Ok(Self::Certified { certificate, key, flaw })
    }

    /// Sets the certificate and key, if there are any.
    pub(super) fn present(&self, builder: &mut SslContextBuilder) -> Result<(), Fault> {
        if let Self::Certified { certificate, key, .. } = self {
            // OpenSSL refuses weak keys here
            builder.set_certificate(certificate).map_err(|error| Fault::unusable("cert", &error))?;
            builder.set_private_key(key).map_err(|error| Fault::unusable("key", &error))?;
        }
        Ok(())
    }

    /// The fault of a refusal by the server, with its words if it has any.
    pub(super) fn refused(&self, words: &'static str) -> Fault {
        match self {
            Self::Nobody => Fault::ClientWanted,
            Self::Certified { certificate, flaw, .. } => Fault::ClientRefused {
                subject: one_line(certificate.subject_name()),
                flaw: flaw.clone(),
                words,
            },
        }
    }
}

/// A fault of a refused certificate that is visible on this side.
fn flaw(certificate: &X509Ref, authorities: &[X509], at: Timestamp) -> String {
    let expired = |end| format!(", which expired on {}", day(end));
    let begins = |begin| format!(", which is valid only from {}", day(begin));
    if let Some(flaw) = validity(certificate).ok().and_then(|it| it.check(at, begins, expired).err()) {
        return flaw;
    }
    let vouches = |it: &X509| it.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false));
    if authorities.iter().any(vouches) {
        return String::new();
    }
    ", which no authority in `server` signed".to_owned()
}

/// Reads `server`: at least one certificate.
pub(super) fn authorities(text: &str) -> Result<Vec<X509>, Fault> {
    certificates(text).filter(|found| !found.is_empty()).ok_or(Fault::Unreadable { field: "server" })
}

/// A TLS session with the log server. With TLS 1.3, the server may still refuse our certificate.
pub(super) struct Session {
    stream: SslStream<Timed>,
    client: Client,
    handshake: Duration,
}

impl Session {
    fn new(stream: SslStream<Timed>, client: Client, handshake: Duration) -> Self {
        Self { stream, client, handshake }
    }

    /// Sends the whole frame.
    pub(super) fn send(&mut self, frame: &str, limit: Duration) -> Result<(), Fault> {
        self.stream.get_mut().until(Instant::now() + limit);
        let mut rest = frame.as_bytes();
        while !rest.is_empty() {
            match self.stream.ssl_write(rest) {
                Ok(count) => rest = rest.split_at(count).1,
                Err(error) if late(&error) => {
                    return Err(Fault::Lost { cause: format!("not sent within {} s", limit.as_secs()) });
                }
                // the reason may be waiting to be read
                Err(error) => {
                    self.listen(limit)?;
                    return Err(on_error(&error, true, &self.client));
                }
            }
        }
        Ok(())
    }

    /// Waits for a refusal. A syslog server sends nothing else (RFC 5425); other data is ignored. The end of the connection
    /// is a refusal, because this side has not closed it.
    pub(super) fn listen(&mut self, limit: Duration) -> Result<(), Fault> {
        match self.end(limit.max(self.handshake * 4)) {
            None => Ok(()),
            Some(end) => Err(on_error(&end, true, &self.client)),
        }
    }

    /// Closes the session, and waits for the server to close. A refusal may still arrive: a server that closes before it has
    /// read everything resets the connection (RFC 9293, section 3.6.1).
    pub(super) fn close(&mut self, limit: Duration) -> Result<(), Fault> {
        self.stream.get_mut().until(Instant::now() + limit);
        // if this fails, the reason can still be read
        let _ = self.stream.shutdown();
        match self.end(limit) {
            Some(end) if !is_orderly_end(&end) => Err(on_error(&end, true, &self.client)),
            _ => Ok(()),
        }
    }

    /// The error with which the server ends the session; `None` if it does not within the limit.
    fn end(&mut self, limit: Duration) -> Option<ssl::Error> {
        self.stream.get_mut().until(Instant::now() + limit);
        let mut ignored = [0; 1024];
        loop {
            match self.stream.ssl_read(&mut ignored) {
                Ok(_) => {}
                Err(error) if late(&error) => return None,
                Err(error) => return Some(error),
            }
        }
    }

    /// `TLSv1.3`
    pub(super) fn version(&self) -> &'static str {
        self.stream.ssl().version_str()
    }

    /// The end of the server's certificate.
    pub(super) fn ends(&self) -> Result<Timestamp, Fault> {
        let certificate = self.stream.ssl().peer_certificate();
        let certificate =
            certificate.ok_or_else(|| Fault::Tls { reason: "the server has no certificate".into() })?;
        Ok(timestamp(certificate.not_after())?)
    }
}

fn late(error: &ssl::Error) -> bool {
    matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE)
}

/// The fault of the server's certificate, from `X509_V_ERR_…`. The `openssl` crate has no names for these numbers, which are
/// part of OpenSSL's interface (`x509_vfy.h`).
fn on_certificate(context: &X509StoreContextRef, host: &str) -> Fault {
    let Some(certificate) = context.current_cert() else {
        return Fault::Distrusted { subject: "?".into(), reason: context.error().error_string() };
    };
    let subject = one_line(certificate.subject_name());
    let whose = if context.error_depth() == 0 { Whose::Server } else { Whose::Authority };
    match context.error().as_raw() {
        // no issuer found, a signature that is not the issuer's, an unknown certificate that signs itself, no authority
        2 | 7 | 18..=21 | 24 | 79 => {
            let server = context.chain().and_then(|chain| chain.get(0)).unwrap_or(certificate);
            Fault::UnknownAuthority {
                subject: one_line(server.subject_name()),
                issuer: one_line(certificate.issuer_name()),
            }
        }
        9 => Fault::NotYetValid { whose, subject, day: date(certificate.not_before()) },
        10 => Fault::Expired { whose, subject, day: date(certificate.not_after()) },
        62 | 64 => Fault::OtherName { host: host.to_owned(), names: names(certificate) },
        _ => Fault::Distrusted { subject, reason: context.error().error_string() },
    }
}

fn date(time: &Asn1TimeRef) -> String {
    timestamp(time).map_or_else(|_| time.to_string(), |time| day(time).to_string())
}

/// The names of a certificate: its alternative names; if it has none, its common name.
fn names(certificate: &X509Ref) -> String {
    let mut names = Vec::new();
    for name in certificate.subject_alt_names().iter().flatten() {
        if let Some(name) = name.dnsname() {
            names.push(name.to_owned());
        } else if let Some(address) = name.ipaddress().and_then(address) {
            names.push(address.to_string());
        }
    }
    if names.is_empty() {
        let common = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
        names.extend(common.filter_map(|entry| entry.data().to_string().ok()));
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "no name".to_owned() } else { quoted.join(", ") }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// `SSL_R_UNEXPECTED_EOF_WHILE_READING`; before OpenSSL 3 an error of the system without a cause.
const UNEXPECTED_EOF: i32 = 294;

/// Whether the connection ended in order, with or without a TLS close alert.
fn is_orderly_end(error: &ssl::Error) -> bool {
    let first = |stack: &ErrorStack| stack.errors().first().map(openssl::error::Error::reason_code);
    match error.code() {
        ErrorCode::ZERO_RETURN => true,
        ErrorCode::SYSCALL => error.io_error().is_none(),
        _ => error.ssl_error().and_then(first) == Some(UNEXPECTED_EOF),
    }
}

/// The fault behind an error. After the server's certificate is accepted, the server may refuse the client: rsyslog closes
/// without an alert if `PermittedPeer` does not name it.
fn on_error(error: &ssl::Error, accepted: bool, client: &Client) -> Fault {
    let stated = stated(error, accepted, client);
    stated.unwrap_or_else(|| {
        if accepted {
            client.refused(": it closed the connection without a reason")
        } else {
            Fault::ClosedEarly
        }
    })
}

/// `None` if the connection ended without a reason.
fn stated(error: &ssl::Error, accepted: bool, client: &Client) -> Option<Fault> {
    if let Some(io) = error.io_error() {
        use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        let ended = matches!(io.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof);
        return (!ended).then(|| Fault::Lost { cause: io.to_string() });
    }
    let stack = error.ssl_error().filter(|_| error.code() == ErrorCode::SSL)?;
    let code = stack.errors().first()?.reason_code();
    if code == UNEXPECTED_EOF {
        return None;
    }
    // sslerr.h: an alert of the server is 1000 plus its number (RFC 8446, section 6)
    Some(match code {
        1040 if accepted => client.refused(": handshake failure"),
        1042 => client.refused(": bad certificate"),
        1043 => client.refused(": unsupported certificate"),
        1044 => client.refused(": certificate revoked"),
        1045 => client.refused(": certificate expired"),
        1046 => client.refused(": certificate unknown"),
        1048 => client.refused(": unknown authority"),
        1049 => client.refused(": access denied"),
        1051 => client.refused(": decrypt error"),
        1116 => Fault::ClientWanted,
        258 | 266 | 1070 => Fault::TooOld, // unsupported protocol, wrong ssl version, alert protocol version
        // wrong version number, packet length too long, http request, https proxy request
        267 | 198 | 156 | 155 => Fault::PlainText,
        _ => Fault::Tls { reason: reason(stack) },
    })
}
