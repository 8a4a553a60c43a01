//! `miscount import`: takes in what other programs measured.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use miscount::figure;
use miscount::machine::results_folder;
use miscount::results::published::core_to_core::{self, Summary, Taken};
use miscount::results::text::shown;

use super::output::{self, Error};

/// Take in what another program measured
///
/// It stands beside what was measured here, marked with its source. Prints a line a machine.
#[derive(Parser)]
pub(crate) struct Args {
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand)]
enum Program {
    CoreToCore(CoreToCore),
}

/// Take in CSV files of core-to-core-latency, one a machine
///
/// `core-to-core-latency --csv > FILE` writes a matrix with a row and a column a CPU. Kept of it are the least, quartiles and
/// most of all pairs, a histogram, and which CPUs are near each other, in `published/core-to-core.json` below the
/// results. The page draws a machine's own line transfer (bench `core_to_core`) among them. Pairs with the time 0
/// are left out, and a machine that says the same as another is taken once. Of several matrices in a file the first is read.
/// Both triangles, ids of CPUs at the top and at the left, `;`, tabs and decimal commas are read too.
///
/// A machine is called as its file, in small letters, up to the word `by`: who measured is left out. A file of a name that is
/// there already replaces it; with the same figures, source and licence are put right where they are stated. If one file cannot be read, none is taken in.
#[derive(clap::Args)]
#[command(after_help = "\
Example: miscount import core-to-core \"AMD EPYC 7773X.csv\"
Example: miscount import core-to-core --source \"KCORES/core-to-core-latency-plus, results/\" --licence MIT results/*.csv")]
struct CoreToCore {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the machine is called, of one file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the files were published
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Under which licence
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    /// Threads were not tied to CPUs; known of Apple's machines
    #[arg(long)]
    not_pinned: bool,
    /// The results folder; default: MISCOUNT_RESULTS, else `results`
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let Program::CoreToCore(args) = &args.program;
    core_to_core(args)
}

fn core_to_core(args: &CoreToCore) -> Result<(), Error> {
    let folder = args.results.clone().unwrap_or_else(results_folder);
    if args.name.is_some() && args.files.len() > 1 {
        return Err(Error::Name(args.files.len()));
    }
    if let Some(name) = args.name.as_deref().filter(|name| core_to_core::named(name).is_none()) {
        return Err(Error::NoName(shown(name)));
    }
    for (flag, text) in [("--source", &args.source), ("--licence", &args.licence)] {
        if text.as_deref().is_some_and(|text| text.trim().is_empty()) {
            return Err(Error::Empty(flag));
        }
    }
    let mut others = core_to_core::read(&folder)?;
    let mut names = BTreeSet::new();
    let mut lines = String::new();
    for file in &args.files {
        let (mut machine, further) = core_to_core::summary(file, args.name.as_deref(), args.not_pinned)?;
        let name = machine.name.clone();
        // Two files of one name are two machines.
        for n in 2.. {
            if names.insert(machine.name.clone()) {
                break;
            }
            machine.name = format!("{name}-{n}");
        }
        let more = match further {
            0 => String::new(),
            n => format!("; the first of {} matrices", n + 1),
        };
        let line = match others.take(args.source.as_deref(), args.licence.as_deref(), machine.clone()) {
            Taken::New => told(&machine),
            Taken::Replaced => format!("{}, in place of what was there", told(&machine)),
            Taken::Stated => format!("{}: figures as they were, and with them what was stated", machine.name),
            Taken::SameAs(same) if same == machine.name => format!("{same}: as it was"),
            Taken::SameAs(same) if args.source.is_some() || args.licence.is_some() => {
                format!("{}: left out, the same as {same}, whose source --name {same} puts right", machine.name)
            }
            Taken::SameAs(same) => format!("{}: left out, the same as {same}", machine.name),
        };
        lines.push_str(&format!("{line}{more}\n"));
    }
    let path = others.write(&folder)?;
    let count = output::plural(others.machines().count(), "machine");
    output::print(&format!("{lines}{}: {count}\n", shown(&path.to_string_lossy())))
}

/// A machine in a line.
fn told(machine: &Summary) -> String {
    let [least, _, median, _, most] = machine.ns.map(figure::ns);
    let [cpus, pairs] = [machine.cpus, machine.pairs].map(|n| figure::count(n as u64));
    let times = match machine.pairs {
        1 => format!("1 pair, {median} ns"),
        _ => format!("{pairs} pairs, {least} to {most} ns, median {median} ns"),
    };
    let doubts: String = machine.doubts().iter().map(|doubt| format!("; {doubt}")).collect();
    format!("{}: {cpus} CPUs, {times}{doubts}", machine.name)
}
