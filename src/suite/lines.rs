//! What a cell prints under Criterion's own lines.

use std::fmt::Write;

use crate::report::figure::{count, per_second, percent};
use crate::results::Cell;
use crate::round::Verdict;

/// As wide as what Criterion prints before its figures.
const MARGIN: usize = 24;

/// The lines of a cell: loss and goodput where there is a count, and a verdict that is not `valid`.
pub(super) fn of(cell: &Cell) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{:MARGIN$}{:<7} {text}", "", format!("{name}:"));
    };
    if let (Some(loss), Some(lost), Some(attempted)) = (cell.loss_rate, cell.lost, cell.attempted) {
        let [min, median, max] = [loss.min, loss.median, loss.max].map(percent);
        let (lost, attempted) = (count(lost), count(attempted));
        line("lost", &format!("[{min} {median} {max}]  {lost} of {attempted}"));
    }
    if let Some(anomalies) = &cell.anomalies {
        line("seen", &format!("{} {} of {}", count(anomalies.seen), anomalies.kind, count(anomalies.of)));
    }
    if let Some(goodput) = cell.goodput {
        line("goodput", &per_second(goodput));
    }
    if cell.verdict != Verdict::Valid {
        line("verdict", cell.verdict.id());
    }
    lines
}
