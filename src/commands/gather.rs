//! `miscount gather`: merges results folders from anywhere.

use std::path::PathBuf;

use miscount::machine::results_folder;
use miscount::results::gather;
use miscount::results::text::shown;

use super::output::{self, Error};

/// Merge results folders from anywhere into one
///
/// Takes results folders, machines' folders, and folders that hold such, up to twelve deep; links in them are not followed. The runs of each machine go to its folder.
/// Runs that are there already are not written again, so a folder may be gathered again and again. A run that is there with other
/// figures is refused, and then nothing is written. A machine whose id belongs to another that is not alike gets an id of its
/// own. What cannot be read is named and left out. Prints a line for each machine.
#[derive(clap::Args)]
#[command(after_help = "\
Exit status: 0 done; 2 bad input, or something was left out.
Example: miscount gather fleet-results && miscount report
Example: miscount gather --results all node1/results node2/results")]
pub(crate) struct Args {
    /// What to gather
    #[arg(required = true, value_name = "FOLDER")]
    from: Vec<PathBuf>,
    /// The results folder that they come to; default: MISCOUNT_RESULTS, else `results`
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,
}

/// Says whether everything could be read.
pub(crate) fn run(args: &Args) -> Result<bool, Error> {
    let results = args.results.clone().unwrap_or_else(results_folder);
    let (machines, errors) = gather::gather(&results, &args.from)?;
    for left_out in &errors {
        output::complain(&format_args!("left out: {left_out}"));
    }
    let mut text = String::new();
    for one in &machines {
        let (new, known) = (output::plural(one.new, "new run"), output::plural(one.known, "known run"));
        text.push_str(&format!("{}: {new}, {known}", one.id));
        if let Some(id) = &one.apart_from {
            text.push_str(&format!("; {id} is another machine there"));
        }
        if one.studies_left > 0 {
            text.push_str("; it has a null study, and another was left where it is");
        }
        text.push('\n');
    }
    if machines.is_empty() {
        let from: Vec<_> = args.from.iter().map(|folder| shown(&folder.to_string_lossy())).collect();
        output::complain(&format_args!("{}: no results found; name a folder that holds some", from.join(", ")));
        return Ok(false);
    }
    text.push_str(&format!("{}\n", shown(&results.to_string_lossy())));
    output::print(&text)?;
    Ok(errors.is_empty())
}
