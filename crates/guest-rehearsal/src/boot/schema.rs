//! Checks both sections against the schema (contract-format, section 7).
//!
//! Our reader of sections looks into archives too, because `check` reports everything at once. The guest looks there later,
//! with other messages: such findings wait until then.

use contract_core::kind::{Env, Kind, Workload};
use contract_pki::platform::{self, Platform};
use contract_section::Section;
use findings::{Finding, Findings, Rule, Severity};
use jiff::Timestamp;
use strict_yaml::{Limits, Node, Tags};
use zeroize::Zeroizing;

use crate::hpl::HPL01001E;
use crate::report::{Halt, Log};
use crate::second_reader;

const STEP: &str = "schema";

/// The workload section, as far as the schema goes.
pub struct WorkloadSection {
    /// The section; `None` if findings wait.
    pub section: Option<Section<Workload>>,
    /// Findings that the guest reports when it starts the containers.
    pub waiting: Vec<Finding>,
    /// The document, which is there even if the section is not.
    pub root: Node,
}

/// Reads the workload section, as the guest of one of these products.
pub fn workload(
    log: &mut Log,
    text: Zeroizing<String>,
    at: Timestamp,
    platforms: &[Platform],
) -> Result<WorkloadSection, Halt> {
    let root = document(log, Workload::NAME, &text)?;
    let (section, findings) = Section::<Workload>::open(text, at, platforms);
    let errors = findings.0.iter().filter(|finding| refuses(finding)).cloned();
    let (waiting, errors): (Vec<_>, Vec<_>) = errors.partition(waits);
    match (errors.is_empty(), root) {
        (true, Some(root)) => {
            let accepting = section.as_ref().map_or(platforms, Section::platforms);
            log.ok(STEP, fits(Workload::NAME, accepting, &findings));
            warn(log, Workload::NAME, &findings);
            Ok(WorkloadSection { section, waiting, root })
        }
        _ => Err(refused(log, Workload::NAME, &errors)),
    }
}

/// Reads the env section, as the guest of one of these products.
pub fn env(
    log: &mut Log,
    text: Zeroizing<String>,
    at: Timestamp,
    platforms: &[Platform],
) -> Result<Section<Env>, Halt> {
    document(log, Env::NAME, &text)?;
    let (section, findings) = Section::<Env>::open(text, at, platforms);
    let Some(section) = section else {
        let errors: Vec<_> = findings.0.into_iter().filter(refuses).collect();
        return Err(refused(log, Env::NAME, &errors));
    };
    log.ok(STEP, fits(Env::NAME, section.platforms(), &findings));
    warn(log, Env::NAME, &findings);
    Ok(section)
}

/// Whether the guest refuses the section for it.
fn refuses(finding: &Finding) -> bool {
    finding.severity == Severity::Error && !matches!(finding.rule, Rule::Expired | Rule::NotInSchema)
}

/// The products whose guest accepts the section, and what those that do not refuse.
fn fits(name: &str, accepting: &[Platform], findings: &Findings) -> String {
    let products = platform::names(accepting);
    let refused: Vec<_> = findings.0.iter().filter(|finding| finding.rule == Rule::SomePlatforms).collect();
    let refused: Vec<_> =
        refused.iter().map(|finding| format!("; refused: {}", one_line(name, finding))).collect();
    format!("the {name} section fits the schema of {products}{}", refused.concat())
}

/// What a guest may ignore, or what our rules alone refuse; and doubts about the log server, which the guest needs first. The
/// guest does not report these; the signature step reports the dates of `signingKey`.
fn warn(log: &mut Log, name: &str, findings: &Findings) {
    let is_shown = |it: &&Finding| match it.rule {
        Rule::Expired => it.place.field != "signingKey",
        Rule::UnknownField | Rule::NotInSchema => true,
        Rule::SomePlatforms => false,
        _ => name == Env::NAME && it.place.field.starts_with("logging"),
    };
    for finding in findings.0.iter().filter(is_shown) {
        log.warning(STEP, None, one_line(name, finding));
    }
}

/// Whether a finding is about an archive or a descriptor, not about the section itself.
fn waits(finding: &Finding) -> bool {
    let place = &finding.place;
    place.file != Workload::NAME
        || matches!(place.field.as_str(), "compose.archive" | "play.archive")
        || place.field.starts_with("play.resources[")
        || place.field.starts_with("play.templates[")
        || finding.rule == Rule::NoPod
}

/// The tree of a section, if it is YAML; refused if a second reader reads something else.
fn document(log: &mut Log, name: &str, text: &str) -> Result<Option<Node>, Halt> {
    let limits = Limits { bytes: text.len(), ..Limits::default() };
    let Ok(document) = strict_yaml::parse(text, &limits, Tags::Refused) else { return Ok(None) };
    match second_reader::compare(text, &document.root) {
        Ok(()) => Ok(Some(document.root)),
        Err(difference) => {
            let message = format!("the {name} section: {difference}");
            Err(log.refused(STEP, HPL01001E, message, "write the value of this line in double quotes"))
        }
    }
}

fn refused(log: &mut Log, name: &str, errors: &[Finding]) -> Halt {
    let Some(first) = errors.first() else {
        return log.refused(
            STEP,
            HPL01001E,
            format!("cannot read the {name} section"),
            "see the findings of `check`",
        );
    };
    let more = match errors.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    // the schema accepts such a workload, and no source states what a guest does that cannot run it
    let code = (first.rule != Rule::WrongApplication).then_some(HPL01001E);
    log.refused(STEP, code, format!("{}{more}", one_line(name, first)), &first.hint)
}

/// A finding on one line: `env:3: logging.syslog: …`.
pub fn one_line(name: &str, finding: &Finding) -> String {
    let place = &finding.place;
    let file = if place.file.is_empty() { name } else { &place.file };
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let field = if place.field.is_empty() { String::new() } else { format!(" {}:", place.field) };
    format!("{file}{line}:{field} {}", finding.message)
}
