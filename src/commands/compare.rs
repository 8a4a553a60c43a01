//! `miscount compare`: two machines, or two runs of one, cell by cell.

use std::collections::BTreeMap;
use std::path::PathBuf;

use miscount::compare::{self, CellPair, Comparison, Filter, Standing, Unit};
use miscount::figure::{self, ABSENT};
use miscount::machine::results_folder;
use miscount::rank::Basis;
use miscount::results::Interval;

use super::output::{self, Error};

/// Compare two machines, or two runs of one machine, cell by cell
///
/// Prints first what makes the comparison unfair. Then come the cells of B that lost updates they may not lose, and
/// those that are slower or faster than in A beyond chance. Between two machines it prints all compared cells. A and B
/// are each a machine's id (also a published one), a machine's folder, the file of a run or another file of results.
/// MACHINE@RUN takes the runs whose id begins with RUN, MACHINE@latest each cell's newest run, MACHINE@previous the run
/// before it. @RUN is of this machine. The interval of a ratio comes from both medians, and is widened by the spread
/// between runs of the row. 5 % of the cells called slower or faster may be so by chance (Benjamini-Hochberg).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  miscount compare @previous @latest --fail-on-regression
  miscount compare icelake-4c graviton2-16c --unit fetch-add
  miscount compare ../before/results/my-server results/my-server --bench counters

Exit status: 0 compared, 1 with --fail-on-regression if a cell is slower or lost updates, 2 bad input.")]
pub(crate) struct Args {
    /// The side before, or the other machine
    a: String,
    /// The side that is judged
    b: String,
    /// The unit: times are divided by it first
    #[arg(long, value_enum, default_value_t)]
    unit: Unit,
    /// Only this bench, such as counters
    #[arg(long, value_name = "BENCH")]
    bench: Option<String>,
    /// Only this level, such as saturated
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// Only cells whose name contains this text; a name is like counters/saturated/fetch_add/2
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Print every cell
    #[arg(long)]
    all: bool,
    /// End with status 1 if a cell is slower in B, or lost updates in B that it may not lose
    #[arg(long)]
    fail_on_regression: bool,
    /// The folder of results
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Print JSON instead: every cell
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let folder = args.results.clone().unwrap_or_else(results_folder);
    let here = output::here();
    let find = |name: &str| compare::find(name, &folder, &here);
    let [a, b] = match (find(&args.a), find(&args.b)) {
        (Ok(a), Ok(b)) => [a, b],
        // A first run is neither bad input nor a regression.
        (Err(first @ compare::Error::OneRun { .. }), Ok(_)) | (Ok(_), Err(first @ compare::Error::OneRun { .. })) => {
            output::complain(&first);
            return Ok(());
        }
        (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    let mut left_out: Vec<&String> = a.left_out.iter().chain(&b.left_out).collect();
    left_out.sort();
    left_out.dedup();
    for left_out in left_out {
        output::complain(&format_args!("left out: {left_out}"));
    }
    let filter = Filter { bench: args.bench.clone(), level: args.level.clone(), name: args.filter.clone() };
    let comparison = compare::compare(&a, &b, args.unit, &filter)?;
    if args.json {
        output::print_json(&comparison)?;
    } else {
        output::print(&text(&comparison, args.all))?;
    }
    match comparison.regressions {
        found if found > 0 && args.fail_on_regression => Err(Error::Regression(found)),
        _ => Ok(()),
    }
}

fn text(comparison: &Comparison, all: bool) -> String {
    let Comparison { a, b, unit, mismatches, .. } = comparison;
    let mut out = String::new();
    for (letter, side) in [("A", a), ("B", b)] {
        let by = if side.published { " (published by others)" } else { "" };
        let machine = if side.name == side.machine { String::new() } else { format!(", {}", side.machine) };
        let runs = match &side.runs[..] {
            [] => String::new(),
            [one] => format!(", run {one}"),
            [first, .., last] => format!(", {} runs from {first} to {last}", side.runs.len()),
        };
        out.push_str(&format!("{letter}: {}{machine}{by}{runs}\n", side.name));
    }
    if *unit != Unit::Ns {
        let [one, two] = [a, b].map(|side| figure::ns(side.unit_ns));
        out.push_str(&format!("unit: {}, of {one} ns in A and {two} ns in B, taken as exact\n", unit.text()));
    }
    for mismatch in mismatches {
        out.push_str(&format!("unfair: {mismatch}\n"));
    }
    let told = |row: &&CellPair| matches!(row.standing, Standing::Lost | Standing::Slower | Standing::Faster);
    let shown: Vec<&CellPair> = match (all, comparison.one_machine) {
        (true, _) => comparison.rows.iter().collect(),
        (false, true) => comparison.rows.iter().filter(told).collect(),
        (false, false) => comparison.rows.iter().filter(|row| told(row) || row.p.is_some()).collect(),
    };
    if !shown.is_empty() {
        out.push('\n');
        out.push_str(&table(&shown));
    }
    out.push_str(&format!("\n{}", counts(comparison)));
    out
}

fn table(rows: &[&CellPair]) -> String {
    let time = |i: Option<Interval>| i.map_or(ABSENT.into(), |i| figure::ns(i.median));
    let loss = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (None, None) => String::new(),
        (a, b) if a.unwrap_or(0.0) == 0.0 && b.unwrap_or(0.0) == 0.0 => String::new(),
        (a, b) => [a, b].map(|x| x.map_or(ABSENT.into(), figure::percent)).join(" -> "),
    };
    let rows = rows.iter().map(|row| {
        let basis = row.basis.map_or("", |basis| if basis == Basis::Net { "net" } else { "gross" });
        let p = row.p_adjusted.map_or(String::new(), |p| if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") });
        [
            row.name.clone(),
            row.standing.text().to_owned(),
            row.ratio.map_or(String::new(), |ratio| figure::interval(ratio, figure::plain)),
            p,
            time(row.a_ns),
            time(row.b_ns),
            basis.to_owned(),
            loss(row.a_loss, row.b_loss),
            row.reason.clone().unwrap_or_default(),
        ]
    });
    output::table(&["cell", "B is", "B / A (95 %)", "p adj.", "A, ns/op", "B, ns/op", "time", "lost, A -> B", ""], rows)
}

/// How many cells have each standing, and why some were not compared.
fn counts(comparison: &Comparison) -> String {
    let mut out = format!("{} cells compared, B with A: ", comparison.compared);
    let each = Standing::ALL.into_iter().filter_map(|standing| {
        let count = comparison.rows.iter().filter(|row| row.standing == standing).count();
        (count > 0).then(|| format!("{count} {}", standing.text()))
    });
    out.push_str(&each.collect::<Vec<_>>().join(", "));
    out.push('\n');
    let mut reasons = BTreeMap::<&str, usize>::new();
    for row in comparison.rows.iter().filter(|row| row.standing == Standing::NotCompared) {
        *reasons.entry(row.reason.as_deref().unwrap_or_default()).or_default() += 1;
    }
    for (reason, count) in reasons {
        out.push_str(&format!("not compared, {reason}: {count}\n"));
    }
    out
}
