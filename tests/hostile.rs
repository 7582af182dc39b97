//! Input that is damaged, wrong or hostile: see [`story_tests::Case`].

mod archives;
mod disks;
mod boot_media;
mod files;
mod handoffs;
mod keys;
mod sections;
mod vaults;
mod tokens;
mod trust;
mod user_data;

use story_tests::cases;
