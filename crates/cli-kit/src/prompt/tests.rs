use super::*;
use std::os::fd::AsRawFd;

fn from_file(content: &[u8]) -> Result<Passphrase, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passphrase");
    std::fs::write(&path, content).unwrap();
    PassphraseSource { passphrase_file: Some(path), ..PassphraseSource::default() }
        .new_passphrase("the key", WeakPassphrase::default())
}

#[test]
fn a_file_gives_its_first_line_and_loses_one_line_end() {
    for content in [&b"two words"[..], b"two words\n", b"two words\r\n", b"two words\nand more"] {
        assert_eq!(&**from_file(content).unwrap(), b"two words");
    }
    assert_eq!(&**from_file(b" \xff words \r\n").unwrap(), b" \xff words ");
}

#[test]
fn a_short_passphrase_is_taken_with_a_flag_alone() {
    for content in [&b"1234567"[..], "häßlich".as_bytes()] {
        let failure = from_file(content).unwrap_err();
        assert!(failure.message.ends_with("has fewer than 8 characters"), "{failure:?}");
        assert_eq!(failure.exit, ExitCode::NoSecret);
    }
    assert_eq!(&**from_file("häßlich!".as_bytes()).unwrap(), "häßlich!".as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passphrase");
    std::fs::write(&path, "x").unwrap();
    let source = PassphraseSource { passphrase_file: Some(path), ..PassphraseSource::default() };
    let weak = WeakPassphrase { danger_weak_passphrase: true };
    assert_eq!(&**source.new_passphrase("the key", weak).unwrap(), b"x");
}

#[test]
fn what_openssl_reads_otherwise_protects_nothing_new() {
    for content in [&b"two\0words\n"[..], b"two\rwords\n", b"two words\r\r\n"] {
        assert_eq!(from_file(content).unwrap_err().exit, ExitCode::NoSecret);
    }
}

#[test]
fn an_empty_or_endless_passphrase_is_none() {
    for content in [&b""[..], b"\n", b"\r\n", &[b'x'; LONGEST + 1], &[b'x'; 5000]] {
        assert_eq!(from_file(content).unwrap_err().exit, ExitCode::NoSecret);
    }
    assert_eq!(from_file(&[b'x'; LONGEST]).unwrap().len(), LONGEST);
}

#[test]
fn a_descriptor_is_read_and_a_missing_one_is_named() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"words\n").unwrap();
    let source = |number| PassphraseSource { passphrase_fd: Some(number), ..PassphraseSource::default() };
    let number = u32::try_from(file.as_raw_fd()).unwrap();
    assert_eq!(&**source(number).passphrase("it").unwrap(), b"words");
    let failure = source(99_999).passphrase("it").unwrap_err();
    assert_eq!(failure.message, "cannot read `/dev/fd/99999`: no such file or directory");
    assert_eq!(failure.exit, ExitCode::NoSecret);
}

#[test]
fn a_pipe_answers_twice_and_an_empty_one_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let written = |line: &'static [u8]| {
        let path = path.clone();
        std::thread::spawn(move || std::fs::write(path, line).unwrap())
    };
    let source = || PassphraseSource { passphrase_file: Some(path.clone()), ..PassphraseSource::default() };
    let (writer, piped) = (written(b"two words\n"), source());
    for _ in 0..2 {
        assert_eq!(&**piped.clone().passphrase("it").unwrap(), b"two words");
    }
    assert!(!format!("{piped:?}").contains("words"));
    writer.join().unwrap();
    let (writer, failure) = (written(b"\n"), source().passphrase("it").unwrap_err());
    writer.join().unwrap();
    assert!(failure.message.starts_with("the passphrase of it is empty"), "{failure:?}");
    assert_eq!(failure.exit, ExitCode::NoSecret);
}

#[test]
fn keys_edit_the_line_and_ctrl_c_cancels() {
    let typed = |keys: &[u8]| {
        let mut typed = Vec::new();
        typed_line(keys, &mut typed).unwrap().then_some(typed)
    };
    assert_eq!(typed(b"abc\n").unwrap(), b"abc");
    assert_eq!(typed("aé\u{7f}b\r".as_bytes()).unwrap(), b"ab");
    assert_eq!(typed(b"wrong\x15right\n").unwrap(), b"right");
    assert_eq!(typed(b"ab\x04").unwrap(), b"ab");
    for cancelled in [&b"ab\x03"[..], b"\x04", b"\x1c", b"hung up"] {
        assert_eq!(typed(cancelled), None);
    }
}
