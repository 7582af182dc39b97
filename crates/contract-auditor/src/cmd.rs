//! One file per command.

pub mod compare;
pub mod init;
pub mod open;
pub mod verify;
