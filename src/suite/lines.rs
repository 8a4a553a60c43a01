//! What a cell prints under Criterion's own lines, and how other lines are written.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::machine::cpu_list;
use crate::report::figure::{count, ns, per_second, percent, plain};
use crate::report::ordering;
use crate::results::{Cell, Interval, Waits};
use crate::round::Verdict;

/// As wide as what Criterion prints before its figures.
const MARGIN: usize = 24;

/// The lines of a cell: loss and goodput where there is a count, what locks and mixes have beyond that,
/// what disturbed it too much, and a verdict that is not `valid`.
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
    if let Some(outcomes) = &cell.outcomes {
        line("came", &ordering::list(outcomes));
        line("met", &format!("at least {} of {}", ordering::met(outcomes), count(outcomes.of)));
    }
    if let Some(goodput) = cell.goodput {
        line("goodput", &per_second(goodput));
    }
    let around = |i: Interval| format!("[{} {} {}] ns", ns(i.low), ns(i.median), ns(i.high));
    if let Some(overhead) = cell.holding.and_then(|holding| holding.overhead_ns) {
        line("overhead", &around(overhead));
    }
    if let (Some(jain), Some(waits)) = (cell.jain, cell.waits) {
        line("fair", &plain(jain));
        let Waits { p50, p99, p999, longest, .. } = waits;
        let [p50, p99, p999, longest] = [p50, p99, p999, longest].map(ns);
        line("waits", &format!("p50 {p50}, p99 {p99}, p99.9 {p999}, longest {longest} ns"));
    }
    if let Some(reading) = cell.reading {
        reading.read_ns.iter().for_each(|&i| line("read", &around(i)));
        reading.write_ns.iter().for_each(|&i| line("write", &around(i)));
        if let Some(error) = reading.error {
            let [median, most, moved] = [error.median, error.max, error.moved].map(|x| count(x as u64));
            line("off by", &format!("{median}, {most} at most; the count moved by {moved} meanwhile"));
        }
    }
    if cell.transfer.is_some() {
        line("passed", &cell.label);
    }
    let noise: Vec<String> =
        cell.too_noisy().into_iter().map(|(kind, share)| format!("{kind} {}", percent(share))).collect();
    if !noise.is_empty() {
        line("noise", &noise.join(", "));
    }
    if cell.verdict != Verdict::Valid {
        line("verdict", cell.verdict.id());
    }
    lines
}

/// A time as minutes and seconds.
pub(super) fn minutes(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A path as seen from the working folder, where it lies below it.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

/// One line that says that a run may use other CPUs `now` than `before`; `None` when it may use the same.
pub(super) fn moved(before: &[usize], now: &[usize]) -> Option<String> {
    let [was, is] = [before, now].map(cpu_list);
    (was != is).then(|| {
        format!(
            "the CPUs of this run changed while it went on, from {was} to {is}: cells measured on CPUs it had lost are marked unpinned"
        )
    })
}

/// Cells named at the end of a noisy run; the others are marked like them in the tables.
const NAMED: usize = 5;

/// One line that says how many of a run's cells were noisy, how much of what there was at most, and
/// which they are; `None` when none was.
pub(super) fn noisy(cells: &[Cell]) -> Option<String> {
    let noisy: Vec<&Cell> = cells.iter().filter(|cell| cell.is_noisy()).collect();
    if noisy.is_empty() {
        return None;
    }
    let mut most: BTreeMap<&str, f64> = BTreeMap::new();
    for (kind, share) in noisy.iter().flat_map(|cell| cell.too_noisy()) {
        let known = most.entry(kind).or_insert(share);
        *known = known.max(share);
    }
    let kinds: Vec<String> = most.into_iter().map(|(kind, share)| format!("{kind} up to {}", percent(share))).collect();
    let name = |cell: &&Cell| {
        let variant = if cell.variant.is_empty() { String::new() } else { format!(" {}", cell.variant) };
        format!("{}/{}{variant}/{}", cell.level, cell.subject, cell.threads)
    };
    let names: Vec<String> = noisy.iter().take(NAMED).map(name).collect();
    let more = if noisy.len() > NAMED { format!(" and {} more", noisy.len() - NAMED) } else { String::new() };
    let were = if noisy.len() == 1 { "was" } else { "were" };
    Some(format!(
        "{} of {} cells {were} noisy ({}): {}{more}; `miscount check` says what disturbs this machine",
        noisy.len(),
        cells.len(),
        kinds.join(", "),
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Noise;

    fn cell(subject: &str, noise: Noise) -> Cell {
        let text = format!(
            r#"{{"bench":"counters","subject":"{subject}","label":"","family":"atomic","grade":"exact","threads":2,
                "level":"saturated","placement":"spread","verdict":"valid","run":"r","recorded":""}}"#
        );
        Cell { noise: Some(noise), ..serde_json::from_str(&text).unwrap() }
    }

    #[test]
    fn a_noisy_cell_says_what_disturbed_it() {
        let quiet = cell("a", Noise { steal: Some(0.01), drift: Some(0.02), ..Noise::default() });
        assert!(!of(&quiet).contains("noise"));
        let noisy = cell("a", Noise { steal: Some(0.073), drift: Some(0.062), ..Noise::default() });
        assert!(of(&noisy).contains("noise:  steal 7.3 %, drift 6.2 %"), "{}", of(&noisy));
    }

    #[test]
    fn a_noisy_run_says_how_much_and_names_a_few() {
        let quiet = || cell("quiet", Noise::default());
        assert_eq!(noisy(&[quiet()]), None);
        let stolen = |name: &str, steal| cell(name, Noise { steal: Some(steal), ..Noise::default() });
        let line = noisy(&[stolen("a", 0.25), quiet(), stolen("b", 0.5)]).unwrap();
        assert!(line.starts_with("2 of 3 cells were noisy (steal up to 50"), "{line}");
        assert!(line.contains(": saturated/a/2, saturated/b/2; "), "{line}");
        let many: Vec<Cell> = (0..8).map(|n| stolen(&format!("c{n}"), 0.5)).collect();
        let line = noisy(&many).unwrap();
        assert!(line.contains("saturated/c4/2 and 3 more"), "{line}");
    }
}
