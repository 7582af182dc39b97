//! One file per command.

pub mod boot_media;
pub mod init;
pub mod initdata;
mod signed_contract;
