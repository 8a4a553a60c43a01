//! Many made-up machines for tests of size: real records, every figure changed at random.

use fastrand::Rng;
use miscount::counter::Grade;
use miscount::results::{Cell, Interval, Machine};
use miscount::round::{Verdict, per_second};

/// Thread counts of a machine of the most CPUs, oversubscribed ones included.
const THREADS: [usize; 10] = [1, 2, 3, 4, 8, 16, 32, 64, 128, 256];

/// So many machines of so many cells each, made from those of `real`; marked synthetic wherever a machine
/// is named.
///
/// # Panics
///
/// When `real` has too few rows for so many cells.
pub(crate) fn machines(real: &Machine, count: usize, cells: usize) -> Vec<Machine> {
    let mut random = Rng::with_seed(60);
    (0..count).map(|n| machine(real, n, cells, &mut random)).collect()
}

fn machine(real: &Machine, n: usize, cells: usize, random: &mut Rng) -> Machine {
    let mut made = real.clone();
    let cpus = [2, 4, 8, 16, 64, 128][n % 6];
    made.card.id = format!("synthetic-{n:02}");
    made.card.cpu = format!("Synthetic CPU {n}: made by a generator, not measured");
    made.card.os = Some(format!("Synthetic {}", n % 4));
    (made.card.cpus, made.card.usable_cpus) = (cpus, cpus);
    (made.card.cores, made.card.packages) = (Some(cpus), Some(1));
    for run in made.runs.values_mut() {
        run.notes = vec!["synthetic: made by a generator from real records".into()];
        run.kernel = format!("6.{}.{}", n % 9, n % 5);
    }
    // Rows at other thread counts than their own: a machine of more CPUs has more of them.
    let rows: Vec<&Cell> = real.cells.iter().filter(|cell| cell.threads == 2 && cell.bench == "counters").collect();
    let mut made_cells: Vec<Cell> = Vec::new();
    let mut clock = 3600 * n as u64;
    for threads in THREADS {
        made_cells.extend(rows.iter().map(|cell| changed(cell, threads, cpus, &mut clock, random)));
    }
    assert!(made_cells.len() >= cells, "only {} cells", made_cells.len());
    made_cells.truncate(cells);
    made_cells.sort_by_cached_key(Cell::key);
    made.cells = made_cells;
    made
}

fn changed(real: &Cell, threads: usize, cpus: usize, clock: &mut u64, random: &mut Rng) -> Cell {
    let mut cell = real.clone();
    let mut about = |x: f64| x * (0.6 + 0.8 * random.f64());
    let mut spread = |i: Interval| {
        let median = about(i.median) * (threads as f64).sqrt();
        let half = 0.1 * about(median.abs());
        Interval { low: median - half, median, high: median + half * 0.9 }
    };
    cell.threads = threads;
    cell.ns_per_op_per_thread = cell.ns_per_op_per_thread.map(&mut spread);
    cell.net_ns_per_op = cell.net_ns_per_op.map(&mut spread);
    cell.verdict = if threads > cpus { Verdict::Oversubscribed } else { Verdict::Valid };
    cell.throughput = cell.ns_per_op_per_thread.map(|i| per_second(threads, i.median));
    cell.cpu_ns_per_op = cell.cpu_ns_per_op.map(&mut about);
    let scale = about(1.0).min(0.99);
    if let (Some(attempted), Some(_)) = (cell.attempted, cell.lost) {
        let attempted = (attempted as f64 * scale) as u64 + threads as u64;
        let rate = if cell.grade == Grade::Racy && threads > 1 { scale * 0.9 } else { 0.0 };
        let lost = (attempted as f64 * rate) as u64;
        (cell.attempted, cell.lost, cell.kept) = (Some(attempted), Some(lost), Some(attempted - lost));
        if let Some(loss) = &mut cell.loss_rate {
            (loss.pooled, loss.median, loss.min, loss.max) = (rate, rate * 0.99, rate * scale, (rate * 1.05).min(1.0));
        }
        cell.goodput = cell.throughput.map(|x| x * (1.0 - rate));
    }
    // What the harness aims at differs less from machine to machine than what a counter costs.
    let mut nearly = |x: f64| x * (0.98 + 0.04 * random.f64());
    cell.sample_ms = cell.sample_ms.map(&mut nearly);
    cell.achieved_think_ns = cell.achieved_think_ns.map(&mut nearly);
    if let Some(overlap) = &mut cell.overlap {
        (overlap.median, overlap.min) = (nearly(overlap.median).min(1.0), nearly(overlap.min).min(1.0));
    }
    cell.cpus_seen = (0..threads.min(cpus)).collect();
    // A cell follows the one before it in the run by a few seconds.
    let seconds = 3 * *clock + random.u64(..3);
    *clock += 1;
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    cell.recorded = format!("2026-11-21T{h:02}:{m:02}:{s:02}Z");
    cell
}
