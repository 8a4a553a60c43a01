//! Made-up cells of interpreters and of the model of their lock: no figure in them was measured.

use miscount::counter::Grade;
use miscount::hazard::Anomalies;
use miscount::results::{Cell, Interval, Key, LossRate, Machine};
use miscount::round::{Verdict, per_second};
use miscount::workload::Placement;

use crate::synthetic;

/// Interpreters, not in order of age, and the loss of `self.val += 1` and `self.val += int(1)` in them.
pub(crate) const INTERPRETERS: [(&str, &str, f64, f64); 4] = [
    ("cpython_3_10_13", "CPython 3.10.13", 0.0, 0.20),
    ("cpython_3_13_5t", "CPython 3.13.5 free-threaded", 0.30, 0.30),
    ("cpython_3_9_18", "CPython 3.9.18", 0.35, 0.25),
    ("cpython_2_7_18", "CPython 2.7.18", 0.15, 0.15),
];

/// The model's rows and their loss: the same as the interpreters'.
pub(crate) const MODELS: [(&str, f64); 5] = [
    ("gil_3_9_plain", 0.30),
    ("gil_3_9_int", 0.22),
    ("gil_3_10_plain", 0.0),
    ("gil_3_10_int", 0.21),
    ("gil_free_threaded", 0.33),
];

/// A cell that costs so many ns at one thread and loses `rate` at more, its rounds from half as much to
/// half as much again.
pub(crate) fn cell(subject: &str, variant: &str, ns: f64, rate: f64, threads: usize, level: &str) -> Cell {
    let grade = match subject {
        "py_none" => Grade::Control,
        "py_lock" | "py_replace_under_lock" => Grade::Exact,
        _ => Grade::Racy,
    };
    let key = Key {
        bench: "interpreters".into(),
        subject: subject.into(),
        variant: variant.into(),
        threads,
        level: level.into(),
        placement: Placement::Spread,
    };
    let family = if subject.starts_with("gil") { "gil" } else { "python" };
    let verdict = if threads > 2 { Verdict::Oversubscribed } else { Verdict::Valid };
    let counts = grade != Grade::Control;
    let rate = if threads > 1 { rate } else { 0.0 };
    let lost = (rate * 1e6) as u64;
    let gross = ns * threads as f64;
    Cell::blank(key, family.into(), grade, verdict).with(|c| {
        c.figures.attempted = Some(1_000_000);
        c.figures.kept = counts.then_some(1_000_000 - lost);
        c.figures.lost = counts.then_some(lost);
        c.figures.loss_rate =
            counts.then_some(LossRate { min: rate * 0.5, median: rate, max: (rate * 1.5).min(1.0), pooled: rate });
        c.figures.ns_per_op_per_thread = Some(Interval { low: gross * 0.99, median: gross, high: gross * 1.01 });
        c.figures.throughput = Some(per_second(threads, gross));
        c.figures.goodput = counts.then(|| per_second(threads, gross) * (1.0 - rate));
        c.figures.rounds_kept = Some(10);
        c.figures.rounds_tried = Some(10);
        c.figures.sample_ms = Some(100.0 * threads as f64);
        c.facts.run = "r1".into();
        c.facts.recorded = "2026-01-02T03:04:05Z".into();
    })
}

/// The interpreters and the model at 1, 2 and 10 threads and two switch intervals, beside native counters.
pub(crate) fn machine(id: &str) -> Machine {
    let mut machine = synthetic::machine(id, &synthetic::COUNTERS);
    for level in ["switch_5ms", "switch_5us"] {
        // More switches, more chances to lose.
        let more = if level == "switch_5us" { 1.8 } else { 1.0 };
        for threads in [1, 2, 10] {
            for (variant, label, plain, int) in INTERPRETERS {
                let rows = [
                    ("py_none", 10.0, 0.0),
                    ("py_plain", 50.0, plain),
                    ("py_int_conversion", 90.0, int),
                    ("py_lock", 210.0, 0.0),
                    ("py_replace_under_lock", 250.0, 0.0),
                ];
                let named = |cell: Cell| cell.with(|c| c.facts.label = label.into());
                let cells =
                    rows.map(|(subject, ns, rate)| named(cell(subject, variant, ns, rate * more, threads, level)));
                machine.cells.extend(cells);
                let kind = "appended beyond the limit".into();
                let seen = if threads > 1 { 3 } else { 0 };
                machine.cells.push(named(cell("py_check_then_append", variant, 70.0, 0.0, threads, level)).with(|c| {
                    c.figures.anomalies = Some(Anomalies { kind, seen, of: 1_000_000 });
                    c.figures.kept = None;
                    c.figures.lost = None;
                    c.figures.loss_rate = None;
                    c.figures.goodput = None;
                }));
            }
            machine.cells.extend(MODELS.map(|(subject, rate)| cell(subject, "", 15.0, rate * more, threads, level)));
        }
    }
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}
