//! Every fault of a probe, with `openssl s_server` and with servers that do not speak TLS. The `openssl` command makes the
//! certificates. `tests/probe_logging.rs` of the workspace tests a real rsyslog.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

use contract_core::kind::Env;
use contract_pki::platform::Platform;
use contract_section::Section;
use jiff::SignedDuration;
use tempfile::TempDir;

use super::*;

/// Two authorities of the same name, of which the log server knows the first.
static PKI: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("bash").args(["-euc", MAKE]).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
});

const MAKE: &str = r#"
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
authority() { key $1; openssl req -x509 -new -key $1.key -subj "/CN=log authority" -days 3650 -out $1.crt; }
leaf() { # NAME AUTHORITY EXTENSIONS DAYS
    key $1
    openssl req -new -key $1.key -subj "/CN=$1.example" -out $1.csr
    openssl x509 -req -in $1.csr -CA $2.crt -CAkey $2.key -CAcreateserial -days $4 -extfile <(printf "$3") -out $1.crt
}
authority ca; authority other
leaf server ca "subjectAltName=DNS:log.example,DNS:log2.example,IP:192.0.2.7" 300
leaf client ca "extendedKeyUsage=clientAuth" 3000
leaf stranger other "extendedKeyUsage=clientAuth" 3000
openssl x509 -in ca.crt -outform DER | base64 -w0 > ca.der.b64
base64 -w0 ca.crt > ca.pem.b64
"#;

fn path(name: &str) -> PathBuf {
    PKI.path().join(name)
}

fn pki(name: &str) -> String {
    fs_err::read_to_string(path(name)).unwrap()
}

/// An env section's `logging`, its files named as in the folder.
fn syslog(hostname: &str, port: u16, server: &str, client: Option<(&str, &str)>) -> Logging {
    let mut text = format!("type: env\nlogging:\n  syslog:\n    hostname: {hostname}\n    port: {port}\n");
    let mut file = |field: &str, name: &str| {
        let _ = writeln!(text, "    {field}: {:?}", pki(name));
    };
    file("server", server);
    if let Some((cert, key)) = client {
        file("cert", cert);
        file("key", key);
    }
    let (section, findings) = Section::<Env>::open(text.into(), Timestamp::now(), &[Platform::Hpvs]);
    section.unwrap_or_else(|| panic!("{findings:?}")).model().logging.clone().unwrap()
}

const CLIENT: Option<(&str, &str)> = Some(("client.crt", "client.key"));

/// Short waits where nothing has to arrive.
fn probe(port: u16) -> LoggingProbe {
    LoggingProbe {
        now: Timestamp::now(),
        origin: "desk".into(),
        resolve: ["log.example", "wrong.example"]
            .map(|name| format!("{name}:{port}:127.0.0.1").parse().unwrap())
            .to_vec(),
        timeouts: Timeouts {
            lookup: Duration::from_millis(300),
            connect: Duration::from_secs(2),
            handshake: Duration::from_secs(4),
            listen: Duration::from_millis(100),
            ..Timeouts::default()
        },
    }
}

fn reach(logging: &Logging) -> Result<Reached, Unreached> {
    probe(server(logging).port).reach(logging, Timestamp::now())
}

/// The field and the fault of a probe that fails.
fn find(logging: &Logging) -> (String, Fault) {
    let unreached = reach(logging).unwrap_err();
    assert!(!unreached.hint().is_empty());
    assert!(!unreached.to_string().contains("PRIVATE"), "{unreached}");
    (unreached.field(), unreached.fault)
}

/// `openssl s_server`, which takes clients of the first authority alone.
struct Judge {
    child: Child,
    port: u16,
}

impl Judge {
    fn start(arguments: &[&str]) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                &format!("127.0.0.1:{port}"),
                "-cert",
                "server.crt",
                "-key",
                "server.key",
            ])
            .args(["-CAfile", "ca.crt", "-Verify", "1", "-verify_return_error", "-naccept", "1"])
            .args(arguments)
            .current_dir(PKI.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut judge = Self { child, port };
        let mut lines = BufReader::new(judge.child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("ACCEPT") {
            line.clear();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "s_server ended: {arguments:?}");
        }
        judge.child.stdout = Some(lines.into_inner());
        judge
    }

    /// What it printed until it ended, after its one connection.
    fn printed(mut self) -> String {
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        printed
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_line_arrives_over_either_version_of_tls() {
    for (argument, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        for ca in ["ca.crt", "ca.pem.b64", "ca.der.b64"] {
            let judge = Judge::start(&[argument]);
            let reached = reach(&syslog("log.example", judge.port, ca, CLIENT)).unwrap();
            assert_eq!(reached.version, version);
            assert!(reached.ends > Timestamp::now());
            let printed = judge.printed();
            assert!(printed.contains(" desk guest-rehearsal - - - contract rehearsal: "), "{printed}");
        }
    }
}

#[test]
fn tls_1_1_is_too_old() {
    let judge = Judge::start(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    let found = find(&syslog("log.example", judge.port, "ca.crt", CLIENT));
    assert_eq!(found, ("logging.syslog".into(), Fault::TooOld));
}

#[test]
fn an_authority_of_the_same_name_is_another_one() {
    let judge = Judge::start(&[]);
    let (field, fault) = find(&syslog("log.example", judge.port, "other.crt", CLIENT));
    assert_eq!(field, "logging.syslog.server");
    assert!(matches!(fault, Fault::UnknownAuthority { .. }), "{fault:?}");
}

#[test]
fn another_name_is_reported_with_those_of_the_certificate() {
    let judge = Judge::start(&[]);
    let (field, fault) = find(&syslog("wrong.example", judge.port, "ca.crt", CLIENT));
    assert_eq!(field, "logging.syslog.hostname");
    assert_eq!(
        fault.to_string(),
        "the server's certificate is for `log.example`, `log2.example`, `192.0.2.7`, not for `wrong.example`"
    );
    let judge = Judge::start(&[]);
    let (field, fault) = find(&syslog("127.0.0.1", judge.port, "ca.crt", CLIENT));
    assert_eq!(field, "logging.syslog.hostname");
    assert!(matches!(fault, Fault::OtherName { .. }), "{fault:?}");
}

#[test]
fn certificates_have_to_be_valid_when_the_guest_boots() {
    let day = |days: i64| Timestamp::now() + SignedDuration::from_hours(24 * days);
    for (at, field, words) in [
        (day(301), "logging.syslog", "the server's certificate `CN=server.example` expired on"),
        (day(3651), "logging.syslog.server", "the authority's certificate `CN=log authority` expired on"),
        (day(-1), "logging.syslog.server", "the authority's certificate `CN=log authority` is valid from"),
    ] {
        let judge = Judge::start(&[]);
        let logging = syslog("log.example", judge.port, "ca.crt", CLIENT);
        let unreached = probe(judge.port).reach(&logging, at).unwrap_err();
        assert_eq!(unreached.field(), field);
        assert!(unreached.to_string().contains(words), "{unreached}");
    }
}

#[test]
fn a_refused_client_certificate_is_reported_in_either_version() {
    for version in ["-tls1_2", "-tls1_3"] {
        let judge = Judge::start(&[version]);
        let stranger = Some(("stranger.crt", "stranger.key"));
        let (field, fault) = find(&syslog("log.example", judge.port, "ca.crt", stranger));
        assert_eq!(field, "logging.syslog.cert");
        assert_eq!(
            fault.to_string(),
            "the server refused the client certificate `CN=stranger.example`, which no authority in `server` signed: \
             unknown authority",
            "{version}"
        );
        let judge = Judge::start(&[version]);
        let (field, fault) = find(&syslog("log.example", judge.port, "ca.crt", None));
        assert_eq!(field, "logging.syslog.cert");
        assert_eq!(fault, Fault::ClientWanted, "{version}");
    }
}

#[test]
fn a_key_of_another_pair_is_reported_before_anything_is_sent() {
    let (Logging::Syslog(mut ours), Logging::Syslog(theirs)) = (
        syslog("log.example", 1, "ca.crt", CLIENT),
        syslog("log.example", 1, "ca.crt", Some(("stranger.crt", "stranger.key"))),
    ) else {
        unreachable!("both are syslog")
    };
    ours.key = theirs.key;
    assert_eq!(find(&Logging::Syslog(ours.clone())), ("logging.syslog.key".into(), Fault::ForeignKey));
    ours.key = None;
    assert_eq!(find(&Logging::Syslog(ours)).0, "logging.syslog.cert");
}

/// A server that does what the closure does with its first client.
fn listen(act: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || act(listener.accept().unwrap().0));
    port
}

/// The fault, and how long it took to find.
fn found_at(port: u16) -> (String, Fault, Duration) {
    let logging = syslog("log.example", port, "ca.crt", CLIENT);
    let mut probe = probe(port);
    probe.timeouts.handshake = Duration::from_millis(500);
    let begun = Instant::now();
    let unreached = probe.reach(&logging, Timestamp::now()).unwrap_err();
    (unreached.field(), unreached.fault, begun.elapsed())
}

#[test]
fn a_server_without_tls_is_reported_in_time() {
    const FIELD: &str = "logging.syslog.port";
    let silent = listen(|stream| {
        thread::sleep(Duration::from_secs(5));
        drop(stream);
    });
    // the header of a handshake record, then its 16 kB byte by byte
    let dribbling = listen(|mut stream| {
        let _ = stream.write_all(&[0x16, 3, 3, 0x40, 0]);
        while stream.write_all(&[2]).is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    for port in [silent, dribbling] {
        let (field, fault, took) = found_at(port);
        assert_eq!((field.as_str(), fault), (FIELD, Fault::Silent { seconds: 0 }));
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    let talking = listen(|mut stream| stream.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n").unwrap());
    assert_eq!(found_at(talking).1, Fault::PlainText);
    let hanging_up = listen(drop);
    assert_eq!(found_at(hanging_up).1, Fault::ClosedEarly);
}

#[test]
fn a_closed_port_and_an_unknown_name_are_different_faults() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let (field, closed, _) = found_at(port);
    assert_eq!(field, "logging.syslog.port");
    assert_eq!(closed.to_string(), format!("no connection: 127.0.0.1:{port}: connection refused"));
    let (field, fault) = find(&syslog("nowhere.invalid", port, "ca.crt", CLIENT));
    assert_eq!(field, "logging.syslog.hostname");
    assert!(matches!(fault, Fault::NameUnknown { .. }), "{fault:?}");
}

#[test]
fn every_address_of_a_name_is_tried() {
    let judge = Judge::start(&[]);
    let mut probe = probe(judge.port);
    probe.resolve.insert(0, format!("log.example:{}:127.9.9.9", judge.port).parse().unwrap());
    probe.reach(&syslog("log.example", judge.port, "ca.crt", CLIENT), Timestamp::now()).unwrap();
}

#[test]
fn a_line_is_counted_in_octets() {
    let now: Timestamp = "2026-11-23T12:00:00.123456789Z".parse().unwrap();
    let line = "<14>1 2026-11-23T12:00:00.123Z desk guest-rehearsal - - - contract rehearsal: the log of a guest \
                with this contract would arrive here";
    assert_eq!(frame(now, "desk"), format!("{} {line}", line.len()));
}

#[test]
fn a_name_that_would_break_the_line_is_left_out() {
    for origin in ["", "two words", "line\nend", "größe", &"x".repeat(256)] {
        assert!(frame(Timestamp::UNIX_EPOCH, origin).contains("Z - guest-rehearsal "), "{origin}");
    }
}
