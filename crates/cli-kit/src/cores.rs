//! How many threads work at once.

use std::num::NonZeroUsize;

/// One for each core that this process may use.
pub fn workers() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
