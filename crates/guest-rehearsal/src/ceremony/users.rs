//! One Unix user for each persona, where the ceremony runs as root: then the system itself keeps them apart.

use std::os::unix::fs::chown;
use std::path::Path;

use cli_kit::Failure;
use cli_kit::failure::DoingIo;

/// Where the search for free numbers begins: no distribution gives these to accounts of its own accord.
const FIRST: u32 = 59_001;

/// The number of a user and of a group, with no account behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User(pub u32);

impl User {
    /// Gives a file or a folder to this user.
    pub fn own(self, path: &Path) -> Result<(), Failure> {
        chown(path, Some(self.0), Some(self.0)).doing_io("give away", path)
    }

    /// Gives a folder, and all in it.
    pub fn own_all(self, folder: &Path) -> Result<(), Failure> {
        self.own(folder)?;
        for entry in fs_err::read_dir(folder).doing_io("read", folder)? {
            let path = entry.doing_io("read", folder)?.path();
            if path.is_dir() { self.own_all(&path)? } else { self.own(&path)? }
        }
        Ok(())
    }
}

/// As many users that nobody is, if `folder` can be given to them: that takes root, and a file system that knows users.
pub fn free<const N: usize>(folder: &Path) -> Option<[User; N]> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs_err::read_to_string("/etc/passwd").unwrap_or_default();
    let taken: Vec<_> = accounts.lines().filter_map(|line| line.split(':').nth(2)?.parse().ok()).collect();
    let mut numbers = (FIRST..).filter(|number| !taken.contains(number)).map(User);
    let users: Vec<_> = numbers.by_ref().take(N).collect();
    let users: [User; N] = users.try_into().ok()?;
    // a container may map a few users only
    let possible = users.iter().all(|user| user.own(folder).is_ok()) && User(0).own(folder).is_ok();
    possible.then_some(users)
}
