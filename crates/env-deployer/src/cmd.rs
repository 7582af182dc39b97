//! One file per command.

pub mod boot_media;
pub mod init;
