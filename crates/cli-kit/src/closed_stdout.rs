//! Whether the process was started without a standard output (`>&-`).
//!
//! Rust's runtime opens `/dev/null` in its place before `main`, for reading and writing, just as Python and Node do
//! on purpose for a child whose output nobody wants. So it has to be seen before `main`.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::fcntl_getfd;
use rustix::stdio::stdout;

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Asks the kernel and nothing else: before `main` there is no more to rely on.
#[ctor::ctor]
fn look() {
    CLOSED.store(fcntl_getfd(stdout()).is_err(), Ordering::Relaxed);
}

pub(crate) fn was_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}
