//! `miscount check`: can figures of this machine be published?

use miscount::check::{Facts, Finding, is_fit, judge};
use miscount::machine::Card;
use serde::Serialize;

use super::output::{self, Error};

/// Say whether figures of this machine can be published, and why not
///
/// Looks at pinning, CPUs, quota, governor, boost, load and steal. Then measures for some seconds: whether
/// the host moves the CPUs, whether threads meet at all (`load_store` must lose at 2 threads), and how far two rows
/// of one counter differ. Prints a line for each: ok, note, warning or not fit, what was found, and
/// what to do. A machine with warnings is still fit.
#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 fit, 1 not fit, 2 it could not find out.\nExample: miscount check && MISCOUNT_FULL=1 cargo bench"
)]
pub(crate) struct Args {
    /// Print JSON instead
    #[arg(long)]
    json: bool,
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    machine: String,
    fit: bool,
    findings: &'a [Finding],
}

/// Returns whether the machine is fit.
pub(crate) fn run(args: &Args) -> Result<bool, Error> {
    let card = Card::detect()?;
    let findings = judge(&Facts::gather(&card)?);
    let fit = is_fit(&findings);
    if args.json {
        output::print_json(&Shown { machine: card.id, fit, findings: &findings })?;
        return Ok(fit);
    }
    let rows = findings.iter().map(|Finding { id, status, found, advice }| {
        let text = advice.map_or_else(|| found.clone(), |advice| format!("{found}; {advice}"));
        [(*id).to_owned(), status.text().to_owned(), text]
    });
    let table = output::table(&[], rows);
    let verdict = if fit { "fit to publish" } else { "not fit to publish" };
    output::print(&format!("{table}\n{}: {verdict}\n", card.id))?;
    Ok(fit)
}
