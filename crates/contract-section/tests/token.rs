//! Tokens from outside: golden bytes, the `openssl` command as judge, and what is no token.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test runs the openssl command and writes what it compares")]

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use contract_core::kind::Env;
use contract_core::token::{Error, Scanner, Token};
use contract_pki::certificate::{EncryptionCertificate, Expiry, Foreign};
use contract_pki::platform::Platform;
use contract_pki::random::{RandomError, Randomness};
use contract_section::Section;
use jiff::Timestamp;
use proptest::prelude::*;

/// Bytes 0, 1, 2, …: holds every value that a password must not have.
struct Counting(u8);

impl Randomness for Counting {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
        for byte in buffer {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

fn vector(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../tests/vectors/token", name].iter().collect()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(vector(name)).unwrap()
}

fn encrypted() -> String {
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let certificate = EncryptionCertificate::parse(&text("guest-encrypt.crt")).unwrap();
    // the vector's certificate says CA:TRUE, as `openssl req -x509` writes it
    let certificate = certificate.verify(at, Expiry::Refuse, Foreign::DangerAccept).unwrap();
    let (section, findings) = Section::<Env>::open(text("section.yaml").into(), at, &[Platform::Hpvs]);
    let section = section.unwrap_or_else(|| panic!("{findings:?}"));
    let mut out = Vec::new();
    let workers = NonZeroUsize::MIN;
    let written =
        section.encrypt(&certificate, Platform::Hpvs, &mut Counting(0), workers, &mut out, &|_| ()).unwrap();
    let token = String::from_utf8(out).unwrap();
    assert_eq!(written.bytes, token.len() as u64);
    assert_eq!(written.sha256, Token::<Env>::parse(&token).unwrap().facts().sha256);
    token
}

/// Set `BLESS=1` to write the golden file again.
#[test]
fn fixed_randomness_gives_the_golden_token() {
    let token = encrypted();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(vector("token"), &token).unwrap();
    }
    assert_eq!(token, text("token"));
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("openssl").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

#[test]
fn openssl_opens_the_golden_token() {
    let token = text("token");
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts[0], "hyper-protect-basic");
    let wrapped = openssl(&["base64", "-d", "-A"], parts[1].as_bytes());
    let key = vector("guest-key.pem");
    let password = openssl(&["pkeyutl", "-decrypt", "-inkey", key.to_str().unwrap()], &wrapped);
    assert_eq!(password.len(), 32);
    assert!(!password.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r')));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &password).unwrap();
    let password = format!("file:{}", file.path().display());
    let decrypt = ["enc", "-d", "-aes-256-cbc", "-pbkdf2", "-base64", "-A", "-pass", &password];
    assert_eq!(openssl(&decrypt, parts[2].as_bytes()), text("section.yaml").into_bytes());
}

#[test]
fn what_is_no_token_is_refused_with_its_reason() {
    let good = text("token");
    let parts: Vec<&str> = good.split('.').collect();
    let (wrapped, third) = (parts[1], parts[2]);
    let token = |a: &str, b: &str, c: &str| format!("{a}.{b}.{c}");
    let basic = "hyper-protect-basic";
    let plain_third = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    let cases = [
        (String::new(), Error::Truncated("first")),
        ("hyper".into(), Error::Truncated("first")),
        ("hyper-protect-basi.".into(), Error::Prefix),
        (format!("x{good}"), Error::Prefix),
        (format!(" {good}"), Error::Prefix),
        (format!("{basic}.{wrapped}"), Error::Truncated("second")),
        (token(basic, "", third), Error::WrappedPassword(0)),
        (token(basic, "QUJD", third), Error::WrappedPassword(3)),
        (token(basic, &wrapped[1..], third), Error::Base64 { part: "second", at: 20 }),
        (token(basic, wrapped, ""), Error::NothingEncrypted),
        (token(basic, wrapped, plain_third), Error::NotSalted),
        (token(basic, wrapped, "U2FsdGVkX18="), Error::Blocks(0)),
        (token(basic, wrapped, "U2FsdGVkX18AAQIDBAUGBw=="), Error::Blocks(0)),
        (token(basic, wrapped, &third[..third.len() - 4]), Error::Blocks(158)),
        (format!("{good}\n"), Error::WhiteSpace(good.len() as u64)),
        (good.replacen('.', ".\n", 1), Error::WhiteSpace(20)),
        (format!("{good}."), Error::Base64 { part: "third", at: good.len() as u64 }),
        (format!("{good}===="), Error::Base64 { part: "third", at: good.len() as u64 - 1 }),
    ];
    for (text, expected) in cases {
        let error = Token::<Env>::parse(&text).unwrap_err();
        assert_eq!(error, expected, "of {}", &text[..text.len().min(60)]);
    }
}

proptest! {
    #[test]
    fn what_parses_is_written_as_it_was_read(at in 0_usize..1200, byte in any::<u8>(), cut in 0_usize..1200) {
        let mut bytes = text("token").into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % 3);
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(token) = Token::<Env>::parse(&text)
        {
            prop_assert_eq!(token.to_string(), text);
        }
    }

    #[test]
    fn pieces_make_the_same_token(cuts in proptest::collection::vec(0_usize..1200, 0..6)) {
        let token = text("token");
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % token.len()).collect();
        cuts.extend([0, token.len()]);
        cuts.sort_unstable();
        let mut scanner = Scanner::new();
        for pair in cuts.windows(2) {
            scanner.push(&token.as_bytes()[pair[0]..pair[1]]).unwrap();
        }
        let whole = Token::<Env>::parse(&token).unwrap();
        prop_assert_eq!(&scanner.finish().unwrap(), whole.facts());
    }
}
