//! Plain tables of figures beside the matrix: what only some benches have.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell as Field, CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::markdown::plain;
use super::{locks, ordering, reads, transfers};
use crate::ordering::BENCH as ORDERING;
use crate::results::{Cell, Machine};
use crate::transfer::BENCH;
use crate::workload::Placement;

/// One table, every figure written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    /// What it shows.
    pub title: String,
    /// Units and what the marks mean, in a sentence or two.
    pub note: String,
    /// Heads of the columns, the first over the rows' names.
    pub head: Vec<String>,
    /// Rows, the name first; an empty text where nothing was measured.
    pub rows: Vec<Vec<String>>,
    /// How dark each figure is on the page, from 0 to 1, row by row without the names; empty for a table
    /// that is not shaded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shades: Vec<Vec<Option<f64>>>,
}

/// The tables of one bench, level and placement on one machine, of the cells that `keep` accepts; none
/// for benches of which the matrix shows all.
pub fn sheets(
    machine: &Machine,
    bench: &str,
    level: &str,
    placement: Placement,
    keep: impl Fn(&Cell) -> bool,
) -> Vec<Sheet> {
    let here = |c: &&Cell| c.bench == bench && c.level == level && c.placement == placement && keep(c);
    let cells: Vec<&Cell> = machine.cells.iter().filter(here).collect();
    let mut sheets = match bench {
        "locks" => locks::sheets(&cells, machine.card.usable_cpus),
        "reads" => reads::sheets(&cells, machine.card.usable_cpus),
        BENCH => transfers::sheets(&cells),
        ORDERING => ordering::sheets(&cells, machine),
        _ => Vec::new(),
    };
    sheets.retain(|sheet| !sheet.rows.is_empty());
    sheets
}

/// Whether the sheets of a bench show all that its matrix would, and better.
pub(super) fn replace_matrix(bench: &str) -> bool {
    bench == BENCH || bench == ORDERING
}

impl Sheet {
    /// It as a table for the terminal.
    pub fn terminal(&self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        let aligned = |(n, text): (usize, &String)| {
            let field = Field::new(text);
            if n == 0 { field } else { field.set_alignment(CellAlignment::Right) }
        };
        table.set_header(self.head.iter().enumerate().map(aligned));
        for row in &self.rows {
            table.add_row(row.iter().enumerate().map(aligned));
        }
        format!("{}\n{}\n{}\n", self.title, table.trim_fmt(), self.note)
    }

    /// It as a Markdown table.
    pub fn markdown(&self) -> String {
        let line = |fields: &[String]| {
            format!("| {} |\n", fields.iter().map(|field| plain(field)).collect::<Vec<String>>().join(" | "))
        };
        let rule = format!("|---|{}\n", "---:|".repeat(self.head.len().saturating_sub(1)));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}\n\n{}{rule}{rows}\n{}\n", plain(&self.title), line(&self.head), plain(&self.note))
    }
}

/// A thread count as a head names it: `4*` where it is oversubscribed.
pub(super) fn threads(n: usize, usable: usize) -> String {
    format!("{n}{}", if n > usable { "*" } else { "" })
}

/// Rows by subject and variant, each with its cells by thread count; and the thread counts there are.
pub(super) fn by_subject<'c>(cells: &[&'c Cell]) -> (Vec<(String, Vec<&'c Cell>)>, Vec<usize>) {
    let mut rows: Vec<(String, Vec<&Cell>)> = Vec::new();
    let mut counts: Vec<usize> = cells.iter().map(|cell| cell.threads).collect();
    counts.sort_unstable();
    counts.dedup();
    for &cell in cells {
        let name = match cell.variant.as_str() {
            "" => cell.subject.clone(),
            variant => format!("{} {variant}", cell.subject),
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
    row.iter().copied().find(|cell| cell.threads == threads)
}
