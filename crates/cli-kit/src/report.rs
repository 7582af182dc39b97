//! Results, notes, warnings and errors.
//!
//! Results go to standard output, everything else to standard error, and only from here. All text may come from outside,
//! so every line passes through [`visible`]. A message is in lower case without a full stop: program, file and field,
//! cause after a colon; a refusal ends in something to type. It is readable without colour.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use findings::text::is_invisible;
use findings::{Finding, Findings, Severity};
use serde::Serialize;

use crate::closed_stdout::check_stdout;
use crate::exit::ExitCode;
use crate::failure::{Failure, stdout_failure};
use crate::names::is_stdout;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const PLAIN: Style = Style::new();

/// Writes the messages of a binary.
#[derive(Debug)]
pub struct Report {
    program: &'static str,
    json: bool,
    /// Whether the result is written: with `--json`, standard output contains exactly one object.
    answered: Cell<bool>,
}

impl Report {
    /// With `json`: one object on standard output, and only warnings and errors on standard error.
    pub fn new(program: &'static str, json: bool) -> Self {
        Self { program, json, answered: Cell::new(false) }
    }

    /// The binary's name.
    pub fn program(&self) -> &'static str {
        self.program
    }

    /// Whether `--json` is on.
    pub fn json(&self) -> bool {
        self.json
    }

    /// A line on standard error; nothing with `--json`.
    pub fn note(&self, line: &str) {
        if !self.json {
            talk(&paint("", PLAIN, "", line));
        }
    }

    /// What was done: ``wrote `paynow.workload.handoff` ``.
    pub fn success(&self, line: &str) {
        self.note(line);
    }

    /// Something unwise that does not stop the command.
    pub fn warning(&self, message: &str, hints: &[String]) {
        talk(&self.message(WARNING, "warning: ", message, hints));
    }

    /// The result of a command: lines of text, or with `--json` the value.
    ///
    /// Each item is one line, so that a line end in a value from outside cannot forge another line.
    pub fn result<T: Serialize, L: AsRef<str>>(
        &self,
        value: &T,
        text: impl FnOnce(&T) -> Vec<L>,
    ) -> Result<(), Failure> {
        self.answered.set(true);
        if self.json {
            return answer_json(&json_line(value)?);
        }
        answer(&text(value).iter().map(|line| paint("", PLAIN, "", line.as_ref())).collect::<String>())
    }

    /// As [`Report::result`], each line after a word that judges it.
    pub fn judged<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce(&T) -> Vec<(Tone, String, String)>,
    ) -> Result<(), Failure> {
        self.answered.set(true);
        if self.json {
            return answer_json(&json_line(value)?);
        }
        let lines = text(value).into_iter().map(|(tone, word, line)| {
            let style = match tone {
                Tone::Plain => PLAIN,
                Tone::Warning => WARNING,
                Tone::Error => ERROR,
            };
            paint("", style, &visible(&word), &line)
        });
        answer(&lines.collect::<String>())
    }

    /// Refuses an output on standard output if `--json` needs it.
    pub fn shares_stdout_with(&self, target: &Path) -> Result<(), Failure> {
        if self.json && is_stdout(target) {
            return Err(Failure::usage("`-` and `--json` both need standard output")
                .hint("name a file, or leave `--json` out"));
        }
        Ok(())
    }

    /// Shows findings on standard error; an error among them becomes a failure that names `subject`.
    pub fn findings(&self, subject: &str, findings: &Findings) -> Result<(), Failure> {
        talk(&findings.0.iter().map(shown).collect::<String>());
        verdict(subject, findings)
    }

    /// Shows findings as the result of `check`: all of them, then `rest`, then the verdict.
    pub fn check<T: Serialize>(
        &self,
        subject: &str,
        findings: &Findings,
        rest: &T,
        text: impl FnOnce(&T) -> Vec<String>,
    ) -> Result<(), Failure> {
        self.answered.set(true);
        let (errors, warnings) = (findings.errors(), findings.warnings());
        if self.json {
            answer_json(&json_line(&Checked { subject, findings, errors, warnings, rest })?)?;
        } else {
            let lines = text(rest).into_iter().map(|line| paint("", PLAIN, "", &line));
            answer(&findings.0.iter().map(shown).chain(lines).collect::<String>())?;
        }
        verdict(subject, findings)?;
        self.success(&format!("`{subject}` is good{}", but(warnings)));
        Ok(())
    }

    /// Reports a failure.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.message.is_empty() {
            return;
        }
        talk(&self.message(ERROR, "error: ", &failure.message, &failure.hints));
        if self.json && !self.answered.get() {
            let Failure { message, hints, exit } = failure;
            let object =
                serde_json::json!({"error": {"message": message, "hints": hints, "exit": exit.code()}});
            // a second failure cannot be reported
            let _ = json_line(&object).and_then(|json| answer_json(&json));
        }
    }

    fn message(&self, style: Style, kind: &str, message: &str, hints: &[String]) -> String {
        let first = paint(&format!("{}: ", self.program), style, kind, message);
        hints.iter().fold(first, |lines, hint| lines + &paint("  ", HINT, "hint: ", hint))
    }
}

/// How a line is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good, or not judged.
    Plain,
    /// Unwise.
    Warning,
    /// Wrong.
    Error,
}

/// The object of `check --json`.
#[derive(Serialize)]
struct Checked<'a, T> {
    subject: &'a str,
    findings: &'a Findings,
    errors: usize,
    warnings: usize,
    #[serde(flatten)]
    rest: &'a T,
}

/// Escapes invisible characters ([`is_invisible`]), so that text from outside cannot move the cursor, hide text, forge a
/// line, change the reading direction or look like another text.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().fold(String::with_capacity(text.len() + 16), |mut shown, char| {
        match char {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_invisible(char) => {
                let _ = write!(shown, "{}", char.escape_unicode());
            }
            _ => shown.push(char),
        }
        shown
    }))
}

/// Makes every line. `before` and `kind` are ours, `text` may come from outside.
fn paint(before: &str, style: Style, kind: &str, text: &str) -> String {
    format!("{before}{style}{kind}{style:#}{}\n", visible(text))
}

/// ``error: workload.yaml:12: volumes.data.seed: message`` and its hint.
fn shown(finding: &Finding) -> String {
    let (style, kind) = match finding.severity {
        Severity::Error => (ERROR, "error: "),
        Severity::Warning => (WARNING, "warning: "),
    };
    let place = &finding.place;
    let mut text = place.file.clone();
    if let Some(line) = place.line {
        let _ = write!(text, ":{line}");
    }
    for part in [&place.field, &finding.message] {
        if !part.is_empty() {
            text = if text.is_empty() { part.clone() } else { text + ": " + part };
        }
    }
    let shown = paint("", style, kind, &text);
    if finding.hint.is_empty() { shown } else { shown + &paint("  ", HINT, "hint: ", &finding.hint) }
}

fn verdict(subject: &str, findings: &Findings) -> Result<(), Failure> {
    match findings.errors() {
        0 => Ok(()),
        errors => Err(Failure::new(
            ExitCode::Rejected,
            format!("`{subject}` is rejected: {}{}", count(errors, "error"), but(findings.warnings())),
        )),
    }
}

fn but(warnings: usize) -> String {
    if warnings == 0 { String::new() } else { format!(", {}", count(warnings, "warning")) }
}

/// ``1 error``, ``2 errors``.
pub fn count(number: usize, what: &str) -> String {
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {what}s"),
    }
}

/// ``999 bytes``, ``1.2 kB``, ``12 kB``, ``3.4 MB``.
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} byte{}", if bytes == 1 { "" } else { "s" }),
        1_000..999_500 => (1_000, "kB"),
        999_500..999_500_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = (bytes + unit / 20) / (unit / 10);
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", (bytes + unit / 2) / unit)
    }
}

fn json_line<T: Serialize>(value: &T) -> Result<String, Failure> {
    let json = serde_json::to_string(value).map_err(|error| {
        Failure::new(ExitCode::CouldNot, format!("cannot write the result as JSON: {error}"))
    })?;
    // JSON escapes C0 only; other invisible characters are in strings, where an escape means the same
    let escape = |mut json: String, c: char| {
        if c.is_ascii() && c != '\u{7f}' || !is_invisible(c) {
            json.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(json, "\\u{unit:04x}");
            }
        }
        json
    };
    Ok(json.chars().fold(String::with_capacity(json.len() + 1), escape) + "\n")
}

/// Unlike `println!`, this does not panic if nobody reads. Colours appear on terminals only.
fn answer(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    check_stdout()?;
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| stdout_failure(&error))
}

/// Without the filter for colours, which would also remove bytes of a value.
fn answer_json(json: &str) -> Result<(), Failure> {
    check_stdout()?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(json.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| stdout_failure(&error))
}

/// A warning about a file, for places without a [`Report`].
pub(crate) fn warning_of_file(message: &str, hint: &str) {
    talk(&(paint("", WARNING, "warning: ", message) + &paint("  ", HINT, "hint: ", hint)));
}

/// A message of an age plugin (`touch your key`), which is shown with `--json` too.
pub(crate) fn relay(text: &str) {
    talk(&paint("", PLAIN, "", text));
}

/// anstream removes colours if it is not a terminal, or under `NO_COLOR`.
fn talk(text: &str) {
    // a closed stderr must not change how the run ends
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests;
