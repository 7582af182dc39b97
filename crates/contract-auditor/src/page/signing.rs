//! Who vouched for which half of the contract, as the record of the signing tells it.

use cli_kit::input;
use contract_core::contract::record::HalfRecord;
use report_page::{Html, Mark, Table};

use super::{list, when};
use crate::cmd::foretold::Expectations;
use crate::cmd::signer::Checked;

/// The record, or that there is none.
pub fn write(html: &mut Html, Expectations { signing, checked, .. }: &Expectations) {
    let Some((path, record)) = signing else {
        return html.paragraph("Not known: this audit was given no record of the signing.");
    };
    let caption = format!("From `{}`, which does not contradict itself.", input::name(path)).replace('`', "");
    let table = Table { caption: &caption, columns: &["Half", "Vouched for by", "Token, SHA-256"] };
    table.write(html, [("workload", &record.workload), ("env", &record.env)], |row, (name, half)| {
        row.name(|html| html.text(name));
        row.cell(|html| voucher(html, half, checked.names));
        row.cell(|html| html.digest(&half.token.sha256));
    });
    html.facts(&[
        ("Signed at", &|html| html.text(&when(record.time))),
        ("Contract’s signing key", &|html| {
            html.value(&record.signing_key);
            let (mark, said) = signing_key(checked);
            html.element("p", &[], |html| html.mark(mark, said));
        }),
        ("Signed with", &|html| html.text(&format!("{} {}", record.tool.name, record.tool.version))),
    ]);
    for (heading, mark, lines, none) in [
        ("Checked by the contract signer", Mark::Good, &record.checked, "Nothing."),
        ("Could not be checked", Mark::Open, &record.unchecked, "Nothing was left out."),
        ("Accepted although it should be refused", Mark::Warning, &record.accepted, "Nothing."),
    ] {
        html.heading(heading);
        list(html, mark, lines, none);
    }
    html.note(
        "Nobody signs the record of the signing. Held here: that the keys above signed the statements, and that the \
         statements are about these tokens. Where a name is not checked, that a key is that person’s is the word of \
         whoever made the record.",
    );
}

fn signing_key(checked: &Checked) -> (Mark, &'static str) {
    match checked {
        Checked { key: None, .. } => (Mark::Open, "not checked: the record’s word"),
        Checked { contract: false, .. } => {
            (Mark::Open, "the one that the auditor knows; not whether it signed")
        }
        Checked { .. } => (Mark::Good, "the one that the auditor knows, and it signed the contract"),
    }
}

fn voucher(html: &mut Html, half: &HalfRecord, name_checked: bool) {
    let Some(voucher) = &half.vouched_by else { return html.mark(Mark::Warning, "nobody") };
    html.element("strong", &[], |html| html.text(&voucher.principals));
    html.element("p", &[], |html| html.value(&voucher.key));
    html.element("p", &[], |html| html.mark(Mark::Good, "the signature holds"));
    let (mark, said) =
        if name_checked { (Mark::Good, "may vouch for this half") } else { (Mark::Open, "name not checked") };
    html.element("p", &[], |html| html.mark(mark, said));
}
