//! The lines of one cell in the terminal, under Criterion's own.

use std::fmt::Write;

use super::{distances, ordering};
use crate::figure::{count, ns, per_second, percent, plain};
use crate::results::{Cell, Interval, Waits};
use crate::round::Verdict;
use crate::transfer::distance::name;

/// The resolution if there is no null study, in ns: below that of any study made.
const UNKNOWN: f64 = 0.01;
/// As wide as Criterion's text before its figures.
const MARGIN: usize = 24;

/// The lines of a cell: loss and goodput if it counts, the further figures of locks and mixes,
/// noise above the limits, and a verdict other than `valid`.
pub(crate) fn of(cell: &Cell) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{:MARGIN$}{:<7} {text}", "", format!("{name}:"));
    };
    if let (Some(loss), Some(lost), Some(attempted)) =
        (cell.figures.loss_rate, cell.figures.lost, cell.figures.attempted)
    {
        let [min, median, max] = [loss.min, loss.median, loss.max].map(percent);
        let (lost, attempted) = (count(lost), count(attempted));
        line("lost", &format!("[{min} {median} {max}]  {lost} of {attempted}"));
    }
    if let Some(anomalies) = &cell.figures.anomalies {
        line("seen", &format!("{} {} of {}", count(anomalies.seen), anomalies.kind, count(anomalies.of)));
    }
    if let Some(outcomes) = &cell.figures.outcomes {
        line("came", &ordering::list(outcomes));
        line("met", &format!("at least {} of {}", ordering::met(outcomes), count(outcomes.of)));
    }
    if let Some(goodput) = cell.figures.goodput {
        line("goodput", &per_second(goodput));
    }
    let around = |i: Interval| format!("[{} {} {}] ns", ns(i.low), ns(i.median), ns(i.high));
    if let Some(overhead) = cell.figures.holding.and_then(|holding| holding.overhead_ns) {
        line("overhead", &around(overhead));
    }
    if let (Some(jain), Some(waits)) = (cell.figures.jain, cell.figures.waits) {
        line("fair", &plain(jain));
        let Waits { p50, p99, p999, longest, .. } = waits;
        let [p50, p99, p999, longest] = [p50, p99, p999, longest].map(ns);
        line("waits", &format!("p50 {p50}, p99 {p99}, p99.9 {p999}, longest {longest} ns"));
    }
    if let Some(reading) = cell.figures.reading {
        reading.read_ns.iter().for_each(|&i| line("read", &around(i)));
        reading.write_ns.iter().for_each(|&i| line("write", &around(i)));
        if let Some(error) = reading.error {
            let [median, most, moved] = [error.median, error.max, error.moved].map(|x| count(x as u64));
            line("off by", &format!("{median}, {most} at most; the count moved by {moved} meanwhile"));
        }
    }
    for (n, distance) in cell.figures.distances.iter().enumerate() {
        line(&name(n, cell.figures.distances.len()), &distances::described(cell.facts.grade, distance, UNKNOWN));
    }
    if cell.figures.transfer.is_some() {
        line("passed", &cell.facts.label);
    }
    let noise: Vec<String> =
        cell.too_noisy().into_iter().map(|(kind, share)| format!("{kind} {}", percent(share))).collect();
    if !noise.is_empty() {
        line("noise", &noise.join(", "));
    }
    if cell.facts.verdict != Verdict::Valid {
        line("verdict", cell.facts.verdict.id());
    }
    if cell.facts.quick {
        line("quick", "two rounds, to see that it works");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Noise;
    use crate::samples;

    fn cell(noise: Noise) -> Cell {
        samples::cell("counters", "a", 2, "saturated").with(|c| c.figures.noise = Some(noise))
    }

    #[test]
    fn a_noisy_cell_says_what_disturbed_it() {
        let quiet = cell(Noise { steal: Some(0.01), drift: Some(0.02), ..Noise::default() });
        assert!(!of(&quiet).contains("noise"));
        let noisy = cell(Noise { steal: Some(0.073), drift: Some(0.062), ..Noise::default() });
        assert!(of(&noisy).contains("noise:  steal 7.3 %, drift 6.2 %"), "{}", of(&noisy));
    }
}
