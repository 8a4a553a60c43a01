//! The rows of a machine's smaller tables, packed as its cells are.

use serde::Serialize;

use crate::report::columns::{Column, Packer};

/// Fields of the rows of all tables: the first ones of all rows, then the second ones, and so on.
#[derive(Default)]
pub(super) struct Tables {
    columns: Vec<Vec<Option<String>>>,
    rows: usize,
}

/// Where a table's rows are: how many come before them, and how many they are. A row ends where there is
/// no text.
#[derive(Serialize)]
pub(super) struct Span(usize, usize);

impl Tables {
    /// Adds a table.
    pub(super) fn add(&mut self, rows: impl IntoIterator<Item = Vec<String>>) -> Span {
        let first = self.rows;
        for row in rows {
            for (n, field) in row.into_iter().enumerate() {
                if n == self.columns.len() {
                    self.columns.push(Vec::new());
                }
                self.columns[n].resize(self.rows, None);
                self.columns[n].push(Some(field));
            }
            self.rows += 1;
        }
        Span(first, self.rows - first)
    }

    /// The columns, all as long as there are rows.
    pub(super) fn pack(mut self, packer: &mut Packer<'_>) -> Vec<Column> {
        for column in &mut self.columns {
            column.resize(self.rows, None);
        }
        self.columns.iter().map(|column| packer.split(column, None)).collect()
    }
}
