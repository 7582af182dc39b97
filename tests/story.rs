//! The whole story through the binaries, one topic a module.

mod docs;
mod hostile;
mod openssl_opens_what_we_make;
mod probe_logging;
mod separation;
mod transcripts;
mod two_packs_are_equal;
mod we_open_what_openssl_makes;
