//! What the interpreters and their models lost, in two tables: over thread counts and over switch intervals.

use std::collections::BTreeMap;

use super::{legend, marked};
use crate::figure;
use crate::python::agreement::{Agreement, ModelComparison, Prediction, comparisons, rows};
use crate::python::record::{Record, interval};
use crate::report::sheet::{Sheet, threads as head};
use crate::results::Cell;

/// Whether an interpreter and its model agree, as a field of a sheet.
fn verdict(all: &[&ModelComparison], point: impl Fn(&ModelComparison) -> String) -> String {
    let mut kinds = BTreeMap::<Agreement, Vec<String>>::new();
    all.iter().for_each(|c| kinds.entry(c.agreement).or_default().push(point(c)));
    let bad: Vec<String> = kinds
        .iter()
        .filter(|(agreement, _)| agreement.disagrees())
        .map(|(agreement, points)| format!("{} at {}", agreement.text(), points.join(", ")))
        .collect();
    match (bad.is_empty(), kinds.contains_key(&Agreement::Agree), kinds.contains_key(&Agreement::Unknown)) {
        (false, ..) => format!("no: {}", bad.join("; ")),
        (true, true, false) => "yes".into(),
        (true, true, true) => "yes, where it can be told".into(),
        (true, false, true) => "cannot be told".into(),
        (true, false, false) => "not compared".into(),
    }
}

/// What the interpreter lost, with marks, what it should lose, and what its model lost; empty if neither was measured.
fn lost(cells: [Option<&Cell>; 2], usable: usize) -> String {
    let one = |cell: &Cell| cell.figures.loss_rate.map(|rate| marked(figure::percent(rate.pooled), cell, usable));
    let [real, model] = cells.map(|cell| cell.and_then(one));
    if (&real, &model) == (&None, &None) {
        return String::new();
    }
    let predicted =
        cells[0].and_then(Prediction::of).map(|one| format!(" ({} predicted)", figure::percent(one.by_looks)));
    let [real, model] = [real, model].map(|text| text.unwrap_or("-".into()));
    format!("{real}{} / {model}", predicted.unwrap_or_default())
}

/// Where the prediction is wrong, as a part of a field.
fn wrong(cells: &[(&Cell, String)]) -> Option<String> {
    let off = |(cell, point): &(&Cell, String)| {
        let off = Prediction::of(cell)?.off()?;
        Some(format!("{point} by {} points", (off * 100.0).round()))
    };
    let off: Vec<String> = cells.iter().filter_map(off).collect();
    (!off.is_empty()).then(|| format!("prediction off at {}", off.join(", ")))
}

/// The points of one axis; its sheet has the losses of interpreters and models there.
struct Axis<'f, 'm> {
    record: &'f Record<'m>,
    /// Threads and level of each point.
    points: Vec<(usize, &'m str)>,
    /// The name of a point in the head.
    name: &'f dyn Fn(usize, &str) -> String,
}

impl<'m> Axis<'_, 'm> {
    fn sheet(&self, title: String, note: &str) -> Sheet {
        let record = self.record;
        let usable = record.machine.card.usable_cpus;
        let compared = comparisons(record.machine);
        let mut heads = vec!["interpreter".to_owned(), "increment".into(), "model".into()];
        heads.extend(self.points.iter().map(|(threads, level)| (self.name)(*threads, level)));
        heads.push("agree".into());
        let mut shown: Vec<&'m Cell> = Vec::new();
        let mut lines = Vec::new();
        for (interpreter, way) in rows(record) {
            let model = record.model(interpreter, way);
            let mut fields = vec![interpreter.label.clone(), way.code.into(), model.unwrap_or("none").into()];
            let mut any = false;
            let mut reals = Vec::new();
            for &(threads, level) in &self.points {
                let real = record.at(way.subject, interpreter.variant, threads, level);
                let modelled = model.and_then(|id| record.at(id, "", threads, level));
                any |= real.is_some();
                reals.extend(real.map(|cell| (cell, (self.name)(threads, level))));
                shown.extend(real.into_iter().chain(modelled));
                fields.push(real.map_or(String::new(), |_| lost([real, modelled], usable)));
            }
            let own = |c: &&ModelComparison| {
                c.interpreter.variant == interpreter.variant
                    && c.way == *way
                    && self.points.contains(&(c.threads, c.level))
            };
            let own: Vec<&ModelComparison> = compared.iter().filter(own).collect();
            let agree = verdict(&own, |c| (self.name)(c.threads, c.level));
            fields.push([Some(agree), wrong(&reals)].into_iter().flatten().collect::<Vec<_>>().join("; "));
            if any {
                lines.push(fields);
            }
        }
        let note = format!("{note}{}", legend(shown.into_iter(), usable));
        Sheet { title, note, head: heads, rows: lines }
    }
}

/// Loss by version: at the longest switch interval, over threads.
pub(super) fn by_version(record: &Record) -> Sheet {
    let usable = record.machine.card.usable_cpus;
    let level = record.levels().first().copied().unwrap_or_default();
    Axis {
        record,
        points: record.racing_threads().map(|n| (n, level)).collect(),
        name: &|n, _| format!("{} threads", head(n, usable)),
    }
    .sheet(
        format!("Loss by version, interpreters and their models, switch interval {}", interval(level)),
        "Share of increments lost by the interpreter / by its model. What is predicted follows from how often threads \
         were seen to let go of the lock between load and store, before the rounds (`cargo doc`, docs::interpreters). gil_3_9 stands for CPython up to 3.9, which may drop \
         its lock after most bytecodes; gil_3_10 for those since, which drop it at backward jumps and calls; \
         gil_3_11 and gil_3_13 for the bytecodes of 3.11 and 3.12, and of 3.13 and newer, where they differ; gil_free_threaded for builds without the lock. Python 2 has no switch interval: it counts bytecodes instead.",
    )
}

/// Loss against the switch interval, at the fewest threads that can race.
pub(super) fn by_interval(record: &Record) -> Option<Sheet> {
    let threads = record.racing_threads().next()?;
    let levels = record.levels();
    // A single interval leaves nothing to compare.
    if levels.len() < 2 {
        return None;
    }
    let points = levels.into_iter().map(|level| (threads, level)).collect();
    let title = format!("Loss against the switch interval, {threads} threads");
    Some(Axis { record, points, name: &|_, level| interval(level) }.sheet(
        title,
        "Share of increments lost by the interpreter / by its model, by the time after which a waiting thread requests the \
         interpreter's lock.",
    ))
}

#[cfg(test)]
mod tests;
