//! TLS 1.2 or 1.3 towards the log server, and what its failures mean.

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

/// With whom to speak, and as whom.
pub(super) struct Trust {
    connector: SslConnector,
    client: Client,
    at: Timestamp,
}

impl Trust {
    /// Exactly what stands in `logging.syslog`: its authorities, its certificate and key.
    pub(super) fn of_section(syslog: &Syslog, at: Timestamp) -> Result<Self, Fault> {
        let authorities = authorities(&syslog.server)?;
        let client = Client::of(syslog, &authorities, at)?;
        let mut builder = builder()?;
        let mut store = X509StoreBuilder::new()?;
        for authority in authorities {
            store.add_cert(authority)?;
        }
        // in the place of the system's, which the connector begins with
        builder.set_cert_store(store.build());
        client.present(&mut builder)?;
        Ok(Self { connector: builder.build(), client, at })
    }

    /// The system's authorities, and nobody in particular.
    pub(super) fn of_system(at: Timestamp) -> Result<Self, Fault> {
        Ok(Self { connector: builder()?.build(), client: Client::Nobody, at })
    }

    /// A session with the server of this name, whose certificate is valid at the time of boot.
    pub(super) fn shake_hands(
        self,
        hostname: &str,
        stream: TcpStream,
        limit: Duration,
    ) -> Result<Session, Fault> {
        let mut configuration = self.connector.configure()?;
        configuration.param_mut().set_time(self.at.as_second());
        // OpenSSL keeps no certificate that it did not accept: what is wrong with it has to be noted on the way
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

/// As whom the guest comes.
enum Client {
    /// Without a certificate.
    Nobody,
    /// With one.
    Certified {
        /// `cert`
        certificate: X509,
        /// `key`
        key: PKey<Private>,
        /// What a log server may dislike about it, in words that follow its name; often nothing.
        flaw: String,
    },
}

impl Client {
    /// `cert` and `key`, which have to belong together; one alone is of no use.
    pub(super) fn of(syslog: &Syslog, authorities: &[X509], at: Timestamp) -> Result<Self, Fault> {
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

    /// Comes with it.
    pub(super) fn present(&self, builder: &mut SslContextBuilder) -> Result<(), Fault> {
        if let Self::Certified { certificate, key, .. } = self {
            // OpenSSL refuses here what is too weak for it
            builder.set_certificate(certificate).map_err(|error| Fault::unusable("cert", &error))?;
            builder.set_private_key(key).map_err(|error| Fault::unusable("key", &error))?;
        }
        Ok(())
    }

    /// The server does not want it, and says why if it says anything.
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

/// What this side can tell of a refused certificate.
fn flaw(certificate: &X509Ref, authorities: &[X509], at: Timestamp) -> String {
    let expired = |end| format!(", which expired on {}", day(end));
    let begins = |begin| format!(", which is valid from {} on", day(begin));
    if let Some(flaw) = validity(certificate).ok().and_then(|it| it.check(at, begins, expired).err()) {
        return flaw;
    }
    let vouches = |it: &X509| it.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false));
    if authorities.iter().any(vouches) {
        return String::new();
    }
    ", which no authority in `server` signed".to_owned()
}

/// `server`: one certificate at least.
pub(super) fn authorities(text: &str) -> Result<Vec<X509>, Fault> {
    certificates(text).filter(|found| !found.is_empty()).ok_or(Fault::Unreadable { field: "server" })
}

/// TLS is set up, both certificates are sent; whether the server takes ours, TLS 1.3 has not told yet.
pub(super) struct Session {
    stream: SslStream<Timed>,
    client: Client,
    handshake: Duration,
}

impl Session {
    fn new(stream: SslStream<Timed>, client: Client, handshake: Duration) -> Self {
        Self { stream, client, handshake }
    }

    /// Sends the bytes, all of them.
    pub(super) fn send(&mut self, frame: &str, limit: Duration) -> Result<(), Fault> {
        self.stream.get_mut().until(Instant::now() + limit);
        let mut rest = frame.as_bytes();
        while !rest.is_empty() {
            match self.stream.ssl_write(rest) {
                Ok(count) => rest = rest.split_at(count).1,
                Err(error) if late(&error) => {
                    return Err(Fault::Lost { cause: format!("not taken within {} s", limit.as_secs()) });
                }
                // why it can't be sent may wait to be read
                Err(error) => {
                    self.listen(limit)?;
                    return Err(on_error(&error, true, &self.client));
                }
            }
        }
        Ok(())
    }

    /// Waits for a refusal. A syslog server has nothing else to say (RFC 5425), and what it says all the same is not
    /// listened to; the end of the connection is a refusal, since this side has not ended it.
    pub(super) fn listen(&mut self, limit: Duration) -> Result<(), Fault> {
        match self.end(limit.max(self.handshake * 4)) {
            None => Ok(()),
            Some(end) => Err(on_error(&end, true, &self.client)),
        }
    }

    /// Says farewell and waits for the server's. A refusal that comes now is one, too: a server that closes its end without
    /// having read everything resets the connection (RFC 9293, section 3.6.1).
    pub(super) fn close(&mut self, limit: Duration) -> Result<(), Fault> {
        self.stream.get_mut().until(Instant::now() + limit);
        // a farewell that can't be said leaves the reason to be read
        let _ = self.stream.shutdown();
        match self.end(limit) {
            Some(end) if !is_farewell(&end) => Err(on_error(&end, true, &self.client)),
            _ => Ok(()),
        }
    }

    /// How the server ends the session, if it does within the limit.
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

/// What is wrong with the server's certificate, by `X509_V_ERR_…`, which the `openssl` crate does not name
/// (`x509_vfy.h`: the numbers are part of OpenSSL's interface).
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

/// Whom the certificate is for: its alternative names, or where it has none its common name.
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
    if quoted.is_empty() { "nobody".to_owned() } else { quoted.join(", ") }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// `SSL_R_UNEXPECTED_EOF_WHILE_READING`; before OpenSSL 3 an error of the system without a cause.
const UNEXPECTED_EOF: i32 = 294;

/// The end of the connection in order, with or without TLS's own word for it.
fn is_farewell(error: &ssl::Error) -> bool {
    let first = |stack: &ErrorStack| stack.errors().first().map(openssl::error::Error::reason_code);
    match error.code() {
        ErrorCode::ZERO_RETURN => true,
        ErrorCode::SYSCALL => error.io_error().is_none(),
        _ => error.ssl_error().and_then(first) == Some(UNEXPECTED_EOF),
    }
}

/// What an error means. Once the server's certificate is accepted, it is the client that a server may not want: rsyslog
/// closes without a word where `PermittedPeer` does not name it.
fn on_error(error: &ssl::Error, accepted: bool, client: &Client) -> Fault {
    let told = told(error, accepted, client);
    told.unwrap_or_else(|| {
        if accepted {
            client.refused(": it closed the connection without saying why")
        } else {
            Fault::ClosedEarly
        }
    })
}

/// None for a connection that ended without a word.
fn told(error: &ssl::Error, accepted: bool, client: &Client) -> Option<Fault> {
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
    // sslerr.h: an alert of the server's is 1000 and its number (RFC 8446, section 6)
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
