//! The whole story through the binaries, one topic a module.

mod attacks;
mod attestation;
mod attestation_key;
mod auditor;
mod boot_media;
mod ccco;
mod certificates;
mod docs;
mod hostile;
mod initdata;
mod interop;
mod lifetime;
mod luks;
mod openssl_opens_what_we_make;
mod other_tools;
mod rolling;
mod seeds;
mod probe_logging;
mod report;
mod separation;
mod signals;
mod signing_certificate;
mod transcripts;
mod trust;
mod two_packs_are_equal;
mod we_open_what_openssl_makes;
