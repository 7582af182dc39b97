//! A folder with four personas and a guest, and bash to act in it.

use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::binaries::{binaries, repository, target_folder};
use crate::keys::keys;

/// Shell functions that every script of a story may use.
const PRELUDE: &str = include_str!("prelude.bash");

/// What a script left behind for the eye.
pub struct Outcome {
    /// The exit code; 128 and more for a signal, as in a shell.
    pub exit: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

/// As text: these are read when a test fails.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}\n--- stdout\n{:.4000}\n--- stderr\n{:.4000}", self.exit, self.text(), self.stderr)
    }
}

impl Outcome {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("no JSON: {error}: {self:?}"))
    }
}

/// A fresh folder: `workload-provider/`, `env-deployer/`, `contract-signer/`, `guest/` and `tmp/`.
pub struct Story {
    folder: TempDir,
}

impl Story {
    /// The personas before they did anything.
    pub fn new() -> Self {
        let story = Self { folder: tempfile::Builder::new().prefix("story-").tempdir().unwrap() };
        story.write_personas();
        story.does(&format!(
            "cp -r '{keys}/guest' guest && cp '{keys}'/signer/* contract-signer/ && cp -r '{keys}/rsyslog' env-deployer/
             cp -p '{keys}'/alice/* workload-provider/ && cp -p '{keys}'/bob/* env-deployer/",
            keys = keys().display()
        ));
        story
    }

    /// Both tokens and both handoffs, vouched for, are there: `workload.token`, `env.token`, `workload.handoff`, `env.handoff`.
    pub fn encrypted() -> Self {
        let story = Self::new();
        story.does(
            "workload-provider encrypt workload-provider -o workload.handoff --token workload.token
             env-deployer encrypt env-deployer --signing-key contract-signer/signing-key.pub.pem \
                -o env.handoff --token env.token",
        );
        story
    }

    /// As [`Story::encrypted`], and `user-data` is signed and on record.
    pub fn signed() -> Self {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        Self::copy_of(FOLDER.get_or_init(|| {
            let story = Self::encrypted();
            story.does("sign -o user-data");
            kept("signed", &story)
        }))
    }

    /// What a ceremony leaves, under `played/`: a copy of one that all tests share, since it takes ten seconds.
    pub fn played() -> Self {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        Self::copy_of(FOLDER.get_or_init(|| {
            let story = Self::new();
            story.does(&format!("guest-rehearsal ceremony '{}/personas' -o played", repository().display()));
            kept("played", &story)
        }))
    }

    fn copy_of(folder: &Path) -> Self {
        let story = Self { folder: tempfile::Builder::new().prefix("story-").tempdir().unwrap() };
        let copied = Command::new("cp").arg("-a").arg(folder.join(".")).arg(story.folder()).status();
        assert!(copied.unwrap().success());
        story
    }

    /// The story's folder, in which every script runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder().join(relative)
    }

    /// The bytes of a file in the folder.
    pub fn read(&self, relative: &str) -> Vec<u8> {
        fs::read(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// Writes a file in the folder.
    pub fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs a bash script in the folder, our binaries first in `PATH`, nothing on stdin, five minutes at most.
    pub fn sh(&self, script: &str) -> Outcome {
        let path = format!("{}:{}", binaries().display(), std::env::var("PATH").unwrap());
        // a script that hangs fails, with `timeout`'s exit code, and does not hold up the others
        let output = Command::new("timeout")
            .args(["--kill-after=5", "300", "bash", "-c", &format!("{PRELUDE}\n{script}")])
            .current_dir(self.folder())
            .env("PATH", path)
            .env("HOME", self.folder())
            .env("TMPDIR", self.path("tmp"))
            .env("LC_ALL", "C.UTF-8")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Outcome {
            exit: output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal)).unwrap(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a bash script of which every line must succeed; returns its standard output as text.
    pub fn does(&self, script: &str) -> String {
        let outcome = self.sh(&format!("set -euo pipefail\n{script}"));
        assert_eq!(outcome.exit, 0, "{script}\n{}\n{}", outcome.text(), outcome.stderr);
        outcome.text()
    }

    fn write_personas(&self) {
        fs::create_dir(self.path("tmp")).unwrap();
        fs::create_dir(self.path("contract-signer")).unwrap();
        for (file, content) in PERSONAS {
            self.write(file, content);
        }
    }
}

/// A story made once for each test process and copied by all that begin with it. It lies in the target folder, where the
/// next process takes away those of processes that are gone.
fn kept(kind: &str, story: &Story) -> PathBuf {
    let parent = target_folder().join(format!("story-{kind}"));
    fs::create_dir_all(&parent).unwrap();
    for entry in fs::read_dir(&parent).unwrap().flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let folder = parent.join(std::process::id().to_string());
    let copied = Command::new("cp").arg("-a").arg(story.folder()).arg(&folder).status();
    assert!(copied.unwrap().success());
    folder
}

impl Default for Story {
    fn default() -> Self {
        Self::new()
    }
}

const PERSONAS: [(&str, &str); 5] = [
    (
        "workload-provider/persona.yaml",
        "persona: workload-provider\nname: paynow\nplatform: hpvs\ncertificate: ../guest/guest-encrypt.crt\nhandoff: {vouch-with: id_ed25519}\n",
    ),
    (
        "workload-provider/workload.yaml",
        r#"type: workload
play:
  archive: !folder play
auths:
  registry.example.com:
    username: reader
    password: "canary-of-the-workload-registry"
env:
  COLOR: blue
volumes:
  data:
    seed: "canary-of-the-workload-seed"
    mount: /mnt/data
"#,
    ),
    (
        "workload-provider/play/pod.yml",
        r"apiVersion: v1
kind: Pod
metadata:
  name: paynow
spec:
  containers:
  - name: paynow
    image: registry.example.com/paynow@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    ports:
    - containerPort: 8443
      hostPort: 8443
  restartPolicy: Always
",
    ),
    (
        "env-deployer/persona.yaml",
        "persona: env-deployer\nname: paynow\nplatform: hpvs\ncertificate: ../guest/guest-encrypt.crt\nhandoff: {vouch-with: id_ed25519}\n",
    ),
    (
        "env-deployer/env.yaml",
        r#"type: env
logging:
  syslog:
    hostname: syslog.example.com
    port: 6514
    server: !file rsyslog/ca.crt
    cert: !file rsyslog/client.crt
    key: !file rsyslog/client-key.pem
env:
  GREETING: "canary-of-the-env-variable"
volumes:
  data:
    seed: "canary-of-the-env-seed"
"#,
    ),
];
