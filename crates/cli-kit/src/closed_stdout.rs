//! Whether the process was started without a standard output (`>&-`).
//!
//! Rust's runtime opens `/dev/null` in its place before `main`, as Python and Node do on purpose for a child whose output
//! is not wanted. So it has to be checked before `main`.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::{Errno, fcntl_getfd};
use rustix::stdio::stdout;

use crate::failure::{Failure, stdout_failure};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Asks only the kernel: before `main`, nothing else can be relied on.
#[ctor::ctor]
fn check_at_start() {
    CLOSED.store(fcntl_getfd(stdout()).is_err(), Ordering::Relaxed);
}

/// Refuses to write where nobody can read it.
pub(crate) fn check_stdout() -> Result<(), Failure> {
    if CLOSED.load(Ordering::Relaxed) { Err(stdout_failure(&Errno::BADF.into())) } else { Ok(()) }
}
