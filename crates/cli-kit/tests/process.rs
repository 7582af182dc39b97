//! What only a whole process shows: exit codes, both streams, closed pipes, the terminal.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The example `voice`, which cargo builds beside the tests.
fn voice() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().unwrap().parent().unwrap().join("examples/voice")
}

/// Exit code, stdout, stderr.
fn run(arguments: &[&str], stdin: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(voice())
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a command that reads no stdin may already be gone
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn shell(script: &str) -> (i32, String, String) {
    let output = Command::new("bash").args(["-c", script]).env("voice", voice()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_failure_is_said_on_stderr_and_is_one_object_with_json() {
    let said = "voice: error: no \\u{1b}[2J\\nvoice: fine\n  hint: a hint\n";
    let (exit, stdout, stderr) = run(&["fail", "no \u{1b}[2J\nvoice: fine"], b"");
    assert_eq!((exit, stdout.as_str(), stderr.as_str()), (4, "", said));
    let (exit, stdout, stderr) = run(&["fail", "no", "--json"], b"");
    assert_eq!(stdout, "{\"error\":{\"message\":\"no\",\"hints\":[\"a hint\"],\"exit\":4}}\n");
    assert_eq!((exit, stderr.as_str()), (4, "voice: error: no\n  hint: a hint\n"));
}

#[test]
fn with_json_only_warnings_are_said_besides_the_object() {
    let (exit, stdout, stderr) = run(&["say", "x"], b"");
    assert_eq!(
        (exit, stdout.as_str(), stderr.as_str()),
        (0, "x\n", "a note\nvoice: warning: x\n  hint: a hint\n")
    );
    let (exit, stdout, stderr) = run(&["--json", "say", "x"], b"");
    assert_eq!(
        (exit, stdout.as_str(), stderr.as_str()),
        (0, "\"x\"\n", "voice: warning: x\n  hint: a hint\n")
    );
}

#[test]
fn wrong_usage_is_2_and_help_is_a_result() {
    let (exit, stdout, stderr) = run(&["say", "x", "--frce"], b"");
    assert_eq!((exit, stdout.as_str()), (2, ""));
    assert!(stderr.starts_with("voice: error: unexpected argument '--frce' found\n  hint: "), "{stderr}");
    let (exit, stdout, _) = run(&["sing", "--json"], b"");
    assert!(exit == 2 && stdout.starts_with("{\"error\":{\"message\":\"unrecognized subcommand"), "{stdout}");
    let (exit, _, stderr) = run(&[], b"");
    assert_eq!(
        (exit, stderr.as_str()),
        (2, "voice: error: a command is missing\n  hint: see `voice --help`\n")
    );
    let (exit, stdout, stderr) = run(&["--help"], b"");
    assert!(exit == 0 && stdout.contains("--json") && stderr.is_empty(), "{stdout}{stderr}");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let (_, stdout, stderr) = shell("\"$voice\" --json say x 2>/dev/null | true; echo ${PIPESTATUS[0]}");
    assert!(["0\n", "1\n"].contains(&stdout.as_str()), "{stdout}{stderr}");
    let (_, stdout, stderr) = shell(
        "\"$voice\" say yes 1000000 2> >(grep -v 'note\\|warning\\|hint' >&2) | head -1; echo ${PIPESTATUS[0]}",
    );
    assert_eq!((stdout.as_str(), stderr.as_str()), ("yes\n1\n", ""));
    let (exit, _, stderr) = shell("\"$voice\" say x 2>&1 >/dev/full | grep error; exit ${PIPESTATUS[0]}");
    assert_eq!((exit, stderr.as_str()), (1, ""));
}

/// Rust's runtime puts `/dev/null` in the place of what is closed; Python's `DEVNULL` is the same file, opened the same way.
#[test]
fn a_closed_standard_output_is_a_failure_and_dev_null_is_not() {
    for command in ["say x", "--json say x", "--json fail x", "--help", "--version", "copy - -"] {
        let (exit, _, stderr) = shell(&format!("echo token | \"$voice\" {command} >&-"));
        let expected = if command.contains("fail") { 4 } else { 1 };
        assert_eq!(exit, expected, "{command}: {stderr}");
        assert!(
            expected == 4 || stderr.contains("standard output: bad file descriptor"),
            "{command}: {stderr}"
        );
        for null in [">/dev/null", "1<>/dev/null"] {
            let (exit, _, stderr) = shell(&format!("echo token | \"$voice\" {command} {null}"));
            assert_eq!(exit, if expected == 4 { 4 } else { 0 }, "{command} {null}: {stderr}");
        }
    }
}

#[test]
fn a_panic_is_a_failure() {
    let (exit, stdout, stderr) = run(&["--json", "break", "the library gave up"], b"");
    assert_eq!(exit, 1);
    assert!(
        stderr.starts_with("voice: error: the program failed where it should not: the library gave up\n")
    );
    assert!(stdout.starts_with("{\"error\":{\"message\":\"the program failed"), "{stdout}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn stdin_and_stdout_are_named_by_a_dash() {
    let (exit, stdout, stderr) = run(&["copy", "-", "-"], b"\0token");
    assert_eq!((exit, stdout.as_str(), stderr.as_str()), (0, "\0token", ""));
}

#[test]
fn a_passphrase_comes_through_a_descriptor_even_without_privileges_and_hardened() {
    let (exit, stdout, stderr) = shell("\"$voice\" ask --passphrase-fd 7 7< <(echo secret)");
    assert_eq!((exit, stdout.as_str(), stderr.as_str()), (0, "6 bytes\n", ""));
    let (exit, stdout, _) = run(&["ask", "--passphrase-file", "-"], b"secret\r\n");
    assert_eq!((exit, stdout.as_str()), (0, "6 bytes\n"));
}

#[test]
fn without_a_terminal_the_flags_are_named() {
    let (exit, stdout, stderr) = shell("setsid --wait \"$voice\" ask");
    assert_eq!((exit, stdout.as_str()), (5, ""));
    assert!(stderr.contains("no terminal") && stderr.contains("--passphrase-file FILE"), "{stderr}");
}

/// Types into a new terminal; prints its content, then whether the echo is restored, then the exit code.
const TYPIST: &str = r#"
import os, pty, sys, termios, time
pid, tty = pty.fork()
if pid == 0:
    devnull = os.open("/dev/null", os.O_RDONLY)
    os.dup2(devnull, 0)
    os.execv(sys.argv[1], sys.argv[1:2] + sys.argv[2].split())
def until(text):
    seen = b""
    while text not in seen:
        seen += os.read(tty, 1024)
    return seen
seen = b""
for prompt, keys in [line.split("|") for line in sys.argv[3:]]:
    seen += until(prompt.encode())
    # after the signal of Ctrl-C the kernel drops what is not read yet, which may be the program's answer to it
    mode = termios.tcgetattr(tty)
    mode[3] |= termios.NOFLSH
    termios.tcsetattr(tty, termios.TCSANOW, mode)
    os.write(tty, keys.encode().decode("unicode_escape").encode())
status = None
while True:
    try:
        more = os.read(tty, 1024)
    except OSError:
        break
    if not more:
        break
    seen += more
    echo = termios.tcgetattr(tty)[3]
_, status = os.waitpid(pid, 0)
print(repr(seen.decode()), bool(echo & termios.ECHO), bool(echo & termios.ISIG), os.waitstatus_to_exitcode(status))
"#;

fn typed(arguments: &str, dialogue: &[&str]) -> String {
    let output = Command::new("python3")
        .args(["-c", TYPIST])
        .arg(voice())
        .arg(arguments)
        .args(dialogue)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_terminal_is_asked_without_echo_while_stdin_is_no_terminal() {
    let seen = typed("ask", &["k.pem`: |secret\\r"]);
    assert!(seen.starts_with("'passphrase of the key `k.pem`: \\r\\n6 bytes\\r\\n' "), "{seen}");
    assert!(seen.ends_with(" 0\n"), "{seen}");
}

#[test]
fn a_new_passphrase_is_asked_twice() {
    let seen = typed("ask --new", &["k.pem`: |my secret\\r", "again: |my secret\\r"]);
    assert!(seen.contains("9 bytes") && seen.ends_with(" 0\n"), "{seen}");
    let seen = typed("ask --new", &["k.pem`: |secret\\r", "again: |other\\r"]);
    assert!(seen.contains("the two passphrases differ") && seen.ends_with("True True 5\n"), "{seen}");
    let seen = typed("ask --new", &["k.pem`: |secret\\r", "again: |secret\\r"]);
    assert!(seen.contains("fewer than 8 characters") && seen.ends_with("True True 5\n"), "{seen}");
    let seen = typed("ask --new", &["k.pem`: |\\r"]);
    assert!(seen.contains("is empty") && seen.ends_with(" 5\n"), "{seen}");
}

#[test]
fn ctrl_c_cancels_and_gives_the_terminal_back() {
    let seen = typed("ask", &["k.pem`: |sec\\x03"]);
    assert!(seen.contains("error: ") && seen.contains("cancelled"), "{seen}");
    assert!(!seen.contains("sec") && seen.ends_with("True True 5\n"), "{seen}");
}
