//! From a name to a connection. Each wait has a limit.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Fault, Server};

/// An address to use instead of DNS: `HOST:PORT:ADDRESS`, as in `curl --resolve`. The certificate is still checked against
/// the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    host: String,
    port: u16,
    address: IpAddr,
}

impl FromStr for Resolve {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected HOST:PORT:ADDRESS as in log.example.com:6514:192.0.2.7";
        let mut parts = text.splitn(3, ':');
        let (Some(host), Some(port), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(EXPECTED);
        };
        let address = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        match (port.parse(), address.parse()) {
            (Ok(port), Ok(address)) if !host.is_empty() => Ok(Self { host: host.to_owned(), port, address }),
            _ => Err(EXPECTED),
        }
    }
}

impl fmt::Display for Resolve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.host, self.port, self.address)
    }
}

impl Resolve {
    /// Whether it is for this server.
    pub(super) fn is_for(&self, server: &Server<'_>) -> bool {
        self.host.eq_ignore_ascii_case(server.hostname) && self.port == server.port
    }
}

/// All addresses of the server.
pub fn look_up(server: &Server<'_>, resolve: &[Resolve], limit: Duration) -> Result<Vec<SocketAddr>, Fault> {
    let given: Vec<_> = resolve.iter().filter(|it| it.is_for(server)).map(|it| it.address).collect();
    if !given.is_empty() {
        return Ok(given.into_iter().map(|address| SocketAddr::new(address, server.port)).collect());
    }
    // the resolver has no timeout: a thread that is too slow is abandoned
    let (sender, receiver) = mpsc::channel();
    let (host, port) = (server.hostname.to_owned(), server.port);
    let look = move || {
        // the receiver is gone after the limit
        let _ = sender.send((host.as_str(), port).to_socket_addrs().map(Vec::from_iter));
    };
    if let Err(error) = thread::Builder::new().spawn(look) {
        return Err(Fault::NameUnknown {
            host: server.hostname.to_owned(),
            cause: format!("cannot start a thread: {error}"),
        });
    }
    let host = || server.hostname.to_owned();
    match receiver.recv_timeout(limit) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err(Fault::NameUnknown { host: host(), cause: "DNS has none".into() }),
        Ok(Err(error)) => Err(Fault::NameUnknown { host: host(), cause: error.to_string() }),
        Err(_) => {
            Err(Fault::NameUnknown { host: host(), cause: format!("no answer in {} s", limit.as_secs()) })
        }
    }
}

/// At most so many addresses of a name are tried.
const MOST_ADDRESSES: usize = 8;

/// Connects to the first address that answers, in the order of the resolver.
pub fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Fault> {
    let mut tried = Vec::new();
    let mut refused = true;
    for address in addresses.iter().take(MOST_ADDRESSES) {
        let error = match TcpStream::connect_timeout(address, limit) {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        refused &= error.kind() == io::ErrorKind::ConnectionRefused;
        let why = match error.kind() {
            io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
            io::ErrorKind::TimedOut => format!("no answer in {} s", limit.as_secs()),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => "no route".to_owned(),
            _ => error.to_string(),
        };
        tried.push(format!("{address}: {why}"));
    }
    Err(Fault::NotConnected { tried: tried.join("; "), refused })
}

/// A connection with a deadline for every read and write, also if the server sends a byte now and then. After the deadline
/// they fail with "would block": then OpenSSL can still close the connection in order.
#[derive(Debug)]
pub struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    /// Sets the first deadline.
    pub fn new(stream: TcpStream, deadline: Instant) -> Self {
        Self { stream, deadline }
    }

    /// Sets the deadline of the next operations.
    pub fn until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// The time left, never zero: for a socket, zero is no limit.
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(left) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        uninterrupted(|| {
            self.stream.set_read_timeout(Some(self.left()?))?;
            self.stream.read(buffer)
        })
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        uninterrupted(|| {
            self.stream.set_write_timeout(Some(self.left()?))?;
            self.stream.write(bytes)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Repeats a call that a signal ended. Sockets with a timeout fail with `EINTR`, which OpenSSL handles as a lost connection.
fn uninterrupted(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Backend;
    use super::*;

    #[test]
    fn a_signal_does_not_end_a_read() {
        let mut answers = [Err(io::ErrorKind::Interrupted), Ok(3)].into_iter();
        assert_eq!(uninterrupted(|| answers.next().unwrap().map_err(io::Error::from)).unwrap(), 3);
        assert!(uninterrupted(|| Err(io::ErrorKind::WouldBlock.into())).is_err());
    }

    #[test]
    fn an_address_may_be_of_either_family() {
        let server = Server { backend: Backend::Syslog, hostname: "log.example", port: 6514 };
        for good in ["log.example:6514:192.0.2.7", "LOG.example:6514:::1", "log.example:6514:[::1]"] {
            assert!(good.parse::<Resolve>().unwrap().is_for(&server), "{good}");
        }
        for other in ["log.example:514:192.0.2.7", "other.example:6514:192.0.2.7"] {
            assert!(!other.parse::<Resolve>().unwrap().is_for(&server), "{other}");
        }
        for bad in [
            "",
            "log.example",
            "log.example:6514",
            "log.example:x:192.0.2.7",
            "log.example:6514:host",
            ":1:::1",
        ] {
            bad.parse::<Resolve>().unwrap_err();
        }
    }
}
