//! The figures of one machine at one level, for people.

use std::collections::BTreeSet;

use super::document::{Document, Part};
use super::matrix::{self, Cost, Entry, View};
use super::sheet::{Sheet, threads};
use super::sheets;
use crate::rank::resolution;
use crate::results::{Cell, Machine, Origin};
use crate::round::Verdict;

/// A machine's figures at one level: counters by thread counts, net cost in ns per operation and
/// thread, lost updates and the verdict's letter, with a legend. `only_run` keeps the cells of that
/// run. One line says so when there is nothing to show.
pub fn document(machine: &Machine, level: &str, only_run: Option<&str>) -> Document {
    let kept = |cell: &Cell| cell.key.level == level && only_run.is_none_or(|run| cell.facts.run == run);
    let views = matrix::views(machine, kept);
    let mut out = Document::default();
    if views.is_empty() {
        out.add(Part::Paragraph(format!("{}: nothing measured at level {level}", machine.card.id)));
        return out;
    }
    published(machine).into_iter().for_each(|text| out.add(Part::Paragraph(text)));
    for view in &views {
        let heading = heading(machine, view);
        out.add(match sheets::replace_matrix(view.bench, view.level) {
            true => Part::Paragraph(heading),
            false => Part::Table(table(machine, view, heading)),
        });
        for sheet in sheets::sheets(machine, view.bench, view.level, view.placement, kept) {
            out.add(Part::Table(sheet));
        }
    }
    out
}

/// The source and the method of a machine's published figures.
pub fn published(machine: &Machine) -> Option<String> {
    let Origin::Published { source, method, figures } = &machine.origin else { return None };
    let id = &machine.card.id;
    Some(format!(
        "{id}: published by others, not measured by this suite. Source: {source}. Method: {method}. Here {figures}."
    ))
}

/// A view's heading in one line: machine, bench, level, placement, unit.
fn heading(machine: &Machine, view: &View<'_>) -> String {
    let by = if matches!(machine.origin, Origin::Published { .. }) { " (published by others)" } else { "" };
    if sheets::replace_matrix(view.bench, view.level) {
        return format!("{}{by}: {}, {}", machine.card.id, view.bench, view.level);
    }
    format!(
        "{}{by}: {}, {}, {}; {} ns/op per thread and lost updates, by threads",
        machine.card.id,
        view.bench,
        view.level,
        view.placement,
        if view.has_net() { "net" } else { "gross" }
    )
}

/// A view's matrix, each part under its own heading.
pub(super) fn table(machine: &Machine, view: &View<'_>, title: String) -> Sheet {
    let mut head = vec!["threads".to_owned()];
    head.extend(view.columns.iter().map(|column| threads(column.threads, machine.card.usable(view.placement))));
    let mut rows = Vec::new();
    for section in &view.sections {
        rows.push(vec![short(section.part).to_owned()]);
        for row in &section.rows {
            let fields = row.entries.iter().map(|e| e.as_ref().map_or(String::new(), |e| field(machine, view, e)));
            rows.push([row.name()].into_iter().chain(fields).collect());
        }
    }
    Sheet { title, note: legend(machine, view), head, rows }
}

/// A cell's cost, loss and verdict in one line of plain text, without the words of its column.
fn field(machine: &Machine, view: &View<'_>, entry: &Entry<'_>) -> String {
    let mut line = entry.text.clone();
    if entry.cost == Cost::Gross && view.has_net() {
        line.push_str(" g");
    }
    match entry.loss.as_deref() {
        Some(matrix::UNRECORDED) => line.push_str(", lost ?"),
        Some(loss) => line.push_str(&format!(", lost {loss}")),
        None => {}
    }
    if let Some(anomalies) = &entry.anomalies {
        line.push_str(&format!(", {anomalies}"));
    }
    line + &matrix::marks(entry.cell, machine.card.usable(view.placement))
}

/// A part's heading where room is short.
fn short(part: matrix::Part) -> &'static str {
    match part {
        matrix::Part::Floor => "floor (gross)",
        matrix::Part::Unit => "transfers",
        matrix::Part::Ranked => "exact",
        matrix::Part::Wrong => "wrong counts",
        matrix::Part::Hazard => "not counters: anomalies",
    }
}

/// The meaning of the marks of a view, in one line; only marks that occur.
fn legend(machine: &Machine, view: &View<'_>) -> String {
    let entries = || view.entries();
    let mut words = Vec::new();
    if view.has_net() && entries().any(|e| e.cost == Cost::Gross) {
        words.push("g = gross".to_string());
    }
    if entries().any(|e| e.cost == Cost::Below) {
        let whose = if resolution::is_own(machine, view.level) { "this machine's null study" } else { "assumed" };
        words.push(format!("< = below the resolution ({whose})"));
    }
    if view.columns.iter().any(|c| c.oversubscribed) {
        words.push(format!(
            "* = oversubscribed: more threads than the {} usable CPUs",
            machine.card.usable(view.placement)
        ));
    }
    if entries().any(|e| e.loss.as_deref() == Some(matrix::UNRECORDED)) {
        words.push("lost ? = not recorded".into());
    }
    let verdicts: BTreeSet<_> = entries().map(|e| e.cell.facts.verdict).collect();
    let over = entries().any(|e| {
        e.cell.facts.verdict == Verdict::Oversubscribed && e.cell.key.threads <= machine.card.usable(view.placement)
    });
    for verdict in verdicts {
        if let Some(letter) = matrix::letter(verdict).filter(|_| over || verdict != Verdict::Oversubscribed) {
            words.push(format!("[{letter}] = {}", verdict.id()));
        }
    }
    if entries().any(|e| e.cell.is_noisy()) {
        words.push(format!("[{}] = noisy: {}", matrix::NOISY, matrix::NOISY_MEANS));
    }
    let (quick, all) = (entries().filter(|e| e.cell.facts.quick).count(), entries().count());
    if quick > 0 {
        let which = if quick == all { "all of it".to_owned() } else { format!("{quick} of {all} cells") };
        words.push(format!("{which} taken with --quick: two rounds, to see that it works"));
    }
    if view.runs.len() > 1 {
        words.push(format!("cells of {} runs: compare with care", view.runs.len()));
    }
    words.join("; ")
}
