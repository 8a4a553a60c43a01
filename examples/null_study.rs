//! The null study: how far apart are two rows that measure the very same thing?
//!
//! Measures `none`, `fetch_add` and `std_mutex` under two ids each (a and b), at every level with 1
//! and 2 threads, pass by pass like every bench, in ten sweeps of a process each. Writes
//! `null_study.json` into the machine's folder, where the report reads the resolution. Prints
//! the table of `src/docs/method.md`. Takes about 3 minutes:
//!
//! ```text
//! cargo run --release --example null_study
//! cargo run --release --example null_study -- 2 3   # two sweeps of three passes: a try, no study
//! cargo run --release --example null_study -- 2 3 /high/   # ... of the cells that match only
//! ```

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use miscount::counter::Counter;
use miscount::counters::{atomic::FetchAdd, blocking::StdMutex, control::NoCounter};
use miscount::machine::{self, Card, Run};
use miscount::results::{Cell, read_machine};
use miscount::stats::{median, quantile};
use miscount::suite::{self, Case};
use miscount::workload::{GridPoint, PASSES, Placement, levels_of};
use serde::Serialize;

const THREADS: [usize; 2] = [1, 2];
/// Default number of sweeps.
const SWEEPS: usize = 10;
/// The rows whose cost is so small that only noise moves them.
const CHEAP: [&str; 2] = ["none", "fetch_add"];
/// Set for a process that is one sweep.
const SWEEP: &str = "NULL_STUDY_SWEEP";

/// One row under both ids in one sweep, in ns/op per thread.
#[derive(Debug)]
struct Pair {
    level: String,
    threads: usize,
    subject: String,
    a: f64,
    b: f64,
    /// The median of the differences, pass by pass.
    apart: f64,
}

/// The result of all sweeps for one row.
#[derive(Debug, Serialize)]
struct Studied {
    level: String,
    threads: usize,
    subject: String,
    /// Median over all sweeps, ns/op per thread.
    ns: f64,
    /// 95 % of the sweeps had differences of a and b, pass by pass, whose median was nearer to 0 than this.
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
    rows: Vec<Studied>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if std::env::var_os(SWEEP).is_some() {
        return Ok(suite::run("null_study", |_| cases()));
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize, or: usize| args.get(n).map_or(Ok(or), |text| text.parse());
    // A difference between runs needs two of them.
    let (wanted, passes) = (number(0, SWEEPS)?.max(2), number(1, PASSES)?);
    let filter = args.get(2).map_or("", String::as_str);
    let mut sweeps: Vec<Vec<Pair>> = Vec::new();
    for n in 1..=wanted {
        eprintln!("sweep {n} of {wanted}");
        sweeps.push(sweep(passes, filter)?);
    }
    let mut rows = Vec::new();
    for first in &sweeps[0] {
        let name = (&first.level, first.threads, &first.subject);
        let same = |pair: &&Pair| (&pair.level, pair.threads, &pair.subject) == name;
        let all: Vec<&Pair> = sweeps.iter().filter_map(|sweep| sweep.iter().find(same)).collect();
        if all.len() < sweeps.len() {
            return Err(format!("{name:?} was not measured in every sweep: is the machine busy?").into());
        }
        rows.push(studied(&all));
    }
    let points = levels_of("counters").flat_map(|level| THREADS.map(|threads| (level.id, threads)));
    let measured = points.filter(|at| rows.iter().any(|row| (row.level.as_str(), row.threads) == *at));
    let levels = measured.map(|(level, threads)| resolution(level, threads, &rows)).collect();
    let study = Study { schema: 1, sweeps: sweeps.len(), run: Run::begin().1, levels, rows };
    let folder = machine::results_folder().join(Card::detect()?.id);
    write(&folder.join("null_study.json"), &study)?;
    print!("{}", table(&study));
    Ok(ExitCode::SUCCESS)
}

/// Every case under both ids, at every level and thread count.
fn cases() -> Vec<Case> {
    fn twice<C: Counter>(cases: &mut Vec<Case>) {
        for variant in ["a", "b"] {
            for level in levels_of("counters") {
                let at = |threads| GridPoint { level, threads, placement: Placement::Spread };
                let case = |threads| Case { variant: variant.to_owned(), ..Case::counter::<C>(at(threads)) };
                cases.extend(THREADS.map(case));
            }
        }
    }
    let mut cases = Vec::new();
    twice::<NoCounter>(&mut cases);
    twice::<FetchAdd>(&mut cases);
    twice::<StdMutex>(&mut cases);
    cases
}

/// One process that measures all rows into a folder of its own.
fn sweep(passes: usize, filter: &str) -> Result<Vec<Pair>, Box<dyn Error>> {
    let place = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--bench", "--noplot", filter]).env(SWEEP, "1").env("MISCOUNT_PASSES", passes.to_string());
    command.env("MISCOUNT_RESULTS", place.path()).env("CRITERION_HOME", place.path().join("criterion"));
    let output = command.env("MISCOUNT_MACHINE", "sweep").env_remove("MISCOUNT_TIME").output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let cells = read_machine(&place.path().join("sweep"))?.cells;
    let of = |cell: &Cell, variant: &str| {
        let key = (&cell.key.subject, cell.key.threads, &cell.key.level);
        cells
            .iter()
            .find(|other| {
                (&other.key.subject, other.key.threads, &other.key.level) == key && other.key.variant == variant
            })
            .cloned()
    };
    let firsts = cells.iter().filter(|cell| cell.key.variant == "a");
    let pair = |a: &Cell| -> Option<Pair> {
        let (ns, b) = (|cell: &Cell| Some(cell.figures.ns_per_op_per_thread?.median), of(a, "b")?);
        let (one, two) = (a.figures.rounds.as_ref()?, b.figures.rounds.as_ref()?);
        let beside = |pass: &usize| two.passes.iter().position(|other| other == pass);
        let apart = one.passes.iter().zip(&one.ns).filter_map(|(pass, ns)| Some(ns - two.ns[beside(pass)?]));
        let apart: Vec<f64> = apart.collect();
        if apart.is_empty() {
            return None;
        }
        Some(Pair {
            level: a.key.level.clone(),
            threads: a.key.threads,
            subject: a.key.subject.clone(),
            a: ns(a)?,
            b: ns(&b)?,
            apart: median(&apart),
        })
    };
    Ok(firsts.filter_map(pair).collect())
}

fn studied(pairs: &[&Pair]) -> Studied {
    let within: Vec<f64> = pairs.iter().map(|p| p.apart.abs()).collect();
    let mut between = Vec::new();
    for (i, one) in pairs.iter().enumerate() {
        between.extend(pairs[..i].iter().map(|other| (one.a - other.a).abs()));
    }
    Studied {
        level: pairs[0].level.clone(),
        threads: pairs[0].threads,
        subject: pairs[0].subject.clone(),
        ns: median(&pairs.iter().flat_map(|p| [p.a, p.b]).collect::<Vec<_>>()),
        within_ns: quantile(&within, 0.95),
        between_ns: quantile(&between, 0.95),
    }
}

fn resolution(level: &str, threads: usize, rows: &[Studied]) -> Resolution {
    let worst = |figure: fn(&Studied) -> f64| {
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
