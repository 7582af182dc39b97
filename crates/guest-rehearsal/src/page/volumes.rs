//! The volumes: whose seeds, of which generation, and whether one is being rolled.

use std::collections::BTreeSet;

use contract_core::contract::record::{HalfRecord, Record};
use contract_core::statement;
use report_page::{Html, Mark, Table};

use crate::contents::{Contents, Side};

/// Generations come from the statements, all else from the sections.
pub fn write(html: &mut Html, record: Option<&Record>, contents: Option<&Contents>) {
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
        caption: "The passphrase of a volume is made of a seed from each side.",
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
        "While a seed rolls, the section brings the previous one along, so that the guest can change the disk’s \
         passphrase. A generation is what its owner states, and a higher one is a later seed.",
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
    if let Some(kept_by) = found.and_then(|it| it.kept_by.as_deref()) {
        html.paragraph(kept_by);
    }
    if contradicted {
        html.element("p", &[], |html| html.mark(Mark::Warning, "its statement says otherwise"));
    }
}
