//! When a contract ends: what ends first, and whether that is soon.

use cli_kit::{ExitCode, Failure, clock};
use contract_core::lifetime::{End, Lifetime, NOTICE, NotStated, State, What};
use contract_pki::x509::day;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cli::LifetimeArguments;

/// Compares a lifetime with a point in time, for `inspect`, `verify` and `sign`.
#[derive(Clone, Copy)]
pub struct LifetimeCheck {
    pub at: Timestamp,
    /// The time was given with `--at`.
    at_is_given: bool,
    fail_within: Option<SignedDuration>,
}

/// Where dates come from, and so where missing dates are.
#[derive(Clone, Copy, Default)]
pub enum Source {
    /// Statements, in a handoff or a signing record.
    #[default]
    Statements,
    /// None: the signing record, which would state them, is missing.
    NoRecord,
    /// A bare token, which states none.
    BareToken,
}

impl Source {
    fn remedy(self, missed: NotStated) -> &'static str {
        match self {
            Self::Statements => missed.remedy(),
            Self::NoRecord => {
                "name the signing record that `sign` wrote next to the user data: `--record user-data.record.json`"
            }
            Self::BareToken => {
                "a bare token states no dates: `contract-signer inspect` the handoff that `encrypt` wrote"
            }
        }
    }
}

impl LifetimeCheck {
    /// From the flags of `inspect` and `verify`.
    pub fn new(arguments: &LifetimeArguments) -> Self {
        Self {
            at: arguments.at.unwrap_or_else(clock::now),
            at_is_given: arguments.at.is_some(),
            fail_within: arguments.fail_within,
        }
    }

    /// For `sign`.
    pub fn at(at: Timestamp) -> Self {
        Self { at, at_is_given: false, fail_within: None }
    }

    fn notice(self) -> SignedDuration {
        self.fail_within.unwrap_or(NOTICE)
    }

    /// For `--json`: adds what ends, and when, to an object.
    pub fn add_to(self, json: &mut Value, lifetime: &Lifetime) {
        let end = |end: &End| {
            json!({
                "what": end.what,
                "of": end.sections,
                "since": end.validity.not_before,
                "until": end.validity.not_after,
                "days": end.days(self.at),
                "actBy": end.act_by(self.notice()),
            })
        };
        json["at"] = json!(self.at);
        json["endsFirst"] = lifetime.first().map_or(Value::Null, end);
        json["ends"] = lifetime.ends().iter().map(end).collect();
        json["endless"] = json!(lifetime.endless());
        json["notStated"] = json!(lifetime.not_stated());
    }

    /// For people: label and text, the first end at the top.
    pub fn lines(self, lifetime: &Lifetime) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if self.at_is_given {
            lines.push(("at the time", self.at.to_string()));
        }
        lines.push(("ends first", self.first(lifetime)));
        lines.extend(lifetime.ends().iter().skip(1).map(|end| ("  then", self.dated(end))));
        lines.extend(lifetime.endless().iter().map(|it| ("does not end", (*it).to_owned())));
        lines.extend(lifetime.not_stated().iter().map(|it| ("not stated", it.to_string())));
        lines
    }

    /// `encryption certificate on 2027-01-20, in 58 days; act by 2026-12-21`
    pub fn first(self, lifetime: &Lifetime) -> String {
        let Some(end) = lifetime.first() else { return "not known: no date is stated".to_owned() };
        let act_by = end.act_by(self.notice());
        let act = if act_by <= self.at { "act now".to_owned() } else { format!("act by {}", day(act_by)) };
        format!("{}; {act}", self.dated(end))
    }

    fn dated(self, end: &End) -> String {
        let until = day(end.validity.not_after);
        match end.state(self.at) {
            State::EndsIn(left) => format!("{end} on {until}, in {}", days(left)),
            State::EndedAgo(ago) => format!("{end} on {until}, expired {} ago", days(ago)),
            State::NotBegun => format!("{end} on {until}, not valid before {}", day(end.validity.not_before)),
        }
    }

    /// What has ended, has not begun or ends soon, with a sentence for each.
    pub fn ending(self, lifetime: &Lifetime) -> impl Iterator<Item = (What, State, String)> {
        lifetime.ending(self.at, self.notice()).map(move |end| {
            let (state, until) = (end.state(self.at), day(end.validity.not_after));
            let message = match state {
                State::EndsIn(left) => format!("the {end} ends on {until}, in {}", days(left)),
                State::EndedAgo(ago) => format!("the {end} expired on {until}, {} ago", days(ago)),
                State::NotBegun => format!("the {end} is not valid before {}", day(end.validity.not_before)),
            };
            (end.what, state, message)
        })
    }

    /// Whether everything must live for some time, with `--fail-within`: dates that are not stated are then missing.
    pub fn is_required(self) -> bool {
        self.fail_within.is_some()
    }

    /// With `--fail-within`: refused if anything ends too soon, or if that is not stated.
    pub fn verdict(self, name: &str, lifetime: &Lifetime, source: Source) -> Result<(), Failure> {
        if !self.is_required() {
            return Ok(());
        }
        let ending = self.ending(lifetime).map(|(what, _, message)| (message, what.renewal()));
        let unknown = lifetime.missing().map(|it| (format!("not stated: {it}"), source.remedy(it)));
        let (problems, mut hints): (Vec<_>, Vec<_>) = ending.chain(unknown).unzip();
        let message = if lifetime.first().is_none() {
            if hints.is_empty() {
                hints.push(source.remedy(NotStated::EnvCertificates));
            }
            format!("it is not known when `{name}` ends: no date is stated")
        } else if problems.is_empty() {
            return Ok(());
        } else {
            format!("`{name}`: {}", problems.join("; "))
        };
        hints.dedup();
        let hints = hints.into_iter().map(str::to_owned).collect();
        Err(Failure { message, hints, exit: ExitCode::Refused })
    }
}

fn days(whole: i64) -> String {
    match whole {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        whole => format!("{whole} days"),
    }
}
