//! From OpenSSL's codes to what is wrong.

use std::net::IpAddr;

use contract_core::certificate::{day, one_line, timestamp};
use openssl::asn1::Asn1TimeRef;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::ssl::{self, ErrorCode};
use openssl::x509::{X509Ref, X509StoreContextRef};

use super::super::Fault;
use super::super::fault::{Whose, reason};
use super::credentials::Client;

/// What is wrong with the server's certificate, by `X509_V_ERR_…`, which the `openssl` crate does not name
/// (`x509_vfy.h`: the numbers are part of OpenSSL's interface).
pub fn on_certificate(context: &X509StoreContextRef, host: &str) -> Fault {
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
pub fn is_farewell(error: &ssl::Error) -> bool {
    let first = |stack: &ErrorStack| stack.errors().first().map(openssl::error::Error::reason_code);
    match error.code() {
        ErrorCode::ZERO_RETURN => true,
        ErrorCode::SYSCALL => error.io_error().is_none(),
        _ => error.ssl_error().and_then(first) == Some(UNEXPECTED_EOF),
    }
}

/// What an error means. Once the server's certificate is accepted, it is the client that a server may not want: rsyslog
/// closes without a word where `PermittedPeer` does not name it.
pub fn on_error(error: &ssl::Error, accepted: bool, client: &Client) -> Fault {
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
