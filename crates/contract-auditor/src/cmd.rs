//! One module a verb: decide first, present later.

pub mod init;
pub mod keygen;
