//! `miscount list`: what there is to measure.

use miscount::catalogue;

use super::output::{self, Error};

/// List every counter in the catalogue
///
/// Prints a table, a counter a line: its id, its family, its grade, the threads of its own that
/// work while others count, and one line about it. Grades: `exact` and `eventual` counters must
/// lose nothing or the run fails; `racy` ones are expected to lose; of `control` ones only the
/// time is of interest.
#[derive(clap::Args)]
#[command(after_help = "Example: miscount list | grep racy")]
pub(crate) struct Args {
    /// Print JSON instead: a list of objects, each with the source of the idea too
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let infos = catalogue::infos();
    if args.json {
        return output::print_json(&infos);
    }
    let rows = infos.iter().map(|info| {
        [
            info.id.to_owned(),
            info.family.to_owned(),
            info.grade.id().to_owned(),
            info.helpers.to_string(),
            info.summary.to_owned(),
        ]
    });
    output::print(&output::table(Some(["id", "family", "grade", "helpers", "summary"]), rows))
}
