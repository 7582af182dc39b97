//! Shared by the tests of this crate: keys, user data, and the `openssl` command as an independent judge.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::Signer;
use openssl::symm::{Cipher, encrypt};

use crate::certificates::{Draft, Pair};
use crate::keys::{GuestKey, ImageAttestationKey};

/// One key for all tests: making it takes seconds.
pub fn guest_key() -> &'static GuestKey {
    static KEY: LazyLock<GuestKey> = LazyLock::new(|| GuestKey::generate().unwrap());
    &KEY
}

/// As long as a real one; one for all tests.
pub fn attestation_key() -> &'static ImageAttestationKey {
    static KEY: LazyLock<ImageAttestationKey> = LazyLock::new(|| ImageAttestationKey::generate().unwrap());
    &KEY
}

/// Runs `openssl`; panics with its error.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Base64 of a gzip tar of these files.
pub fn archive(files: &[(&str, &str)]) -> String {
    STANDARD.encode(tar_gz(|tar| {
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
    }))
}

/// A gzip tar of what the closure appends.
pub fn tar_gz(fill: impl FnOnce(&mut tar::Builder<flate2::write::GzEncoder<Vec<u8>>>)) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    fill(&mut tar);
    tar.into_inner().unwrap().finish().unwrap()
}

/// The parts of user data: sound at first, then changed by a test in one place.
pub struct Case {
    pub workload: String,
    pub env: String,
    pub encrypted: bool,
    pub password: [u8; 32],
    pub signer: Option<PKey<Private>>,
    pub attestation_public_key: Option<String>,
}

impl Case {
    /// One Pod, one volume, one variable from each side; encrypted and signed.
    pub fn sound() -> Self {
        let archive = archive(&[("pod.yml", POD)]);
        Self {
            workload: format!(
                "type: workload\nplay:\n  archive: {archive}\nenv:\n  THEME: \"dark\"\nvolumes:\n  data:\n    \
                 mount: /mnt/data\n    filesystem: ext4\n    seed: \"{WORKLOAD_SEED}\"\n"
            ),
            env: format!(
                "type: env\nlogging:\n  logRouter:\n    hostname: log.example\n    iamApiKey: \"{API_KEY}\"\n    \
                 port: 443\nvolumes:\n  data:\n    seed: \"{ENV_SEED}\"\nenv:\n  HOST: \"paynow.example\"\n\
                 signingKey: {}\n",
                quoted(signing_key().public_key_to_pem().unwrap())
            ),
            encrypted: true,
            password: [b'x'; 32],
            signer: Some(signing_key().clone()),
            attestation_public_key: None,
        }
    }

    /// A workload whose Pod or compose file comes from this archive.
    pub fn with_archive(kind: &str, archive: &str) -> Self {
        let mut case = Self::sound();
        let volumes = case.workload.split_off(case.workload.find("env:").unwrap());
        case.workload = format!("type: workload\n{kind}:\n  archive: {archive}\n{volumes}");
        case
    }

    /// The value under `workload` or `env`, as YAML writes it.
    fn value(&self, section: &str) -> String {
        if !self.encrypted {
            return section.to_owned();
        }
        let mut wrapped = vec![0; 512];
        guest_key().rsa().public_encrypt(&self.password, &mut wrapped, Padding::PKCS1).unwrap();
        let cut = self.password.split(|byte| matches!(byte, b'\n' | 0)).next().unwrap();
        let mut derived = [0; 48];
        pbkdf2_hmac(cut, b"saltsalt", 10_000, MessageDigest::sha256(), &mut derived).unwrap();
        let ciphertext =
            encrypt(Cipher::aes_256_cbc(), &derived[..32], Some(&derived[32..]), section.as_bytes()).unwrap();
        let salted = [&b"Salted__saltsalt"[..], &ciphertext].concat();
        format!("hyper-protect-basic.{}.{}", STANDARD.encode(wrapped), STANDARD.encode(salted))
    }

    /// The finished YAML.
    pub fn user_data(&self) -> String {
        let (workload, env) = (self.value(&self.workload), self.value(&self.env));
        let entry = |name: &str, value: &str| {
            if self.encrypted {
                return format!("{name}: {value}\n");
            }
            let lines: Vec<_> = value.lines().map(|line| format!("  {line}\n")).collect();
            format!("{name}: |\n{}", lines.concat())
        };
        let mut text = entry("workload", &workload) + &entry("env", &env);
        if let Some(signer) = &self.signer {
            let mut sign = Signer::new(MessageDigest::sha256(), signer).unwrap();
            sign.update((workload + &env).replace(['\r', '\n'], "").as_bytes()).unwrap();
            let signature = STANDARD.encode(sign.sign_to_vec().unwrap());
            text.extend(["envWorkloadSignature: ", &signature, "\n"]);
        }
        if let Some(key) = &self.attestation_public_key {
            text.extend(["attestationPublicKey: ", key, "\n"]);
        }
        text
    }
}

pub const WORKLOAD_SEED: &str = "canary-workload-seed-0123456789";
pub const ENV_SEED: &str = "canary-env-seed-0123456789";
pub const API_KEY: &str = "canary-api-key-0123456789";

pub const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: paynow
spec:
  containers:
    - name: paynow
      image: quay.io/paynow-demo/paynow@sha256:6f2d0c1b9a8e7d5c4b3a29181706f5e4d3c2b1a0998877665544332211ffeedd
      ports:
        - containerPort: 8443
          hostPort: 8443
      env:
        - name: HOST
          valueFrom:
            configMapKeyRef:
              name: contract.config.map
              key: HOST
        - name: THEME
          valueFrom:
            configMapKeyRef:
              name: contract.config.map
              key: THEME
      volumeMounts:
        - name: data
          mountPath: /var/lib/paynow
  volumes:
    - name: data
      hostPath:
        path: /mnt/data
  restartPolicy: Always
";

/// The contract signer's key: short, for speed.
pub fn signing_key() -> &'static PKey<Private> {
    static KEY: LazyLock<PKey<Private>> =
        LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
    &KEY
}

/// A signing certificate with a life of this many days.
pub fn signing_certificate(days: i64) -> Vec<u8> {
    let draft = Draft {
        subject: ("test", "signer"),
        from: jiff::Timestamp::now(),
        days,
        digest: MessageDigest::sha256(),
    };
    Pair::issue(&draft, signing_key().clone(), None, |_| Ok(Vec::new())).unwrap().to_pem().unwrap()
}

/// A PEM as a YAML string on one line.
pub fn quoted(pem: Vec<u8>) -> String {
    format!("\"{}\"", String::from_utf8(pem).unwrap().replace('\n', "\\n"))
}

/// These bytes, gzipped.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}
