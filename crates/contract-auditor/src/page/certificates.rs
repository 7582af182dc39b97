//! The key that signed the record, and where its certificate leads.

use cli_kit::input;
use contract_core::certificate::chain::Link;
use contract_core::certificate::revocation::Revocation;
use report_page::{Html, Mark, Table};

use super::when;
use crate::audit::{Audit, Signed};

/// The signature, and the chain to a root.
pub fn write(html: &mut Html, audit: &Audit) {
    let verified = match &audit.signature {
        Signed::Unknown => {
            html.mark(Mark::Warning, "not verified");
            return html.paragraph("There is no signature: nobody says that this record is the guest’s.");
        }
        Signed::Refused(failure) => {
            html.mark(Mark::Bad, "refused");
            return html.paragraph(&failure.message);
        }
        Signed::By(verified) => verified,
    };
    let mark = if verified.accepted().is_some() { Mark::Warning } else { Mark::Good };
    html.facts(&[
        ("Signature", &|html| {
            html.mark(Mark::Good, "holds");
            html.prose(&format!(" `{}`", input::name(&verified.signature)));
        }),
        ("Attestation certificate", &|html| {
            html.text(&verified.facts.subject);
            html.element("p", &[], |html| html.mark(mark, verified.because()));
        }),
        ("Signing key", &|html| html.value(&verified.facts.key_fingerprint)),
        ("Validity", &|html| {
            html.text(&format!("{} to {}", when(verified.facts.not_before), when(verified.facts.not_after)));
        }),
    ]);
    if verified.links().is_empty() {
        return;
    }
    let table = Table {
        caption: "From the attestation certificate to a root that the auditor trusts.",
        columns: &["Certificate", "Revoked", "Validity, serial, key"],
    };
    table.write(html, verified.links(), |row, link: &Link| {
        row.name(|html| html.text(&link.subject));
        row.cell(|html| revocation(html, &link.revocation));
        row.cell(|html| {
            html.text(&format!("{} to {}", when(link.not_before), when(link.not_after)));
            html.note(&format!("serial {}, signed with {}", link.serial, link.signature_algorithm));
            html.element("p", &[], |html| html.value(&link.key_fingerprint));
        });
    });
}

fn revocation(html: &mut Html, revocation: &Revocation) {
    match revocation {
        Revocation::Root => html.mark(Mark::Good, "trusted"),
        Revocation::NotChecked => html.mark(Mark::Open, "not checked"),
        Revocation::NotListed { file, until, .. } => {
            html.mark(Mark::Good, "no");
            html.note(&format!("says `{file}`, which holds until {}", when(*until)));
        }
    }
}
