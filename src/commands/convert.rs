//! `miscount convert`: results of earlier versions made into files of runs.

use std::path::PathBuf;

use miscount::machine::results_folder;
use miscount::results::legacy;
use miscount::results::text::shown;

use super::output::{self, Error};

/// Make one file a run out of results that version 0.1 wrote
///
/// Version 0.1 kept a machine's newest cells in `cells.json`, its card in `machine.json` and shorter cells of each run
/// in `history/`. Now each run has one file, `runs/<run>.json`, and the three are gone. Results of 0.1 are read as they
/// are, converted or not; converting loses nothing, and may be interrupted.
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
            Ok(0) => "nothing was measured there; left as it is".to_owned(),
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
