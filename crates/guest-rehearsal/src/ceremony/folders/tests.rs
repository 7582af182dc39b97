use super::*;

/// Samples as in the project, and a place next to them.
fn samples() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let personas = root.path().join("personas");
    for persona in PERSONAS {
        fs_err::create_dir_all(personas.join(persona).join("inside")).unwrap();
        fs_err::write(personas.join(persona).join("inside/persona.yaml"), persona).unwrap();
        fs_err::write(personas.join(persona).join("data.seed"), "of an earlier run by hand").unwrap();
    }
    let folder = root.path().join("story");
    (root, personas, folder)
}

#[test]
fn the_copy_is_private_and_begins_without_keys_and_seeds() {
    let (_root, personas, folder) = samples();
    let folders = Folders::make(&personas, &folder, false).unwrap();
    assert_eq!(folders.read("env-deployer/inside/persona.yaml").unwrap(), b"env-deployer");
    assert!(!folder.join("env-deployer/data.seed").exists());
    for name in names() {
        let mode = fs_err::metadata(folder.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{name}");
    }
    folders.put("guest/key", b"secret", Visibility::Secret).unwrap();
    let mode = fs_err::metadata(folder.join("guest/key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn as_root_each_persona_is_a_user_whose_folder_no_other_can_enter() {
    let (_root, personas, folder) = samples();
    let folders = Folders::make(&personas, &folder, false).unwrap();
    if !rustix::process::geteuid().is_root() {
        // changing owners needs root: without it, one user owns everything
        assert_eq!(folders.user("env-deployer"), None);
        return;
    }
    folders.put("env-deployer/inside/key", b"secret", Visibility::Secret).unwrap();
    for name in PERSONAS {
        let User(number) = folders.user(name).unwrap();
        let others = names().filter(|other| *other != name);
        let reads = |file: PathBuf| {
            let cat = ["cat", file.to_str().unwrap()].map(str::to_owned);
            std::process::Command::new("setpriv")
                .args([format!("--reuid={number}"), format!("--regid={number}"), "--clear-groups".into()])
                .args(cat)
                .current_dir(folder.join(name))
                .output()
                .unwrap()
                .status
                .success()
        };
        assert!(reads("inside/persona.yaml".into()), "{name}");
        for other in others {
            assert!(!reads(Path::new("..").join(other).join("inside/persona.yaml")), "{name}: {other}");
        }
    }
    assert_eq!(folders.user("guest"), None);
}

#[test]
fn an_earlier_ceremony_is_replaced_only_by_force_and_nothing_else_ever() {
    let (_root, personas, folder) = samples();
    Folders::make(&personas, &folder, false).unwrap().put("guest/old", b"", Visibility::Secret).unwrap();
    let failure = Folders::make(&personas, &folder, false).err().unwrap();
    assert!(failure.message.contains("it is not empty"), "{failure:?}");
    assert!(failure.hints.iter().any(|hint| hint.contains("--force")));
    Folders::make(&personas, &folder, true).unwrap();
    assert!(!folder.join("guest/old").exists());

    fs_err::write(folder.join("thesis.tex"), "").unwrap();
    let failure = Folders::make(&personas, &folder, true).err().unwrap();
    assert!(failure.message.contains("`thesis.tex`"), "{failure:?}");
    assert!(folder.join("guest").exists(), "nothing is removed before everything is checked");
}

#[test]
fn the_samples_themselves_are_never_played_in() {
    let (root, personas, _) = samples();
    for folder in [personas.clone(), root.path().to_owned(), personas.join("guest")] {
        let failure = Folders::make(&personas, &folder, true).err().unwrap();
        assert!(failure.message.contains("overlaps"), "{failure:?}");
    }
    assert!(personas.join("env-deployer/data.seed").exists());
}

#[test]
fn the_host_name_of_the_sample_is_found() {
    let (_root, personas, folder) = samples();
    let folders = Folders::make(&personas, &folder, false).unwrap();
    folders.syslog_hostname().unwrap_err();
    let sample = include_bytes!("../../../../../personas/env-deployer/env.yaml");
    folders.put("env-deployer/env.yaml", sample, Visibility::Public).unwrap();
    assert_eq!(folders.syslog_hostname().unwrap(), "rsyslog.paynow.example");
}

#[test]
fn what_is_made_is_what_git_ignores() {
    let ignored = include_str!("../../../../../personas/.gitignore");
    for pattern in ignored.lines().filter(|line| !line.starts_with('#')) {
        assert!(is_made(&pattern.replace('*', "name")), "{pattern}");
    }
    assert!(!is_made("persona.yaml"));
}
