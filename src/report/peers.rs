//! The table of the bench of published counters: the cost of each, and its memory beside it.

use super::matrix::judged;
use super::sheet::{Sheet, at, by_subject, threads};
use crate::figure::{count, ns};
use crate::results::Cell;

/// The table of one level; the cheapest at the most threads first, those of one variant together. Without rows where no
/// cell has bytes.
pub(super) fn sheet(cells: &[&Cell], usable: usize) -> Sheet {
    let weighed: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.figures.bytes.is_some()).collect();
    let (mut rows, counts) = by_subject(&weighed);
    let most = counts.last().copied().unwrap_or(1);
    let cost = |cell: &Cell| Some(cell.figures.ns_per_op_per_thread?.median);
    let dearest = |row: &[&Cell]| at(row, most).and_then(cost).unwrap_or(f64::INFINITY);
    let variant = |row: &[&Cell]| row[0].key.variant.clone();
    rows.sort_by(|(_, a), (_, b)| variant(b).cmp(&variant(a)).then(dearest(a).total_cmp(&dearest(b))));
    let fields = |(name, row): (String, Vec<&Cell>)| {
        let times =
            counts.iter().map(|&n| at(&row, n).map_or(String::new(), |c| judged(cost(c).map_or(String::new(), ns), c)));
        let bytes = at(&row, most).and_then(|cell| cell.figures.bytes).map_or(String::new(), count);
        [name].into_iter().chain(times.collect::<Vec<_>>()).chain([bytes]).collect()
    };
    let times = counts.iter().map(|&n| format!("ns/op at {}", threads(n, usable)));
    Sheet {
        title: "Cost and memory".into(),
        note: format!(
            "ns/op per thread, gross. Bytes: one counter after {most} threads; with many, one of them. * = more threads than the \
             {usable} usable CPUs."
        ),
        head: ["counter".to_owned()].into_iter().chain(times).chain(["bytes".to_owned()]).collect(),
        rows: rows.into_iter().map(fields).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::Verdict;
    use crate::samples::{self, costing};

    fn cell(subject: &str, variant: &str, threads: usize, gross: f64, bytes: Option<u64>) -> Cell {
        costing(gross, samples::cell("peers", subject, threads, "saturated")).with(|c| {
            c.key.variant = variant.into();
            c.figures.bytes = bytes;
        })
    }

    #[test]
    fn one_before_many_and_the_cheapest_first() {
        let mut cells = [
            cell("dear", "many", 8, 9.0, Some(16_512)),
            cell("dear", "one", 1, 1.0, Some(7)),
            cell("dear", "one", 8, 4.0, Some(16_512)),
            cell("cheap", "one", 8, 3.0, Some(80)),
            cell("old", "one", 8, 2.0, None),
        ];
        cells[1].facts.verdict = Verdict::Preempted;
        let sheet = sheet(&cells.iter().collect::<Vec<_>>(), 2);
        assert_eq!(sheet.head, ["counter", "ns/op at 1", "ns/op at 8*", "bytes"]);
        let expected: [[&str; 4]; 3] = [
            ["cheap one", "", "3.00", "80"],
            ["dear one", "1.00 [p]", "4.00", "16,512"],
            ["dear many", "", "9.00", "16,512"],
        ];
        assert_eq!(sheet.rows, expected);
    }
}
