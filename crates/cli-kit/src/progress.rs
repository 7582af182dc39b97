//! Long work: how many threads do it, and its progress, which is shown on terminals only, after a second, and removed at
//! the end.

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::{Report, visible};

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// The threads to work with: one for each core that this process may use.
pub fn workers() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Shows progress until it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Dropping the sender ends the thread.
    waiting: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Work of unknown size: ``making an RSA key``.
    pub fn spinner(report: &Report, doing: &str) -> Self {
        Self::shown_later(report, ProgressBar::no_length(), "{spinner} {msg}", doing)
    }

    /// Work measured in bytes, of `total` if that is known.
    pub fn bytes(report: &Report, doing: &str, total: Option<u64>) -> Self {
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{spinner} {msg} {bytes} of {total_bytes} {bar:20}"),
            None => (ProgressBar::no_length(), "{spinner} {msg} {bytes}"),
        };
        Self::shown_later(report, bar, template, doing)
    }

    /// Sets the number of bytes that are done.
    pub fn reached(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    fn shown_later(report: &Report, bar: ProgressBar, template: &str, doing: &str) -> Self {
        let bar = bar.with_message(visible(doing).into_owned());
        bar.set_draw_target(ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        // a thread costs as much as packing a small folder
        let waiting = (!report.json() && std::io::stderr().is_terminal()).then(|| {
            let (done, wait) = mpsc::channel();
            let bar = bar.clone();
            let show = move || {
                let mut pause = PATIENCE;
                while wait.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    if pause == PATIENCE {
                        bar.set_draw_target(ProgressDrawTarget::stderr());
                    }
                    bar.tick();
                    pause = TICK;
                }
            };
            // without a thread, nothing is shown
            thread::Builder::new().spawn(show).ok().map(|thread| (done, thread))
        });
        Self { bar, waiting: waiting.flatten() }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((done, thread)) = self.waiting.take() {
            drop(done);
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
