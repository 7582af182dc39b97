//! A run that is ended by a signal leaves finished files and nothing else.
//!
//! Before the first temporary file is made or the terminal's echo is turned off, a thread begins to wait for SIGHUP, SIGINT,
//! SIGQUIT and SIGTERM. It undoes what is listed, reports that, and lets the signal end the process as usual. Signals that
//! the process was started to ignore (`nohup`, `&` in a script) stay ignored. Without a thread, signals act as if this
//! module did not exist.

use std::fs;
use std::io;
use std::mem;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stderr;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// Enough to remove files.
const STACK: usize = 256 << 10;

static PROGRAM: OnceLock<&'static str> = OnceLock::new();

/// Held while something must not be interrupted: no signal ends the process meanwhile.
static UNINTERRUPTED: Mutex<()> = Mutex::new(());

static LIST: Mutex<List> = Mutex::new(List { last: 0, undo: Vec::new() });

struct List {
    last: u64,
    undo: Vec<(u64, Undo)>,
}

type Undo = Box<dyn FnOnce() + Send>;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // entries are added and removed whole
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Must be called first. A write beyond the limit on file sizes (`ulimit -f`) then fails like any other.
pub(crate) fn prepare(program: &'static str) {
    let _ = PROGRAM.set(program);
    if !ignored().contains(&SIGXFSZ) {
        // a handler that does nothing
        let _ = flag::register(SIGXFSZ, Arc::default());
    }
}

/// An action that runs if a signal ends the process, until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct OnSignal(u64);

impl OnSignal {
    /// Lists it. Call this within [`uninterrupted`], together with what makes it necessary.
    pub fn new(undo: impl FnOnce() + Send + 'static) -> Self {
        let mut list = locked(&LIST);
        list.last += 1;
        let number = list.last;
        list.undo.push((number, Box::new(undo)));
        Self(number)
    }
}

impl Drop for OnSignal {
    fn drop(&mut self) {
        locked(&LIST).undo.retain(|(number, _)| *number != self.0);
    }
}

/// Does something that no signal may interrupt: making a file and listing it here, several renames. It must be brief, and
/// not nested.
pub fn uninterrupted<T>(act: impl FnOnce() -> T) -> T {
    static WATCH: Once = Once::new();
    WATCH.call_once(watch);
    let _guard = locked(&UNINTERRUPTED);
    act()
}

/// Does not return while a signal ends the process, so that what fails meanwhile is not reported.
pub(crate) fn wait_if_ending() {
    drop(locked(&UNINTERRUPTED));
}

/// Returns when the thread waits for signals, or cannot be made.
fn watch() {
    let (ready, waiting) = channel();
    let wait = move || {
        wait(&ready);
    };
    if thread::Builder::new().stack_size(STACK).spawn(wait).is_ok() {
        let _ = waiting.recv();
    }
}

fn wait(ready: &Sender<()>) {
    let ignored = ignored();
    // in this thread: a caught signal without a waiting thread would be lost
    let signals = Signals::new(ENDING.into_iter().filter(|signal| !ignored.contains(signal)));
    let _ = ready.send(());
    if let Ok(mut signals) = signals {
        signals.forever().for_each(end);
    }
}

fn end(signal: i32) {
    let _guard = locked(&UNINTERRUPTED);
    let undo = mem::take(&mut locked(&LIST).undo);
    undo.into_iter().rev().for_each(|(_, undo)| undo());
    say(signal);
    let _ = low_level::emulate_default_handler(signal);
}

/// Writes without the lock on standard error, which the stopped thread may hold, and only if that does not block.
fn say(signal: i32) {
    let program = PROGRAM.get().copied().unwrap_or_default();
    let name = low_level::signal_name(signal).unwrap_or("a signal");
    let line = format!("{program}: error: ended by {name}; what was not finished is removed\n");
    let mut takes = [PollFd::from_borrowed_fd(stderr(), PollFlags::OUT)];
    if poll(&mut takes, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0) {
        let _ = rustix::io::write(stderr(), line.as_bytes());
    }
}

/// The signals that the process was started to ignore, as far as the system reports them.
fn ignored() -> Vec<i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

/// Removes a file if a signal ends the process.
pub fn remove_on_signal(path: std::path::PathBuf) -> OnSignal {
    OnSignal::new(move || drop::<io::Result<()>>(fs::remove_file(path)))
}
