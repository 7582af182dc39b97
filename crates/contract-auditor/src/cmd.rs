//! One module a verb: decide first, present later.

pub mod compare;
pub mod foretold;
pub mod guest_record;
pub mod guest_signature;
pub mod init;
pub mod keygen;
pub mod open;
pub mod signer;
pub mod verify;
