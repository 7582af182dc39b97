//! The steps as they are taken; the first refusal ends the boot.

use crate::hpl::Hpl;
use crate::report::{Step, Verdict};

/// The boot ended; the log's last step says why.
#[derive(Debug)]
pub struct Stopped;

/// What was done so far.
#[derive(Debug, Default)]
pub struct Log(pub Vec<Step>);

impl Log {
    /// As it should be.
    pub fn ok(&mut self, name: &'static str, detail: impl Into<String>) {
        self.step(name, Verdict::Ok, None, detail.into(), None);
    }

    /// Nothing to do.
    pub fn skipped(&mut self, name: &'static str, detail: impl Into<String>) {
        self.step(name, Verdict::Skipped, None, detail.into(), None);
    }

    /// The guest boots, and somebody should know.
    pub fn warning(&mut self, name: &'static str, code: Option<Hpl>, detail: impl Into<String>) {
        self.step(name, Verdict::Warning, code, detail.into(), None);
    }

    /// The guest boots, and somebody should do this.
    pub fn advised(&mut self, name: &'static str, detail: impl Into<String>, hint: impl Into<String>) {
        self.step(name, Verdict::Warning, None, detail.into(), Some(hint.into()));
    }

    /// The guest stops here, with this message where one is known.
    pub fn refused(
        &mut self,
        name: &'static str,
        code: impl Into<Option<Hpl>>,
        detail: impl Into<String>,
        hint: &str,
    ) -> Stopped {
        self.step(name, Verdict::Refused, code.into(), detail.into(), Some(hint.to_owned()));
        Stopped
    }

    fn step(
        &mut self,
        name: &'static str,
        verdict: Verdict,
        code: Option<Hpl>,
        detail: String,
        hint: Option<String>,
    ) {
        self.0.push(Step { name, verdict, detail, code, hint });
    }
}
