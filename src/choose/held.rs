//! Locks that are held long and taken again at once: which of them bound a wait. Their cells have no cost, so nothing is
//! ranked here.

use std::collections::{BTreeMap, BTreeSet};

use super::missing::not_measured;
use super::question::{Question, time};
use super::ranking::{self, Candidate, Faults, of_bench, unfit};
use super::{Answer, Choice, Error, NotRanked, Now, reasons, runs};
use crate::figure::{self, ABSENT};
use crate::rank::Basis;
use crate::rank::waiting::Waiting;
use crate::results::{Cell, Machine, Origin};
use crate::round::nanos;
use crate::workload::{Load, Placement};

/// Most names written out of a list.
const NAMED: usize = 4;

/// A lock with its cells that say something.
struct Held<'m> {
    candidate: Candidate<'m>,
    cells: Vec<&'m Cell>,
    /// The worst of its cells.
    waiting: Waiting,
    /// The longest wait of its cells, in ns.
    longest: f64,
}

/// The locks of some cells at one thread count and placement, shortest wait first, and those of which no cell says anything.
struct Locks<'m> {
    held: Vec<Held<'m>>,
    silent: Vec<NotRanked>,
}

impl<'m> Locks<'m> {
    /// The locks that are held as long as `wanted` accepts.
    fn of(machine: &'m Machine, threads: usize, placement: Placement, wanted: impl Fn(Load) -> bool) -> Locks<'m> {
        let any = Load::Work { critical: Default::default(), parallel: Default::default() };
        let here = |c: &&Cell| {
            let long = Load::of(&c.key.level).is_some_and(|load| load.is_held_long() && wanted(load));
            long && c.key.threads == threads && c.key.placement == placement && c.key.variant != ranking::AGAIN
        };
        let faults = Faults::of(machine);
        let mut rows = BTreeMap::<_, Candidate<'m>>::new();
        for cell in of_bench(machine, any).filter(here) {
            let at = Load::of(&cell.key.level).map_or(0.0, |load| nanos(load.inside()));
            let row =
                rows.entry((&cell.key.subject, &cell.key.variant)).or_insert_with(|| Candidate::of(cell, &faults));
            row.cells.push((at, cell));
        }
        let (mut held, mut silent) = (Vec::new(), Vec::new());
        for candidate in rows.into_values() {
            match Held::of(machine, candidate) {
                Ok(lock) => held.push(lock),
                Err(row) => silent.push(row),
            }
        }
        held.sort_by(|a, b| a.longest.total_cmp(&b.longest));
        Locks { held, silent }
    }

    fn that(&self, waiting: Waiting) -> Vec<&Held<'m>> {
        let mut found: Vec<&Held<'_>> = self.held.iter().filter(|lock| lock.waiting == waiting).collect();
        // Mutexes that block first: nobody should spin for so long.
        found.sort_by_key(|lock| lock.candidate.family != "blocking");
        found
    }

    /// Which of them bound a wait, in one sentence, and the names in it; `None` where no lock says anything.
    fn sentence(&self, threads: usize) -> Option<(String, Vec<String>)> {
        let all = [Waiting::Bounded, Waiting::Starved, Waiting::Unclear].map(|waiting| self.that(waiting));
        let [bounded, starved, unclear] = &all;
        let most = |of: &[&Held<'_>]| figure::ns(of.iter().map(|lock| lock.longest).fold(0.0, f64::max) / 1e6);
        let range = |of: &[&Held<'_>]| {
            let least = figure::ns(of.iter().map(|lock| lock.longest).fold(f64::INFINITY, f64::min) / 1e6);
            let most = most(of);
            if least == most { most } else { format!("{least} to {most}") }
        };
        let s = |of: &[&Held<'_>]| if of.len() == 1 { "s" } else { "" };
        let mut parts = Vec::new();
        if !bounded.is_empty() {
            parts.push(format!(
                "{} bound{} a wait, at most {} ms of a second",
                list(bounded),
                s(bounded),
                most(bounded)
            ));
        }
        if !starved.is_empty() {
            parts.push(format!(
                "{} let{} a thread starve, for {} ms of a second",
                list(starved),
                s(starved),
                range(starved)
            ));
        }
        if !unclear.is_empty() {
            let is = if unclear.len() == 1 { "is" } else { "are" };
            parts.push(format!("{} {is} between the two, with {} ms", list(unclear), range(unclear)));
        }
        let cells = || self.held.iter().flat_map(|lock| &lock.cells);
        let inside: BTreeSet<_> = cells().filter_map(|c| Load::of(&c.key.level)).map(Load::inside).collect();
        let inside: Vec<String> = inside.into_iter().map(|inside| time(nanos(inside))).collect();
        let levels: BTreeSet<&str> = cells().map(|c| c.key.level.as_str()).collect();
        let levels = crate::workload::in_order(levels.into_iter());
        let level_s = if levels.len() == 1 { "" } else { "s" };
        let text = format!(
            "Held for {} and taken again at once, {} (level{level_s} {}, {}).",
            inside.join(" or "),
            parts.join("; "),
            levels.join(", "),
            figure::threads(threads)
        );
        let named = all.iter().flat_map(|of| shown(of).0).map(|lock| lock.candidate.name()).collect();
        (!parts.is_empty()).then_some((text, named))
    }
}

impl<'m> Held<'m> {
    /// The lock with those of its cells that can be trusted; else why none can.
    fn of(machine: &Machine, candidate: Candidate<'m>) -> Result<Held<'m>, NotRanked> {
        let silent = |reason| NotRanked { name: candidate.name(), reason };
        if let Some(fault) = &candidate.fault {
            return Err(silent(fault.clone()));
        }
        let (mut found, mut reason) = (Vec::new(), None);
        for &(_, cell) in &candidate.cells {
            match says(machine, cell) {
                Ok(waiting) => found.push((cell, waiting)),
                Err(why) => reason = Some(why),
            }
        }
        let longest = |c: &Cell| c.figures.waits.map_or(0.0, |waits| waits.longest);
        match found.iter().map(|(_, waiting)| *waiting).max() {
            Some(waiting) => {
                let cells: Vec<&Cell> = found.into_iter().map(|(cell, _)| cell).collect();
                Ok(Held { waiting, longest: cells.iter().map(|c| longest(c)).fold(0.0, f64::max), cells, candidate })
            }
            None => Err(silent(reason.unwrap_or_else(|| ABSENT.into()))),
        }
    }

    fn choice(&self) -> Choice {
        let Candidate { label, family, grade, .. } = self.candidate;
        let worst = |of: &dyn Fn(&Cell) -> Option<f64>, pick: fn(f64, f64) -> f64| {
            self.cells.iter().filter_map(|c| of(c)).reduce(pick)
        };
        Choice {
            name: self.candidate.name(),
            label: label.to_owned(),
            family: family.to_owned(),
            grade: grade.id(),
            text: ABSENT.into(),
            interval: ABSENT.into(),
            cost: None,
            mark: None,
            waiting: Some(self.waiting),
            jain: worst(&|c| c.figures.jain, f64::min),
            wait_p999_ns: worst(&|c| c.figures.waits.map(|w| w.p999), f64::max),
            wait_longest_ns: Some(self.longest),
            wait_open: self.cells.iter().any(|c| c.figures.waits.is_some_and(|w| w.is_lower_bound())),
            read_ns: None,
            write_ns: None,
            longest_write_ns: None,
            read_error_median: None,
            read_error_p99: None,
            read_error_most: None,
        }
    }
}

/// What a cell says of waits, if it can be trusted.
fn says(machine: &Machine, cell: &Cell) -> Result<Waiting, String> {
    if let Some(why) = unfit(machine, cell) {
        return Err(why);
    }
    if cell.facts.quick {
        return Err("taken with --quick".into());
    }
    if let Some((kind, share)) = cell.too_noisy().into_iter().next() {
        return Err(format!("noisy: {kind} {}", figure::percent(share)));
    }
    let why = if cell.figures.waits.is_none() { ABSENT } else { "one second is too short for so many threads" };
    Waiting::of(cell).ok_or_else(|| why.into())
}

/// Those of a list that are written out, and how many are not.
fn shown<'a, 'm>(all: &[&'a Held<'m>]) -> (Vec<&'a Held<'m>>, usize) {
    let few = if all.len() <= NAMED { all.len() } else { NAMED - 1 };
    (all[..few].to_vec(), all.len() - few)
}

fn list(all: &[&Held<'_>]) -> String {
    let (few, more) = shown(all);
    let mut names: Vec<String> = few.iter().map(|lock| format!("`{}`", lock.candidate.name())).collect();
    names.extend((more > 0).then(|| format!("{more} more")));
    match &names[..] {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// Which locks bound a wait, at whatever length they were held, in one sentence; `None` where no cell says anything.
pub(super) fn line(machine: &Machine, threads: usize, placement: Placement) -> Option<String> {
    Some(Locks::of(machine, threads, placement, |_| true).sentence(threads)?.0)
}

/// The answer where the lock asked for is held long and taken again at once.
pub(super) fn answer(machine: &Machine, question: &Question, placement: Placement) -> Result<Answer, Error> {
    let Question { threads, load, .. } = *question;
    let locks = Locks::of(machine, threads, placement, |of| of == load);
    let Some((text, named)) = locks.sentence(threads) else {
        return Err(match locks.silent.is_empty() {
            true => not_measured(machine, load, threads, &ranking::candidates(machine, load, threads, placement)),
            false => Error::Unusable { machine: machine.card.id.clone(), threads, reasons: reasons(&locks.silent) },
        });
    };
    let bounded = locks.that(Waiting::Bounded);
    let cells: Vec<&Cell> = locks.held.iter().flat_map(|lock| lock.cells.iter().copied()).collect();
    let oversubscribed = threads > machine.card.usable_cpus;
    let mut notes = vec!["one second each: in another second the longest wait may be another".to_owned()];
    if oversubscribed {
        notes.push(format!("oversubscribed: more threads than the {} usable CPUs", machine.card.usable_cpus));
    }
    for run in runs(&cells).into_iter().filter_map(|id| machine.runs.get(id)) {
        notes.extend(run.notes.iter().map(|note| format!("the run said: {note}")));
    }
    Ok(Answer {
        answer: text,
        take: if let [only] = bounded[..] { Some(only.candidate.name()) } else { None },
        named,
        machine: machine.card.id.clone(),
        published: machine.origin != Origin::Measured,
        bench: "locks",
        threads,
        oversubscribed,
        placement,
        load: load.words(),
        levels: cells.first().map(|c| c.key.level.clone()).into_iter().collect(),
        basis: Basis::Gross,
        resolution_ns: 0.0,
        options: locks.held.iter().map(Held::choice).collect(),
        not_ranked: locks.silent.clone(),
        now: now(&locks, question.now.as_deref())?,
        crossover: None,
        winners: Vec::new(),
        winner_changes_at: None,
        waits: None,
        notes,
    })
}

/// What is known of the asker's present choice.
fn now(locks: &Locks<'_>, name: Option<&str>) -> Result<Option<Now>, Error> {
    let Some(name) = name else { return Ok(None) };
    let of = |lock: &Held<'_>| {
        let ms = figure::ns(lock.longest / 1e6);
        match lock.waiting {
            Waiting::Bounded => format!("{name} bounds a wait, at most {ms} ms of a second"),
            Waiting::Unclear => format!("{name} is between the two, with {ms} ms of a second"),
            Waiting::Starved => format!("{name} lets a thread starve, for {ms} ms of a second"),
        }
    };
    let held = locks.held.iter().find(|lock| lock.candidate.name() == name).map(of);
    let silent = || locks.silent.iter().find(|row| row.name == name).map(|row| format!("{name}: {}", row.reason));
    let text = held.or_else(silent).ok_or_else(|| Error::Now {
        name: name.to_owned(),
        known: locks.held.iter().map(|lock| lock.candidate.name()).collect(),
    })?;
    Ok(Some(Now { name: name.to_owned(), best: None, order: None, difference_ns: None, ratio: None, text }))
}
