//! A made-up machine for tests of the report: no figure in it was measured.

use std::collections::BTreeMap;

use miscount::counter::Grade;
use miscount::machine::{Card, Run};
use miscount::results::read::Origin;
use miscount::results::{Cell, Interval, Key, LossRate, Machine, Overlap, Shares, Turns, Waits};
use miscount::round::{Verdict, expected_racy_loss, per_second};
use miscount::workload::{Load, Placement, levels_of};

/// Counters, their families and their costs at one thread; grades follow from the family.
pub(crate) const COUNTERS: [(&str, &str, f64); 16] = [
    ("none", "control", 0.3),
    ("local_cell", "control", 0.5),
    ("load_store", "racy", 0.6),
    ("load_store_padded", "racy", 0.7),
    ("fetch_add", "atomic", 2.0),
    ("fetch_add_relaxed", "atomic", 2.0),
    ("cas_loop", "atomic", 3.1),
    ("std_mutex", "blocking", 4.4),
    ("parking_lot", "blocking", 5.1),
    ("rw_lock", "blocking", 7.9),
    ("spin_mutex", "spinning", 2.4),
    ("ticket", "spinning", 2.1),
    ("mcs", "spinning", 4.7),
    ("striped", "sharded", 2.0),
    ("per_thread", "sharded", 0.6),
    ("channel", "message", 42.0),
];

/// A cell with all its figures; `cpus` is what the machine may use.
pub(crate) fn cell(subject: &str, family: &str, base: f64, threads: usize, level: &str, cpus: usize) -> Cell {
    let grade = match family {
        "control" => Grade::Control,
        "racy" => Grade::Racy,
        _ => Grade::Exact,
    };
    let think = if let Some(Load::Think(think)) = Load::of(level) { think.as_nanos() as f64 } else { 0.0 };
    let contended = !matches!(family, "control" | "sharded") && threads > 1;
    let crowd = if threads > cpus { threads as f64 * 1.7 } else { threads as f64 };
    let net = if contended { base * crowd * 4.0 / (1.0 + think / 50.0) } else { base } - 0.3;
    let net = if family == "control" { base - 0.3 } else { net };
    let gross = 0.3 + think + net;
    let around = |x: f64| Interval { low: x - 0.01 * x.abs(), median: x, high: x + 0.01 * x.abs() };
    let loss = (grade == Grade::Racy).then(|| expected_racy_loss(threads, cpus) * 0.97 / (1.0 + think / 200.0));
    let loss = loss.or((grade == Grade::Exact).then_some(0.0));
    let attempted = 10_000_000 * threads as u64;
    let lost = loss.map(|l| (l * attempted as f64) as u64);
    let throughput = per_second(threads, gross);
    let key = Key {
        bench: "counters".into(),
        subject: subject.into(),
        variant: String::new(),
        threads,
        level: level.into(),
        placement: Placement::Spread,
    };
    let verdict = if threads > cpus { Verdict::Oversubscribed } else { Verdict::Valid };
    Cell::blank(key, family.into(), grade, verdict).with(|c| {
        c.figures.attempted = Some(attempted);
        c.figures.kept = lost.map(|l| attempted - l);
        c.figures.lost = lost;
        c.figures.loss_rate = loss.map(|l| LossRate { min: l * 0.9, median: l, max: (l * 1.02).min(1.0), pooled: l });
        c.figures.ns_per_op_per_thread = Some(around(gross));
        c.figures.net_ns_per_op = Some(around(net));
        c.figures.throughput = Some(throughput);
        c.figures.goodput = loss.map(|l| throughput * (1.0 - l));
        c.figures.overlap = Some(Overlap { median: 0.99, min: 0.95 });
        c.figures.rounds_kept = Some(10);
        c.figures.rounds_tried = Some(11);
        c.figures.sample_ms = Some(40.0);
        c.figures.achieved_think_ns = (think > 0.0).then_some(think * 1.01);
        c.figures.cpu_ns_per_op = Some(gross * 1.02);
        c.figures.cpus_seen = (0..threads.min(cpus)).collect();
        c.facts.run = "r1".into();
        c.facts.recorded = "2026-01-02T03:04:05Z".into();
    })
}

/// A cell of a lock that is held for `c` ns and taken again at once: no cost, and the longest wait of a second.
pub(crate) fn held_long(subject: &str, family: &str, longest_ms: f64, threads: usize, c: u32) -> Cell {
    let longest = longest_ms * 1e6;
    cell(subject, family, 1.0, threads, "saturated", 2).with(|cell| {
        (cell.key.bench, cell.key.level) = ("locks".into(), format!("c{c}_p0"));
        (cell.figures.ns_per_op_per_thread, cell.figures.net_ns_per_op) = (None, None);
        (cell.figures.rounds_kept, cell.figures.sample_ms) = (Some(1), Some(1000.0));
        cell.figures.jain = Some(0.8);
        cell.figures.shares = Some(Shares { min: 0.25, max: 0.75, pass_ms: 1000.0 });
        cell.figures.turns = Some(Turns { sections: vec![300, 100], hand_offs: 30, longest: 120 });
        cell.figures.waits = Some(Waits {
            p50: 40.0,
            p90: 60.0,
            p99: 80.0,
            p999: longest / 2.0,
            max: longest,
            longest,
            open: 1,
            longest_open: Some(1e3),
            sampled: 400,
            one_in: 1,
            clock_ns: 30.0,
        });
    })
}

/// A machine of two CPUs with these counters at 1, 2 and 4 threads and all levels.
pub(crate) fn machine(id: &str, counters: &[(&str, &str, f64)]) -> Machine {
    let mut cells = Vec::new();
    for level in levels_of("counters") {
        for threads in [1, 2, 4] {
            cells.extend(counters.iter().map(|(id, family, base)| cell(id, family, *base, threads, level.id, 2)));
        }
    }
    cells.sort_by(|a, b| a.key.cmp(&b.key));
    let run = Run {
        started: "2026-01-02T03:00:00Z".into(),
        rustc: "rustc 1.95.0".into(),
        flags: "-C opt-level=3".into(),
        kernel: "6.1.0".into(),
        version: "0.1.0".into(),
        load: Some(0.71),
        pinned: true,
        notes: vec!["canary: load_store lost 3 % at 2 threads, so nothing really contended".into()],
        ..Run::default()
    };
    Machine {
        card: Card {
            id: id.into(),
            cpu: "Made-Up CPU 9000".into(),
            cpus: 2,
            usable_cpus: 2,
            arch: "x86_64".into(),
            ..Card::default()
        },
        origin: Origin::Measured,
        runs: BTreeMap::from([("r1".to_string(), run)]),
        cells,
        ..Machine::default()
    }
}
