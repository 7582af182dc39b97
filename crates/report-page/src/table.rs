//! Tables that become stacks of cells on a narrow screen.

use crate::html::Html;

/// A table with its caption and columns.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// Screen readers read it before the table.
    pub caption: &'a str,
    /// The first column has the name of the row.
    pub columns: &'a [&'static str],
}

impl Table<'_> {
    /// Writes a table with one row for each item.
    pub fn write<T>(
        &self,
        html: &mut Html,
        items: impl IntoIterator<Item = T>,
        row: impl Fn(&mut Row<'_>, T),
    ) {
        // the roles repeat the elements: some browsers do not treat a cell with block layout as a cell
        html.element("table", &[("role", "table")], |html| {
            html.element("caption", &[], |html| html.text(self.caption));
            html.element("thead", &[("role", "rowgroup")], |html| {
                html.element("tr", &[("role", "row")], |html| {
                    for column in self.columns {
                        html.element("th", &[("role", "columnheader"), ("scope", "col")], |html| {
                            html.text(column);
                        });
                    }
                });
            });
            html.element("tbody", &[("role", "rowgroup")], |html| {
                for item in items {
                    html.element("tr", &[("role", "row")], |html| {
                        row(&mut Row { html, columns: self.columns.iter() }, item);
                    });
                }
            });
        });
    }
}

/// A row that is being written; its cells come in the order of the columns.
#[derive(Debug)]
pub struct Row<'a> {
    html: &'a mut Html,
    columns: std::slice::Iter<'a, &'static str>,
}

impl Row<'_> {
    /// The first cell: the name of the row.
    pub fn name(&mut self, inside: impl FnOnce(&mut Html)) {
        self.columns.next();
        self.html.element("th", &[("role", "rowheader"), ("scope", "row")], inside);
    }

    /// The next cell, with the name of its column for narrow screens.
    pub fn cell(&mut self, inside: impl FnOnce(&mut Html)) {
        let column = self
            .columns
            .next()
            .unwrap_or_else(|| unreachable!("a row has no more cells than its table has columns"));
        self.html.element("td", &[("role", "cell"), ("data-column", column)], inside);
    }
}
