//! Many made-up machines for tests of size: real records, every figure changed at random.

use std::cell::RefCell;

use fastrand::Rng;
use miscount::counter::Grade;
use miscount::results::{Cell, Interval, Machine};
use miscount::round::{Verdict, per_second};

/// Thread counts of a machine of the most CPUs, oversubscribed ones included.
const THREADS: [usize; 10] = [1, 2, 3, 4, 8, 16, 32, 64, 128, 256];

/// Made-up machines with a number of cells each, from every `step`th row of `real`, all benches mixed. A
/// small step makes many rows at few thread counts, a large step few rows at many thread counts. Every name of a
/// machine says synthetic.
///
/// # Panics
///
/// When `real` has too few rows for so many cells.
pub(crate) fn machines(real: &Machine, count: usize, cells: usize, step: usize) -> Vec<Machine> {
    let mut random = Rng::with_seed(60);
    (0..count).map(|n| machine(real, n, cells, step, &mut random)).collect()
}

fn machine(real: &Machine, n: usize, cells: usize, step: usize, random: &mut Rng) -> Machine {
    let Machine { card, origin, runs, yardstick, folder, resolution, .. } = real;
    let mut made = Machine {
        card: card.clone(),
        origin: origin.clone(),
        runs: runs.clone(),
        cells: Vec::new(),
        history: Vec::new(),
        yardstick: yardstick.clone(),
        folder: folder.clone(),
        resolution: resolution.clone(),
    };
    let cpus = [2, 4, 8, 16, 64, 128][n % 6];
    made.card.id = format!("synthetic-{n:02}");
    made.card.cpu = format!("Synthetic CPU {n}: made by a generator, not measured");
    made.card.os = Some(format!("Synthetic {}", n % 4));
    (made.card.cpus, made.card.usable_cpus) = (cpus, cpus);
    (made.card.cores, made.card.packages) = (Some(cpus), Some(1));
    for run in made.runs.values_mut() {
        run.facts = vec!["synthetic: made by a generator from real records".into()];
        run.notes.clear();
        run.kernel = format!("6.{}.{}", n % 9, n % 5);
    }
    // Rows at other thread counts than their own: a machine of more CPUs has more of them.
    let rows: Vec<&Cell> = real.cells.iter().filter(|cell| cell.key.threads == 2).step_by(step).collect();
    let mut clock = 3600 * n as u64;
    let all = THREADS.into_iter().flat_map(|threads| rows.iter().map(move |cell| (*cell, threads)));
    made.cells = all.take(cells).map(|(cell, threads)| changed(cell, threads, cpus, &mut clock, random)).collect();
    assert_eq!(made.cells.len(), cells, "there are no more");
    made.cells.sort_by(|a, b| a.key.cmp(&b.key));
    made
}

fn changed(real: &Cell, threads: usize, cpus: usize, clock: &mut u64, random: &mut Rng) -> Cell {
    let mut cell = real.clone();
    let random = RefCell::new(random);
    let about = |x: f64| x * (0.6 + 0.8 * random.borrow_mut().f64());
    let spread = |i: Interval| {
        let median = about(i.median) * (threads as f64).sqrt();
        let half = 0.1 * about(median.abs());
        Interval { low: median - half, median, high: median + half * 0.9 }
    };
    cell.key.threads = threads;
    cell.figures.ns_per_op_per_thread = cell.figures.ns_per_op_per_thread.map(spread);
    cell.figures.net_ns_per_op = cell.figures.net_ns_per_op.map(spread);
    cell.facts.verdict = if threads > cpus { Verdict::Oversubscribed } else { Verdict::Valid };
    cell.figures.throughput = cell.figures.ns_per_op_per_thread.map(|i| per_second(threads, i.median));
    cell.figures.cpu_ns_per_op = cell.figures.cpu_ns_per_op.map(about);
    let scale = about(1.0).min(0.99);
    if let (Some(attempted), Some(_)) = (cell.figures.attempted, cell.figures.lost) {
        let attempted = (attempted as f64 * scale) as u64 + threads as u64;
        let rate = if cell.facts.grade == Grade::Racy && threads > 1 { scale * 0.9 } else { 0.0 };
        let lost = (attempted as f64 * rate) as u64;
        (cell.figures.attempted, cell.figures.lost, cell.figures.kept) =
            (Some(attempted), Some(lost), Some(attempted - lost));
        if let Some(loss) = &mut cell.figures.loss_rate {
            (loss.pooled, loss.median, loss.min, loss.max) = (rate, rate * 0.99, rate * scale, (rate * 1.05).min(1.0));
        }
        cell.figures.goodput = cell.figures.throughput.map(|x| x * (1.0 - rate));
    }
    if let Some(anomalies) = &mut cell.figures.anomalies {
        anomalies.of = (anomalies.of as f64 * scale) as u64 + 1;
        anomalies.seen = if anomalies.seen > 0 { (anomalies.of as f64 * scale * 0.1) as u64 } else { 0 };
    }
    if let Some(holding) = &mut cell.figures.holding {
        holding.overhead_ns = holding.overhead_ns.filter(|_| threads <= cpus).map(spread);
        holding.hand_off_rate = about(holding.hand_off_rate).min(1.0);
    }
    if let Some(waits) = &mut cell.figures.waits {
        for wait in
            [&mut waits.p50, &mut waits.p90, &mut waits.p99, &mut waits.p999, &mut waits.max, &mut waits.longest]
        {
            *wait = about(*wait);
        }
    }
    cell.figures.jain = cell.figures.jain.map(|x| about(x).min(1.0));
    if let Some(shares) = &mut cell.figures.shares {
        shares.min = about(shares.min).min(1.0);
    }
    if let Some(reading) = &mut cell.figures.reading {
        reading.read_ns = reading.read_ns.map(spread);
        reading.write_ns = reading.write_ns.map(spread);
        reading.longest_write_ns = reading.longest_write_ns.map(about);
        if let Some(error) = &mut reading.error {
            for off in [&mut error.median, &mut error.p99, &mut error.max, &mut error.moved] {
                *off = about(*off);
            }
        }
    }
    // What the harness aims at differs less from machine to machine than what a counter costs.
    let nearly = |x: f64| x * (0.98 + 0.04 * random.borrow_mut().f64());
    cell.figures.sample_ms = cell.figures.sample_ms.map(nearly);
    cell.figures.achieved_think_ns = cell.figures.achieved_think_ns.map(nearly);
    if let Some(overlap) = &mut cell.figures.overlap {
        (overlap.median, overlap.min) = (nearly(overlap.median).min(1.0), nearly(overlap.min).min(1.0));
    }
    cell.figures.cpus_seen = (0..threads.min(cpus)).collect();
    // A cell follows the one before it in the run by a few seconds.
    let seconds = 3 * *clock + random.borrow_mut().u64(..3);
    *clock += 1;
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    cell.facts.recorded = format!("2026-11-21T{h:02}:{m:02}:{s:02}Z");
    cell
}
