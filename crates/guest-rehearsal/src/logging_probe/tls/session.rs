//! A session with the log server: a line goes out, a refusal may come back.

use std::time::{Duration, Instant};

use contract_core::certificate::timestamp;
use jiff::Timestamp;
use openssl::ssl::{ErrorCode, ShutdownResult, SslStream};

use super::super::Fault;
use super::super::reach::Timed;
use super::credentials::Client;
use super::verdict;

/// TLS is set up, both certificates are sent; whether the server takes ours, TLS 1.3 has not told yet.
pub struct Session {
    stream: SslStream<Timed>,
    client: Client,
}

impl Session {
    pub(super) fn new(stream: SslStream<Timed>, client: Client) -> Self {
        Self { stream, client }
    }

    /// Sends the bytes, all of them.
    pub fn send(&mut self, frame: &str, limit: Duration) -> Result<(), Fault> {
        self.stream.get_mut().until(Instant::now() + limit);
        let mut rest = frame.as_bytes();
        while !rest.is_empty() {
            let error = match self.stream.ssl_write(rest) {
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    continue;
                }
                Err(error) => error,
            };
            if matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE) {
                return Err(Fault::Lost { cause: format!("not taken within {} s", limit.as_secs()) });
            }
            // the reason may wait to be read: a server that refuses says so, then closes
            self.listen(Instant::now() + limit)?;
            return Err(verdict::on_error(&error, true, &self.client));
        }
        Ok(())
    }

    /// Waits for a refusal until then. A syslog server has nothing else to say (RFC 5425), and what it says all the same
    /// is not listened to.
    pub fn listen(&mut self, until: Instant) -> Result<(), Fault> {
        self.stream.get_mut().until(until);
        let mut ignored = [0; 1024];
        loop {
            let error = match self.stream.ssl_read(&mut ignored) {
                Ok(_) => continue,
                Err(error) => error,
            };
            if matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE) {
                return Ok(());
            }
            return Err(verdict::on_error(&error, true, &self.client));
        }
    }

    /// Says farewell, and waits a little for the server's: then everything was read. Whether it comes decides nothing.
    pub fn close(&mut self, limit: Duration) {
        self.stream.get_mut().until(Instant::now() + limit);
        if matches!(self.stream.shutdown(), Ok(ShutdownResult::Sent)) {
            let _ = self.stream.shutdown();
        }
    }

    /// `TLSv1.3`
    pub fn version(&self) -> &'static str {
        self.stream.ssl().version_str()
    }

    /// The end of the server's certificate.
    pub fn ends(&self) -> Result<Timestamp, Fault> {
        let certificate = self.stream.ssl().peer_certificate();
        let certificate = certificate.ok_or_else(|| Fault::Tls { reason: "the server has no certificate".into() })?;
        Ok(timestamp(certificate.not_after())?)
    }
}
