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
