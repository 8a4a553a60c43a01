//! `miscount report`: the page, tables and exports of the results on disk.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use miscount::claims::claims;
use miscount::headline::Headline;
use miscount::machine::results_folder;
use miscount::parallel;
use miscount::report::document::{Document, Part};
use miscount::report::export::{self, Format};
use miscount::report::{level, locked_add, overview, page, python, race, scaling, transfers};
use miscount::results::published::core_to_core::Others;
use miscount::results::{self, Machine, Origin};
use miscount::workload;
use rayon::prelude::*;
use serde::Serialize;

use super::output::{self, Error};

/// Write the HTML report of all results and print each machine's answer
///
/// Reads every machine's folder and writes `index.html` beside them. Prints for each measured machine its answer in a few
/// lines and which claims of the articles hold there, then the path of the page. With `--tables` it prints a table for
/// each machine and level instead of the answer, and the source and the method of published figures, which are on the page.
/// A file that cannot be read is left out, and a line on standard error says why. The folder is MISCOUNT_RESULTS, else
/// `results` in the package that cargo runs, else `./results`.
///
/// With `--export` it writes no page and prints only the export: every cell as CSV, or the trusted cells
/// in Bencher Metric Format or for github-action-benchmark.
#[derive(clap::Args)]
#[command(after_help = "\
Example: miscount report --results ../results --markdown > summary.md
Example: miscount report --export bmf --machine my-server --output bencher.json")]
pub(crate) struct Args {
    /// The folder of results
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Print every table
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    tables: bool,
    /// Print machines, runs and cells as JSON instead
    #[arg(long)]
    json: bool,
    /// Print the tables as Markdown, without the line about the page
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Also write README.md and its pictures into the folder: machines and headline figures
    #[arg(long)]
    overview: bool,
    /// Print results for other programs instead
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with_all = ["json", "markdown", "overview", "tables"])]
    export: Option<Export>,
    /// Export only this machine
    #[arg(long, value_name = "ID", requires = "export")]
    machine: Option<String>,
    /// Write the page, or the export, into this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The formats of an export.
#[derive(Clone, Copy, ValueEnum)]
enum Export {
    /// Comma-separated values, a cell a line
    Csv,
    /// Bencher Metric Format
    Bmf,
    /// github-action-benchmark, customBiggerIsBetter: kept updates per second
    GithubBigger,
    /// github-action-benchmark, customSmallerIsBetter: ns/op per thread
    GithubSmaller,
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct Shown {
    /// `null` where it could not be written.
    page: Option<String>,
    machines: Vec<Machine>,
    left_out: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let folder = args.results.clone().unwrap_or_else(results_folder);
    output::check_folder(&folder)?;
    if let Some(export) = args.export {
        return self::export(args, &folder, export);
    }
    let (machines, mut left_out) = output::read_all(&folder);
    let others = output::others(&folder, &mut left_out);
    let path = args.output.clone().unwrap_or_else(|| folder.join("index.html"));
    let path = std::path::absolute(&path).unwrap_or(path);
    // If the page cannot be written, the rest is still printed.
    let cells: usize = machines.iter().map(|machine| machine.cells.len()).sum();
    let doing = || format!("writing the page of {}", output::plural(cells, "cell"));
    let written = output::slowly(doing, || page::write_to(&path, &machines, &others, &left_out));
    let at =
        format!("{}: {}, {}", path.display(), output::plural(machines.len(), "machine"), output::plural(cells, "cell"));
    if args.json {
        let page = written.is_ok().then(|| path.to_string_lossy().into_owned());
        let left_out = left_out.iter().map(ToString::to_string).collect();
        output::print_json(&Shown { page, machines, left_out })?;
    } else {
        let mut document = if args.tables || args.markdown {
            tables(&machines, &others, args.markdown)
        } else {
            answers(&machines, &others)
        };
        if written.is_ok() && !args.markdown {
            document.add(Part::Paragraph(at));
        }
        output::print(&if args.markdown { document.markdown() } else { document.terminal() })?;
    }
    written?;
    if args.overview {
        overview::write(&folder)?;
    }
    Ok(())
}

/// The answer of each measured machine, what it is like beside others, and the claims that hold there.
fn answers(machines: &[Machine], others: &Others) -> Document {
    let own = machines.par_iter().filter(|machine| machine.origin == Origin::Measured);
    let parts = own.flat_map_iter(|machine| {
        let lines = Headline::of(machine).lines_and(beside(machine, others));
        [Part::List(machine.card.id.clone(), lines), articles(machine)]
    });
    let parts: Vec<Part> = parallel::on_all_cpus(|| parts.collect());
    let mut out = Document::default();
    parts.into_iter().for_each(|part| out.add(part));
    out
}

/// What a locked add costs there, and where its line transfer stands among those of others: titles and texts.
fn beside(machine: &Machine, others: &Others) -> Vec<(&'static str, String)> {
    let locked = locked_add::row(machine).map(|text| ("A locked add", text));
    let among = transfers::among_whose(machine, others).map(|text| ("Line transfer", text));
    locked.into_iter().chain(among).collect()
}

fn articles(machine: &Machine) -> Part {
    Part::Claims(format!("{}: what articles say", machine.card.id), "what articles say", claims(machine))
}

/// Tables, claims and published figures. Markdown has the tables only.
fn tables(machines: &[Machine], others: &Others, markdown: bool) -> Document {
    let mut out = Document::default();
    let own = || machines.iter().filter(|machine| machine.origin == Origin::Measured);
    for machine in own() {
        let levels = workload::in_order(machine.cells.iter().map(|cell| cell.key.level.as_str()));
        let tables = levels.into_par_iter().map(|of| level::document(machine, of, None));
        let tables: Vec<Document> = parallel::on_all_cpus(|| tables.collect());
        tables.into_iter().for_each(|table| out.append(table));
        let beside: Vec<String> =
            beside(machine, others).into_iter().map(|(title, text)| format!("{title}: {text}")).collect();
        if !beside.is_empty() {
            out.add(Part::List(format!("{}, beside others:", machine.card.id), beside));
        }
        if !markdown {
            out.add(Part::Paragraph(scaling::summary(machine)));
            out.add(articles(machine));
        }
        out.append(python::document(machine));
    }
    out.append(race::document(own()));
    machines.iter().filter_map(level::published).for_each(|text| out.add(Part::Paragraph(text)));
    out
}

fn export(args: &Args, folder: &Path, export: Export) -> Result<(), Error> {
    let format = match export {
        Export::Csv => Format::Csv,
        Export::Bmf => Format::Bmf,
        Export::GithubBigger => Format::GithubBigger,
        Export::GithubSmaller => Format::GithubSmaller,
    };
    let (machines, _) = output::read_all(folder);
    let text = export::text(format, &machines, args.machine.as_deref())?;
    match &args.output {
        Some(path) => Ok(results::write_whole(path, &text)?),
        None => output::print(&text),
    }
}
