//! The figures of a machine's cells as columns of texts.

use serde::Serialize;

use crate::rank::resolution::is_below;
use crate::report::columns::{Column, Packer};
use crate::report::figure;
use crate::report::matrix::{self, Cost, Entry, Mark, View};
use crate::results::{Cell, Interval};
use crate::round::ns_per_kept;

/// Names of the figures in a cell's detail, in their order.
pub(in crate::report) const DETAILS: [&str; 21] = [
    "ns/op per thread, gross",
    "net cost, ns/op per thread",
    "ns per kept update, gross",
    "throughput",
    "goodput",
    "attempted",
    "kept",
    "lost",
    "loss rate",
    "overlap",
    "fairness (Jain)",
    "rounds",
    "round length",
    "verdict",
    "think time",
    "CPU time per op, all threads",
    "CPUs seen",
    "run",
    "recorded",
    "anomalies",
    "noise",
];

/// Details that repeat as a whole: verdict, CPUs, run and noise.
const WHOLE: [usize; 4] = [13, 16, 17, 20];

/// Details that often have another's numbers: ns per kept update the gross cost's, kept the attempts', goodput
/// the throughput's.
const LIKE: [(usize, usize); 3] = [(2, 0), (4, 3), (6, 5)];

/// Significant digits of gross costs that are divided.
const DIGITS: i32 = 4;

/// All cells of a machine, in the order of its views, their rows and columns.
#[derive(Serialize)]
pub(super) struct Cells {
    details: Vec<Column>,
    /// For each detail the one it is like; the page needs it to unpack.
    like: Vec<Option<usize>>,
    cost: Column,
    verdict: Column,
    letter: Column,
    quick: Column,
    noisy: Column,
    mark: Column,
    shade: Column,
    anomalies: Column,
    /// The cost as the matrix shows it; like the net cost.
    text: Column,
    /// What was lost as the matrix shows it; like the loss rate.
    loss: Column,
    /// Gross cost for dividing (a net one is divided as it is written), only where there is no think time in it; like the gross cost.
    gross: Column,
}

impl Cells {
    pub(super) fn of(views: &[View<'_>], packer: &mut Packer<'_>) -> Cells {
        // Views list their entries in the order of rows and columns.
        let entries: Vec<(&Entry<'_>, f64)> = views
            .iter()
            .flat_map(|view| view.sections.iter().flat_map(|s| &s.rows).map(move |row| (view, row)))
            .flat_map(|(view, row)| row.entries.iter().zip(&view.columns))
            .filter_map(|(entry, column)| Some((entry.as_ref()?, column.resolution)))
            .collect();
        let mut texts: [Vec<Option<String>>; 21] = Default::default();
        for (entry, resolution) in &entries {
            for (column, text) in texts.iter_mut().zip(details(entry.cell, *resolution)) {
                column.push(text);
            }
        }
        let like = |n: usize| LIKE.iter().find(|(own, _)| *own == n).map(|(_, other)| *other);
        let detail = |n: usize, packer: &mut Packer<'_>| {
            if WHOLE.contains(&n) {
                return packer.whole(&texts[n]);
            }
            packer.split(&texts[n], like(n).map(|other| texts[other].as_slice()))
        };
        let each = |of: &dyn Fn(&Entry<'_>) -> Option<String>| -> Vec<Option<String>> {
            entries.iter().map(|(entry, _)| of(entry)).collect()
        };
        let gross = |entry: &Entry<'_>| {
            let saturated = matrix::think(&entry.cell.level).is_some_and(|think| think.is_zero());
            entry.cell.ns_per_op_per_thread.filter(|_| saturated).map(exact)
        };
        let details = (0..texts.len()).map(|n| detail(n, packer)).collect();
        let mut whole = |of: &dyn Fn(&Entry<'_>) -> Option<String>| packer.whole(&each(of));
        Cells {
            details,
            like: (0..texts.len()).map(like).collect(),
            cost: whole(&|e| Some(cost(e.cost).into())),
            verdict: whole(&|e| Some(e.cell.verdict.id().into())),
            letter: whole(&|e| matrix::letter(e.cell.verdict).map(String::from)),
            quick: whole(&|e| e.cell.quick.then(|| "quick".into())),
            noisy: whole(&|e| e.cell.is_noisy().then(|| matrix::NOISY.to_string())),
            mark: whole(&|e| e.mark.map(|mark| Mark::text(mark).into())),
            shade: packer.split(&each(&|e| e.shade.map(|x| format!("{x:.2}"))), None),
            anomalies: packer.split(&each(&|e| e.anomalies.clone()), None),
            text: packer.split(&each(&|e| Some(e.text.clone())), Some(&texts[1])),
            loss: packer.split(&each(&|e| e.loss.clone()), Some(&texts[8])),
            gross: packer.split(&each(&gross), Some(&texts[0])),
        }
    }
}

fn cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Net => "net",
        Cost::Below => "below",
        Cost::Gross => "gross",
        Cost::Absent => "absent",
    }
}

/// An interval for dividing: the middle to [`DIGITS`] significant digits at least, the ends as written.
fn exact(i: Interval) -> String {
    format!("{} ({} to {})", digits(i.median), figure::ns(i.low), figure::ns(i.high))
}

/// A number to [`DIGITS`] significant digits, whole digits kept.
fn digits(x: f64) -> String {
    let whole = if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 };
    format!("{x:.*}", (DIGITS - 1 - whole).clamp(0, 12) as usize)
}

fn details(c: &Cell, resolution: f64) -> [Option<String>; 21] {
    let unit = |text: String| format!("{text} ns");
    let gross = c.ns_per_op_per_thread;
    let kept = gross.zip(c.loss_rate).map(|(i, l)| ns_per_kept(i.median, l.pooled));
    let verdict = match c.verdict.id() {
        "valid" => "valid".to_string(),
        id => format!("{id}: {}", matrix::explain(c.verdict)),
    };
    let quick = if c.quick { "; taken with --quick: poor for loss" } else { "" };
    let rounds = match (c.rounds_kept, c.rounds_tried) {
        (Some(kept), Some(tried)) => Some(format!("{kept} kept of {tried} tried")),
        (Some(kept), None) => Some(format!("{kept} kept")),
        (None, _) => None,
    };
    let all: [Option<String>; 21] = [
        gross.map(|i| unit(figure::interval(i, figure::ns))),
        c.net_ns_per_op.map(|i| net(i, resolution)),
        kept.map(|x| unit(figure::ns(x))),
        c.throughput.map(figure::per_second),
        c.goodput.map(figure::per_second),
        c.attempted.map(figure::count),
        c.kept.map(figure::count),
        c.lost.map(figure::count),
        c.loss_rate.map(|l| {
            let [pooled, median, min, max] = [l.pooled, l.median, l.min, l.max].map(figure::percent);
            format!("{pooled} in all; rounds: median {median}, {min} to {max}")
        }),
        c.overlap.map(|o| format!("{} median, {} worst", figure::plain(o.median), figure::plain(o.min))),
        c.jain.map(figure::plain),
        rounds.map(|text| format!("{text}{quick}")),
        c.sample_ms.map(|x| format!("{} ms", figure::ns(x))),
        Some(verdict),
        c.achieved_think_ns.map(|x| unit(figure::ns(x))),
        c.cpu_ns_per_op.map(|x| unit(figure::ns(x))),
        (!c.cpus_seen.is_empty()).then(|| c.cpus_seen.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
        Some(c.run.clone()),
        Some(minute(&c.recorded)),
        c.anomalies.as_ref().map(|a| format!("{} {} of {}", figure::count(a.seen), a.kind, figure::count(a.of))),
        c.noise.as_ref().map(|_| noise(c)),
    ];
    all
}

/// What went on beside a cell, so far as it was too much.
fn noise(c: &Cell) -> String {
    let found: Vec<String> =
        c.too_noisy().into_iter().map(|(kind, share)| format!("{kind} {}", figure::percent(share))).collect();
    if found.is_empty() { "none that matters".into() } else { found.join(", ") }
}

/// An RFC 3339 time without its seconds, which tell a reader nothing and fill 60 kB.
fn minute(time: &str) -> String {
    match (time.get(..16), time.get(16..)) {
        (Some(start), Some(rest)) if rest.starts_with(':') => format!("{start}Z"),
        _ => time.to_owned(),
    }
}

/// A net cost with its interval, unless all of it is below the resolution.
fn net(i: Interval, resolution: f64) -> String {
    let one = |x| figure::net(x, resolution);
    if [i.low, i.median, i.high].iter().all(|x| is_below(*x, resolution)) {
        return format!("{} ns, its whole interval", one(i.median));
    }
    format!("{} ns", figure::interval(i, one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hazard::Anomalies;
    use crate::results::{LossRate, Noise, Overlap};
    use crate::round::Verdict;

    fn cell() -> Cell {
        let text = r#"{"bench":"counters","subject":"load_store","label":"","family":"racy","grade":"racy","threads":2,
            "level":"saturated","placement":"spread","verdict":"valid","run":"r1","recorded":"2026-01-02T03:04:05Z"}"#;
        serde_json::from_str(text).unwrap()
    }

    /// The details of a cell that has them, by name.
    fn shown(cell: &Cell, resolution: f64) -> Vec<(&'static str, String)> {
        DETAILS.into_iter().zip(details(cell, resolution)).filter_map(|(name, text)| Some((name, text?))).collect()
    }

    #[test]
    fn every_figure_is_written_under_its_name() {
        let full = Cell {
            verdict: Verdict::Preempted,
            ns_per_op_per_thread: Some(Interval { low: 9.0, median: 10.0, high: 11.0 }),
            net_ns_per_op: Some(Interval { low: 8.5, median: 9.5, high: 10.5 }),
            throughput: Some(2e8),
            goodput: Some(1.5e8),
            attempted: Some(4000),
            kept: Some(3000),
            lost: Some(1000),
            loss_rate: Some(LossRate { min: 0.1, median: 0.2, max: 0.3, pooled: 0.25 }),
            overlap: Some(Overlap { median: 0.99, min: 0.95 }),
            jain: Some(0.875),
            rounds_kept: Some(10),
            rounds_tried: Some(11),
            quick: true,
            sample_ms: Some(40.0),
            achieved_think_ns: Some(101.0),
            cpu_ns_per_op: Some(10.5),
            cpus_seen: vec![0, 12],
            anomalies: Some(Anomalies { kind: "torn".into(), seen: 1234, of: 5000 }),
            noise: Some(Noise { steal: Some(0.5), drift: Some(0.25), ..Noise::default() }),
            ..cell()
        };
        let expected = [
            ("ns/op per thread, gross", "10.0 (9.00 to 11.0) ns"),
            ("net cost, ns/op per thread", "9.5 (8.5 to 10.5) ns"),
            ("ns per kept update, gross", "13.3 ns"),
            ("throughput", "200 M/s"),
            ("goodput", "150 M/s"),
            ("attempted", "4,000"),
            ("kept", "3,000"),
            ("lost", "1,000"),
            ("loss rate", "25.0 % in all; rounds: median 20.0 %, 10.0 % to 30.0 %"),
            ("overlap", "0.99 median, 0.95 worst"),
            ("fairness (Jain)", "0.88"),
            ("rounds", "10 kept of 11 tried; taken with --quick: poor for loss"),
            ("round length", "40.0 ms"),
            ("verdict", "preempted: a thread waited for a CPU"),
            ("think time", "101 ns"),
            ("CPU time per op, all threads", "10.5 ns"),
            ("CPUs seen", "0, 12"),
            ("run", "r1"),
            ("recorded", "2026-01-02T03:04Z"),
            ("anomalies", "1,234 torn of 5,000"),
            ("noise", "steal 50.0 %, drift 25.0 %"),
        ];
        assert_eq!(shown(&full, 0.3), expected.map(|(name, text)| (name, text.to_owned())));
    }

    #[test]
    fn what_was_not_measured_is_not_written() {
        let names = |cell: &Cell| shown(cell, 0.3).iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(names(&cell()), ["verdict", "run", "recorded"]);
        let kept = Cell { rounds_kept: Some(3), ..cell() };
        assert!(shown(&kept, 0.3).contains(&("rounds", "3 kept".into())));
        let quiet = Cell { noise: Some(Noise { steal: Some(0.0), ..Noise::default() }), ..cell() };
        assert!(shown(&quiet, 0.3).contains(&("noise", "none that matters".into())));
    }

    #[test]
    fn an_interval_below_the_resolution_is_no_figure() {
        let i = |low, median, high| net(Interval { low, median, high }, 3.0);
        assert_eq!(i(-2.9, 1.0, 2.9), "< 3 ns, its whole interval");
        assert_eq!(i(-2.9, 1.0, 3.0), "< 3 (< 3 to 3) ns");
        assert_eq!(i(-3.0, 1.0, 2.9), "< 3 (-3 to < 3) ns");
    }

    #[test]
    fn what_is_divided_keeps_four_digits() {
        let shown = [0.0, 0.012_345_6, 1.23456, 98.766, 123_456.7, -0.5].map(digits);
        assert_eq!(shown, ["0.000", "0.01235", "1.235", "98.77", "123457", "-0.5000"]);
        assert_eq!(exact(Interval { low: 1.0, median: 1.23456, high: 2.0 }), "1.235 (1.00 to 2.00)");
    }

    #[test]
    fn a_time_is_shown_without_its_seconds() {
        let times = [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.678Z",
            "2026",
            "",
            "é".repeat(20).as_str(),
            "2026-01-02T03:04Z",
        ]
        .map(minute);
        let expected = ["2026-01-02T03:04Z", "2026-01-02T03:04Z", "2026", "", &"é".repeat(20), "2026-01-02T03:04Z"]
            .map(str::to_owned);
        assert_eq!(times, expected);
    }
}
