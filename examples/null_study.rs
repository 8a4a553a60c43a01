//! The null study: how far apart are two rows that measure the very same thing?
//!
//! Measures `none`, `fetch_add` and `std_mutex` under two ids each (a and b), at every level with 1
//! and 2 threads, round by round in turn, in ten sweeps of a process each. Writes
//! `null_study.json` into the machine's folder, where the report finds the resolution below which
//! it shows no figure, and the table of `src/docs/method.md` to stdout. Takes about 6 minutes:
//!
//! ```text
//! cargo run --release --example null_study
//! cargo run --release --example null_study -- 2 5   # two sweeps with rounds of 5 ms: a try, no study
//! ```

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use miscount::counter::Counter;
use miscount::counters::{atomic::FetchAdd, blocking::StdMutex, control::NoCounter};
use miscount::kernel::{self, Pace};
use miscount::machine::{self, Card, Run};
use miscount::round::nanos;
use miscount::stats::{median, quantile};
use miscount::suite::{RunRound, SAMPLES};
use miscount::team::{Failure, Limits, Team};
use miscount::topology::{self, Topology};
use miscount::workload::{LEVELS, Placement};
use serde::{Deserialize, Serialize};

const THREADS: [usize; 2] = [1, 2];
/// Sweeps, and the length of a round in ms, where no others are asked for.
const SWEEPS: u64 = 10;
const ROUND_MS: u64 = 50;
/// The rows whose cost is so small that what moves them is noise.
const CHEAP: [&str; 2] = ["none", "fetch_add"];

/// The median of ten rounds, in ns/op per thread, under both ids.
#[derive(Debug, Serialize, Deserialize)]
struct Pair {
    level: String,
    threads: usize,
    subject: String,
    a: f64,
    b: f64,
}

/// What the sweeps say of one row.
#[derive(Debug, Serialize)]
struct Row {
    level: String,
    threads: usize,
    subject: String,
    /// Median over all sweeps, ns/op per thread.
    ns: f64,
    /// 95 % of the sweeps had |a - b| of at most this.
    within_ns: f64,
    /// 95 % of the pairs of sweeps had |a - a'| of at most this.
    between_ns: f64,
}

/// The resolution of a level at a thread count: the worst of its cheap rows.
#[derive(Debug, Serialize)]
struct Resolution {
    level: String,
    threads: usize,
    within_ns: f64,
    between_ns: f64,
}

#[derive(Debug, Serialize)]
struct Study {
    schema: u32,
    sweeps: usize,
    run: Run,
    levels: Vec<Resolution>,
    rows: Vec<Row>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize, or: u64| args.get(n).map_or(Ok(or), |text| text.parse());
    if args.first().is_some_and(|word| word == "sweep") {
        let round = Duration::from_millis(number(1, ROUND_MS)?);
        println!("{}", serde_json::to_string(&sweep(round)?)?);
        return Ok(());
    }
    // What differs between runs takes two of them.
    let (wanted, round_ms) = (number(0, SWEEPS)?.max(2), number(1, ROUND_MS)?);
    let mut sweeps: Vec<Vec<Pair>> = Vec::new();
    for n in 1..=wanted {
        eprintln!("sweep {n} of {wanted}");
        let output = Command::new(std::env::current_exe()?).args(["sweep", &round_ms.to_string()]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        sweeps.push(serde_json::from_slice(&output.stdout)?);
    }
    let rows: Vec<Row> = (0..sweeps[0].len()).map(|i| row(&sweeps.iter().map(|s| &s[i]).collect::<Vec<_>>())).collect();
    let points = LEVELS.iter().flat_map(|level| THREADS.map(|threads| (level.id, threads)));
    let levels = points.map(|(level, threads)| resolution(level, threads, &rows)).collect();
    let study = Study { schema: 1, sweeps: sweeps.len(), run: Run::begin().1, levels, rows };
    let folder = machine::results_folder().join(Card::detect()?.id);
    write(&folder.join("null_study.json"), &study)?;
    print!("{}", table(&study));
    Ok(())
}

/// One process's part: every level and thread count, the six rows in turn.
fn sweep(length: Duration) -> Result<Vec<Pair>, Failure> {
    let rows: [(&str, &RunRound); 3] = [
        (NoCounter::INFO.id, &kernel::round::<NoCounter>),
        ("fetch_add", &kernel::round::<FetchAdd>),
        ("std_mutex", &kernel::round::<StdMutex>),
    ];
    let usable = topology::usable_count();
    let mut pairs = Vec::new();
    for threads in THREADS {
        let mut team = Team::start(&Topology::detect().assign(Placement::Spread, threads), Limits::default())?;
        let gauge = kernel::gauge(&mut team, usable)?;
        for level in LEVELS {
            let pace =
                (!level.think.is_zero()).then(|| Pace { mean_steps: gauge.steps_for(nanos(level.think)), gauge });
            let mut iters = [0; 3];
            for (iters, (_, round)) in iters.iter_mut().zip(rows) {
                *iters = long_enough(length, |iters| Ok(round(&mut team, iters, pace, usable)?.criterion_ns()))?;
            }
            let mut ns = vec![Vec::new(); 6];
            for _ in 0..SAMPLES {
                for (slot, figures) in ns.iter_mut().enumerate() {
                    let round = (rows[slot % 3].1)(&mut team, iters[slot % 3], pace, usable)?;
                    figures.push(round.ns_per_op_per_thread());
                }
            }
            pairs.extend((0..3).map(|row| Pair {
                level: level.id.to_owned(),
                threads,
                subject: rows[row].0.to_owned(),
                a: median(&ns[row]),
                b: median(&ns[row + 3]),
            }));
        }
    }
    Ok(pairs)
}

/// Iterations that take about as long as a round should.
fn long_enough(length: Duration, mut ns: impl FnMut(u64) -> Result<f64, Failure>) -> Result<u64, Failure> {
    let mut iters = 1;
    loop {
        let took = ns(iters)?;
        if took > nanos(length) / 4.0 {
            return Ok((iters as f64 * nanos(length) / took).ceil() as u64);
        }
        iters *= 2;
    }
}

fn row(pairs: &[&Pair]) -> Row {
    let within: Vec<f64> = pairs.iter().map(|p| (p.a - p.b).abs()).collect();
    let mut between = Vec::new();
    for (i, one) in pairs.iter().enumerate() {
        between.extend(pairs[..i].iter().map(|other| (one.a - other.a).abs()));
    }
    Row {
        level: pairs[0].level.clone(),
        threads: pairs[0].threads,
        subject: pairs[0].subject.clone(),
        ns: median(&pairs.iter().flat_map(|p| [p.a, p.b]).collect::<Vec<_>>()),
        within_ns: quantile(&within, 0.95),
        between_ns: quantile(&between, 0.95),
    }
}

fn resolution(level: &str, threads: usize, rows: &[Row]) -> Resolution {
    let worst = |figure: fn(&Row) -> f64| {
        let here = rows.iter().filter(|row| row.level == level && row.threads == threads);
        here.filter(|row| CHEAP.contains(&row.subject.as_str())).map(figure).fold(0.0, f64::max)
    };
    Resolution {
        level: level.to_owned(),
        threads,
        within_ns: worst(|row| row.within_ns),
        between_ns: worst(|row| row.between_ns),
    }
}

fn write(path: &Path, study: &Study) -> Result<(), Box<dyn Error>> {
    let folder = path.parent().ok_or("no folder")?;
    std::fs::create_dir_all(folder)?;
    let new = path.with_extension("new");
    std::fs::write(&new, serde_json::to_string_pretty(study)? + "\n")?;
    Ok(std::fs::rename(new, path)?)
}

fn table(study: &Study) -> String {
    let mut text = String::from(
        "| level | threads | row | ns/op per thread | within a run | between runs |\n|---|---|---|---|---|---|\n",
    );
    for row in &study.rows {
        let part = |ns: f64| format!("{ns:.3} ns ({:.1} %)", 100.0 * ns / row.ns);
        text += &format!(
            "| {} | {} | `{}` | {:.2} | {} | {} |\n",
            row.level,
            row.threads,
            row.subject,
            row.ns,
            part(row.within_ns),
            part(row.between_ns)
        );
    }
    text += "\n| level | threads | resolution within a run | between runs |\n|---|---|---|---|\n";
    for level in &study.levels {
        text += &format!(
            "| {} | {} | {:.2} ns | {:.2} ns |\n",
            level.level, level.threads, level.within_ns, level.between_ns
        );
    }
    text
}
