//! Certificates, with their remaining life at the time of boot, and volumes.

use std::collections::BTreeSet;

use contract_core::contract::record::{HalfRecord, Record};
use contract_core::lifetime::NOTICE;
use contract_core::statement;
use contract_pki::certificate::CertificateFacts;
use contract_pki::validity::{Standing, Validity};
use jiff::{SignedDuration, Timestamp};
use report_page::{Html, Mark, Row, Table};

use super::when;
use crate::contents::{Certificate, PublicContents, Side};

/// The certificates that the contract depends on.
pub fn write_certificates(
    html: &mut Html,
    record: Option<&Record>,
    contents: Option<&PublicContents>,
    at: Timestamp,
) {
    let mut shown = record.map(encryption).unwrap_or_default();
    if let Some(contents) = contents {
        shown.extend(contents.certificates.iter().cloned());
    }
    if !shown.is_empty() {
        let table = Table {
            caption: "Remaining life is counted from the time of boot.",
            columns: &["Whose", "Remaining life", "Validity, subject, key"],
        };
        table.write(html, shown, |row, shown| write_row(row, &shown, at));
    }
    if record.is_none() {
        html.note("The encryption certificate is not known without the signing record.");
    }
    if contents.is_none() {
        html.note("The env section's certificates are not known: the boot ended before it was read.");
    }
}

/// The encryption certificate as both statements have it: one row if they agree.
fn encryption(record: &Record) -> Vec<Certificate> {
    fn stated(half: &HalfRecord) -> Option<&CertificateFacts> {
        half.statement().map(|it| &it.predicate.encryption_certificate)
    }
    let (workload, env) = (stated(&record.workload), stated(&record.env));
    let rows = if workload == env {
        vec![("as both authors state it in their handoffs", workload)]
    } else {
        vec![("as the workload provider states it", workload), ("as the env deployer states it", env)]
    };
    let shown = rows.into_iter().filter_map(|(place, facts)| {
        let facts = facts?;
        Some(Certificate {
            role: "guest image, for encryption",
            place: place.to_owned(),
            subject: Some(facts.subject.clone()),
            validity: Some(facts.validity()),
            key_fingerprint: facts.key_fingerprint.clone(),
        })
    });
    shown.collect()
}

fn write_row(row: &mut Row<'_>, shown: &Certificate, at: Timestamp) {
    row.name(|html| html.text(shown.role));
    row.cell(|html| match shown.validity {
        Some(validity) => {
            let (mark, word) = remaining(validity, at);
            html.mark(mark, &word);
        }
        None => html.mark(Mark::Open, "no end"),
    });
    row.cell(|html| {
        match shown.validity {
            Some(it) => html.text(&format!("{} to {}", when(it.not_before), when(it.not_after))),
            None => html.text("a bare key: no certificate ends, and no contract with it"),
        }
        if let Some(subject) = &shown.subject {
            html.element("p", &[], |html| html.text(subject));
        }
        html.element("p", &[], |html| html.value(&shown.key_fingerprint));
        html.note(&shown.place);
    });
}

/// The remaining life in whole days, with a mark.
fn remaining(validity: Validity, at: Timestamp) -> (Mark, String) {
    let days = |duration: SignedDuration| match duration.as_hours() / 24 {
        0 => "some hours".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let left = validity.not_after.duration_since(at);
    match validity.at(at) {
        Standing::Ended => (Mark::Bad, format!("expired {} before", days(-left))),
        Standing::NotYet => {
            (Mark::Warning, format!("begins {} later", days(validity.not_before.duration_since(at))))
        }
        Standing::Valid if left < NOTICE => (Mark::Warning, format!("only {}", days(left))),
        Standing::Valid => (Mark::Good, days(left)),
    }
}

/// Generations come from the statements, everything else from the sections.
pub fn write_volumes(html: &mut Html, record: Option<&Record>, contents: Option<&PublicContents>) {
    let mut names = BTreeSet::new();
    names.extend(contents.iter().flat_map(|it| it.volumes.keys()));
    names.extend(record.iter().flat_map(|it| it.statements()).flat_map(|it| it.predicate.volumes.keys()));
    if names.is_empty() {
        return html.paragraph(match contents {
            Some(_) => "The contract has none.",
            None => "Not known: the sections were not opened.",
        });
    }
    let table = Table {
        caption: "The passphrase of a volume is made from a seed of each side.",
        columns: &["Volume", "Workload provider’s seed", "Env deployer’s seed", "Mounted"],
    };
    table.write(html, names, |row, name| {
        let volume = contents.and_then(|it| it.volumes.get(name));
        let stated = |half: fn(&Record) -> &HalfRecord| {
            record.and_then(|it| half(it).statement()?.predicate.volumes.get(name))
        };
        row.name(|html| html.text(name));
        row.cell(|html| seed(html, volume.and_then(|it| it.workload.as_ref()), stated(|it| &it.workload)));
        row.cell(|html| seed(html, volume.and_then(|it| it.env.as_ref()), stated(|it| &it.env)));
        row.cell(|html| html.prose(volume.and_then(|it| it.mount.as_deref()).unwrap_or("not known")));
    });
    html.note(
        "While a seed rolls, the section also has the previous one, so that the guest can change the disk’s \
         passphrase. Generations are stated by the owner of the seed; a higher number is a later seed.",
    );
}

fn seed(html: &mut Html, found: Option<&Side>, stated: Option<&statement::Volume>) {
    match stated {
        Some(statement::Volume { generation: Some(generation), .. }) => {
            html.text(&format!("generation {generation}"));
        }
        _ => html.text("generation not stated"),
    }
    let rolling = found.map(|it| it.rolling);
    let contradicted = rolling.zip(stated).is_some_and(|(rolling, stated)| rolling != stated.rolling);
    html.text(", ");
    match rolling.or(stated.map(|it| it.rolling)) {
        Some(true) => html.element("strong", &[], |html| html.text("rolling")),
        Some(false) => html.text("not rolling"),
        None => html.text("whether it rolls is not known"),
    }
    if let Some(kept_elsewhere) = found.and_then(|it| it.kept_elsewhere.as_deref()) {
        html.paragraph(kept_elsewhere);
    }
    if contradicted {
        html.element("p", &[], |html| html.mark(Mark::Warning, "its statement says otherwise"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn life_is_counted_in_whole_days_from_the_boot() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let validity =
            Validity { not_before: at("2026-01-01T00:00:00Z"), not_after: at("2026-12-31T12:00:00Z") };
        for (boot, mark, said) in [
            ("2026-01-01T00:00:00Z", Mark::Good, "364 days"),
            ("2026-12-01T12:00:00Z", Mark::Good, "30 days"),
            ("2026-12-01T12:00:01Z", Mark::Warning, "only 29 days"),
            ("2026-12-30T00:00:00Z", Mark::Warning, "only 1 day"),
            ("2026-12-31T12:00:00Z", Mark::Warning, "only some hours"),
            ("2026-12-31T12:00:01Z", Mark::Bad, "expired some hours before"),
            ("2027-01-02T12:00:00Z", Mark::Bad, "expired 2 days before"),
            ("2025-12-25T00:00:00Z", Mark::Warning, "begins 7 days later"),
        ] {
            assert_eq!(remaining(validity, at(boot)), (mark, said.to_owned()), "{boot}");
        }
    }
}
