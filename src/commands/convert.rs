//! `miscount convert`: makes files of runs from results of version 0.1.

use std::path::PathBuf;

use miscount::machine::results_folder;
use miscount::results::legacy;
use miscount::results::text::shown;

use super::output::{self, Error};

/// Convert results of version 0.1: one file for each run
///
/// Version 0.1 kept a machine's newest cells in `cells.json`, its card in `machine.json` and shorter cells of each run
/// in `history/`. Now each run has one file, `runs/<run>.json`, and no others. Results of 0.1 can be read without
/// converting them. Converting loses nothing, and may be interrupted.
#[derive(clap::Args)]
#[command(after_help = "Example: miscount convert --results results")]
pub(crate) struct Args {
    /// The results folder; default: MISCOUNT_RESULTS, else `results`
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let folder = args.results.clone().unwrap_or_else(results_folder);
    output::check_folder(&folder)?;
    let mut text = String::new();
    let mut failed = None;
    for machine in legacy::folders(&folder)? {
        let done = match legacy::convert(&machine) {
            Ok(0) => "has no results; not changed".to_owned(),
            Ok(runs) => format!("{} converted", output::plural(runs, "run")),
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        text.push_str(&format!("{}: {done}\n", shown(&machine.to_string_lossy())));
    }
    if text.is_empty() && failed.is_none() {
        text = format!("{}: nothing to convert\n", shown(&folder.to_string_lossy()));
    }
    output::print(&text)?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}
