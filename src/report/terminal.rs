//! A level as a table for the terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell as Field, CellAlignment, ContentArrangement, Table};

use super::matrix::{self, Cost, Entry, Part, View};
use super::sheets;
use crate::claims::{Claim, Says};
use crate::rank::resolution;
use crate::results::{Machine, Origin};
use crate::round::Verdict;

/// Thread counts side by side; further ones go below, so that a line stays readable.
const ACROSS: usize = 6;

/// A machine's figures at one level: counters by thread counts, net cost in ns per operation and
/// thread, lost updates and the verdict's letter, with a legend. `only_run` keeps the cells of that
/// run. One line says so when there is nothing to show.
pub fn table(machine: &Machine, level: &str, only_run: Option<&str>) -> String {
    let kept =
        |cell: &crate::results::Cell| cell.key.level == level && only_run.is_none_or(|run| cell.facts.run == run);
    let views = matrix::views(machine, kept);
    if views.is_empty() {
        return format!("{}: nothing measured at level {level}\n", machine.card.id);
    }
    let mut out = String::new();
    if let Some(published) = published(machine) {
        writeln!(out, "{published}").expect("a string takes all");
    }
    for view in &views {
        writeln!(out, "{}", heading(machine, view)).expect("a string takes all");
        let shown = if sheets::replace_matrix(view.bench) { 0 } else { view.columns.len() };
        let columns: Vec<usize> = (0..shown).collect();
        for across in columns.chunks(ACROSS) {
            writeln!(out, "{}", chunk(view, across)).expect("a string takes all");
        }
        if shown > 0 {
            writeln!(out, "{}", legend(machine, view)).expect("a string takes all");
        }
        for sheet in sheets::sheets(machine, view.bench, view.level, view.placement, kept) {
            writeln!(out, "\n{}", sheet.terminal().trim_end()).expect("a string takes all");
        }
    }
    out
}

/// Claims of articles and whether they hold on the machine, one line each.
pub fn claims(machine: &Machine) -> String {
    let mut out = format!("{}: what articles say\n", machine.card.id);
    for claim in crate::claims::claims(machine) {
        let Claim { text, verdict, figures, .. } = &claim;
        let agree = figures.iter().filter(|f| f.says == Says::Yes).count();
        let of =
            if figures.is_empty() { String::new() } else { format!(" ({agree} of {} figures agree)", figures.len()) };
        writeln!(out, "  {text}: {verdict}{of}").expect("a string takes all");
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
pub(super) fn heading(machine: &Machine, view: &View<'_>) -> String {
    let by = if matches!(machine.origin, Origin::Published { .. }) { " (published by others)" } else { "" };
    if sheets::replace_matrix(view.bench) {
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

fn chunk(view: &View<'_>, across: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    let mut header = vec![Field::new("threads")];
    header.extend(across.iter().map(|&n| right(head(view, n))));
    table.set_header(header);
    for section in &view.sections {
        let mut title = vec![Field::new(short(section.part))];
        title.extend(across.iter().map(|_| Field::new("")));
        table.add_row(title);
        for row in &section.rows {
            let mut fields = vec![Field::new(format!("  {}", row.name()))];
            fields.extend(
                across.iter().map(|&n| right(row.entries[n].as_ref().map_or("".into(), |e| field(view, n, e)))),
            );
            table.add_row(fields);
        }
    }
    table.trim_fmt()
}

fn right(text: String) -> Field {
    Field::new(text).set_alignment(CellAlignment::Right)
}

/// A column's head: `8`, or `8*` where it is oversubscribed.
pub(super) fn head(view: &View<'_>, n: usize) -> String {
    let column = view.columns[n];
    format!("{}{}", column.threads, if column.oversubscribed { "*" } else { "" })
}

/// A cell's cost, loss and verdict in one line of plain text, without the words of its column.
pub(super) fn field(view: &View<'_>, n: usize, entry: &Entry<'_>) -> String {
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
    let said = view.columns[n].oversubscribed && entry.cell.facts.verdict == Verdict::Oversubscribed;
    let letter = matrix::letter(entry.cell.facts.verdict).filter(|_| !said);
    let marks: String = letter.into_iter().chain(entry.cell.is_noisy().then_some(matrix::NOISY)).collect();
    if !marks.is_empty() {
        line.push_str(&format!(" [{marks}]"));
    }
    line
}

/// A part's heading where room is short.
pub(super) fn short(part: Part) -> &'static str {
    match part {
        Part::Floor => "floor (gross)",
        Part::Unit => "transfers",
        Part::Ranked => "exact",
        Part::Wrong => "wrong counts",
        Part::Hazard => "not counters: anomalies",
    }
}

/// The meaning of the marks of a view, in one line; only marks that occur.
pub(super) fn legend(machine: &Machine, view: &View<'_>) -> String {
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
        words.push(format!("* = oversubscribed: more threads than the {} usable CPUs", machine.card.usable_cpus));
    }
    if entries().any(|e| e.loss.as_deref() == Some(matrix::UNRECORDED)) {
        words.push("lost ? = not recorded".into());
    }
    let verdicts: BTreeSet<_> = entries().map(|e| e.cell.facts.verdict).collect();
    let over = entries()
        .any(|e| e.cell.facts.verdict == Verdict::Oversubscribed && e.cell.key.threads <= machine.card.usable_cpus);
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
