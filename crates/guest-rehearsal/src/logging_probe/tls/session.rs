//! A session with the log server: a line goes out, a refusal may come back.

use std::time::{Duration, Instant};

use contract_core::certificate::timestamp;
use jiff::Timestamp;
use openssl::ssl::{self, ErrorCode, SslStream};

use super::super::Fault;
use super::super::reach::Timed;
use super::credentials::Client;
use super::verdict;

/// TLS is set up, both certificates are sent; whether the server takes ours, TLS 1.3 has not told yet.
pub struct Session {
    stream: SslStream<Timed>,
    client: Client,
    handshake: Duration,
}

impl Session {
    pub(super) fn new(stream: SslStream<Timed>, client: Client, handshake: Duration) -> Self {
        Self { stream, client, handshake }
    }

    /// Sends the bytes, all of them.
    pub fn send(&mut self, frame: &str, limit: Duration) -> Result<(), Fault> {
        self.stream.get_mut().until(Instant::now() + limit);
        let mut rest = frame.as_bytes();
        while !rest.is_empty() {
            match self.stream.ssl_write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if late(&error) => {
                    return Err(Fault::Lost { cause: format!("not taken within {} s", limit.as_secs()) });
                }
                // why it can't be sent may wait to be read
                Err(error) => {
                    self.listen(limit)?;
                    return Err(verdict::on_error(&error, true, &self.client));
                }
            }
        }
        Ok(())
    }

    /// Waits for a refusal. A syslog server has nothing else to say (RFC 5425), and what it says all the same is not
    /// listened to; the end of the connection is a refusal, since this side has not ended it.
    pub fn listen(&mut self, limit: Duration) -> Result<(), Fault> {
        match self.end(limit.max(self.handshake * 4)) {
            None => Ok(()),
            Some(end) => Err(verdict::on_error(&end, true, &self.client)),
        }
    }

    /// Says farewell and waits for the server's. A refusal that comes now is one, too: a server that closes its end without
    /// having read everything resets the connection (RFC 9293, section 3.6.1).
    pub fn close(&mut self, limit: Duration) -> Result<(), Fault> {
        self.stream.get_mut().until(Instant::now() + limit);
        // a farewell that can't be said leaves the reason to be read
        let _ = self.stream.shutdown();
        match self.end(limit) {
            Some(end) if !verdict::is_farewell(&end) => Err(verdict::on_error(&end, true, &self.client)),
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
    pub fn version(&self) -> &'static str {
        self.stream.ssl().version_str()
    }

    /// The end of the server's certificate.
    pub fn ends(&self) -> Result<Timestamp, Fault> {
        let certificate = self.stream.ssl().peer_certificate();
        let certificate =
            certificate.ok_or_else(|| Fault::Tls { reason: "the server has no certificate".into() })?;
        Ok(timestamp(certificate.not_after())?)
    }
}

fn late(error: &ssl::Error) -> bool {
    matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE)
}
