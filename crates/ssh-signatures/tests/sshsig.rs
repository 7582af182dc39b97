//! SSH signatures, in both directions, with `ssh-keygen` as the judge.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test starts other people's tools")]

#[path = "ssh/keygen.rs"]
mod keygen;
#[path = "ssh/hardware.rs"]
mod hardware;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use findings::{Advice as _, Blame};
use keygen::{Folder, MESSAGE};
use ssh_signatures::ssh_key::private::{Error as PrivateError, PrivateKey};
use ssh_signatures::ssh_key::{self, Line};
use ssh_signatures::sshsig::{Error, Namespace, Signature};
use zeroize::Zeroizing;

const OURS: [&str; 4] = ["-t ed25519", "-t ecdsa -b 256", "-t ecdsa -b 384", "-t ecdsa -b 521"];
const THEIRS: [&str; 2] = ["-t rsa -b 2048", "-t rsa -b 4096"];

fn private(folder: &Folder, name: &str, passphrase: &str) -> Result<PrivateKey, PrivateError> {
    let given = Zeroizing::new(passphrase.as_bytes().to_vec());
    PrivateKey::parse(&folder.read(name), &mut || Ok(given.clone()))
}

fn verify(armored: &str, message: &[u8]) -> Result<String, Error> {
    let verified = Signature::parse(armored)?.verify(message, Namespace::Workload)?;
    Ok(verified.key().fingerprint())
}

#[test]
fn ssh_keygen_accepts_ours() {
    for kind in OURS {
        let plain = [("", ""), ("two words", "")];
        let ciphers = [("x", "-Z aes256-cbc"), ("x", "-Z aes128-ctr -a 3"), ("é", "-Z aes192-cbc")];
        let all = plain.into_iter().chain(ciphers.into_iter().filter(|_| kind == OURS[0]));
        for (passphrase, more) in all {
            let folder = Folder::new();
            folder.sh(&format!("ssh-keygen -q {kind} {more} -N '{passphrase}' -C alice -f k; echo \"alice $(cat k.pub)\" > allowed"));
            let key = private(&folder, "k", passphrase).unwrap();
            let armored = key.sign(MESSAGE, Namespace::Workload).unwrap();
            folder.write("message", MESSAGE);
            assert!(folder.verifies(&armored, "hpcr-workload"), "{kind} {more}");
            assert!(!folder.verifies(&armored, "hpcr-env"));
            folder.sh("ssh-keygen -Y check-novalidate -n hpcr-workload -s signature < message");
            assert_eq!(verify(&armored, MESSAGE), Ok(key.public().fingerprint()));
        }
    }
}

#[test]
fn we_accept_what_ssh_keygen_makes_and_show_its_fingerprints() {
    for kind in OURS.into_iter().chain(THEIRS) {
        let folder = Folder::new();
        folder.sh(&format!("ssh-keygen -q {kind} -N '' -C 'alice of paynow' -f k"));
        for hash in ["sha256", "sha512"] {
            folder.sh(&format!(
                "ssh-keygen -q -Y sign -O hashalg={hash} -n hpcr-workload -f k < message > signature"
            ));
            let line = Line::parse_file(&folder.read("k.pub")).unwrap();
            assert_eq!(line.key.listing(&line.comment), folder.sh("ssh-keygen -l -f k.pub").trim_end());
            assert_eq!(format!("{} {}\n", line.key, line.comment), folder.read("k.pub"));
            let signature = folder.read("signature");
            assert_eq!(verify(&signature, MESSAGE), Ok(line.key.fingerprint()), "{kind} {hash}");
            // mail rewrites line ends
            assert_eq!(verify(&signature.replace('\n', "\r\n"), MESSAGE), Ok(line.key.fingerprint()));
            assert_eq!(verify(&signature, b"{\"a\": \"statement\"}"), Err(Error::Wrong));
        }
    }
}

#[test]
fn a_key_without_a_comment_is_listed_as_ssh_keygen_lists_it() {
    let folder = Folder::new();
    folder.sh("ssh-keygen -q -t ed25519 -N '' -C '' -f k");
    let line = Line::parse_file(&folder.read("k.pub")).unwrap();
    assert_eq!(line.key.listing(&line.comment), folder.sh("ssh-keygen -l -f k.pub").trim_end());
}

/// One key, one way to fail at a time.
#[test]
fn what_does_not_hold_is_told_apart() {
    let folder = Folder::new();
    folder.sh("ssh-keygen -q -t ed25519 -N '' -f k; ssh-keygen -q -t ed25519 -N '' -f other");
    let key = private(&folder, "k", "").unwrap();
    let other = private(&folder, "other", "").unwrap();
    let good = key.sign(MESSAGE, Namespace::Workload).unwrap();
    let wrong = |armored: &str| verify(armored, MESSAGE).unwrap_err();

    let env = wrong(&key.sign(MESSAGE, Namespace::Env).unwrap());
    assert_eq!(env.to_string(), "made in the namespace `hpcr-env`, expected `hpcr-workload`");
    assert_eq!(env.blame(), Blame::Refusal);
    // another key's signature under this key's name
    let (mut bytes, theirs) = (bytes_of(&good), bytes_of(&other.sign(MESSAGE, Namespace::Workload).unwrap()));
    let tail = bytes.len() - 64;
    bytes[tail..].copy_from_slice(&theirs[tail..]);
    assert_eq!(wrong(&armor(&bytes)), Error::Wrong);
    // a namespace that the signature does not cover
    let relabelled = replace(
        &bytes_of(&key.sign(MESSAGE, Namespace::Env).unwrap()),
        b"\0\0\0\x08hpcr-env",
        b"\0\0\0\x0dhpcr-workload",
    );
    assert_eq!(wrong(&armor(&relabelled)), Error::Wrong);
    // the other hash
    assert_eq!(wrong(&armor(&replace(&bytes_of(&good), b"sha512", b"sha256"))), Error::Wrong);
    assert_eq!(
        wrong(&armor(&replace(&bytes_of(&good), b"\0\0\0\x06sha512", b"\0\0\0\x04sha1"))),
        Error::Hash("sha1".into())
    );
    assert_eq!(
        wrong(&armor(&replace(&bytes_of(&good), b"SSHSIG\0\0\0\x01", b"SSHSIG\0\0\0\x02"))),
        Error::Version(2)
    );
    // what nobody signs
    let reserved = replace(&bytes_of(&good), b"hpcr-workload\0\0\0\0", b"hpcr-workload\0\0\0\x01x");
    assert!(wrong(&armor(&reserved)).to_string().contains("reserved"));
    for armored in [
        String::new(),
        "x".into(),
        good.replace("END", "FIN"),
        good.replace("BEGIN SSH", "BEGIN PGP"),
        good.clone() + &good,
        good.clone() + "more",
        good.replace("U1NI", "U1N!"),
        "y".repeat(20_000),
        armor(&[&bytes_of(&good)[..], b"x"].concat()),
        armor(b""),
    ] {
        assert_eq!(wrong(&armored).blame(), Blame::Input, "{armored:.80}");
    }
}

/// No prefix and no changed byte of a signature verifies, and none panics.
#[test]
fn no_damaged_signature_holds() {
    for kind in OURS.into_iter().chain([THEIRS[0]]) {
        let folder = Folder::new();
        folder.sh(&format!("ssh-keygen -q {kind} -N '' -f k; ssh-keygen -q -Y sign -n hpcr-workload -f k < message > signature"));
        let bytes = bytes_of(&folder.read("signature"));
        verify(&armor(&bytes), MESSAGE).unwrap();
        for end in 0..bytes.len() {
            verify(&armor(&bytes[..end]), MESSAGE).unwrap_err();
        }
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                assert!(verify(&armor(&bytes), MESSAGE).is_err(), "{kind}: byte {at} ^ {change}");
            }
        }
    }
}

#[test]
fn rsa_with_sha1_and_small_rsa_are_refused() {
    let folder = Folder::new();
    folder.sh("ssh-keygen -q -t rsa -b 2048 -N '' -f k; ssh-keygen -q -Y sign -n hpcr-workload -f k < message > signature
        openssl genrsa -traditional -out small 1024 2>/dev/null; chmod 600 small; ssh-keygen -y -f small > small.pub");
    let sha1 = replace(
        &bytes_of(&folder.read("signature")),
        b"\0\0\x01\x14\0\0\0\x0crsa-sha2-512",
        b"\0\0\x01\x0f\0\0\0\x07ssh-rsa",
    );
    assert_eq!(
        verify(&armor(&sha1), MESSAGE),
        Err(Error::Algorithm { algorithm: "ssh-rsa".into(), label: "RSA" })
    );
    assert_eq!(Line::parse_file(&folder.read("small.pub")), Err(ssh_key::Error::Bits(1024)));
}

#[test]
fn a_certificate_is_refused_by_name() {
    let folder = Folder::new();
    folder.sh("ssh-keygen -q -t ed25519 -N '' -f ca; ssh-keygen -q -t ed25519 -N '' -f k
        ssh-keygen -q -s ca -I alice -n alice k.pub; ssh-keygen -q -Y sign -n hpcr-workload -f k-cert.pub < message > signature");
    let refused = verify(&folder.read("signature"), MESSAGE).unwrap_err();
    assert!(
        refused.to_string().contains("an SSH certificate (`ssh-ed25519-cert-v01@openssh.com`)"),
        "{refused}"
    );
    assert_eq!(refused.blame(), Blame::Refusal);
    let refused = Line::parse_file(&folder.read("k-cert.pub")).unwrap_err();
    assert!(matches!(refused, ssh_key::Error::Certificate(_)), "{refused}");
}

#[test]
fn private_keys_that_do_not_open() {
    let folder = Folder::new();
    folder.sh("ssh-keygen -q -t ed25519 -N right -f k; ssh-keygen -q -t rsa -b 2048 -N right -f rsa
        ssh-keygen -q -t ed25519 -N right -Z aes256-gcm@openssh.com -f gcm
        ssh-keygen -q -t ecdsa -m PKCS8 -N '' -f pkcs8; ssh-keygen -q -t ecdsa -m PEM -N '' -f pem");
    for passphrase in ["wrong", ""] {
        assert!(matches!(private(&folder, "k", passphrase), Err(PrivateError::WrongPassphrase)));
    }
    // these are known before anybody is asked
    for name in ["rsa", "gcm", "pkcs8", "pem"] {
        let refused = PrivateKey::parse(&folder.read(name), &mut || panic!("asked"));
        assert!(matches!(refused, Err(PrivateError::ForSshKeygen(_))), "{name}: {refused:?}");
    }
    let none = PrivateKey::parse(&folder.read("k"), &mut || Err("no terminal".into()));
    assert_eq!(none.unwrap_err().blame(), Blame::Secret);
    let shown = format!("{:?}", private(&folder, "k", "right").unwrap());
    assert!(shown.starts_with("PrivateKey(256 SHA256:") && shown.len() < 100, "{shown}");
}

/// A private key of which anything was changed is refused, or is still the same key.
#[test]
fn no_damaged_private_key_opens_as_another() {
    for kind in [OURS[0], OURS[1]] {
        let folder = Folder::new();
        folder.sh(&format!("ssh-keygen -q {kind} -N '' -f k"));
        let text = folder.read("k");
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let bytes = STANDARD.decode(base64).unwrap();
        let parse = |bytes: &[u8]| {
            let text = format!(
                "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n",
                STANDARD.encode(bytes)
            );
            PrivateKey::parse(&text, &mut || Err(String::new()))
        };
        let whole = parse(&bytes).unwrap();
        for end in 0..bytes.len() {
            parse(&bytes[..end]).unwrap_err();
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            if let Ok(key) = parse(&bytes) {
                assert_eq!(key.public(), whole.public(), "byte {at}");
            }
        }
    }
}

fn bytes_of(armored: &str) -> Vec<u8> {
    let base64: String = armored.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).unwrap()
}

fn armor(bytes: &[u8]) -> String {
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", STANDARD.encode(bytes))
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}
