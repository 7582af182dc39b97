//! Archives from outside: the same bytes always, `gzip` and `tar` as judges, and what is not packed.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test makes folders and runs gzip and tar")]

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use contract_archive::gzip::GzipWriter;
use contract_archive::{Archive, Error};
use findings::Advice as _;
use proptest::prelude::*;
use tempfile::TempDir;

fn workers(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn pack(folder: &Path) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let packed = Archive::of(folder)?.write_to(&mut out, workers(2), &|_| ())?;
    assert_eq!(packed.bytes, out.len() as u64);
    Ok(out)
}

fn pipe(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command is installed");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}");
    output.stdout
}

fn gzip(input: &[u8], count: usize, step: usize) -> Vec<u8> {
    let mut writer = GzipWriter::new(Vec::new(), workers(count)).unwrap();
    for piece in input.chunks(step) {
        writer.write_all(piece).unwrap();
    }
    writer.finish().unwrap()
}

/// Text-like bytes: repetitive over more than a block, so that the dictionary matters.
fn text(length: usize) -> Vec<u8> {
    (0..length).map(|i| b"the quick brown fox jumps over "[(i * i / 7 + i) % 31]).collect()
}

#[test]
fn gzip_reads_what_we_deflate_at_every_edge_of_a_block() {
    const BLOCK: usize = 256 * 1024;
    for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 7 * BLOCK + 12_345] {
        let input = text(length);
        let one = gzip(&input, 1, 1 << 20);
        assert_eq!(pipe("gzip", &["-dc"], &one), input, "{length} bytes");
        assert_eq!(one, gzip(&input, 5, 8191), "{length} bytes: workers and pieces don't show");
    }
}

#[test]
fn the_dictionary_is_kept_across_blocks() {
    // 16 KiB that don't compress, 256 times: without a dictionary each of the 16 blocks would hold them again
    let mut unit = vec![0; 16 << 10];
    openssl::rand::rand_bytes(&mut unit).unwrap();
    let ours = gzip(&unit.repeat(256), 2, 1 << 20).len();
    assert!(ours < 128 << 10, "{ours} bytes");
}

#[test]
fn tar_lists_sorted_names_and_nothing_of_the_machine() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("b/deep")).unwrap();
    for name in ["z.yml", "a.yml", "b/run", "b/deep/x", "b-side", "ignored.tmp"] {
        std::fs::write(at(name), name).unwrap();
    }
    std::fs::write(at(&"long".repeat(40)), "").unwrap();
    std::fs::write(at(".contractignore"), "*.tmp\n").unwrap();
    std::fs::set_permissions(at("b/run"), std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::set_permissions(at("a.yml"), std::fs::Permissions::from_mode(0o606)).unwrap();
    let listing = pipe(
        "tar",
        &["tzv", "--numeric-owner", "--full-time", "--utc", "-f", "-"],
        &pack(folder.path()).unwrap(),
    );
    let listing = String::from_utf8(listing).unwrap();
    let lines: Vec<String> =
        listing.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let long = format!("-rw-r--r-- 0/0 0 1970-01-01 00:00:00 {}", "long".repeat(40));
    let expected = [
        "-rw-r--r-- 0/0 5 1970-01-01 00:00:00 a.yml",
        "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 b/",
        "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 b/deep/",
        "-rw-r--r-- 0/0 8 1970-01-01 00:00:00 b/deep/x",
        "-rwxr-xr-x 0/0 5 1970-01-01 00:00:00 b/run",
        "-rw-r--r-- 0/0 6 1970-01-01 00:00:00 b-side",
        &long,
        "-rw-r--r-- 0/0 5 1970-01-01 00:00:00 z.yml",
    ];
    assert_eq!(lines, expected);
}

/// The promise "same folder, same bytes" over machines and releases. A new zlib-rs may break it: then the changelog says
/// that digests of archives change.
#[test]
fn the_golden_digest_holds() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("pod.yml"), "kind: Pod\n").unwrap();
    std::fs::write(folder.path().join("data/text"), text(700_000)).unwrap();
    // a chain of digests: noise, and the same everywhere
    let noise = (0_u32..22_000).flat_map(|number| openssl::sha::sha256(&number.to_be_bytes()));
    std::fs::write(folder.path().join("data/noise"), noise.collect::<Vec<_>>()).unwrap();
    let digest = openssl::sha::sha256(&pack(folder.path()).unwrap());
    assert_eq!(
        findings::text::hex(&digest),
        "3d56900511b7a5208c26f30872aee067cd18794283077232ba80c37ee53277af"
    );
}

/// What is compressed already is stored, and costs a few bytes a block.
#[test]
fn noise_is_stored() {
    let mut noise = vec![0; 1 << 20];
    openssl::rand::rand_bytes(&mut noise).unwrap();
    let ours = gzip(&noise, 2, 1 << 16);
    assert_eq!(pipe("gzip", &["-dc"], &ours), noise);
    assert!(ours.len() < noise.len() + 1000, "{} bytes", ours.len());
}

#[test]
fn what_cannot_be_packed_is_named() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let reason = || {
        let error = pack(folder.path()).unwrap_err();
        assert!(!error.hints().is_empty(), "{error}");
        error.to_string().replace(&format!("{}/", folder.path().display()), "")
    };
    assert!(pack(folder.path()).is_err_and(|error| matches!(error, Error::Empty(_))));
    std::fs::write(at("file"), "").unwrap();
    symlink("file", at("link")).unwrap();
    assert_eq!(reason(), "`link` is a symbolic link; an archive holds directories and regular files only");
    std::fs::remove_file(at("link")).unwrap();
    pipe("mkfifo", &[at("pipe").to_str().unwrap()], b"");
    assert_eq!(reason(), "`pipe` is a pipe; an archive holds directories and regular files only");
    std::fs::remove_file(at("pipe")).unwrap();
    std::fs::write(at(".contractignore"), "a[z-a]\n").unwrap();
    assert!(reason().starts_with("cannot read the ignore file"), "{}", reason());
    assert!(matches!(pack(&at("file")), Err(Error::List { .. })));
    assert!(matches!(pack(&at("nowhere")), Err(Error::List { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_bytes_come_back(input in proptest::collection::vec(any::<u8>(), 0..600_000), count in 1_usize..4) {
        prop_assert_eq!(pipe("gzip", &["-dc"], &gzip(&input, count, 100_000)), input);
    }
}
