//! One folder gives the same bytes, whoever packs it, when and where.

use story_tests::Story;

/// `play/` with folders, an executable, names that sort differently by locale, and an empty file.
fn folder() -> Story {
    let story = Story::new();
    story.does(
        "mkdir -p play/b/c play/B play/empty
         echo one > play/a; echo two > play/b/c/d; echo three > play/B/e; echo four > play/_x; : > play/zero
         printf '#!/bin/sh\\n' > play/run.sh; chmod 755 play/run.sh; echo umlaut > play/ä; echo dash > play/b-c
         workload-provider pack play -o first.tgz",
    );
    story
}

/// Each script makes or changes the folder `other/`, a copy of `play/` in all that counts.
#[test]
fn nothing_but_content_names_and_exec_bits_counts() {
    let story = folder();
    let root = story.does("id -u").trim() == "0";
    for change in [
        "cp -r play other; find other -exec touch -d 1999-12-31T23:59:58 {} +",
        "cp -r play other; find other -exec touch -d 2100-01-01T00:00:00 {} +",
        "mkdir other; (cd play; find . -mindepth 1 | sort -r) | while read -r f; do
             if [ -d play/$f ]; then mkdir -p other/$f; else mkdir -p $(dirname other/$f); cp play/$f other/$f; fi; done",
        "cp -r play other; chmod -R go-rwx other",
        "cp -r play other; chmod -R a+w other",
        "cp -r play other; find other -type f -perm -100 -exec chmod 4711 {} +",
        "umask 077; cp -r play other; chmod 700 other/run.sh",
        "cp -r play other; if [ $(id -u) = 0 ]; then chown -R 65534:65534 other; fi",
        "mkdir deep; cp -r play deep/play; ln -s deep/play other",
    ] {
        if change.contains("chown") && !root {
            eprintln!("skipped: chown needs root");
            continue;
        }
        story.does(&format!("rm -rf other deep second.tgz; {change}"));
        story.does("workload-provider pack other/ -o second.tgz");
        assert_eq!(story.read("first.tgz"), story.read("second.tgz"), "{change}");
    }
}

#[test]
fn the_machine_does_not_count() {
    let story = folder();
    for machine in [
        "export TZ=Asia/Tokyo",
        "export TZ=America/St_Johns LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8",
        "export LC_ALL=C USER=other HOSTNAME=other",
        "umask 000",
        "cd play",
        "taskset -c 0 true 2>/dev/null && taskset -cp 0 $$ >/dev/null",
        "export SOURCE_DATE_EPOCH=12345",
    ] {
        let folder = if machine == "cd play" { "." } else { "play" };
        story.does(&format!(
            "rm -f second.tgz; here=$PWD; {machine}
            workload-provider pack {folder} -o $here/second.tgz"
        ));
        assert_eq!(story.read("first.tgz"), story.read("second.tgz"), "{machine}");
    }
}

/// The other half of "equal": what does count.
#[test]
fn content_names_and_exec_bits_count() {
    let story = folder();
    for change in [
        "echo other > other/a",
        "mv other/a other/aa",
        "chmod -x other/run.sh",
        "chmod +x other/a",
        "rmdir other/empty",
        "echo new > other/new",
    ] {
        story.does(&format!(
            "rm -rf other second.tgz; cp -r play other; {change}; workload-provider pack other -o second.tgz"
        ));
        assert_ne!(story.read("first.tgz"), story.read("second.tgz"), "{change}");
    }
}

/// `tar` as the judge: sorted by bytes, one owner, one time, two modes.
#[test]
fn tar_shows_one_owner_one_time_and_two_modes() {
    let story = folder();
    let shown = story.does("TZ=UTC tar tzvf first.tgz --numeric-owner --full-time | tr -s ' '");
    for line in shown.lines() {
        let words: Vec<_> = line.split(' ').collect();
        assert_eq!(words[1], "0/0", "{line}");
        assert_eq!((words[3], words[4]), ("1970-01-01", "00:00:00"), "{line}");
        let mode = if line.starts_with('d') || line.ends_with("run.sh") { "rwxr-xr-x" } else { "rw-r--r--" };
        assert_eq!(&words[0][1..], mode, "{line}");
    }
    let names = story.does("tar tzf first.tgz --quoting-style=literal");
    let names: Vec<_> =
        names.lines().map(|name| name.trim_start_matches("./").trim_end_matches('/')).collect();
    for expected in ["a", "b/c/d", "B/e", "_x", "zero", "run.sh", "ä", "b-c", "empty"] {
        assert!(names.contains(&expected), "{expected} is not in {names:?}");
    }
    assert!(names.iter().all(|name| !name.starts_with('/') && !name.contains("..")), "{names:?}");
}

#[test]
fn the_gzip_header_tells_nothing() {
    let packed = folder().read("first.tgz");
    assert_eq!(packed[..4], [0x1f, 0x8b, 8, 0], "deflate, and no name, comment or extra field");
    assert_eq!(packed[4..8], [0; 4], "no time");
}

#[test]
fn contractignore_is_honoured() {
    let story = folder();
    let names = story.does(
        "printf '# not for the guest\\n*.tmp\\n/secret\\n!keep.tmp\\nbuild/\\n' > play/.contractignore
         mkdir -p play/build play/b/secret; touch play/x.tmp play/keep.tmp play/secret play/build/x play/b/secret/kept play/.hidden
         workload-provider pack play -o ignored.tgz 1>&2
         tar tzf ignored.tgz",
    );
    for gone in ["x.tmp\n", "build", ".contractignore"] {
        assert!(!names.replace("keep.tmp", "").contains(gone), "{gone} in {names}");
    }
    for kept in ["keep.tmp", "b/secret/kept", ".hidden"] {
        assert!(names.contains(kept), "{kept} is not in {names}");
    }
    assert!(!names.lines().any(|name| name.trim_start_matches("./") == "secret"), "{names}");
}

/// Only the file of ours decides: the same folder inside a git repository gives the same bytes.
#[test]
fn gitignore_is_not_honoured() {
    let story = folder();
    story.does(
        "mkdir -p repo/.git; printf 'a\\nzero\\n' > repo/.gitignore; cp -r play repo/play
                workload-provider pack repo/play -o second.tgz",
    );
    assert_eq!(story.read("first.tgz"), story.read("second.tgz"));
}
