//! Whether the process was started without a standard output (`>&-`).
//!
//! Rust's runtime opens `/dev/null` in its place before `main`, for reading and writing, just as Python and Node do
//! on purpose for a child whose output nobody wants. So it has to be seen before `main`.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::{Errno, fcntl_getfd};
use rustix::stdio::stdout;

use crate::failure::{Failure, stdout_failure};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Asks the kernel and nothing else: before `main` there is no more to rely on.
#[ctor::ctor]
fn look() {
    CLOSED.store(fcntl_getfd(stdout()).is_err(), Ordering::Relaxed);
}

/// Refuses to write where nobody can read it.
pub(crate) fn check_stdout() -> Result<(), Failure> {
    if CLOSED.load(Ordering::Relaxed) { Err(stdout_failure(&Errno::BADF.into())) } else { Ok(()) }
}
