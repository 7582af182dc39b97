//! The whole story, told by the real binaries.
pub mod rsyslog;
