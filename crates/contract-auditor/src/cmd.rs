//! One module a verb: decide first, present later.

pub mod compare;
mod foretold;
mod guest_record;
mod guest_signature;
pub mod init;
pub mod keygen;
pub mod open;
pub mod verify;
