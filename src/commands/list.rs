//! `miscount list`: every counter.

use miscount::catalogue;
use miscount::counter::Info;

use super::output::{self, Error};

/// List every counter in the catalogue
///
/// Prints a table with one line for each counter: its id, its family, its grade, the threads of its own that
/// work while others count, its size in bytes for 8 threads, and one line about it.
/// Grades: `exact` and `eventual` counters must lose nothing or the run fails. `racy` counters are
/// expected to lose. `control` rows have a time and no loss. Of a counter that benches leave out on this machine, it says why.
#[derive(clap::Args)]
#[command(after_help = "Example: miscount list | grep racy")]
pub(crate) struct Args {
    /// Print JSON instead: a list of objects, which also have the source of the idea
    #[arg(long)]
    json: bool,
    /// Print the table of the page `catalogue` instead: Markdown, without the column of helper threads
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// The bytes are those of a counter for this many threads.
const THREADS: usize = 8;

/// A counter as scripts see it.
#[derive(serde::Serialize)]
struct Listed {
    #[serde(flatten)]
    info: Info,
    bytes: usize,
    /// Why it cannot work as it should on this machine.
    missing: Option<&'static str>,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let infos = catalogue::infos().into_iter();
    let facts = catalogue::bytes(THREADS).into_iter().zip(catalogue::missing());
    let all: Vec<Listed> = infos.zip(facts).map(|(info, (bytes, missing))| Listed { info, bytes, missing }).collect();
    if args.json {
        return output::print_json(&all);
    }
    if args.markdown {
        let rows = all.iter().map(|Listed { info, bytes, .. }| {
            let [id, family, grade, summary] = [info.id, info.family, info.grade.id(), info.summary].map(str::to_owned);
            [id, family, grade, bytes.to_string(), summary]
        });
        let numbers = [false, false, false, true, false];
        return output::print(&output::markdown(["id", "family", "grade", "bytes", "summary"], numbers, rows));
    }
    let rows = all.iter().map(|Listed { info, bytes, missing }| {
        let not_here = missing.map_or(String::new(), |why| format!(" (not on this machine: {why})"));
        [
            info.id.to_owned(),
            info.family.to_owned(),
            info.grade.id().to_owned(),
            info.helpers.to_string(),
            bytes.to_string(),
            format!("{}{not_here}", info.summary),
        ]
    });
    output::print(&output::table(&["id", "family", "grade", "helpers", "bytes", "summary"], rows))
}
