//! One machine in the data of the page's script: its views, claims and crossovers.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::cells::Cells;
use super::tables::Tables;
use crate::claims::{Claim, Says, claims};
use crate::figure;
use crate::machine::{Run, card_rows, run_rows};
use crate::rank::resolution;
use crate::report::across::{Crossover, collapse_of, crossovers};
use crate::report::columns::Packer;
use crate::report::matrix::{self, Column, Cost, Part, Row, Section, View};
use crate::report::sheet::Sheet;
use crate::report::{distances, scaling, sheets, warnings};
use crate::results::{Machine, Origin};
use crate::round::expected_racy_loss;

/// The parts that all views of a machine share.
#[derive(Default)]
struct Shared {
    /// Columns of views, each once.
    columns: Vec<Value>,
    tables: Tables,
}

impl Shared {
    fn column(&mut self, column: Value) -> usize {
        let known = self.columns.iter().position(|known| *known == column);
        known.unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }
}

/// The identity of a row: name, label, family and grade.
pub(super) type RowName<'m> = (String, &'m str, &'m str, &'static str);

/// Row names, each once: machines mostly have the same.
#[derive(Default)]
pub(super) struct RowNames<'m> {
    pub(super) all: Vec<RowName<'m>>,
    places: HashMap<RowName<'m>, usize>,
}

impl<'m> RowNames<'m> {
    fn place(&mut self, name: RowName<'m>) -> usize {
        *self.places.entry(name).or_insert_with_key(|name| {
            self.all.push(name.clone());
            self.all.len() - 1
        })
    }
}

/// All facts of a machine; its figures go to `packer`.
pub(super) fn machine<'m>(m: &'m Machine, rows: &mut RowNames<'m>, packer: &mut Packer<'_>) -> Value {
    let views = matrix::views(m, |_| true);
    let mut shared = Shared::default();
    let published = match &m.origin {
        Origin::Measured => None,
        Origin::Published { source, method, figures } => {
            Some([("source", source.as_str()), ("method", method.as_str()), ("figures", figures.as_str())])
        }
    };
    let used = |id: &str| m.cells.iter().filter(|c| c.facts.run == id).count();
    let shown: Vec<Value> = views.iter().map(|v| view(m, v, published.is_some(), rows, &mut shared)).collect();
    let claims: Vec<Value> = claims(m).into_iter().map(|c| claim(c, &mut shared.tables)).collect();
    json!({
        "published": published,
        // The id is the heading.
        "card": card_rows(&m.card).split_off(1),
        "warnings": warnings::warnings(m),
        // What else is known of what was measured, each once.
        "facts": warnings::facts(m),
        "runs": m.runs.iter().map(|(id, r)| run(id, r, used(id))).collect::<Vec<_>>(),
        "views": shown,
        "claims": claims,
        "crossovers": crossovers(m).into_iter().map(crossover).collect::<Vec<_>>(),
        "cells": Cells::of(&views, packer),
        "columns": shared.columns,
        // What a `Span` is of.
        "tables": shared.tables.pack(packer),
    })
}

fn claim(Claim { finding, verdict, figures, .. }: Claim, tables: &mut Tables) -> Value {
    let says = |says: Says| match says {
        Says::Yes => "yes",
        Says::No => "no",
        Says::Partly => "partly",
        Says::Unclear => "unclear",
    };
    let rows = figures.into_iter().map(|f| vec![f.what, f.measured, says(f.says).to_owned()]);
    json!({"finding": finding, "verdict": verdict, "figures": tables.add(rows)})
}

/// A sheet as one table, its first row of title, note and heads. It has shades in hundredths.
fn sheet(Sheet { title, note, head, rows, shades }: Sheet, tables: &mut Tables) -> Value {
    let hundredths = |shade: Option<f64>| shade.map(|x| (x * 100.0).round() as u8);
    let shades: Vec<Vec<_>> = shades.into_iter().map(|row| row.into_iter().map(hundredths).collect()).collect();
    let first = [title, note].into_iter().chain(head).collect();
    json!({"rows": tables.add([first].into_iter().chain(rows)), "shades": shades})
}

fn crossover(found: Crossover) -> Value {
    let most = found.points.last().map_or(0, |p| p.threads);
    json!({
        "level": found.level,
        "placement": found.placement.id(),
        "threads": found.threads,
        "text": match found.threads {
            Some(n) => format!("from {n} thread{}", if n == 1 { "" } else { "s" }),
            None => format!("none up to {most} threads"),
        },
        // Threads and the two goodputs, `load_store` first.
        "points": found.points.iter().map(|p| (p.threads, [p.racy, p.exact].map(figure::per_second))).collect::<Vec<_>>(),
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

fn view<'m>(
    machine: &'m Machine,
    view: &View<'m>,
    published: bool,
    names: &mut RowNames<'m>,
    shared: &mut Shared,
) -> Value {
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
    let mut verdicts: Vec<_> = entries().map(|e| e.cell.facts.verdict).collect();
    verdicts.sort();
    verdicts.dedup();
    let legend: Vec<_> = verdicts
        .into_iter()
        .filter_map(|v| matrix::letter(v).map(|letter| (letter.to_string(), v.id(), matrix::explain(v))))
        .chain(entries().any(|e| e.cell.is_noisy()).then(|| (matrix::NOISY.to_string(), "noisy", matrix::NOISY_MEANS)))
        .collect();
    let mut sheets = sheets::sheets(machine, view.bench, view.level, view.placement, |_| true);
    // The details of a cell have its near and far figures; a switch shows them in the table.
    sheets.retain(|sheet| sheet.title != distances::TITLE || sheets::replace_matrix(view.bench));
    let scaling = scaling::view(machine, view);
    let sheets: Vec<Value> = sheets.into_iter().map(|s| sheet(s, &mut shared.tables)).collect();
    let columns: Vec<usize> = view.columns.iter().map(|c| shared.column(column(machine, *c))).collect();
    json!({
        "bench": view.bench,
        "level": view.level,
        "placement": view.placement.id(),
        // Think time in words; none for levels the counters bench does not know.
        "think": matrix::think(view.level).map(|t| match t.is_zero() {
            true => "no think time".into(),
            false => format!("{} think time", figure::duration(t)),
        }),
        "notes": notes,
        "legend": legend,
        // Places in the machine's columns.
        "columns": columns,
        "sections": view.sections.iter().map(|s| section(machine, s, names)).collect::<Vec<_>>(),
        "sheets": sheets,
        // The notes on the fits, and their rows.
        "scaling": (scaling.notes, shared.tables.add(scaling.rows)),
    })
}

fn section<'m>(machine: &Machine, section: &Section<'m>, names: &mut RowNames<'m>) -> Value {
    let part = match section.part {
        Part::Floor | Part::Unit => "floor",
        Part::Ranked => "ranked",
        Part::Wrong => "wrong",
        Part::Hazard => "hazard",
    };
    let row = |row: &Row<'m>| {
        let collapse = collapse_of(machine, row.entries.iter().flatten().map(|e| e.cell));
        json!({
            // Place in the payload's rows.
            "row": names.place((row.name(), row.label, row.family, row.grade.id())),
            // 1 where there is a cell: they stand in [`Cells`] in the order of views, rows and columns.
            "entries": row.entries.iter().map(|e| u8::from(e.is_some())).collect::<Vec<_>>(),
            // The most threads that fit, the fewest that do not, and what that costs.
            "collapse": collapse.map(|c| (c.fits, c.over, format!("× {}", figure::ns(c.factor)))),
        })
    };
    json!({"part": part, "title": section.part.title(), "rows": section.rows.iter().map(row).collect::<Vec<_>>()})
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
