use super::*;
use crate::exit::ExitCode;
use crate::names::same_target;
use tempfile::TempDir;

fn folder_and_target() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("token");
    (folder, target)
}

fn create(target: &Path, force: bool, visibility: Visibility) -> Result<Output, Failure> {
    Output::create(target, force, visibility, &Protected::default())
}

fn names(folder: &TempDir) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn nothing_has_the_name_before_commit_and_nothing_stays_after_drop() {
    let (folder, target) = folder_and_target();
    let mut output = create(&target, false, Visibility::Public).unwrap();
    output.write_all(b"half").unwrap();
    assert!(!target.exists());
    assert!(names(&folder)[0].starts_with(".token."));
    drop(output);
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn what_is_there_is_refused_before_work_and_again_at_the_rename() {
    let (folder, target) = folder_and_target();
    let mut output = create(&target, false, Visibility::Public).unwrap();
    output.write_all(b"new").unwrap();
    fs::write(&target, b"old").unwrap();
    let late = output.commit().unwrap_err();
    let early = create(&target, false, Visibility::Public).unwrap_err();
    assert_eq!(early, late);
    assert!(early.message.ends_with("token`: it already exists"), "{early:?}");
    assert_eq!((fs::read(&target).unwrap(), names(&folder).len()), (b"old".to_vec(), 1));
}

#[test]
fn force_replaces_files_and_nothing_else() {
    let (folder, target) = folder_and_target();
    fs::write(&target, b"old").unwrap();
    let mut output = create(&target, true, Visibility::Public).unwrap();
    output.write_all(b"new").unwrap();
    output.commit().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"new");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    for (path, what) in [(folder.path(), "a folder"), (&link, "a symbolic link")] {
        let failure = create(path, true, Visibility::Public).unwrap_err();
        assert!(failure.message.contains(what), "{failure:?}");
    }
}

#[test]
fn secrets_are_for_their_owner_alone() {
    let (folder, target) = folder_and_target();
    let secret = folder.path().join("key");
    create(&secret, false, Visibility::Secret).unwrap().commit().unwrap();
    create(&target, false, Visibility::Public).unwrap().commit().unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&secret), mode(&target) & 0o600), (0o600, 0o600));
}

#[test]
fn the_start_can_be_written_last() {
    let (_folder, target) = folder_and_target();
    let mut output = create(&target, false, Visibility::Public).unwrap();
    output.write_all(b"....body").unwrap();
    output.rewind().unwrap();
    output.write_all(b"head").unwrap();
    output.commit().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"headbody");
}

#[test]
fn devices_and_pipes_are_written_through() {
    let (folder, pipe) = folder_and_target();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    let mut output = create(&pipe, false, Visibility::Public).unwrap();
    output.write_all(b"token").unwrap();
    output.commit().unwrap();
    assert_eq!(reader.join().unwrap(), b"token");
    assert_eq!(names(&folder), ["token"]);
    create(Path::new("/dev/null"), false, Visibility::Public).unwrap().commit().unwrap();
}

#[test]
fn a_full_disk_is_reported_with_the_file() {
    let mut output = create(Path::new("/dev/full"), false, Visibility::Public).unwrap();
    output.write_all(b"x").unwrap();
    let failure = output.commit().unwrap_err();
    assert_eq!(failure.message, "cannot write `/dev/full`: no space left on device");
    assert_eq!(failure.exit, ExitCode::CouldNot);
}

#[test]
fn a_missing_folder_is_reported_with_the_target() {
    let failure = create(Path::new("/none/token"), false, Visibility::Public).unwrap_err();
    assert_eq!(failure.message, "cannot write `/none/token`: no such file or directory");
}

#[test]
fn of_two_that_belong_together_one_alone_never_stays() {
    let (folder, first) = folder_and_target();
    let second = folder.path().join("second");
    let pair = [&first, &second].map(|path| create(path, false, Visibility::Public).unwrap());
    fs::write(&second, b"somebody else's").unwrap();
    commit_all(pair).unwrap_err();
    assert_eq!(names(&folder), ["second"]);
}

#[test]
fn files_that_belong_together_are_always_of_one_run() {
    let (folder, _) = folder_and_target();
    let pair = ["user-data", "record"].map(|name| folder.path().join(name));
    let run = |number: usize| {
        for round in 0..200 {
            let mut outputs = pair.each_ref().map(|path| create(path, true, Visibility::Public).unwrap());
            for output in &mut outputs {
                write!(output, "run {number}, round {round}").unwrap();
            }
            commit_all(outputs).unwrap();
        }
    };
    std::thread::scope(|scope| {
        let runs = [1, 2].map(|number| scope.spawn(move || run(number)));
        while !runs.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            if let Ok(lock) = lock_commit(pair.iter().map(PathBuf::as_path)) {
                let [one, other] = pair.each_ref().map(|path| fs::read_to_string(path).ok());
                assert_eq!(one, other);
                drop(lock);
            }
        }
    });
    let mut left = names(&folder);
    left.sort();
    assert_eq!(left, ["record", "user-data"]);
}

/// The vault of a team stays theirs.
#[test]
fn the_mode_of_what_is_replaced_can_be_kept() {
    let (_folder, target) = folder_and_target();
    fs::write(&target, b"old").unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
    let output = Output::create_unprotected(&target, true, Visibility::Secret).unwrap();
    output.copy_ownership().unwrap();
    output.commit().unwrap();
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_is_refused_at_the_end_leaves_nothing() {
    let (folder, target) = folder_and_target();
    let output = create(&target, false, Visibility::Public).unwrap();
    let refusal = output.commit_if(|| Err(Failure::usage("no"))).unwrap_err();
    assert_eq!((refusal.message.as_str(), names(&folder).len()), ("no", 0));
    create(&target, false, Visibility::Public).unwrap().commit_if(|| Ok(())).unwrap();
    assert_eq!(names(&folder), ["token"]);
}

#[test]
fn a_file_is_named_and_a_stream_is_no_file() {
    let (_folder, target) = folder_and_target();
    let file = create(&target, false, Visibility::Public).unwrap();
    let name = target.display().to_string();
    assert_eq!((file.name(), file.quoted(), file.is_file()), (name.clone(), format!("`{name}`"), true));
    assert!(file.unfinished().is_some_and(Path::exists));
    let stdout = create(Path::new("-"), false, Visibility::Public).unwrap();
    let said = "standard output".to_owned();
    assert_eq!((stdout.name(), stdout.quoted(), stdout.is_file()), (said.clone(), said, false));
    assert!(stdout.unfinished().is_none());
}

#[test]
fn a_target_is_one_however_it_is_spelt() {
    let (folder, target) = folder_and_target();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let spelt = folder.path().join("sub/../token");
    assert!(same_target(&target, &spelt));
    assert!(!same_target(&target, &folder.path().join("sub/token")));
    assert!(!same_target(&target, &folder.path().join("other")));
    // neither folder is there
    assert!(!same_target(Path::new("/none/a"), Path::new("/none/b")));
    assert!(is_stdout(Path::new("/dev/fd/1")) && !is_stdout(Path::new("./-")));

    let protected = |files: &[&Path]| {
        let mut protected = Protected::default();
        protected.add_inputs(files);
        Output::create(&target, true, Visibility::Public, &protected)
    };
    protected(&[&spelt]).unwrap();
    fs::write(&target, b"key").unwrap();
    let other = folder.path().join("other");
    fs::write(&other, b"").unwrap();
    protected(&[&other]).unwrap();
    assert_eq!(protected(&[&other, &spelt]).unwrap_err().exit, ExitCode::Usage);
}

#[test]
fn a_socket_is_no_place_for_a_file() {
    let (_folder, target) = folder_and_target();
    let _socket = std::os::unix::net::UnixListener::bind(&target).unwrap();
    let failure = create(&target, true, Visibility::Public).unwrap_err();
    assert!(failure.message.contains("neither a file nor a pipe"), "{failure:?}");
}
