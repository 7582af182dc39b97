//! OpenSSH's formats: keys, SSHSIG signatures, `allowed_signers`.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_macros))]

pub mod ssh_key; //         public and private keys, as lines and as files
pub mod sshsig; //          signatures over statements
pub mod allowed_signers; // who may vouch for which half
