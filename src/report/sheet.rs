//! Plain tables of figures that only some benches have, beside the matrix.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell as Field, CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::markdown::plain;
use super::{distances, locks, ordering, reads, transfers};
use crate::ordering::BENCH as ORDERING;
use crate::results::{Cell, Machine};
use crate::transfer::BENCH;
use crate::workload::Placement;

/// One table, every figure written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    /// Its title.
    pub title: String,
    /// Units and the meaning of the marks, in a sentence or two.
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

/// The tables of one bench, level and placement on one machine, from the cells that `keep` accepts; none
/// if the matrix shows everything.
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
    sheets.extend(distances::sheet(&cells, machine));
    sheets.retain(|sheet| !sheet.rows.is_empty());
    sheets
}

/// Whether the sheets of a bench replace its matrix.
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

/// Rows by subject and variant, each with its cells by thread count; and all thread counts.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::Grade;
    use crate::results::{Holding, Transfer};
    use crate::samples::{around, cell, costing, machine};

    fn pair() -> Cell {
        let transfer = Some(Transfer { cpus: [0, 1], pairs: 1, of: 1 });
        Cell { family: "same_l3".into(), transfer, ..costing(5.0, cell(BENCH, "same_l3", 2, "ping_pong")) }
    }

    #[test]
    fn only_the_cells_of_one_view_are_in_its_tables() {
        let others = [
            Cell { bench: "counters".into(), ..pair() },
            Cell { level: "saturated".into(), ..pair() },
            Cell { placement: Placement::Unpinned, ..pair() },
            Cell { run: "other".into(), ..pair() },
        ];
        let machine = machine(others.into_iter().chain([pair()]).collect());
        let kept = |c: &Cell| c.run == "r";
        let all = sheets(&machine, BENCH, "ping_pong", Placement::Spread, kept);
        assert_eq!(
            all.iter().map(|sheet| sheet.title.as_str()).collect::<Vec<_>>(),
            ["Line transfer", "Line transfer, CPU by CPU"]
        );
        assert_eq!(all[0].rows[0][1], "1", "pairs");
        assert!(sheets(&machine, "counters", "ping_pong", Placement::Spread, kept).is_empty(), "the matrix shows all");
        assert!(sheets(&machine, BENCH, "ping_pong", Placement::Siblings, kept).is_empty());
    }

    #[test]
    fn a_table_without_rows_is_none() {
        let around = around(5.0, 1.0);
        let holding = Holding { critical_ns: 0.0, parallel_ns: 0.0, overhead_ns: Some(around), hand_off_rate: 0.0 };
        let lock = Cell { holding: Some(holding), ..costing(5.0, cell("locks", "a", 1, "c0_p0")) };
        let found = |cell: &Cell| -> Vec<String> {
            let all = sheets(&machine(vec![cell.clone()]), &cell.bench, &cell.level, cell.placement, |_| true);
            all.into_iter().map(|sheet| sheet.rows[0][0].clone()).collect()
        };
        assert_eq!(found(&lock), ["a"], "what it costs, and nothing of who waits");
        assert!(found(&Cell { grade: Grade::Control, ..lock }).is_empty());
        let reading = crate::results::Reading {
            share: 0.9,
            read_ns: Some(around),
            write_ns: None,
            longest_write_ns: None,
            error: None,
        };
        assert_eq!(found(&Cell { reading: Some(reading), ..costing(5.0, cell("reads", "b", 1, "r90")) }), ["b"]);
    }

    #[test]
    fn transfers_and_litmus_tests_need_no_matrix() {
        assert_eq!([BENCH, ORDERING, "counters", "locks"].map(replace_matrix), [true, true, false, false]);
    }

    fn sheet() -> Sheet {
        let [head, first, second] =
            [["what", "ns"], ["a_b", "1.00"], ["c|d", "10.0"]].map(|row| row.map(str::to_owned).into());
        Sheet {
            title: "A <title>".into(),
            note: "A *note*.".into(),
            head,
            rows: vec![first, second],
            shades: Vec::new(),
        }
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
            Cell { variant: "fair".into(), ..cell("locks", "b", 2, "c0_p0") },
        ];
        let (rows, counts) = by_subject(&cells.iter().collect::<Vec<_>>());
        assert_eq!(counts, [1, 2, 4]);
        let shown: Vec<(&str, Vec<usize>)> =
            rows.iter().map(|(name, cells)| (name.as_str(), cells.iter().map(|c| c.threads).collect())).collect();
        assert_eq!(shown, [("b", vec![4, 1]), ("a", vec![1]), ("b fair", vec![2])]);
        assert_eq!([1, 2, 4].map(|n| at(&rows[0].1, n).map(|c| c.threads)), [Some(1), None, Some(4)]);
    }
}
