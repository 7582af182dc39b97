//! The boot log: what the terminal shows, with the meaning of every message.

use report_page::{Html, Mark, Table};

use crate::report::{Step, Verdict};

/// One row for each step, in the guest's order.
pub fn write(html: &mut Html, steps: &[Step]) {
    let table = Table {
        caption: "What the guest would do, in its order, up to where it stops.",
        columns: &["Step", "Verdict", "What was found"],
    };
    table.write(html, steps, |row, step| {
        row.name(|html| html.text(step.name));
        row.cell(|html| {
            let (mark, word) = match step.verdict {
                Verdict::Ok => (Mark::Good, "ok"),
                Verdict::Warning => (Mark::Warning, "warning"),
                Verdict::Skipped => (Mark::Open, "skipped"),
                Verdict::Refused => (Mark::Bad, "refused"),
            };
            html.mark(mark, word);
        });
        row.cell(|html| {
            html.prose(&step.detail);
            if let Some(code) = step.code {
                html.paragraph(&format!("`{}`: {}", code.id, code.meaning));
            }
            if let Some(hint) = &step.hint {
                html.paragraph(&format!("What to do: {hint}"));
            }
        });
    });
}
