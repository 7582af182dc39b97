//! Vouching with every kind of key that can be had without hardware, judged by `ssh-keygen -Y verify`.
#![expect(clippy::disallowed_methods, reason = "a test of the whole process has to start it")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs bash in a folder that is also the home folder. `vouch KEY …` signs `statement.json` into `signature`; `accepted
/// KEY` checks it with a public key; nobody is at the terminal.
fn try_sh(folder: &Path, script: &str) -> Output {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples/vouch");
    let words = r#"
        printf '{"a": "statement"}\n' > statement.json
        make() { ssh-keygen -q -C alice "$@"; }
        vouch() { "$program" "$@" < statement.json > signature; }
        accepted() {
            printf 'alice %s\n' "$(cat "$1.pub")" > allowed
            ssh-keygen -Y verify -f allowed -I alice -n hpcr-workload -s signature < statement.json >&2
        }
    "#;
    Command::new("setsid")
        .args(["-w", "timeout", "60", "bash", "-euo", "pipefail", "-c", &format!("{words}{script}")])
        .current_dir(folder)
        .env("program", program)
        .env("HOME", folder)
        .env_remove("SSH_AUTH_SOCK")
        .env_remove("DISPLAY")
        .output()
        .unwrap()
}

fn does(script: &str) -> String {
    let folder = TempDir::new().unwrap();
    let output = try_sh(folder.path(), script);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{script}: {stderr}");
    stderr
}

/// Exit code and stderr of the last line of the script.
fn fails(script: &str) -> (i32, String) {
    let folder = TempDir::new().unwrap();
    let output = try_sh(folder.path(), script);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn keys_that_we_hold_sign_here() {
    for kind in ["ed25519", "ecdsa"] {
        let said = does(&format!("make -t {kind} -N '' -f k; (PATH=; vouch k); accepted k"));
        assert!(said.contains("Ourselves SHA256:"), "{said}");
    }
    does(
        "make -t ed25519 -N 'two words' -f k; echo two words > passphrase; (PATH=; vouch k --passphrase-file passphrase); accepted k",
    );
}

#[test]
fn a_passphrase_that_ssh_keygen_does_not_take_has_a_way_on() {
    let (exit, said) = fails(
        "make -t rsa -N 'two words' -f k; echo two words > passphrase; vouch k --passphrase-file passphrase",
    );
    assert_eq!(exit, 5, "{said}");
    assert!(said.contains("`ssh-add k`, and vouch with `k.pub`"), "{said}");
}

#[test]
fn a_path_begins_with_the_home_folder() {
    does(
        "mkdir .ssh; make -t ed25519 -N '' -f .ssh/k; cd /; vouch() { \"$program\" '~/.ssh/k' < ~/statement.json > ~/signature; }; vouch; cd; accepted .ssh/k",
    );
    let (exit, said) = fails("unset HOME; vouch '~/k'");
    assert!(exit == 2 && said.contains("`HOME` is not set"), "{said}");
    // a folder of that name is not the home folder
    does("mkdir ./~x; make -t ed25519 -N '' -f ./~x/k; vouch '~x/k'; accepted '~x/k'");
}

#[test]
fn other_keys_sign_through_ssh_keygen() {
    for bits in [2048, 4096] {
        let said = does(&format!("make -t rsa -b {bits} -N '' -f k; vouch k; accepted k"));
        assert!(said.contains("SshKeygen SHA256:"), "{said}");
    }
    // PKCS#8 and its like, where the public half is next to it
    does("make -t ecdsa -m PKCS8 -N '' -f k; vouch k; accepted k");
}

/// Agents that are really started, and end with the test.
#[test]
fn keys_in_an_agent_sign_through_ssh_keygen() {
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let said = does(&format!(
            "make -t {kind} -N '' -f k; eval $(ssh-agent -s) >&2; trap 'ssh-agent -k >&2' EXIT
             ssh-add -q k; mkdir held; cp k.pub held/; rm k; vouch held/k.pub; accepted held/k"
        ));
        assert!(said.contains("SshKeygen SHA256:"), "{said}");
    }
}

#[test]
fn a_key_that_the_agent_lacks_cannot_vouch() {
    let (exit, said) = fails("make -t ed25519 -N '' -f k; rm k; vouch k.pub");
    assert_eq!(exit, 5, "{said}");
    assert!(
        said.contains("cannot vouch with `k.pub`: `ssh-keygen` did not sign") && said.contains("ssh-add -l"),
        "{said}"
    );
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (script, expected, says) in [
        ("vouch k", 1, "cannot read `k`"),
        ("make -t rsa -b 2048 -N '' -f k; PATH=; vouch k", 1, "openssh-client"),
        ("make -t ed25519 -N right -f k; vouch k", 5, "--passphrase-file"),
        (
            "make -t ed25519 -N right -f k; echo wrong > p; vouch k --passphrase-file p",
            5,
            "does not open the key",
        ),
        ("make -t rsa -b 2048 -N right -f k; vouch k", 5, "ssh-keygen -Y sign -n hpcr-workload -f k"),
        ("make -t ecdsa -m PEM -N '' -f k; rm k.pub; vouch k", 5, "ssh-keygen -p -f KEY"),
        ("echo hello > k; vouch k", 3, "not an SSH public key"),
        ("echo -----BEGIN OPENSSH PRIVATE KEY----- > k; vouch k", 3, "not a private key of OpenSSH"),
        (
            "make -t ed25519 -N '' -f ca; make -t ed25519 -N '' -f k; ssh-keygen -q -s ca -I a k.pub; vouch k-cert.pub",
            3,
            "an SSH certificate",
        ),
        (
            "openssl genrsa -traditional -out k 1024 2>&1; chmod 600 k; ssh-keygen -y -f k > k.pub; vouch k",
            4,
            "1024 bits",
        ),
    ] {
        let (exit, said) = fails(script);
        assert!(exit == expected && said.contains(says), "{script}: exit {exit}: {said}");
        assert!(said.contains("hint:"), "{script}: {said}");
    }
}

/// At a terminal, `ssh-keygen` asks by itself, although the statement comes through its stdin.
#[test]
fn ssh_keygen_asks_at_the_terminal() {
    let said = does(
        "make -t rsa -b 2048 -N secret -f k
         (sleep 2; echo secret; sleep 2) | script --quiet --return --command '\"$program\" k < statement.json > signature' /dev/null >&2
         accepted k",
    );
    assert!(said.contains("SshKeygen SHA256:"), "{said}");
}
