//! What articles say of Python, checked against the cells of the interpreters bench.

use std::time::Duration;

use super::{BENCH, Found, Interpreter, LEAST_LOSS, decisive, interval, loss};
use crate::rank::{self, Basis, resolution};
use crate::report::claims::{Claim, Figure, Finding, Says, threads as count, within, written};
use crate::report::figure;
use crate::results::{Cell, Interval, Machine};
use crate::round::{Verdict, in_units, nanos};
use crate::workload::LEVELS;

/// Increments without a lock, and how they are written.
const UNLOCKED: [(&str, &str); 4] = [
    ("py_plain", "self.val += 1"),
    ("py_global", "global counter; counter += 1"),
    ("py_explicit", "counter = counter + 1"),
    ("py_int_conversion", "self.val += int(1)"),
];

/// The switch interval that the articles name.
const ARTICLES: Duration = Duration::from_millis(5);

/// What to run for figures that only a full run has.
const FULL: &str = "run `MISCOUNT_FULL=1 cargo bench --bench interpreters`";

/// The claims in the order in which they are shown, checked against one machine's cells.
pub fn claims(machine: &Machine) -> Vec<Claim> {
    let found = Found::of(machine);
    let claim = |text, check, figures: fn(&Found) -> Vec<Figure>, absent: Option<&str>| {
        let figures = found.as_ref().map_or(Vec::new(), figures);
        let finding = Finding::of(&figures);
        let verdict = match finding {
            Finding::NotMeasured => match absent {
                Some(why) => format!("not measured here: {why}"),
                None => format!("not measured here: run `cargo bench --bench {BENCH}`"),
            },
            found => found.text().to_owned(),
        };
        Claim { text, check, finding, verdict, figures }
    };
    vec![
        claim(
            "With the GIL an unlocked increment loses nothing in practice",
            "each interpreter with a GIL and each increment without a lock, 2 threads and more, switch interval 5 ms: no if one update was lost, yes if rounds that could lose kept all",
            never_races,
            None,
        ),
        claim(
            "Threads race only if they run for longer than the switch interval of 5 ms",
            "increments without a lock in interpreters with a GIL at 5 ms, rounds that leave each thread less than that: no if an update was lost",
            outlasts,
            Some(
                "every round gave each thread more than 5 ms; `miscount articles` runs the articles' own, shorter ones",
            ),
        ),
        claim(
            "A shorter switch interval brings races to light",
            "each interpreter with a GIL and each increment without a lock, at the longest and the shortest interval: yes if the middle round at the shortest loses more than any at the longest; no if it is the other way round, or nothing is lost at either",
            exposes,
            Some(FULL),
        ),
        claim(
            "Assigning is atomic, checking and then acting is not",
            "a tuple replaced under a lock and read without one: yes if nothing was lost or torn; a check and an append without a lock: yes if a thread acted on a check that no longer held, cannot tell if none was seen",
            check_then_act,
            Some(FULL),
        ),
        claim(
            "In Python a lock costs 100 to 500 ns uncontended",
            "`with lock` less the loop alone at 1 thread in each interpreter; yes if its whole interval lies within",
            |found| lock_cost(found, 1, 100.0, 500.0),
            Some(FULL),
        ),
        claim(
            "In Python a lock costs 1 to 10 µs contended",
            "`with lock` less the loop alone at 2 threads in each interpreter; yes if its whole interval lies within",
            |found| lock_cost(found, 2, 1_000.0, 10_000.0),
            Some(FULL),
        ),
        claim(
            "Python 3.13 has a threading.RWLock",
            "each interpreter is asked for the name",
            |_| Vec::new(),
            Some("no cell can tell; `miscount articles` asks each interpreter"),
        ),
    ]
}

fn with_gil<'f, 'm>(found: &'f Found<'m>) -> impl Iterator<Item = &'f Interpreter<'m>> {
    found.interpreters.iter().filter(|i| i.version.is_cpython() && !i.version.is_free_threaded())
}

/// Each interpreter with a GIL and each increment without a lock.
fn unlocked<'f, 'm>(found: &'f Found<'m>) -> impl Iterator<Item = (&'f Interpreter<'m>, &'static str, &'static str)> {
    with_gil(found).flat_map(|i| UNLOCKED.iter().map(move |(subject, code)| (i, *subject, *code)))
}

/// Cells of a row at 2 threads and more.
fn racing<'m>(found: &Found<'m>, subject: &str, variant: &str, level: &str) -> Vec<&'m Cell> {
    let counts = found.threads().into_iter().filter(|&n| n > 1);
    counts.filter_map(|n| found.at(subject, variant, n, level)).filter(|c| c.loss_rate.is_some()).collect()
}

/// The level whose switch interval is that of the articles.
fn articles_level() -> &'static str {
    LEVELS.iter().find(|level| level.load.switch_interval() == Some(ARTICLES)).map_or("", |level| level.id)
}

/// What cells lost, with what speaks against them.
fn losses(cells: &[&Cell]) -> String {
    let one = |c: &&Cell| {
        let lost = c.loss_rate.map_or("?".into(), |rate| figure::percent(rate.pooled));
        let of = c.attempted.map_or(String::new(), |n| format!(" of {}", figure::count(n)));
        let verdict = if c.verdict == Verdict::Valid { "" } else { &format!(", {}", c.verdict.id()) };
        format!("{}: {lost}{of}{verdict}", count(c.threads))
    };
    format!("lost at {}", cells.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// No if any of them lost, yes if each could have and did not.
fn kept_all(cells: &[&Cell]) -> Says {
    match cells {
        cells if cells.iter().any(|c| rank::lost(c)) => Says::No,
        cells if cells.iter().all(|c| decisive(c)) => Says::Yes,
        _ => Says::Unclear,
    }
}

fn never_races(found: &Found) -> Vec<Figure> {
    let level = articles_level();
    let figure = |(interpreter, subject, code): (&Interpreter, &str, &str)| {
        let cells = racing(found, subject, interpreter.variant, level);
        let what = format!("{}, {code}, {}", interpreter.label, interval(level));
        (!cells.is_empty()).then(|| Figure { what, measured: losses(&cells), says: kept_all(&cells) })
    };
    unlocked(found).filter_map(figure).collect()
}

fn outlasts(found: &Found) -> Vec<Figure> {
    let level = articles_level();
    let mut figures = Vec::new();
    for (interpreter, subject, code) in unlocked(found) {
        for cell in racing(found, subject, interpreter.variant, level) {
            // With a GIL threads take turns: each runs for its part of the round.
            let Some(own_ms) = cell.sample_ms.map(|ms| in_units(ms, cell.threads as f64)) else { continue };
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

fn exposes(found: &Found) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (interpreter, subject, code) in unlocked(found) {
        for threads in found.threads().into_iter().filter(|&n| n > 1) {
            let at = |level: &&str| {
                found.at(subject, interpreter.variant, threads, level).and_then(|c| Some((c, c.loss_rate?)))
            };
            let line: Vec<_> = found.levels().iter().filter_map(at).collect();
            let [(long, a), .., (short, b)] = line[..] else { continue };
            let loses = [a, b].map(|rate| rate.pooled > LEAST_LOSS);
            let says = match () {
                () if b.median > a.max && loses[1] => Says::Yes,
                () if a.median > b.max && loses[0] => Says::No,
                () if !loses[0] && !loses[1] && decisive(long) && decisive(short) => Says::No,
                () => Says::Unclear,
            };
            let one = |(cell, rate): &(&Cell, _)| format!("{} at {}", loss(*rate), interval(&cell.level));
            figures.push(Figure {
                what: format!("{}, {code}, {}", interpreter.label, count(threads)),
                measured: format!("lost {}", line.iter().map(one).collect::<Vec<_>>().join(", ")),
                says,
            });
        }
    }
    figures
}

fn check_then_act(found: &Found) -> Vec<Figure> {
    let mut figures = Vec::new();
    for interpreter in &found.interpreters {
        for (subject, code) in
            [("py_replace_under_lock", "a tuple replaced under a lock"), ("py_check_then_append", "check, then append")]
        {
            let Some(level) = found.level_of(subject, interpreter.variant) else { continue };
            let counts = found.threads().into_iter().filter(|&n| n > 1);
            let cells = counts.filter_map(|n| found.at(subject, interpreter.variant, n, level));
            let cells: Vec<&Cell> = cells.filter(|c| c.loss_rate.is_some() || c.anomalies.is_some()).collect();
            if cells.is_empty() {
                continue;
            }
            let bad = cells.iter().any(|c| rank::lost(c) || c.anomalies.as_ref().is_some_and(|a| a.seen > 0));
            let exact = subject == "py_replace_under_lock";
            let says = match (exact, bad) {
                (true, true) => Says::No,
                (true, false) if cells.iter().all(|c| decisive(c)) => Says::Yes,
                (false, true) => Says::Yes,
                // What was not seen may still be possible.
                _ => Says::Unclear,
            };
            let one = |c: &&Cell| match &c.anomalies {
                Some(a) => {
                    format!("{}: {} {} of {}", count(c.threads), figure::count(a.seen), a.kind, figure::count(a.of))
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

/// What `with lock` costs less the loop alone, and whether that is from `least` to `most` ns.
fn lock_cost(found: &Found, threads: usize, least: f64, most: f64) -> Vec<Figure> {
    if threads > found.machine.card.usable_cpus {
        return Vec::new();
    }
    let figure = |interpreter: &Interpreter| {
        let level = found.level_of("py_lock", interpreter.variant)?;
        let [lock, none] = ["py_lock", "py_none"].map(|subject| found.at(subject, interpreter.variant, threads, level));
        let lock = lock?;
        let cost = lock.net_ns_per_op.or_else(|| less(lock, none?))?;
        let trusted = matches!(lock.verdict, Verdict::Valid | Verdict::Unpinned);
        let says = if trusted { within(cost, least, most) } else { Says::Unclear };
        let verdict = if lock.verdict == Verdict::Valid { "" } else { &format!(", {}", lock.verdict.id()) };
        let cost = written(Basis::Net, cost, resolution::of(found.machine, level, threads));
        Some(Figure {
            what: format!("{}, with lock, {}, {}", interpreter.label, count(threads), interval(level)),
            measured: format!("{cost}{verdict}"),
            says,
        })
    };
    found.interpreters.iter().filter_map(figure).collect()
}

/// The cost of a cell less that of the loop alone, as far apart as the two intervals allow.
fn less(cell: &Cell, none: &Cell) -> Option<Interval> {
    let (a, b) = (cell.ns_per_op_per_thread?, none.ns_per_op_per_thread?);
    Some(Interval { low: a.low - b.high, median: a.median - b.median, high: a.high - b.low })
}

#[cfg(test)]
mod tests;
