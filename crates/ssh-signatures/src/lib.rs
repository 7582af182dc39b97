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

pub mod ssh_key;
pub mod sshsig;
pub mod allowed_signers;
