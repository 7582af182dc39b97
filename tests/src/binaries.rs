//! The binaries under test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the built binaries. Cargo builds the binaries of a test's own package only, so the others are built
/// here, once per test process, in the profile and target folder that the test itself was built in. Naming a test
/// beside them gives their dependencies the features that `cargo test` gave them, so that nothing is built twice.
pub fn binaries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = profile_folder();
        let profile = match folder.file_name().and_then(|name| name.to_str()).unwrap() {
            "debug" => "dev",
            other => other,
        };
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args([
                "build",
                "--workspace",
                "--bins",
                "--test",
                "story",
                "--quiet",
                "--locked",
                "--profile",
                profile,
            ])
            .arg("--target-dir")
            .arg(target_folder())
            .current_dir(repository())
            .status()
            .unwrap();
        assert!(status.success(), "the workspace's binaries do not build");
        folder
    })
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Cargo's target folder: the only place where tests keep something between runs.
pub(crate) fn target_folder() -> PathBuf {
    profile_folder().parent().unwrap().to_owned()
}

/// `target/debug`, given that the test runs as `target/debug/deps/story-…`.
fn profile_folder() -> PathBuf {
    env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
}
