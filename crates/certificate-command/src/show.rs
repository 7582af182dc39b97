//! `certificate show`: what a certificate states. Nothing is verified.

use cli_kit::persona::{Persona, SharedSettings};
use cli_kit::{Failure, Report, clock, input};
use contract_pki::certificate::{Description, Role};
use contract_pki::platform::Platform;
use contract_pki::validity::Standing;
use serde::Serialize;

use crate::arguments::Show;
use crate::images::{Contradiction, contradiction, only_product};
use crate::lines::{days_left, description_lines};
use crate::read;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    file: String,
    #[serde(flatten)]
    description: &'a Description,
    /// Negative: it has expired.
    days_left: i64,
    valid_now: bool,
    /// Why the key does not fit `--platform`.
    contradiction: Option<String>,
}

/// The command.
pub fn show<R: Role>(arguments: &Show, persona: Persona, report: &Report) -> Result<(), Failure> {
    let path = if let Some(path) = &arguments.certificate.file {
        path.clone()
    } else {
        let settings = SharedSettings::read(&arguments.certificate.folder, persona)?;
        arguments.certificate.path::<R>(&settings)?
    };
    let now = clock::now();
    let description = &read::<R>(&path)?.describe();
    let platform = arguments.platform.or_else(|| only_product(&description.facts));
    if let Some(note) = platform.and_then(Platform::end_note) {
        report.note(&note);
    }
    let against = arguments.platform.and_then(|platform| contradiction(&description.facts, platform));
    let shown = Shown {
        file: input::name(&path),
        days_left: days_left(description.facts.not_after, now),
        valid_now: description.facts.validity().at(now) == Standing::Valid,
        contradiction: against.as_ref().map(|it| it.message.clone()),
        description,
    };
    if let Some(Contradiction { message, hint }) = against {
        report.warning(&message, &[hint]);
    }
    report.result(&shown, |_| description_lines(description, now))
}
