use super::*;
use crate::testing::{archive, gzip, tar_gz};
use base64::Engine;

#[test]
fn tar_of_the_command_unpacks_with_and_without_dot_slash() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::create_dir(folder.path().join("deep")).unwrap();
    fs_err::write(folder.path().join("pod.yml"), "kind: Pod\n").unwrap();
    fs_err::write(folder.path().join("deep/other.yaml"), "kind: Pod\n").unwrap();
    for names in [&["."][..], &["pod.yml", "deep"]] {
        let output = std::process::Command::new("tar")
            .args(["-cz", "-C"])
            .arg(folder.path())
            .args(names)
            .output()
            .unwrap();
        let contents = unpack(&STANDARD.encode(output.stdout)).unwrap();
        assert_eq!(contents.top.descriptors().collect::<Vec<_>>(), [("pod.yml", &b"kind: Pod\n"[..])]);
        assert_eq!(contents.top.deeper().collect::<Vec<_>>(), ["deep/other.yaml"]);
        assert_eq!((contents.files, contents.bytes), (2, 20));
    }
}

#[test]
fn folded_base64_unpacks() {
    let base64 = archive(&[("pod.yml", "kind: Pod\n")]);
    let folded: Vec<_> = base64.as_bytes().chunks(7).map(|line| str::from_utf8(line).unwrap()).collect();
    assert_eq!(unpack(&(folded.join("\r\n") + "\n")).unwrap().files, 1);
}

#[test]
fn damage_is_found_where_it_is() {
    let sound = tar_gz(|tar| {
        tar.append_data(&mut header(3), "pod.yml", &b"abc"[..]).unwrap();
    });
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = sound.clone();
        change(&mut bytes);
        unpack(&STANDARD.encode(bytes)).err().unwrap()
    };
    assert!(matches!(unpack("no base64!"), Err(Fault::Archive(unpack::Error::Gzip(_)))));
    assert!(matches!(with(|bytes| bytes.truncate(bytes.len() - 4)), Fault::Archive(unpack::Error::Gzip(_))));
    let checksum = |bytes: &mut Vec<u8>| {
        let at = bytes.len() - 8;
        bytes[at] ^= 1;
    };
    assert!(matches!(with(checksum), Fault::Archive(unpack::Error::Gzip(_))));
    assert!(matches!(unpack(&STANDARD.encode(tar_gz(|_| {}))), Err(Fault::Empty)));
    assert!(matches!(
        unpack(&STANDARD.encode(gzip(b"no tar at all"))),
        Err(Fault::Archive(unpack::Error::Tar))
    ));
}

#[test]
fn what_leads_out_is_refused() {
    let entry = |kind: EntryType, name: &'static [u8]| {
        let bytes = tar_gz(|tar| {
            let mut header = header(0);
            header.set_entry_type(kind);
            // the crate's own setter refuses such names, an attacker's does not
            header.as_old_mut().name[..name.len()].copy_from_slice(name);
            header.set_cksum();
            tar.append(&header, io::empty()).unwrap();
        });
        unpack(&STANDARD.encode(bytes)).err().unwrap().to_string()
    };
    assert!(entry(EntryType::Symlink, b"link").contains("`link`, which is a link"));
    assert!(entry(EntryType::Link, b"link").contains("a link"));
    assert!(entry(EntryType::Fifo, b"pipe").contains("a pipe"));
    assert!(entry(EntryType::Block, b"sda").contains("a device"));
    assert!(entry(EntryType::Regular, b"a/../../pod.yml").contains("named with `..`"));
    assert!(entry(EntryType::Regular, b"/etc/pod.yml").contains("named absolutely"));
    assert!(entry(EntryType::Regular, b"\xff.yml").contains("other than UTF-8"));
}

#[test]
fn what_would_take_the_memory_is_refused() {
    let refused = |bytes: Vec<u8>| unpack(&STANDARD.encode(bytes)).err().unwrap().to_string();
    let files = |count: usize, size: u64, name: fn(usize) -> String| {
        tar_gz(|tar| {
            for number in 0..count {
                let content = Read::take(io::repeat(b' '), size);
                tar.append_data(&mut header(size), name(number), content).unwrap();
            }
        })
    };
    let blanks = files(5, 15 << 20, |number| format!("{number}.yaml"));
    assert!(refused(blanks).contains("beyond the 64 MiB"));
    assert!(refused(files(1, 17 << 20, |_| "pod.yml".into())).contains("larger than 16 MiB"));
    let names = files(20_000, 0, |number| format!("{}{number}", format!("{}/", "n".repeat(200)).repeat(19)));
    assert!(refused(names).contains("beyond the 64 MiB"));
    let deep = files(60, 0, |number| format!("{number}{}", "/d".repeat(2000)));
    assert!(refused(deep).contains("more than 100000"));
    for kind in [EntryType::GNULongName, EntryType::XHeader, EntryType::XGlobalHeader, EntryType::GNULongLink]
    {
        let long = tar_gz(|tar| {
            let mut header = header(20 << 20);
            header.set_entry_type(kind);
            header.set_cksum();
            tar.append(&header, Read::take(io::repeat(b'n'), 20 << 20)).unwrap();
        });
        assert!(refused(long).contains("longer than"), "{kind:?}");
    }
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    header
}

#[test]
fn what_a_disk_would_refuse_is_refused() {
    let mut tree = Tree::default();
    for file in ["a/b/c", "a/b/c", "a/d", "e"] {
        tree.file(file).unwrap();
    }
    for directory in ["a/b", "a", "f/g"] {
        tree.directory(directory).unwrap();
    }
    for file in ["a/b", "f", "f/g", "e/x", "a/b/c/d", &"x".repeat(256), &"x/".repeat(2048), "a\0b"] {
        assert!(matches!(tree.file(file), Err(Fault::Refused { .. })), "{file}");
    }
    for directory in ["a/b/c", "e", "a/d/x"] {
        assert!(matches!(tree.directory(directory), Err(Fault::Refused { .. })), "{directory}");
    }
    tree.file(&format!("{}/{}", "x".repeat(255), "y".repeat(255))).unwrap();
}
