//! The judge: OpenSSH's own `ssh-keygen`, in a folder of its own.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub const MESSAGE: &[u8] = b"{\"a\": \"statement\"}\n";

pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Runs a line of bash with `MESSAGE` in the file `message`.
    pub fn try_sh(&self, script: &str) -> Output {
        self.write("message", MESSAGE);
        let mut child = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.0.path())
            .env_remove("SSH_AUTH_SOCK")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"").unwrap();
        child.wait_with_output().unwrap()
    }

    pub fn sh(&self, script: &str) -> String {
        let output = self.try_sh(script);
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Whether ssh-keygen takes `signature` over the message as `alice`'s, by the file `allowed`.
    pub fn verifies(&self, signature: &str, namespace: &str) -> bool {
        self.write("signature", signature);
        let line = format!("ssh-keygen -Y verify -f allowed -I alice -n {namespace} -s signature < message");
        self.try_sh(&line).status.success()
    }
}
