//! `README.md` of the results folder: machines, headline figures and pictures, for readers who only browse.
//!
//! The same results give the same bytes, so a change of it in version control means a change of figures.

mod pictures;
mod tables;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::matrix::{self, Cost, Entry, Mark, Part, View};
use super::python::view::told;
use super::sheet::{Sheet, plain};
use super::warnings;
use crate::figure;
use crate::headline::{Card, Headline, Standing};
use crate::python::record::Record;
use crate::results::{Cell, Error, Machine, Origin, read, read_all, replace};

/// The first line. A file that does not begin with it was written by somebody else, and is never overwritten.
const MARK: &str = "<!-- Written by `miscount report --overview`; change the results, not this file. -->";

/// The level of the headline figures.
const LEVEL: &str = "saturated";

/// The result of [`write()`].
#[derive(Debug)]
pub struct Written {
    /// The files: `README.md` and its pictures.
    pub paths: Vec<PathBuf>,
    /// Results files that could not be read, and why; the overview has nothing of them.
    pub left_out: Vec<Error>,
}

/// Writes `README.md` and its pictures into a results folder, from all results there.
///
/// # Errors
///
/// When they cannot be written, or a `README.md` is there that this program did not write.
pub fn write(results_dir: &Path) -> Result<Written, Error> {
    let readme = results_dir.join("README.md");
    if read::is_there(&readme) && !read::bytes(&readme)?.starts_with(MARK.as_bytes()) {
        return Err(Error::corrupt(&readme, "not written by `miscount report --overview`, so not overwritten"));
    }
    let (machines, left_out) = read_all(results_dir);
    let mut paths = Vec::new();
    for picture in pictures::all(&machines) {
        let path = results_dir.join(picture.name);
        replace(&path, &picture.svg)?;
        paths.push(path);
    }
    replace(&readme, &text(&machines))?;
    paths.push(readme);
    Ok(Written { paths, left_out })
}

/// The pictures beside it, as SVG; none without measured figures.
pub fn pictures(machines: &[Machine]) -> Vec<String> {
    pictures::all(machines).into_iter().map(|picture| picture.svg).collect()
}

/// The text of `README.md`.
pub fn text(machines: &[Machine]) -> String {
    let mut out = format!("{MARK}\n\n# Results\n\n{INTRODUCTION}\n## Machines\n\n");
    out.push_str("| machine | figures | CPU | CPUs | when | cells |\n|---|---|---|---:|---|---:|\n");
    for machine in machines {
        let card = &machine.card;
        let usable = if card.usable_cpus == card.cpus { String::new() } else { format!(" of {}", card.cpus) };
        out.push_str(&line([
            plain(&card.id),
            if is_published(machine) { "published by others" } else { "measured" }.into(),
            plain(&card.name()),
            format!("{}{usable}", card.usable_cpus),
            when(machine),
            figure::count(machine.cells.len() as u64),
        ]));
    }
    if machines.is_empty() {
        out.push_str("\nNothing is here yet.\n");
    }
    out.push_str(&format!("\n## Headline figures\n\n{HOW_TO_READ}\n"));
    out.push_str(
        "| machine | threads | `load_store` lost, 2 threads | lost, most threads | `fetch_add`, 1 thread | most threads \
         | `std_mutex`, 1 thread | most threads | cheapest exact, most threads |\n|---|---:|---:|---:|---:|---:|---:|---:|---|\n",
    );
    machines.iter().for_each(|machine| out.push_str(&headline(machine)));
    let marks = marks(machines);
    if !marks.is_empty() {
        out.push_str(&format!("\n{}\n", marks.join("; ")));
    }
    out.push_str(&section("In words", machines, sentences));
    for picture in pictures::all(machines) {
        out.push_str(&format!(
            "\n## {}\n\n![{}]({})\n\n{}\n",
            picture.title,
            plain(&picture.alt),
            picture.name,
            picture.note
        ));
    }
    machines.iter().for_each(|machine| out.push_str(&tables(machine)));
    out.push_str(&section("Warnings", machines, |machine| escaped(warnings::warnings(machine))));
    out.push_str(&section("Facts", machines, |machine| escaped(warnings::facts(machine))));
    out.push_str(&sources(machines));
    out
}

const INTRODUCTION: &str = "\
Headline figures of `miscount`, machine by machine. `cargo run --release -- report` writes the whole report (every counter, \
level and thread count, with intervals) to the page `results/index.html`. `cargo run --release -- report --overview` writes \
this overview.

Published figures were taken on other machines by other methods. Compare them with each other and with measured ones \
only roughly. To add a machine, see *Your machine* in the README of the package.
";

const HOW_TO_READ: &str = "\
No think time (level `saturated`), threads on CPUs of their own. *Most threads*: the highest measured thread count within \
the CPUs. Costs are ns/op per thread: net of the empty loop, and gross in brackets. Published figures are gross only. \
*Lost*: the share of updates that the plain `load; add; store` loses; `?` if it was not recorded. *Cheapest exact*: the \
counters that lost nothing and are cheapest, or cannot be told from the cheapest; `-` if the cells cannot be ranked.
";

fn line<const N: usize>(fields: [String; N]) -> String {
    format!("| {} |\n", fields.join(" | "))
}

fn is_published(machine: &Machine) -> bool {
    machine.origin != Origin::Measured
}

/// The cells of the headlines, in the first placement.
fn view(machine: &Machine) -> Option<View<'_>> {
    matrix::views(machine, |cell| cell.key.bench == "counters" && cell.key.level == LEVEL).into_iter().next()
}

/// The days on which the figures were taken, or the year in which they were published.
fn when(machine: &Machine) -> String {
    if is_published(machine) {
        return machine.cells.first().map_or("unknown".into(), |cell| cell.facts.recorded.chars().take(4).collect());
    }
    let ran = |id: &String| machine.cells.iter().any(|cell| cell.facts.run == *id);
    let runs = machine.runs.iter().filter(|(id, _)| ran(id));
    let days: BTreeSet<&str> = runs.filter_map(|(_, run)| day(&run.started)).collect();
    match (days.first(), days.last()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        (Some(day), _) => (*day).into(),
        _ => "unknown".into(),
    }
}

fn day(time: &str) -> Option<&str> {
    humantime::parse_rfc3339(time).ok()?;
    time.get(..10)
}

/// A machine's line of headline figures.
fn headline(machine: &Machine) -> String {
    let Some((view, most)) =
        view(machine).and_then(|view| view.most(machine.card.usable_cpus).map(|most| (view, most)))
    else {
        let mut fields = [const { String::new() }; 9];
        fields[0] = format!("{}: nothing measured at this level within its CPUs", plain(&machine.card.id));
        return line(fields);
    };
    let cost = |subject: &str, threads: usize| view.find(subject, threads).map_or_else(String::new, cost);
    let lost = |threads: usize| view.find("load_store", threads).map_or_else(String::new, lost);
    line([
        format!("{}{}", plain(&machine.card.id), if is_published(machine) { " (published)" } else { "" }),
        most.to_string(),
        lost(2),
        lost(most),
        cost("fetch_add", 1),
        cost("fetch_add", most),
        cost("std_mutex", 1),
        cost("std_mutex", most),
        cheapest(&view, most),
    ])
}

/// A cost: net, gross in brackets, and the letter of a verdict other than `valid`.
fn cost(entry: &Entry<'_>) -> String {
    let gross = entry.cell.figures.ns_per_op_per_thread.map(|i| format!("({})", figure::ns(i.median)));
    let net = matches!(entry.cost, Cost::Net | Cost::Below).then(|| entry.text.clone());
    let mut fields: Vec<String> = net.into_iter().chain(gross).map(|text| plain(&text)).collect();
    fields.extend(letter(entry));
    fields.join(" ")
}

fn lost(entry: &Entry<'_>) -> String {
    let mut fields = vec![entry.cell.figures.loss_rate.map_or("?".into(), |rate| plain(&figure::percent(rate.pooled)))];
    fields.extend(letter(entry));
    fields.join(" ")
}

fn letter(entry: &Entry<'_>) -> Option<String> {
    matrix::letter(entry.cell.facts.verdict).map(|letter| plain(&format!("[{letter}]")))
}

/// The cheapest ranked rows and those that cannot be told from them, with their costs.
fn cheapest(view: &View<'_>, threads: usize) -> String {
    let ranked = view.sections.iter().filter(|s| s.part == Part::Ranked).flat_map(|s| &s.rows);
    let entries = ranked.flat_map(|row| row.entries.iter().flatten().map(|entry| (row.name(), entry)));
    let fit = |mark: Option<Mark>| matches!(mark, Some(Mark::Cheapest | Mark::Tie));
    let best: Vec<String> = entries
        .filter(|(_, entry)| entry.cell.key.threads == threads && fit(entry.mark))
        .map(|(name, entry)| format!("{} {}", plain(&name), cost(entry)))
        .collect();
    if best.is_empty() { "-".into() } else { best.join(", ") }
}

/// The meaning of the letters in the headlines.
fn marks(machines: &[Machine]) -> Vec<String> {
    let mut verdicts = BTreeSet::new();
    for machine in machines {
        let Some(view) = view(machine) else { continue };
        let most = view.most(machine.card.usable_cpus);
        let shown = |cell: &Cell| [Some(1), Some(2), most].contains(&Some(cell.key.threads));
        let of = ["load_store", "fetch_add", "std_mutex"];
        let cells = view.entries().map(|e| e.cell).filter(|c| shown(c) && of.contains(&c.key.subject.as_str()));
        verdicts.extend(cells.map(|cell| cell.facts.verdict));
    }
    let said =
        |v| matrix::letter(v).map(|letter| format!("{} = {}", plain(&format!("[{letter}]")), matrix::explain(v)));
    verdicts.into_iter().filter_map(said).collect()
}

/// A section of lines about the machines; none without lines.
fn section(title: &str, machines: &[Machine], lines: impl Fn(&Machine) -> Vec<String>) -> String {
    let of = |machine: &Machine| -> Vec<String> {
        lines(machine).into_iter().map(|line| format!("- {}: {line}\n", plain(&machine.card.id))).collect()
    };
    let all: Vec<String> = machines.iter().flat_map(of).collect();
    if all.is_empty() { String::new() } else { format!("\n## {title}\n\n{}", all.concat()) }
}

fn escaped<T: AsRef<str>>(lines: Vec<T>) -> Vec<String> {
    lines.iter().map(|line| plain(line.as_ref())).collect()
}

/// The answer of a measured machine in sentences, as Markdown: counting, then Python.
pub fn sentences(machine: &Machine) -> Vec<String> {
    if is_published(machine) {
        return Vec::new();
    }
    let card = |card: &Card| format!("**{}: {}.** {}", plain(&card.title), plain(&card.figure), plain(&card.words));
    let python = Record::of(machine).and_then(|record| told(&record)).into_iter().flat_map(|told| {
        let at = told.at;
        told.sentences.into_iter().map(move |(code, rest)| format!("Python, {at}: `{code}` {}", plain(&rest)))
    });
    Headline::of(machine)
        .cards
        .iter()
        .filter(|card| card.standing != Standing::NotMeasured)
        .map(card)
        .chain(python)
        .collect()
}

/// The tables of a measured machine.
fn tables(machine: &Machine) -> String {
    let all = if is_published(machine) { Vec::new() } else { tables::all(machine) };
    if all.is_empty() {
        return String::new();
    }
    let one = |(title, sheet): &(&str, Sheet)| {
        format!("\n<details>\n<summary>{title}</summary>\n\n{}\n</details>\n", sheet.markdown())
    };
    format!("\n## Tables of {}\n{}", plain(&machine.card.id), all.iter().map(one).collect::<String>())
}

/// The source of published figures, their method, and their names there.
fn sources(machines: &[Machine]) -> String {
    let published: Vec<String> = machines.iter().filter_map(source).collect();
    if published.is_empty() {
        return String::new();
    }
    format!("\n## Where published figures come from\n\n{}", published.concat())
}

fn source(machine: &Machine) -> Option<String> {
    let Origin::Published { source, method, figures } = &machine.origin else { return None };
    // A label is the source's name and the kind of middle: "atomic add (median)".
    let called =
        |cell: &Cell| cell.facts.label.rsplit_once(" (").map_or(cell.facts.label.clone(), |(name, _)| name.into());
    let names: BTreeSet<(&str, String)> = machine.cells.iter().map(|c| (c.key.subject.as_str(), called(c))).collect();
    let names: Vec<String> = names
        .iter()
        .filter(|(subject, name)| subject != name)
        .map(|(subject, name)| format!("`{subject}` was published as “{}”", plain(name)))
        .collect();
    let names = if names.is_empty() { String::new() } else { format!(" Names: {}.", names.join(", ")) };
    let [id, source, method, figures] = [&machine.card.id, source, method, figures].map(|text| plain(text));
    Some(format!("- **{id}**: {source}. Method: {method}. Here {figures}.{names}\n"))
}
