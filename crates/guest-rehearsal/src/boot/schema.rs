//! Checks both sections against the schema (contract-format, section 7), as far as each service of the guest looks at them:
//! logging at its own part, then a service for the contract at everything.
//!
//! Our reader of sections looks into archives and keys too, because `check` reports everything at once. The guest looks there
//! later, with other messages: such findings wait until then.

use contract_core::kind::{Env, Kind, Workload};
use contract_core::user_data::UserData;
use contract_pki::pem::SchemaBase64;
use contract_pki::platform::{self, Platform};
use contract_section::{Readable, Section};
use findings::{Finding, Rule, Severity};
use jiff::Timestamp;
use strict_yaml::{Limits, Node, Tags};
use zeroize::Zeroizing;

use crate::hpl::{HPL01000E, HPL01001E, HPL05001E};
use crate::report::{Halt, Log};
use crate::second_reader;

const STEP: &str = "schema";
const LOGGING: &str = "logging";
const ONE_LINE: &str = "put the value on one line: `base64 -w0`";

/// A section, as far as it can be read.
pub struct Opened<K: Readable> {
    /// The section; `None` if there are errors.
    section: Option<Section<K>>,
    /// All findings.
    findings: Vec<Finding>,
    /// The products in question.
    platforms: Vec<Platform>,
    /// The document, which is there even if the section is not.
    pub root: Node,
}

impl<K: Readable> Opened<K> {
    /// The products whose guest accepts it, as far as it can be read.
    pub fn platforms(&self) -> &[Platform] {
        self.section.as_ref().map_or(&self.platforms, Section::platforms)
    }

    /// The findings about one field.
    pub fn about(&self, field: &'static str) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.place.field == field)
    }

    /// The section, if there are no errors.
    pub fn section(&self) -> Option<&Section<K>> {
        self.section.as_ref()
    }
}

/// The workload section, as far as the schema goes.
pub struct WorkloadSection {
    /// The section; `None` if findings wait.
    pub section: Option<Section<Workload>>,
    /// Findings that the guest reports when it starts the containers.
    pub waiting: Vec<Finding>,
    /// The document, which is there even if the section is not.
    pub root: Node,
}

/// Parses a section; its findings wait for the services that report them.
pub fn open<K: Readable>(
    log: &mut Log,
    text: Zeroizing<String>,
    at: Timestamp,
    platforms: &[Platform],
) -> Result<Opened<K>, Halt> {
    let limits = Limits { bytes: text.len(), ..Limits::default() };
    let document = strict_yaml::parse(&text, &limits, Tags::Refused);
    let compared = document.as_ref().ok().map(|document| second_reader::compare(&text, &document.root));
    if let Some(Err(difference)) = compared {
        let hint = "write the value of this line in double quotes";
        log.unknown(STEP, format!("the {} section: {difference}", K::NAME), hint);
        return Err(Halt::Unknown);
    }
    let (section, findings) = Section::<K>::open(text, at, platforms);
    match document {
        Ok(document) => {
            Ok(Opened { section, findings: findings.0, platforms: platforms.to_vec(), root: document.root })
        }
        Err(_) => Err(refused(log, LOGGING, K::NAME, &findings.0.iter().collect::<Vec<_>>())),
    }
}

/// What logging looks at: its own part of the env section.
pub fn logging(log: &mut Log, env: &Opened<Env>) -> Result<(), Halt> {
    let own: Vec<_> = env.findings.iter().filter(|it| is_of_logging(it)).collect();
    let errors: Vec<_> = own.iter().copied().filter(|it| refuses(it)).collect();
    if !errors.is_empty() {
        return Err(refused(log, LOGGING, Env::NAME, &errors));
    }
    // what only some products refuse is listed with the products
    for finding in own.into_iter().filter(|it| it.rule != Rule::SomePlatforms) {
        report(log, LOGGING, Env::NAME, finding);
    }
    Ok(())
}

/// What the service for the contract looks at: everything.
pub fn contract(
    log: &mut Log,
    workload: Opened<Workload>,
    env: Opened<Env>,
    user_data: &UserData,
) -> Result<(WorkloadSection, Section<Env>), Halt> {
    signature(log, user_data)?;
    let Opened { section, findings, root, .. } = follows(log, workload)?;
    let waiting = findings.into_iter().filter(|it| refuses(it) && waits(it)).collect();
    let env = follows(log, env)?;
    let Some(env) = env.section else { return Err(refused(log, STEP, Env::NAME, &[])) };
    Ok((WorkloadSection { section, waiting, root }, env))
}

/// Refuses what the schema refuses, and reports what else there is to say.
fn follows<K: Readable>(log: &mut Log, opened: Opened<K>) -> Result<Opened<K>, Halt> {
    let errors: Vec<_> = opened.findings.iter().filter(|it| refuses(it) && !waits(it)).collect();
    if let Some(first) = errors.first() {
        if first.rule == Rule::WrongApplication {
            // the schema accepts such a workload
            log.unknown(STEP, one_line(K::NAME, first), &first.hint);
            return Err(Halt::Unknown);
        }
        return Err(refused(log, STEP, K::NAME, &errors));
    }
    log.ok(STEP, fits(K::NAME, opened.platforms(), &opened.findings));
    for finding in &opened.findings {
        // the signature step is about the key and its dates, and logging has reported its own part
        if !is_of_logging(finding) && finding.place.field != "signingKey" {
            report(log, STEP, K::NAME, finding);
        }
    }
    Ok(opened)
}

/// Whether the guest refuses the section for it.
fn refuses(finding: &Finding) -> bool {
    finding.severity == Severity::Error && !matches!(finding.rule, Rule::Expired | Rule::NotInSchema)
}

/// Whether a finding is about `logging` of an env section, or about an env section that has no fields at all.
fn is_of_logging(finding: &Finding) -> bool {
    let first = finding.place.field.split('.').next();
    finding.place.file == Env::NAME && matches!(first, Some("" | LOGGING))
}

/// The products whose guest accepts the section, and why others do not.
fn fits(name: &str, accepting: &[Platform], findings: &[Finding]) -> String {
    let products = platform::names(accepting);
    let refused = findings.iter().filter(|finding| finding.rule == Rule::SomePlatforms);
    let refused: Vec<_> = refused.map(|finding| format!("; {}", finding.message)).collect();
    format!("the {name} section fits the schema of {products}{}", refused.concat())
}

/// What a guest may ignore, or what our rules alone refuse: the guest does not report these.
fn report(log: &mut Log, step: &'static str, name: &str, finding: &Finding) {
    let line = one_line(name, finding);
    match finding.rule {
        Rule::Unproven => log.unknown(step, line, &finding.hint),
        Rule::NotInSchema if step == LOGGING => {
            let detail =
                format!("{line}; with a damaged certificate or key, startup goes on without logging");
            log.unknown(step, detail, &finding.hint);
        }
        Rule::Expired | Rule::UnknownField | Rule::NotInSchema | Rule::OlderGuests => {
            log.warning_with_hint(step, line, &finding.hint);
        }
        _ if step == LOGGING => log.warning_with_hint(step, line, &finding.hint),
        _ => {}
    }
}

/// The pattern of `envWorkloadSignature`.
fn signature(log: &mut Log, user_data: &UserData) -> Result<(), Halt> {
    let Some(value) = &user_data.signature else { return Ok(()) };
    match SchemaBase64::parse(value) {
        Ok(SchemaBase64 { broken: false, .. }) => {}
        Ok(_) => log.unknown(STEP, "`envWorkloadSignature` is base64 with line breaks", ONE_LINE),
        Err(error) => {
            let detail = format!("`envWorkloadSignature`: {error}");
            return Err(log.refused(STEP, HPL05001E, detail, ONE_LINE));
        }
    }
    Ok(())
}

/// Whether a finding is about an archive or a descriptor, not about the section itself.
fn waits(finding: &Finding) -> bool {
    let place = &finding.place;
    let is_of_archive = matches!(place.field.as_str(), "compose.archive" | "play.archive");
    place.file != Workload::NAME && place.file != Env::NAME
        || is_of_archive && finding.rule != Rule::NotBase64
        || place.field.starts_with("play.resources[")
        || place.field.starts_with("play.templates[")
        || finding.rule == Rule::NoPod
}

fn refused(log: &mut Log, step: &'static str, name: &str, errors: &[&Finding]) -> Halt {
    // what is no YAML at all has a field in no service
    let code = match (step, errors.first()) {
        (LOGGING, Some(first)) if first.place.field.is_empty() => HPL01000E,
        (LOGGING, _) => HPL01001E,
        _ => HPL05001E,
    };
    let Some(first) = errors.first() else {
        return log.refused(
            step,
            code,
            format!("cannot read the {name} section"),
            "see the findings of `check`",
        );
    };
    let more = match errors.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    log.refused(step, code, format!("{}{more}", one_line(name, first)), &first.hint)
}

/// A finding on one line: `env:3: logging.syslog: …`.
pub fn one_line(name: &str, finding: &Finding) -> String {
    let place = &finding.place;
    let file = if place.file.is_empty() { name } else { &place.file };
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let field = if place.field.is_empty() { String::new() } else { format!(" {}:", place.field) };
    format!("{file}{line}:{field} {}", finding.message)
}
