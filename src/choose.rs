//! Which counter or lock to use, answered from recorded results; nothing is run.
//!
//! [`Question::ask`] parses the question, [`pick`] finds the machine, [`answer`] ranks its cells.
//! [`docs::comparing`](crate::docs::comparing) has the rules.

mod advice;
mod compare;
mod error;
mod held;
mod missing;
mod question;
mod ranking;
mod sentence;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

pub use advice::SMALL;
pub use compare::{Crossover, Now, Winners};
pub use error::Error;
pub use question::{Axis, Question, Words};
pub use ranking::reasons;

use crate::figure;
use crate::rank::waiting::Waiting;
use crate::rank::{Basis, CostOrder, Mark, is_usable, orders, resolution};
use crate::results::{Cell, Interval, Machine, Origin, ReadError};
use crate::workload::{Load, Placement};
use advice::Asked;
use ranking::{Candidate, Ranking};

/// The answer to a question.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The answer in one sentence: what to take, or that it does not matter or is undecided, with the reason.
    pub answer: String,
    /// Name of the candidate to take, exact ones first; `None` where nothing can be decided.
    pub take: Option<String>,
    /// Names of the candidates whose figures the sentence gives.
    pub named: Vec<String>,
    /// The machine's id.
    pub machine: String,
    /// Whether its figures were published by others.
    pub published: bool,
    /// The bench of the cells.
    pub bench: &'static str,
    /// Counting threads.
    pub threads: usize,
    /// More threads than usable CPUs: another regime.
    pub oversubscribed: bool,
    /// Where the threads were put.
    pub placement: Placement,
    /// The load asked for, in words.
    pub load: String,
    /// Ids of the levels of the cells: one level, or the two around the load.
    pub levels: Vec<String>,
    /// Basis of the costs.
    pub basis: Basis,
    /// Differences below this, in ns per operation, are noise.
    pub resolution_ns: f64,
    /// The ranked counters or locks, lowest cost first. None of them lost updates.
    pub options: Vec<Choice>,
    /// The candidates that are not ranked, with the reason.
    pub not_ranked: Vec<NotRanked>,
    /// How the asker's present choice compares.
    pub now: Option<Now>,
    /// Where, along the load, the order of two candidates changes; `None` if there is no second one.
    pub crossover: Option<Crossover>,
    /// The cheapest at each measured thread count, ascending.
    pub winners: Vec<Winners>,
    /// The first thread count where the lowest of the count before is no longer among the cheapest.
    pub winner_changes_at: Option<usize>,
    /// Lock form: which locks bound a wait where they are held long and taken again at once, in one sentence. `None` where no
    /// cell says so, and where the answer itself does.
    pub waits: Option<String>,
    /// Further notes for the reader, a line each.
    pub notes: Vec<String>,
}

/// One option.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// Subject and variant.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Its family.
    pub family: String,
    /// Grade: `exact` or `eventual`.
    pub grade: &'static str,
    /// Cost as shown, without its unit.
    pub text: String,
    /// Interval as shown.
    pub interval: String,
    /// Cost in ns per operation and thread; absent where its interval is below the resolution.
    pub cost: Option<Interval>,
    /// Mark; absent for costs above the cheapest, and for a single option.
    pub mark: Option<Mark>,
    /// Whether it bounds a wait; only where the lock asked for is held long.
    pub waiting: Option<Waiting>,
    /// Jain's fairness index, from a pass of a second or more; absent where not measured.
    pub jain: Option<f64>,
    /// 99.9 % of the waits were at most this long, in ns.
    pub wait_p999_ns: Option<f64>,
    /// The longest wait, in ns.
    pub wait_longest_ns: Option<f64>,
    /// Whether the longest wait was still open at the end: it is then a lower bound.
    pub wait_open: bool,
    /// Reads form: cost of a read, in ns.
    pub read_ns: Option<f64>,
    /// Reads form: cost of a write, in ns.
    pub write_ns: Option<f64>,
    /// Reads form: the longest write, in ns.
    pub longest_write_ns: Option<f64>,
    /// Reads form: half of the reads had at most this error, in increments.
    pub read_error_median: Option<f64>,
    /// Reads form: 99 % of the reads had at most this error, in increments.
    pub read_error_p99: Option<f64>,
    /// Reads form: largest error of a read, in increments.
    pub read_error_most: Option<f64>,
}

/// A candidate that is not ranked.
#[derive(Clone, Debug, Serialize)]
pub struct NotRanked {
    /// Subject and variant.
    pub name: String,
    /// The reason.
    pub reason: String,
}

/// Picks a machine: the one with the id asked for; else `here`, this computer's id, if it has results; else the only
/// measured one; else the only one.
///
/// # Errors
/// [`Error::Machine`] lists the known ids.
pub fn pick<'m>(machines: &'m [Machine], wanted: Option<&str>, here: &str) -> Result<&'m Machine, Error> {
    let with = |id: &str| machines.iter().find(|m| m.card.id == id);
    let only = |all: Vec<&'m Machine>| if all.len() == 1 { Some(all[0]) } else { None };
    let found = match wanted {
        Some(id) => with(id),
        None => with(here)
            .filter(|m| !m.cells.is_empty())
            .or_else(|| only(machines.iter().filter(|m| m.origin == Origin::Measured).collect()))
            .or_else(|| only(machines.iter().collect())),
    };
    found.ok_or_else(|| Error::Machine {
        wanted: wanted.map(str::to_owned),
        known: machines.iter().map(|m| m.card.id.clone()).collect(),
    })
}

/// Answers a question from a machine's results.
///
/// # Errors
/// [`Error`] when the results cannot answer it: the thread count or the load was not measured and does not lie between
/// measured ones, nothing can be ranked, or the name asked for is unknown.
pub fn answer(machine: &Machine, question: &Question) -> Result<Answer, Error> {
    let Question { threads, load, .. } = *question;
    let placement = ranking::placement(machine, question)?;
    if load.is_held_long() {
        return held::answer(machine, question, placement);
    }
    let candidates = ranking::candidates(machine, load, threads, placement);
    let ranking = ranking::rank(machine, load, threads, &candidates)?;
    let now = compare::now(&ranking, &candidates, question)?;
    let crossover = compare::crossover(machine, load, &ranking, &candidates, question.now.as_deref());
    let winners = compare::winners(machine, load, placement);
    let (advice, pairs) = advise(machine, question, placement, &ranking);
    let locks = around_nothing(machine, threads, placement);
    Ok(Answer {
        answer: advice.text,
        take: advice.take,
        named: advice.named,
        machine: machine.card.id.clone(),
        published: machine.origin != Origin::Measured,
        bench: load.bench(),
        threads,
        oversubscribed: threads > machine.card.usable(placement),
        placement,
        load: load.words(),
        levels: ranking.levels.iter().map(|id| (*id).to_owned()).collect(),
        basis: ranking.basis,
        resolution_ns: ranking.resolution,
        options: ranking.ranked.iter().map(|r| choice(machine, &locks, load, &ranking, r)).collect(),
        not_ranked: ranking.unranked.clone(),
        now,
        crossover,
        winner_changes_at: compare::change(&winners),
        winners,
        waits: matches!(load, Load::Work { .. }).then(|| held::line(machine, threads, placement)).flatten(),
        notes: notes(machine, load, &ranking, &pairs),
    })
}

/// The answer in one sentence, and nothing else of [`answer`].
///
/// # Errors
/// As [`answer`].
pub fn sentence(machine: &Machine, question: &Question) -> Result<String, Error> {
    let placement = ranking::placement(machine, question)?;
    if question.load.is_held_long() {
        return held::answer(machine, question, placement).map(|answer| answer.answer);
    }
    let candidates = ranking::candidates(machine, question.load, question.threads, placement);
    let ranking = ranking::rank(machine, question.load, question.threads, &candidates)?;
    Ok(advise(machine, question, placement, &ranking).0.text)
}

/// What to take, and the rows that were measured twice.
fn advise(
    machine: &Machine,
    question: &Question,
    placement: Placement,
    ranking: &Ranking<'_, '_>,
) -> (advice::Advice, Vec<NullPair>) {
    let Question { threads, load, .. } = *question;
    let twins = ranking::twins(machine, load, threads, placement);
    let pairs = null_pairs(machine, load, ranking, &twins);
    let doubt = pairs.iter().map(|pair| pair.doubt).fold(0.0, f64::max);
    (Asked { machine, load, threads, placement, ranking, doubt }.advise(), pairs)
}

fn choice<'m>(
    machine: &Machine,
    locks: &AroundNothing<'m>,
    load: Load,
    ranking: &Ranking<'_, 'm>,
    ranked: &ranking::Ranked<'_, 'm>,
) -> Choice {
    let Candidate { label, family, grade, .. } = ranked.candidate;
    let one = |x| ranking.write(x);
    let hidden = ranking.hides(ranked.cost);
    let cells = ranked.position.cells();
    let waited = waited(machine, locks, load, ranked);
    let error = read_error(&cells);
    // Between two measured points, the worse value is shown.
    let worst = |of: &dyn Fn(&Cell) -> Option<f64>| worse(waited.iter().map(|c| of(c)), f64::max);
    let reading = |of: &dyn Fn(&Cell) -> Option<f64>| worse(cells.iter().map(|c| of(c)), f64::max);
    Choice {
        name: ranked.candidate.name(),
        label: (*label).to_owned(),
        family: (*family).to_owned(),
        grade: grade.id(),
        text: one(ranked.cost.median),
        interval: match hidden {
            true => "all of it".into(),
            false => format!("{} to {}", one(ranked.cost.low), one(ranked.cost.high)),
        },
        cost: (!hidden).then_some(ranked.cost),
        mark: ranked.mark,
        waiting: None,
        jain: worse(waited.iter().map(|c| c.figures.jain), f64::min),
        wait_p999_ns: worst(&|c| c.figures.waits.map(|w| w.p999)),
        wait_longest_ns: worst(&|c| c.figures.waits.map(|w| w.longest)),
        wait_open: waited.iter().any(|c| c.figures.waits.is_some_and(|w| w.is_lower_bound())),
        read_ns: ranked.position.between(|c| c.figures.reading?.read_ns),
        write_ns: ranked.position.between(|c| c.figures.reading?.write_ns),
        longest_write_ns: reading(&|c| c.figures.reading?.longest_write_ns),
        read_error_median: error.map(|e| e.median),
        read_error_p99: error.map(|e| e.p99),
        read_error_most: error.map(|e| e.max),
    }
}

/// Read error of the worse of two cells.
fn read_error(cells: &[&Cell]) -> Option<ReadError> {
    let each: Option<Vec<ReadError>> = cells.iter().map(|c| c.figures.reading?.error).collect();
    each?.into_iter().reduce(|a, b| ReadError {
        median: a.median.max(b.median),
        p99: a.p99.max(b.p99),
        max: a.max.max(b.max),
        ..a
    })
}

/// The runs that the cells come from, by id.
fn runs<'m>(cells: &[&'m Cell]) -> BTreeSet<&'m str> {
    cells.iter().map(|c| c.facts.run.as_str()).collect()
}

/// The worse of one or two figures; `None` if one is missing.
fn worse(mut all: impl Iterator<Item = Option<f64>>, pick: fn(f64, f64) -> f64) -> Option<f64> {
    let first = all.next()??;
    all.try_fold(first, |worst, next| Some(pick(worst, next?)))
}

/// Locks around an empty critical section, by subject, variant and the work outside.
type AroundNothing<'m> = BTreeMap<(&'m str, &'m str, Duration), &'m Cell>;

fn around_nothing(machine: &Machine, threads: usize, placement: Placement) -> AroundNothing<'_> {
    let mut locks = AroundNothing::new();
    let here = |c: &&Cell| (c.key.bench.as_str(), c.key.threads, c.key.placement) == ("locks", threads, placement);
    for cell in machine.cells.iter().filter(here) {
        if let Some(Load::Work { critical: Duration::ZERO, parallel }) = Load::of(&cell.key.level) {
            locks.entry((&cell.key.subject, &cell.key.variant, parallel)).or_insert(cell);
        }
    }
    locks
}

/// The cells with figures on waits: the candidate's own, else those of the lock of the same id around an empty critical
/// section with as much work outside.
fn waited<'m>(
    machine: &Machine,
    locks: &AroundNothing<'m>,
    load: Load,
    ranked: &ranking::Ranked<'_, 'm>,
) -> Vec<&'m Cell> {
    let own = ranked.position.cells();
    let known = |c: &&Cell| c.figures.waits.is_some() || c.figures.jain.is_some();
    if own.iter().all(known) || !matches!(load, Load::Think(_)) {
        return own;
    }
    let alike = |of: &&Cell| match Load::of(&of.key.level) {
        Some(Load::Think(think)) => locks.get(&(of.key.subject.as_str(), of.key.variant.as_str(), think)).copied(),
        _ => None,
    };
    let usable = |c: &&Cell| is_usable(machine, c);
    let found: Vec<&Cell> = own.iter().filter_map(|of| alike(of).filter(usable)).collect();
    if found.len() == own.len() { found } else { own }
}

/// Further notes for the reader.
fn notes(machine: &Machine, load: Load, ranking: &Ranking<'_, '_>, pairs: &[NullPair]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Origin::Published { source, method, figures } = &machine.origin {
        notes.push(format!("published by others, not measured by this suite: {source}; {method}; {figures}"));
    }
    match (ranking.basis, load) {
        (Basis::Net, Load::Work { .. }) => notes.push(
            "the cost is what a lock adds per operation and thread to max(critical + parallel, threads x critical)"
                .into(),
        ),
        (Basis::Net, _) => {}
        (Basis::Gross, _) => {
            notes.push("costs are gross: the loop and its work are in them, for nothing was taken off".into())
        }
    }
    if ranking.ranked.iter().any(|r| ranking.is_below(r.cost.median)) {
        let own = ranking.levels.iter().all(|level| resolution::is_own(machine, level));
        let whose = if own { "this machine's null study" } else { "assumed: the machine has no null study for it" };
        notes.push(format!("< {} ns is below the resolution ({whose})", figure::threshold(ranking.resolution)));
    }
    if let [low, high] = ranking.levels[..] {
        notes.push(format!(
            "interpolated between {low} and {high}: intervals allow for a cost that changes early or late between them; \
             fairness and waits are the worse of the two"
        ));
    }
    if ranking.oversubscribed {
        let cpus = machine.card.usable_cpus;
        notes.push(format!("oversubscribed: more threads than the {cpus} usable CPUs, another regime"));
    }
    let cells = ranking.cells();
    let quick = cells.iter().filter(|c| c.facts.quick).count();
    if quick > 0 {
        notes.push(format!(
            "{quick} of {} cells were taken with --quick: intervals of two rounds say little",
            cells.len()
        ));
    }
    let runs = runs(&cells);
    if runs.len() > 1 {
        let ids = runs.iter().copied().collect::<Vec<_>>().join(", ");
        notes.push(format!("mixed: the cells come from {} runs ({ids}); compare with care", runs.len()));
    }
    for run in runs.iter().filter_map(|id| machine.runs.get(*id)) {
        notes.extend(run.notes.iter().map(|note| format!("the run said: {note}")));
    }
    notes.extend(pairs.iter().map(|pair| pair.text.clone()));
    notes
}

/// What two measurements of the same option show of the noise.
struct NullPair {
    /// Text for the reader.
    text: String,
    /// Their difference in ns where it is significant; else 0.
    doubt: f64,
}

/// The options that were measured twice.
fn null_pairs<'m>(
    machine: &'m Machine,
    load: Load,
    ranking: &Ranking<'_, 'm>,
    twins: &[Candidate<'m>],
) -> Vec<NullPair> {
    let pair = |twin: &Candidate<'m>| {
        let first =
            ranking.ranked.iter().find(|r| r.candidate.subject == twin.subject && r.candidate.variant.is_empty())?;
        let (position, cost) = ranking::cost_at(machine, load, ranking, twin)?;
        let found = orders(&[(first.priced(), position.priced(cost), ranking.resolution)])[0];
        let (said, doubt) = match found {
            CostOrder::Tie => ("tie, as it should be", 0.0),
            CostOrder::Noisy => ("too noisy to compare", 0.0),
            CostOrder::Cheaper | CostOrder::Costlier => {
                ("told apart, so differences of that size mean nothing here", (first.cost.median - cost.median).abs())
            }
        };
        let (one, two) = (first.candidate.name(), twin.name());
        Some(NullPair { text: format!("null pair: {one} and {two} are the same thing measured twice: {said}"), doubt })
    };
    twins.iter().filter_map(pair).collect()
}
