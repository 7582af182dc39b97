//! The work that every implementation of the ceremony has to do, each part measured separately.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::Signer;
use openssl::x509::X509;

use crate::run::{Times, ours, timed};

/// The times of the parts, one entry a round.
#[derive(Debug, Default)]
pub struct Floor {
    pbkdf2: Times,
    pbkdf2_openssl: Times,
    public: Times,
    sign: Times,
    start: Times,
    start_of_ours: Times,
}

/// The key and certificate that both contestants use.
#[derive(Debug)]
pub struct Keys {
    certificate: X509,
    signing_key: PKey<Private>,
}

impl Keys {
    pub fn read(folder: &Path) -> Self {
        let read = |name: &str| std::fs::read(folder.join(name)).expect("setup made it");
        Self {
            certificate: X509::from_pem(&read("encrypt.crt")).expect("a certificate"),
            signing_key: PKey::private_key_from_pem_passphrase(&read("private.pem"), b"test1234")
                .expect("a key"),
        }
    }
}

impl Floor {
    /// Measures one round of every part.
    pub fn measure(&mut self, keys: &Keys, folder: &Path) {
        let mut key = [0; 48];
        self.pbkdf2
            .push(took(|| pbkdf2::pbkdf2_hmac::<sha2::Sha256>(&[65; 32], b"01234567", 10_000, &mut key)));
        self.pbkdf2_openssl.push(took(|| {
            pbkdf2_hmac(&[65; 32], b"01234567", 10_000, MessageDigest::sha256(), &mut key).expect("PBKDF2");
        }));
        let public = keys.certificate.public_key().and_then(|key| key.rsa()).expect("an RSA certificate");
        let mut wrapped = [0; 512];
        self.public.push(took(|| {
            public.public_encrypt(&[65; 32], &mut wrapped, Padding::PKCS1).expect("RSA");
        }));
        self.sign.push(took(|| {
            let mut signer = Signer::new(MessageDigest::sha256(), &keys.signing_key).expect("a signer");
            black_box(signer.sign_oneshot_to_vec(b"two tokens").expect("a signature"));
        }));
        self.start.push(timed(&mut Command::new("/bin/true")));
        self.start_of_ours.push(timed(&mut ours(folder, "contract-signer --version")));
        black_box((key, wrapped));
    }

    /// Two PBKDF2, two public operations, one signature, three starts of a process that does nothing; milliseconds.
    pub fn total(&self) -> f64 {
        let pbkdf2 = self.pbkdf2.median().min(self.pbkdf2_openssl.median());
        2.0 * pbkdf2 + 2.0 * self.public.median() + self.sign.median() + 3.0 * self.start.median()
    }

    /// The extra time of three starts of our binary over three of `/bin/true`; most of it loads OpenSSL.
    pub fn loading(&self) -> f64 {
        3.0 * (self.start_of_ours.median() - self.start.median())
    }

    pub fn print(&self) {
        println!("  2 x PBKDF2, RustCrypto   {:9.1} ms", 2.0 * self.pbkdf2.median());
        println!("  2 x PBKDF2, OpenSSL      {:9.1} ms", 2.0 * self.pbkdf2_openssl.median());
        println!("  2 x RSA-4096 public      {:9.1} ms", 2.0 * self.public.median());
        println!("  1 x RSA-4096 signature   {:9.1} ms", self.sign.median());
        println!("  3 x start of /bin/true   {:9.1} ms", 3.0 * self.start.median());
        println!("  3 x start of ours        {:9.1} ms", 3.0 * self.start_of_ours.median());
    }
}

fn took(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
