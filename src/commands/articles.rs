//! `miscount articles`: the articles' own experiments, beside the published figures.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;

use miscount::claims::{Claim, Says};
use miscount::figure;
use miscount::python::claims;
use miscount::python::experiments::{CLAIMS, InterpreterResult, LeftOut, Pythons, SCENARIOS, Scenario, ScenarioResult};
use miscount::python::real::{Found, Search};
use serde::Serialize;

use super::output::{self, Error};

/// Run the articles' own Python experiments, and show the published figures beside the new ones
///
/// Each interpreter does one round of each experiment, with the articles' threads, increments and code. Threads
/// are unpinned and started one after the other. Prints a table for each experiment: the expected and the actual value
/// of the counter, the loss, and the published figure (if it is of another version, that one is in brackets). Then come
/// the claims that only interpreters can answer, with their figures and verdicts.
///
/// Interpreters are those of MISCOUNT_PYTHONS, or those on PATH and in pyenv. One that fails is named and left out.
/// All of it took 50 s for each interpreter on two busy CPUs. A round may take two minutes at most.
/// One round is one draw: the loss differs from run to run. `cargo bench --bench interpreters` measures it.
#[derive(clap::Args)]
#[command(after_help = "\
Exit status: 0 done, also if an interpreter is missing or failed (a line says so); 2 bad input.
Example: miscount articles
Example: miscount articles --scenario global_2x100k --python python3.9
Example: miscount articles --scenario claims --json
Example: MISCOUNT_PYTHONS=/opt/python-3.13t/bin/python3,python3.9 miscount articles --scenario plain_10x1m,int_10x1m")]
pub(crate) struct Args {
    /// Run only these scenarios, by their names in --list; `claims` runs the claims
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    scenario: Vec<String>,
    /// Run them in these interpreters instead of those of MISCOUNT_PYTHONS
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    python: Vec<PathBuf>,
    /// Name the scenarios and start nothing
    #[arg(long)]
    list: bool,
    /// Print JSON instead
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    interpreters: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_run: Option<&'static str>,
    scenarios: Vec<ScenarioResult>,
    claims: Vec<Claim>,
    left_out: &'a [LeftOut],
    seconds: f64,
}

/// Why nothing is run without an interpreter.
const NONE: &str =
    "no Python on PATH or in pyenv that can be used; name some with --python or MISCOUNT_PYTHONS=path,path";

impl Args {
    /// The scenarios to run, and whether to run the claims.
    fn wanted(&self) -> Result<(Vec<&'static Scenario>, bool), Error> {
        if self.scenario.is_empty() {
            return Ok((SCENARIOS.iter().collect(), true));
        }
        let named = self.scenario.iter().map(|name| name.trim()).filter(|name| *name != CLAIMS);
        let named: Vec<&Scenario> = named.map(Scenario::named).collect::<Result<_, _>>()?;
        let claims = self.scenario.iter().any(|name| name.trim() == CLAIMS);
        Ok((SCENARIOS.iter().filter(|scenario| named.contains(scenario)).collect(), claims))
    }

    /// The interpreters. Prints a line for each candidate that cannot be used.
    fn find(&self) -> Result<Found, Error> {
        let named: Vec<OsString> = self.python.iter().map(|path| path.clone().into_os_string()).collect();
        let named = (!named.is_empty()).then(|| named.join(",".as_ref()));
        let var = |name: &str| named.clone().filter(|_| name == "MISCOUNT_PYTHONS").or_else(|| std::env::var_os(name));
        let found = Search::from_vars(var)?.run();
        let refused: Vec<String> = found.refused.iter().map(ToString::to_string).collect();
        if named.is_some() && found.interpreters.is_empty() {
            return Err(Error::Python(format!("{}; name one that can be used", refused.join("; "))));
        }
        refused.iter().for_each(output::complain);
        Ok(found)
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let (scenarios, with_claims) = args.wanted()?;
    if args.list {
        return list(args.json);
    }
    let found = args.find()?;
    let began = Instant::now();
    let interpreters = found.interpreters.iter().map(|one| one.variant()).collect();
    let not_run = found.interpreters.is_empty().then_some(NONE);
    let mut shown =
        Shown { interpreters, not_run, scenarios: Vec::new(), claims: Vec::new(), left_out: &[], seconds: 0.0 };
    if let Some(why) = not_run {
        return if args.json { output::print_json(&shown) } else { output::print(&format!("not run: {why}\n")) };
    }
    let mut pythons = Pythons::new(found.interpreters);
    for scenario in scenarios {
        let before = pythons.left().len();
        let outcome = pythons.run(scenario);
        if args.json {
            shown.scenarios.push(outcome);
        } else {
            output::print(&format!("{}\n", table(&outcome, &pythons.left()[before..])))?;
        }
    }
    if with_claims {
        let before = pythons.left().len();
        shown.claims = claims::ask(&mut pythons);
        if !args.json {
            output::print(&format!("{}\n", claims_text(&shown.claims, &pythons.left()[before..])))?;
        }
    }
    shown.seconds = began.elapsed().as_secs_f64();
    shown.left_out = pythons.left();
    if args.json {
        return output::print_json(&shown);
    }
    output::print(&format!(
        "one round each, in {} s; the loss differs from run to run (`cargo bench --bench interpreters` measures it)\n",
        figure::ns(shown.seconds)
    ))
}

fn list(json: bool) -> Result<(), Error> {
    if json {
        return output::print_json(&SCENARIOS);
    }
    let row = |scenario: &Scenario| {
        let [threads, iters] = [scenario.threads as u64, scenario.iters].map(figure::count);
        let size = format!("{threads} x {iters}");
        [scenario.id.to_owned(), size, scenario.code.to_owned(), scenario.published().to_string()]
    };
    let claims = [CLAIMS, "", "claims of articles about Python, checked in interpreters", ""].map(str::to_owned);
    let rows = SCENARIOS.iter().map(row).chain([claims]);
    output::print(&output::table(&["scenario", "threads x increments", "increment", "published figures"], rows))
}

/// A scenario's table, its sources and its notes.
fn table(outcome: &ScenarioResult, left: &[LeftOut]) -> String {
    let scenario = &outcome.scenario;
    let [threads, iters] = [scenario.threads as u64, scenario.iters].map(figure::count);
    let mut text = format!("{}: {}, {threads} threads x {iters}\n", scenario.id, scenario.code);
    if !outcome.rows.is_empty() {
        let row = |row: &InterpreterResult| {
            [
                row.label.clone(),
                figure::count(row.expected),
                figure::count(row.actual),
                figure::percent(row.loss_rate),
                row.published.as_ref().map_or("-".to_owned(), |published| published.text()),
                format!("{} s", figure::ns(row.seconds)),
            ]
        };
        let head = ["interpreter", "expected", "actual", "lost", "published", "time"];
        text.push_str(&output::table(&head, outcome.rows.iter().map(row)));
    }
    let sources: BTreeSet<&str> = outcome.rows.iter().filter_map(|row| Some(row.published.as_ref()?.source)).collect();
    text.extend(sources.iter().map(|source| format!("published: {source}\n")));
    text.extend(outcome.not_run.map(|why| format!("not run: {why}\n")));
    text.extend(outcome.notes.iter().map(|note| format!("{note}\n")));
    text + &left_out(left)
}

fn left_out(left: &[LeftOut]) -> String {
    left.iter().map(|LeftOut { label, why }| format!("{label} is left out from here on: {why}\n")).collect()
}

/// Each claim with its verdict, how it was checked, and the figures behind it.
fn claims_text(claims: &[Claim], left: &[LeftOut]) -> String {
    let mut text = "what articles say of Python\n".to_owned();
    for Claim { text: said, check, verdict, figures, .. } in claims {
        text.push_str(&format!("\n{said}: {verdict}\n  ({check})\n"));
        let rows = figures.iter().map(|figure| {
            let says = match figure.says {
                Says::Yes => "yes",
                Says::No => "no",
                Says::Partly => "in part",
                Says::Unclear => "cannot be told",
            };
            [format!("  {}", figure.what), figure.measured.clone(), says.to_owned()]
        });
        text.push_str(&output::table(&[], rows));
    }
    text + &left_out(left)
}
