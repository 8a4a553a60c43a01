//! One machine in the data of the page's script: its views, claims and crossovers.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::cells::cells;
use super::details::minute;
use crate::choose::{self, Question};
use crate::claims::{Claim, Says, claims};
use crate::figure;
use crate::headline::Headline;
use crate::machine::{Run, card_rows, run_rows};
use crate::matrix::{Column, Cost, Part, Row, View};
use crate::python::record::Record;
use crate::rank::resolution;
use crate::report::across::{Crossover, crossovers};
use crate::report::python::view::view as python;
use crate::report::{locked_add, race, scaling, transfers, warnings};
use crate::results::published::core_to_core::Others;
use crate::results::{Machine, Origin, Yardstick};
use crate::round::expected_racy_loss;
use crate::units;
use crate::workload::LEVELS;

/// Name, label, family and grade of a row.
pub(super) type RowName = (String, String, String, &'static str);

fn row_name(row: &Row<'_>) -> RowName {
    (row.name(), row.label.to_owned(), row.family.to_owned(), row.grade.id())
}

/// Names of all rows of these machines, given the views of each, each once: machines mostly have the same.
pub(super) fn row_names(machines: &[Vec<View<'_>>]) -> Vec<RowName> {
    let sections = machines.iter().flatten().flat_map(|view| &view.sections);
    sections.flat_map(|section| &section.rows).map(row_name).collect::<BTreeSet<RowName>>().into_iter().collect()
}

/// A machine in the page's data.
pub(super) struct Parts {
    /// What is said of it: it compresses well beside that of other machines.
    pub(super) facts: Value,
    /// Columns of its cells.
    pub(super) cells: Value,
    /// The numbers in them.
    pub(super) numbers: Vec<u8>,
}

/// All of a machine, given all its views.
pub(super) fn machine(m: &Machine, others: &Others, views: &[View<'_>], names: &[RowName]) -> Parts {
    let published = match &m.origin {
        Origin::Measured => None,
        Origin::Published { source, method, figures } => {
            Some([("source", source.as_str()), ("method", method.as_str()), ("figures", figures.as_str())])
        }
    };
    let used = |id: &str| m.cells.iter().filter(|c| c.facts.run == id).count();
    let places: HashMap<&RowName, usize> = names.iter().enumerate().map(|(place, name)| (name, place)).collect();
    let columns = || cells(views, &m.card, |row| places[&row_name(row)]);
    let facts = || {
        json!({
            "published": published,
            "headline": Headline::of(m),
            "virtual": m.card.hypervisor.as_ref().is_some_and(|hypervisor| hypervisor != "none"),
            // No CPU to compare others with.
            "emulated": m.card.emulated.is_some(),
            // The day of the newest run.
            "date": m.runs.values().map(|run| &run.started).max().and_then(|started| started.get(..10)),
            // The id is the heading.
            "card": card(m),
            "warnings": warnings::warnings(m),
            // What else is known of what was measured, each once.
            "facts": warnings::facts(m),
            "runs": m.runs.iter().map(|(id, r)| run(id, r, used(id))).collect::<Vec<_>>(),
            "views": views.iter().map(|of| view(m, of)).collect::<Vec<_>>(),
            "claims": claims(m).into_iter().map(claim).collect::<Vec<_>>(),
            "crossovers": crossovers(m).into_iter().map(crossover).collect::<Vec<_>>(),
            // Its own uncontended `fetch_add` and transfer of a cache line, in ns.
            "units": [units::fetch_add_ns(m), units::line_transfer_ns(m)],
            // Where its line transfer stands among those of others.
            "among": transfers::among(m, others),
            // Whether what ranks here does so on other CPUs.
            "ranks": locked_add::ranks(&m.card),
            // The line transfer over the runs: when, low, middle, high.
            "yardstick": m.yardstick.iter().map(yardstick).collect::<Vec<_>>(),
            "answers": answers(m),
            "python": Record::of(m).map(|_| python(m)),
            "race": race::beside(m),
        })
    };
    let ((cells, numbers), facts) = rayon::join(columns, facts);
    Parts { facts, cells, numbers }
}

/// Its card, without its id, and what a locked add costs on it.
fn card(m: &Machine) -> Vec<(&'static str, String)> {
    let mut rows = card_rows(&m.card).split_off(1);
    rows.extend(locked_add::row(m).map(|text| (locked_add::TITLE, text)));
    rows
}

/// The answer of `choose` for each measured level and thread count: level, threads, answer. A question without
/// an answer is left out.
fn answers(m: &Machine) -> Vec<(&'static str, usize, String)> {
    let mut all = Vec::new();
    for level in LEVELS.iter().filter(|level| ["counters", "locks", "reads"].contains(&level.bench)) {
        let here = m.cells.iter().filter(|cell| cell.key.level == level.id).map(|cell| cell.key.threads);
        for threads in here.collect::<BTreeSet<usize>>() {
            let question = Question { threads, load: level.load, placement: None, now: None };
            all.extend(choose::sentence(m, &question).ok().map(|answer| (level.id, threads, answer)));
        }
    }
    all
}

fn claim(Claim { finding, verdict, figures, .. }: Claim) -> Value {
    let says = |says: Says| match says {
        Says::Yes => "yes",
        Says::No => "no",
        Says::Partly => "partly",
        Says::Unclear => "unclear",
    };
    let figures = figures.into_iter().map(|f| [f.what, f.measured, says(f.says).to_owned()]);
    json!({"finding": finding, "verdict": verdict, "figures": figures.collect::<Vec<_>>()})
}

fn yardstick(run: &Yardstick) -> Value {
    let [low, middle, high] = [run.ns.low, run.ns.median, run.ns.high].map(figure::shown);
    json!([minute(&run.started), low, middle, high])
}

fn crossover(found: Crossover) -> Value {
    let most = found.points.last().map_or(0, |p| p.threads);
    json!({
        "level": found.level,
        "placement": found.placement.id(),
        "threads": found.threads,
        "text": match found.threads {
            Some(n) => format!("from {}", figure::threads(n)),
            None => format!("none up to {most} threads"),
        },
        // Threads, and the goodputs of `load_store` and `fetch_add`.
        "points": found.points.iter().map(|p| json!([p.threads, p.racy, p.exact])).collect::<Vec<_>>(),
    })
}

fn run(id: &str, run: &Run, cells: usize) -> Vec<(&'static str, String)> {
    let mut rows =
        vec![("run", id.to_string()), ("began", run.started.clone()), ("cells", figure::count(cells as u64))];
    rows.push(("miscount", run.version.clone()));
    rows.extend(run_rows(run));
    rows.push(("notes", if run.notes.is_empty() { "none".into() } else { run.notes.join(" ") }));
    rows
}

fn view(machine: &Machine, view: &View<'_>) -> Value {
    let published = machine.origin != Origin::Measured;
    let entries = || view.entries();
    let ranked = || view.sections.iter().filter(|s| s.part == Part::Ranked).flat_map(|s| &s.rows);
    let mut notes = Vec::new();
    if view.runs.len() > 1 {
        notes.push(format!("These cells come from {} runs: compare across them with care.", view.runs.len()));
    }
    let undescribed = view.runs.iter().filter(|id| !machine.runs.contains_key(**id)).count();
    if undescribed > 0 && !published {
        notes.push(format!("{undescribed} of the runs of these cells are not described."));
    }
    if entries().any(|e| e.cost == Cost::Below) {
        let whose = if resolution::is_own(machine, view.level) {
            "this machine's null study found".to_string()
        } else {
            "assumed for this level (this machine has no null study)".to_string()
        };
        notes.push(format!("“< r” is below the resolution of r ns, {whose}: it cannot be told from 0."));
    }
    if ranked().count() > 1 && ranked().flat_map(|r| r.entries.iter().flatten()).all(|e| e.mark.is_none()) {
        notes.push("Nothing is ranked here: no thread count has two cells that can be ranked.".into());
    }
    let scaling = scaling::view(machine, view);
    let columns: Vec<Value> = view.columns.iter().map(|of| column(machine, *of)).collect();
    json!({
        "bench": view.bench,
        "level": view.level,
        "placement": view.placement.id(),
        "notes": notes,
        "columns": columns,
        // The notes on the fits, and their rows.
        "scaling": (scaling.notes, scaling.rows),
    })
}

fn column(machine: &Machine, column: Column) -> Value {
    // Shown with three digits at most.
    let resolution: f64 = format!("{:.3e}", column.resolution).parse().expect("a number");
    json!({
        "threads": column.threads,
        "over": column.oversubscribed,
        // Net costs nearer to 0 than this are not figures, in ns.
        "resolution": resolution,
        // What a load+store counter would lose there.
        "expected": figure::percent(expected_racy_loss(column.threads, machine.card.usable_cpus)),
    })
}

#[cfg(test)]
mod tests;
