//! The rows of a machine's smaller tables, packed like its cells.

use serde::Serialize;

use crate::report::columns::{Column, Packer, Split};

/// Fields of the rows of all tables: the first ones of all rows, then the second ones, and so on.
#[derive(Default)]
pub(super) struct Tables {
    columns: Vec<Vec<Option<String>>>,
    rows: usize,
}

/// The place of a table's rows: how many rows come before, and how many rows it has. A row ends where there is
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
        self.columns.into_iter().map(|column| packer.split(&Split::of(column), None)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::columns::Patterns;

    #[test]
    fn a_table_begins_where_the_one_before_ends() {
        let row = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>();
        let mut tables = Tables::default();
        let spans = [
            tables.add([row(&["a", "b"])]),
            tables.add([]),
            tables.add([row(&["c"]), row(&["d", "e", "f"]), row(&["g"])]),
            tables.add([row(&["h"])]),
        ];
        assert_eq!(spans.map(|Span(first, rows)| (first, rows)), [(0, 1), (1, 0), (1, 3), (4, 1)]);
        let column = |n: usize| tables.columns[n].iter().map(|text| text.as_deref().unwrap_or("-")).collect::<String>();
        assert_eq!([column(0), column(1), column(2)], ["acdgh", "b-e", "--f"], "filled up when they are packed");
        let (mut patterns, mut texts) = (Patterns::default(), Vec::new());
        for column in tables.pack(&mut Packer::new(&mut patterns)) {
            texts.push(serde_json::to_value(column).unwrap()["texts"].clone());
        }
        assert_eq!(texts, [5; 3]);
    }
}
