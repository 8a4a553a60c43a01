//! A measured machine in sentences. The README of the package has them too.
//!
//! A cost is only named where its cell can be trusted and was quiet, a loss where its cell can be trusted.

use super::{Entry, find, most, view};
use crate::counter::Grade;
use crate::figure;
use crate::python::record::Record;
use crate::report::matrix::{Mark, Part, View};
use crate::report::sheet::plain;
use crate::results::{Cell, Machine};
use crate::round::Verdict;

/// The level of the bench `reads` with nine reads to one write.
const READS: &str = "r90";

/// What a machine's figures say: counting exactly, contention, loss.
pub(super) fn counting(machine: &Machine) -> Vec<String> {
    let Some((view, most)) = view(machine).and_then(|view| most(machine, &view).map(|most| (view, most))) else {
        return Vec::new();
    };
    if most < 2 {
        return Vec::new();
    }
    let best = cheapest(&view, most);
    [best.and_then(|best| exact(machine, &view, best, most)), contended(&view, most), wrong(&view, best, most)]
        .into_iter()
        .flatten()
        .collect()
}

/// The cheapest counter that loses nothing at any moment, or one that cannot be told from it.
fn cheapest<'v, 'm>(view: &'v View<'m>, threads: usize) -> Option<&'v Entry<'m>> {
    let ranked = view.sections.iter().filter(|section| section.part == Part::Ranked).flat_map(|section| &section.rows);
    let exact = ranked.filter(|row| row.grade == Grade::Exact).flat_map(|row| row.entries.iter().flatten());
    let fit = exact.filter(|e| e.cell.key.threads == threads && matches!(e.mark, Some(Mark::Cheapest | Mark::Tie)));
    fit.filter(|entry| cost(entry).is_some())
        .min_by(|a, b| a.value().unwrap_or(f64::MAX).total_cmp(&b.value().unwrap_or(f64::MAX)))
}

/// A cost in words.
fn cost(entry: &Entry<'_>) -> Option<String> {
    let trusted = entry.cell.facts.verdict == Verdict::Valid && !entry.cell.is_noisy();
    entry.value().filter(|_| trusted)?;
    Some(match entry.text.strip_prefix("< ") {
        Some(most) => format!("less than {most} ns"),
        None => format!("{} ns", entry.text),
    })
}

/// The cheapest exact counter beside one shared atomic, and what it costs to read.
fn exact(machine: &Machine, view: &View<'_>, best: &Entry<'_>, threads: usize) -> Option<String> {
    let shared = find(view, "fetch_add", threads)?;
    let name = &best.cell.key.subject;
    let read = |subject: &str| {
        let here = |cell: &&Cell| {
            cell.key.bench == "reads"
                && cell.key.level == READS
                && cell.key.placement == view.placement
                && cell.key.threads == threads
                && cell.key.subject == subject
                && cell.facts.verdict == Verdict::Valid
                && !cell.is_noisy()
        };
        Some(figure::ns(machine.cells.iter().find(here)?.figures.reading?.read_ns?.median))
    };
    let reading = match (read(name), read("fetch_add")) {
        (Some(own), Some(other)) => {
            format!(" A read costs {own} ns instead of {other} ns, with nine reads to one write.")
        }
        _ => String::new(),
    };
    Some(format!(
        "With {threads} threads the cheapest exact counter is `{name}`: an increment costs {} instead of {} with one shared `fetch_add`.{reading}",
        cost(best)?,
        cost(shared)?,
    ))
}

/// What contention does to one shared counter.
fn contended(view: &View<'_>, threads: usize) -> Option<String> {
    let of = |subject: &str| {
        let [alone, together] = [1, threads].map(|n| find(view, subject, n).and_then(cost));
        Some(format!("{} instead of {} (`{subject}`)", together?, alone?))
    };
    let all: Vec<String> = ["fetch_add", "std_mutex", "parking_lot_mutex"].into_iter().filter_map(of).collect();
    (!all.is_empty()).then(|| {
        format!("An increment of one shared counter costs {} with {threads} threads instead of one.", all.join(", "))
    })
}

/// What the plain increment loses, and whether it is even cheap.
fn wrong(view: &View<'_>, best: Option<&Entry<'_>>, threads: usize) -> Option<String> {
    let plain = find(view, "load_store", threads).filter(|entry| entry.cell.facts.verdict == Verdict::Valid)?;
    let lost = figure::percent(plain.cell.figures.loss_rate?.pooled);
    let dearer = best.zip(cost(plain)).and_then(|(best, costs)| {
        let [own, other] = [plain, best].map(|entry| entry.cell.figures.net_ns_per_op);
        let dearer = own?.low > other?.high;
        dearer.then(|| format!(" It costs {costs}, more than `{}`, which loses none.", best.cell.key.subject))
    });
    Some(format!(
        "A plain `load; add; store` loses {lost} of its updates with {threads} threads.{}",
        dearer.unwrap_or_default()
    ))
}

/// What an increment in Python loses, from the oldest interpreter to the newest; `None` where none was measured.
pub(super) fn python(machine: &Machine) -> Option<String> {
    let record = Record::of(machine)?;
    let threads = record.racing_threads().next()?;
    let of = |subject: &str, code: &str| {
        let lost = record.interpreters.iter().filter_map(|interpreter| {
            let level = record.level_of(subject, interpreter.variant)?;
            let cell = record.at(subject, interpreter.variant, threads, level)?;
            let trusted = matches!(cell.facts.verdict, Verdict::Valid | Verdict::Oversubscribed);
            Some((plain(&interpreter.label), cell.figures.loss_rate.filter(|_| trusted)?.pooled))
        });
        let lost: Vec<(String, f64)> = lost.collect();
        let parts: Vec<String> = lost.chunk_by(|a, b| (a.1 > 0.0) == (b.1 > 0.0)).map(part).collect();
        (!parts.is_empty()).then(|| format!("`{code}` lost {}", parts.join(", ")))
    };
    let ways = [of("py_plain", "self.val += 1"), of("py_int_conversion", "self.val += int(1)")];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    (!ways.is_empty()).then(|| format!("In Python, with {threads} threads, {}.", ways.join("; ")))
}

/// What some interpreters in a row lost.
fn part(lost: &[(String, f64)]) -> String {
    let low = figure::percent(lost.iter().map(|(_, rate)| *rate).fold(1.0, f64::min));
    let high = figure::percent(lost.iter().map(|(_, rate)| *rate).fold(0.0, f64::max));
    let what = match (high.as_str(), low == high) {
        ("0 %", _) => "nothing".to_owned(),
        (_, true) => high,
        (_, false) => format!("{low} to {high}"),
    };
    match lost {
        [(only, _)] => format!("{what} in {only}"),
        [(first, _), .., (last, _)] => format!("{what} in {first} to {}", last.trim_start_matches("CPython ")),
        [] => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Noise, Reading};
    use crate::samples::{self, around, losing, machine, published};

    fn counter(subject: &str, threads: usize, net: f64) -> Cell {
        samples::costing(net + 1.0, samples::cell("counters", subject, threads, "saturated"))
            .with(|c| c.figures.net_ns_per_op = Some(around(net, net.abs() * 0.01)))
    }

    fn all() -> Vec<Cell> {
        let reads = |subject: &str, ns: f64| {
            let read_ns = Some(around(ns, 0.1));
            let reading = Reading { share: 0.9, read_ns, write_ns: None, longest_write_ns: None, error: None };
            samples::cell("reads", subject, 2, READS).with(|c| c.figures.reading = Some(reading))
        };
        let plain = losing([0.5, 0.4, 0.6], counter("load_store", 2, 30.0)).with(|c| c.facts.grade = Grade::Racy);
        let mut cells = vec![counter("per_thread", 2, 20.0), reads("per_thread", 50.0), reads("fetch_add", 2.0), plain];
        for (subject, alone, together) in [("fetch_add", 12.0, 80.0), ("std_mutex", 14.0, 600.0)] {
            cells.extend([counter(subject, 1, alone), counter(subject, 2, together)]);
        }
        cells
    }

    #[test]
    fn headlines_are_sentences() {
        assert_eq!(
            counting(&machine(all())),
            [
                "With 2 threads the cheapest exact counter is `per_thread`: an increment costs 20 ns instead of 80 ns \
                 with one shared `fetch_add`. A read costs 50.0 ns instead of 2.00 ns, with nine reads to one write.",
                "An increment of one shared counter costs 80 ns instead of 12.0 ns (`fetch_add`), 600 ns instead of 14.0 ns \
                 (`std_mutex`) with 2 threads instead of one.",
                "A plain `load; add; store` loses 50.0 % of its updates with 2 threads. It costs 30 ns, more than \
                 `per_thread`, which loses none."
            ]
        );
        assert_eq!(python(&machine(all())), None);
        assert_eq!(
            super::super::sentences(&published(machine(all()))),
            [""; 0],
            "figures of others have no such cells"
        );
    }

    #[test]
    fn no_sentence_has_a_figure_that_cannot_be_trusted() {
        let noise = Some(Noise { steal: Some(0.5), ..Noise::default() });
        let noisy = |subject: &str| {
            let mut cells = all();
            cells.iter_mut().filter(|c| c.key.subject == subject).for_each(|c| c.figures.noise = noise);
            counting(&machine(cells))
        };
        let without_mutex = noisy("std_mutex");
        assert!(without_mutex.len() == 3 && !without_mutex.concat().contains("std_mutex"), "{without_mutex:?}");
        assert!(!noisy("per_thread").concat().contains("cheapest exact counter is `per_thread`"));
        assert!(!noisy("load_store").concat().contains("30 ns"), "its loss is named, its cost is not");
        let mut apart = all();
        let plain = apart.iter_mut().find(|c| c.key.subject == "load_store").unwrap();
        plain.facts.verdict = Verdict::Serialised;
        assert!(!counting(&machine(apart)).concat().contains("loses 50.0 %"));
    }

    #[test]
    fn interpreters_in_a_row_that_lost_alike_are_one_part() {
        let of = |variant: &str, label: &str, rate: f64| {
            losing([rate, rate, rate], samples::python("py_plain", variant, 2, "switch_5ms"))
                .with(|c| c.facts.label = label.into())
        };
        let cells = vec![
            of("cpython_3_10_1", "CPython 3.10.1", 0.0),
            of("cpython_2_7_18", "CPython 2.7.18", 0.25),
            of("cpython_3_9_18", "CPython 3.9.18", 0.5),
            of("cpython_3_13_0t", "CPython 3.13.0 <b>", 0.75),
        ];
        let said = "In Python, with 2 threads, `self.val += 1` lost 25.0 % to 50.0 % in CPython 2.7.18 to 3.9.18, nothing in \
                    CPython 3.10.1, 75.0 % in CPython 3.13.0 &lt;b&gt;.";
        assert_eq!(python(&machine(cells)).as_deref(), Some(said));
    }
}
