//! The claims about Python, checked against recorded cells.

use super::{ARTICLES, CHECKED, REPLACED, kept_all, went_wrong};
use crate::claims::{Figure, Says, within, written};
use crate::figure;
use crate::figure::threads as count;
use crate::python::agreement::LEAST_LOSS;
use crate::python::record::{Record, RecordedInterpreter, decisive, interval, loss};
use crate::rank::{self, Basis, resolution};
use crate::results::{Cell, Interval};
use crate::round::{Verdict, in_units, nanos};
use crate::workload::LEVELS;

/// Increments without a lock, and how they are written.
const UNLOCKED: [(&str, &str); 4] = [
    ("py_plain", "self.val += 1"),
    ("py_global", "global counter; counter += 1"),
    ("py_explicit", "counter = counter + 1"),
    ("py_int_conversion", "self.val += int(1)"),
];

fn with_gil<'f, 'm>(record: &'f Record<'m>) -> impl Iterator<Item = &'f RecordedInterpreter<'m>> {
    record.interpreters.iter().filter(|i| i.version.has_global_lock())
}

/// Each interpreter with a GIL and each increment without a lock.
fn unlocked<'f, 'm>(
    record: &'f Record<'m>,
) -> impl Iterator<Item = (&'f RecordedInterpreter<'m>, &'static str, &'static str)> {
    with_gil(record).flat_map(|i| UNLOCKED.iter().map(move |(subject, code)| (i, *subject, *code)))
}

/// Cells of a row at 2 threads and more.
fn racing<'m>(record: &Record<'m>, subject: &str, variant: &str, level: &str) -> Vec<&'m Cell> {
    let counts = record.racing_threads();
    counts.filter_map(|n| record.at(subject, variant, n, level)).filter(|c| c.figures.loss_rate.is_some()).collect()
}

/// The level whose switch interval is that of the articles.
fn articles_level() -> &'static str {
    LEVELS.iter().find(|level| level.load.switch_interval() == Some(ARTICLES)).map_or("", |level| level.id)
}

/// What cells lost, and their verdicts if they are not valid.
fn losses(cells: &[&Cell]) -> String {
    let one = |c: &&Cell| {
        let lost = c.figures.loss_rate.map_or("?".into(), |rate| figure::percent(rate.pooled));
        let of = c.figures.attempted.map_or(String::new(), |n| format!(" of {}", figure::count(n)));
        let verdict = if c.facts.verdict == Verdict::Valid { "" } else { &format!(", {}", c.facts.verdict.id()) };
        format!("{}: {lost}{of}{verdict}", count(c.key.threads))
    };
    format!("lost at {}", cells.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// Whether all of them kept every update, and could have lost one.
fn kept(cells: &[&Cell]) -> Says {
    kept_all(cells.iter().any(|c| rank::lost(c)), cells.iter().all(|c| decisive(c)))
}

pub(super) fn never_races(record: &Record) -> Vec<Figure> {
    let level = articles_level();
    let figure = |(interpreter, subject, code): (&RecordedInterpreter, &str, &str)| {
        let cells = racing(record, subject, interpreter.variant, level);
        let what = format!("{}, {code}, {}", interpreter.label, interval(level));
        (!cells.is_empty()).then(|| Figure { what, measured: losses(&cells), says: kept(&cells) })
    };
    unlocked(record).filter_map(figure).collect()
}

pub(super) fn outlasts(record: &Record) -> Vec<Figure> {
    let level = articles_level();
    let mut figures = Vec::new();
    for (interpreter, subject, code) in unlocked(record) {
        for cell in racing(record, subject, interpreter.variant, level) {
            // With a GIL one thread runs at a time: each runs for its part of the round.
            let Some(own_ms) = cell.figures.sample_ms.map(|ms| in_units(ms, cell.key.threads as f64)) else { continue };
            if own_ms * 1e6 < nanos(ARTICLES) {
                figures.push(Figure {
                    what: format!("{}, {code}, {}", interpreter.label, interval(level)),
                    measured: format!("{} ms a thread; {}", figure::ns(own_ms), losses(&[cell])),
                    says: if rank::lost(cell) { Says::No } else { Says::Yes },
                });
            }
        }
    }
    figures
}

pub(super) fn exposes(record: &Record) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (interpreter, subject, code) in unlocked(record) {
        for threads in record.racing_threads() {
            let at = |level: &&str| {
                record.at(subject, interpreter.variant, threads, level).and_then(|c| Some((c, c.figures.loss_rate?)))
            };
            let line: Vec<_> = record.levels().iter().filter_map(at).collect();
            let [(long, a), .., (short, b)] = line[..] else { continue };
            let loses = [a, b].map(|rate| rate.pooled > LEAST_LOSS);
            let says = match () {
                () if b.median > a.max && loses[1] => Says::Yes,
                () if a.median > b.max && loses[0] => Says::No,
                () if !loses[0] && !loses[1] && decisive(long) && decisive(short) => Says::No,
                () => Says::Unclear,
            };
            let one = |(cell, rate): &(&Cell, _)| format!("{} at {}", loss(*rate), interval(&cell.key.level));
            figures.push(Figure {
                what: format!("{}, {code}, {}", interpreter.label, count(threads)),
                measured: format!("lost {}", line.iter().map(one).collect::<Vec<_>>().join(", ")),
                says,
            });
        }
    }
    figures
}

pub(super) fn check_then_act(record: &Record) -> Vec<Figure> {
    let mut figures = Vec::new();
    for interpreter in &record.interpreters {
        for (subject, code) in [("py_replace_under_lock", REPLACED), ("py_check_then_append", CHECKED)] {
            let Some(level) = record.level_of(subject, interpreter.variant) else { continue };
            let cells = record.racing_threads().filter_map(|n| record.at(subject, interpreter.variant, n, level));
            let cells: Vec<&Cell> =
                cells.filter(|c| c.figures.loss_rate.is_some() || c.figures.anomalies.is_some()).collect();
            if cells.is_empty() {
                continue;
            }
            let wrong = cells.iter().any(|c| rank::lost(c) || c.figures.anomalies.as_ref().is_some_and(|a| a.seen > 0));
            let says = match code {
                REPLACED => kept_all(wrong, cells.iter().all(|c| decisive(c))),
                _ => went_wrong(wrong),
            };
            let one = |c: &&Cell| match &c.figures.anomalies {
                Some(a) => {
                    format!("{}: {} {} of {}", count(c.key.threads), figure::count(a.seen), a.kind, figure::count(a.of))
                }
                None => losses(&[*c]),
            };
            figures.push(Figure {
                what: format!("{}, {code}, {}", interpreter.label, interval(level)),
                measured: cells.iter().map(one).collect::<Vec<_>>().join("; "),
                says,
            });
        }
    }
    figures
}

/// The cost of `with lock` less that of the loop alone, and whether that lies between two costs in ns.
pub(super) fn lock_cost(record: &Record, threads: usize, [least, most]: [f64; 2]) -> Vec<Figure> {
    if threads > record.machine.card.usable_cpus {
        return Vec::new();
    }
    let figure = |interpreter: &RecordedInterpreter| {
        let level = record.level_of("py_lock", interpreter.variant)?;
        let [lock, none] =
            ["py_lock", "py_none"].map(|subject| record.at(subject, interpreter.variant, threads, level));
        let lock = lock?;
        let cost = lock.figures.net_ns_per_op.or_else(|| less(lock, none?))?;
        let trusted = matches!(lock.facts.verdict, Verdict::Valid | Verdict::Unpinned);
        let says = if trusted { within(cost, least, most) } else { Says::Unclear };
        let verdict = if lock.facts.verdict == Verdict::Valid { "" } else { &format!(", {}", lock.facts.verdict.id()) };
        let cost = written(Basis::Net, cost, resolution::of(record.machine, level, threads));
        Some(Figure {
            what: format!("{}, with lock, {}, {}", interpreter.label, count(threads), interval(level)),
            measured: format!("{cost}{verdict}"),
            says,
        })
    };
    record.interpreters.iter().filter_map(figure).collect()
}

/// The cost of a cell less that of the loop alone; its interval is as wide as the two intervals allow.
fn less(cell: &Cell, none: &Cell) -> Option<Interval> {
    let (a, b) = (cell.figures.ns_per_op_per_thread?, none.figures.ns_per_op_per_thread?);
    Some(Interval { low: a.low - b.high, median: a.median - b.median, high: a.high - b.low })
}

#[cfg(test)]
mod tests;
