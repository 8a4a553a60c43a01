//! Plain tables of figures that only some benches have, beside the matrix.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell as Field, CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use crate::results::Cell;

/// Figures side by side in the terminal in a table with parts; further ones go below, so that a line stays readable.
const ACROSS: usize = 6;

/// One table, every figure written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    /// Its title.
    pub title: String,
    /// Units and the meaning of the marks, in a sentence or two.
    pub note: String,
    /// Heads of the columns, the first over the rows' names.
    pub head: Vec<String>,
    /// Rows, the name first; an empty text where nothing was measured. A row of one field names the part below it.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Whether its rows stand in parts, each below a row of one field: the part's name.
    fn has_parts(&self) -> bool {
        self.rows.iter().any(|row| row.len() == 1)
    }

    /// It as a table for the terminal; one with parts as several, where its columns are many.
    pub(super) fn terminal(&self) -> String {
        let has_parts = self.has_parts();
        let columns: Vec<usize> = (1..self.head.len()).collect();
        let across = if has_parts { ACROSS } else { columns.len().max(1) };
        let tables = columns.chunks(across).map(|across| {
            let mut table = Table::new();
            table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
            let line = |name: String, row: &[String]| {
                let text = |&n: &usize| row.get(n).map_or("", String::as_str);
                let figures = across.iter().map(|n| Field::new(text(n)).set_alignment(CellAlignment::Right));
                [Field::new(name)].into_iter().chain(figures).collect::<Vec<Field>>()
            };
            table.set_header(line(self.head[0].clone(), &self.head));
            for row in &self.rows {
                let indent = if has_parts && row.len() > 1 { "  " } else { "" };
                table.add_row(line(format!("{indent}{}", row[0]), row));
            }
            table.trim_fmt() + "\n"
        });
        format!("{}\n{}{}\n", self.title, tables.collect::<String>(), self.note)
    }

    /// It as a Markdown table.
    pub(super) fn markdown(&self) -> String {
        let others = self.head.len().saturating_sub(1);
        let line = |fields: &[String]| match fields {
            [part] => format!("| **{}** |{}\n", plain(part), "  |".repeat(others)),
            _ => format!("| {} |\n", fields.iter().map(|field| plain(field)).collect::<Vec<String>>().join(" | ")),
        };
        let rule = format!("|---|{}\n", "---:|".repeat(others));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}\n\n{}{rule}{rows}\n{}\n", plain(&self.title), line(&self.head), plain(&self.note))
    }
}

/// A thread count as a head names it: `4*` where it is oversubscribed.
pub(super) fn threads(n: usize, usable: usize) -> String {
    format!("{n}{}", if n > usable { "*" } else { "" })
}

/// Rows by subject and variant, each with its cells by thread count; and all thread counts.
pub(super) fn by_subject<'c>(cells: &[&'c Cell]) -> (Vec<(String, Vec<&'c Cell>)>, Vec<usize>) {
    let mut rows: Vec<(String, Vec<&Cell>)> = Vec::new();
    let mut counts: Vec<usize> = cells.iter().map(|cell| cell.key.threads).collect();
    counts.sort_unstable();
    counts.dedup();
    for &cell in cells {
        let name = match cell.key.variant.as_str() {
            "" => cell.key.subject.clone(),
            variant => format!("{} {variant}", cell.key.subject),
        };
        match rows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, cells)) => cells.push(cell),
            None => rows.push((name, vec![cell])),
        }
    }
    (rows, counts)
}

/// The cell of a row at a thread count.
pub(super) fn at<'c>(row: &[&'c Cell], threads: usize) -> Option<&'c Cell> {
    row.iter().copied().find(|cell| cell.key.threads == threads)
}

/// Text with what Markdown would read as markup made harmless.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;

    fn sheet() -> Sheet {
        let [head, first, second] =
            [["what", "ns"], ["a_b", "1.00"], ["c|d", "10.0"]].map(|row| row.map(str::to_owned).into());
        Sheet { title: "A <title>".into(), note: "A *note*.".into(), head, rows: vec![first, second] }
    }

    #[test]
    fn figures_stand_to_the_right_of_names() {
        let lines = [
            "A <title>",
            "┌──────┬──────┐",
            "│ what ┆   ns │",
            "╞══════╪══════╡",
            "│ a_b  ┆ 1.00 │",
            "│ c|d  ┆ 10.0 │",
            "└──────┴──────┘",
            "A *note*.",
            "",
        ];
        assert_eq!(sheet().terminal(), lines.join("\n"));
    }

    #[test]
    fn markdown_escapes_what_would_be_markup() {
        let text =
            "A &lt;title&gt;\n\n| what | ns |\n|---|---:|\n| a\\_b | 1.00 |\n| c\\|d | 10.0 |\n\nA \\*note\\*.\n";
        assert_eq!(sheet().markdown(), text);
    }

    #[test]
    fn rows_are_found_by_name_and_thread_count() {
        assert_eq!([threads(1, 2), threads(2, 2), threads(3, 2)], ["1", "2", "3*"]);
        let cells = [
            cell("locks", "b", 4, "c0_p0"),
            cell("locks", "a", 1, "c0_p0"),
            cell("locks", "b", 1, "c0_p0"),
            cell("locks", "b", 2, "c0_p0").with(|c| c.key.variant = "fair".into()),
        ];
        let (rows, counts) = by_subject(&cells.iter().collect::<Vec<_>>());
        assert_eq!(counts, [1, 2, 4]);
        let shown: Vec<(&str, Vec<usize>)> =
            rows.iter().map(|(name, cells)| (name.as_str(), cells.iter().map(|c| c.key.threads).collect())).collect();
        assert_eq!(shown, [("b", vec![4, 1]), ("a", vec![1]), ("b fair", vec![2])]);
        assert_eq!([1, 2, 4].map(|n| at(&rows[0].1, n).map(|c| c.key.threads)), [Some(1), None, Some(4)]);
    }
}
