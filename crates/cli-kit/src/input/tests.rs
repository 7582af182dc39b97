use super::*;
use std::fs;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;

fn at(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_folder_is_refused_by_name() {
    let failure = Input::open(Path::new("/tmp")).unwrap_err();
    assert_eq!(failure.message, "cannot read `/tmp`: it is a folder, and a file is expected");
    assert_eq!(failure.exit, ExitCode::CouldNot);
}

#[test]
fn the_limit_is_named_and_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = at(&folder, "f", b"12345");
    assert_eq!(read_text(&path, 5).unwrap(), "12345");
    let failure = read_text(&path, 4).unwrap_err();
    assert!(failure.message.ends_with("larger than the limit of 4 bytes"), "{failure:?}");
    assert_eq!(failure.exit, ExitCode::Rejected);
    // a pipe has no size
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(b"123456").unwrap();
    let descriptor = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
    let failure = read_bytes(&descriptor, 5).unwrap_err();
    assert!(failure.message.ends_with("larger than the limit of 5 bytes"), "{failure:?}");
}

#[test]
fn a_pipe_or_a_device_is_no_file_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("key.pem");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, what) in [(&*pipe, "a pipe"), (Path::new("/dev/zero"), "a device")] {
        let failure = read_bytes(path, 100).unwrap_err();
        assert!(failure.message.ends_with(&format!("it is {what}, and a file is expected")), "{failure:?}");
        assert_eq!(failure.exit, ExitCode::CouldNot);
        assert_eq!(refuse_special_file(path), Err(failure));
    }
    assert_eq!(refuse_special_file(&at(&folder, "f", b"")), Ok(()));
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_offset() {
    let folder = tempfile::tempdir().unwrap();
    let failure = read_text(&at(&folder, "f", b"abc\xff"), 9).unwrap_err();
    assert!(failure.message.ends_with("not UTF-8 text at byte 3"), "{failure:?}");
    assert_eq!(failure.exit, ExitCode::Rejected);
}

#[test]
fn a_pipe_can_be_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || fs::write(path, b"token").unwrap()
    });
    let mut input = Input::open(&path).unwrap();
    writer.join().unwrap();
    for _ in 0..2 {
        input.rewind().unwrap();
        assert_eq!(io::read_to_string(&mut input).unwrap(), "token");
    }
}
