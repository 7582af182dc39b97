//! What keeps secrets out of core dumps, debuggers and `/proc/PID/mem`.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Must be called first. Both settings are needed: `PR_SET_DUMPABLE` is lost on `exec`, and a core pattern that names a
/// program ignores the limit.
pub fn harden() {
    // a sandbox may forbid one of them; the command works all the same
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn no_core_is_left() {
        super::harden();
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
