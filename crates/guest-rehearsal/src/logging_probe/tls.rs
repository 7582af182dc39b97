//! TLS 1.2 or 1.3 towards the log server, and what its failures mean.

mod credentials;
mod session;
mod verdict;

use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract_core::section::Syslog;
use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::ssl::{HandshakeError, SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;

use super::Fault;
use super::reach::Timed;
use credentials::Client;
pub use credentials::certificates;
pub use session::Session;

/// With whom to speak, and as whom.
pub struct Trust {
    connector: SslConnector,
    client: Client,
    at: Timestamp,
}

impl Trust {
    /// Exactly what stands in `logging.syslog`: its authorities, its certificate and key.
    pub fn of_section(syslog: &Syslog, at: Timestamp) -> Result<Self, Fault> {
        let authorities = credentials::authorities(&syslog.server)?;
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
    pub fn of_system(at: Timestamp) -> Result<Self, Fault> {
        Ok(Self { connector: builder()?.build(), client: Client::Nobody, at })
    }

    /// A session with the server of this name, whose certificate is valid at the time of boot.
    pub fn shake_hands(self, hostname: &str, stream: TcpStream, limit: Duration) -> Result<Session, Fault> {
        let mut configuration = self.connector.configure()?;
        configuration.param_mut().set_time(self.at.as_second());
        // OpenSSL keeps no certificate that it did not accept: what is wrong with it has to be noted on the way
        let seen = Arc::new(Mutex::new(None));
        let note = Arc::clone(&seen);
        let host = hostname.to_owned();
        configuration.set_verify_callback(SslVerifyMode::PEER, move |accepted, context| {
            if !accepted {
                *note.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(verdict::on_certificate(context, &host));
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
                verdict::on_error(stream.error(), accepted, &self.client)
            }
        })
    }
}

fn builder() -> Result<SslConnectorBuilder, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    Ok(builder)
}
