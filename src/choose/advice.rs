//! Decides which candidate to take, or that it does not matter or cannot be told.

use super::ranking::{Ranked, Ranking};
use crate::counter::Grade;
use crate::rank::{self, Cost, Mark};
use crate::results::Machine;
use crate::workload::{Load, Placement};

/// Savings up to this share of an operation's time do not matter.
pub const SMALL: f64 = 0.05;

/// Ids of the simplest exact counters and locks; the first one that was measured is taken.
const COUNTERS: [&str; 2] = ["fetch_add", "std_mutex"];
const LOCKS: [&str; 1] = ["std_mutex"];

/// The advice.
#[derive(Clone, Debug)]
pub(super) struct Advice {
    /// The sentence.
    pub(super) text: String,
    /// Name of the candidate to take; `None` where nothing can be decided.
    pub(super) take: Option<String>,
    /// Names of all candidates whose figures the sentence gives.
    pub(super) named: Vec<String>,
}

/// The question, and the candidates for the answer.
pub(super) struct Asked<'a, 'r, 'm> {
    pub(super) machine: &'m Machine,
    pub(super) load: Load,
    pub(super) threads: usize,
    pub(super) placement: Placement,
    pub(super) ranking: &'a Ranking<'r, 'm>,
    /// Difference found between two measurements of one option, in ns; 0 where it was not significant.
    pub(super) doubt: f64,
}

type Ranks<'a, 'r, 'm> = Vec<&'a Ranked<'r, 'm>>;

/// What the figures show.
pub(super) enum Found<'a, 'r, 'm> {
    /// There is one candidate only.
    Alone(&'a Ranked<'r, 'm>),
    /// The simplest is enough: others save at most `saves` ns of the `of` ns of an operation. `worse` are exact ones
    /// that may cost clearly more.
    Enough { simple: &'a Ranked<'r, 'm>, saves: f64, of: f64, worse: Ranks<'a, 'r, 'm> },
    /// The cheapest is not exact. `pick` is one of the `exact` ones that may be the cheapest of their kind, and `tie`
    /// whether these tie.
    Late { lead: &'a Ranked<'r, 'm>, pick: Option<&'a Ranked<'r, 'm>>, exact: usize, tie: bool },
    /// One exact candidate is the cheapest; `next` follows. `simple` is the simplest, if it is a third one.
    Cheapest { lead: &'a Ranked<'r, 'm>, next: Option<&'a Ranked<'r, 'm>>, simple: Option<&'a Ranked<'r, 'm>> },
    /// Exact candidates that tie, and those that are too noisy; `pick` is one of them.
    Tie { pick: &'a Ranked<'r, 'm>, ties: Ranks<'a, 'r, 'm>, noisy: Ranks<'a, 'r, 'm> },
    /// Nothing can be decided, with the reason.
    Unknown(String),
}

impl<'a, 'r, 'm> Asked<'a, 'r, 'm> {
    /// The advice.
    pub(super) fn advise(&self) -> Advice {
        let found = self.found();
        let (take, named) = match &found {
            Found::Alone(one) | Found::Enough { simple: one, .. } => (Some(*one), [Some(*one), None, None]),
            Found::Late { lead, pick, .. } => (*pick, [Some(*lead), *pick, None]),
            Found::Cheapest { lead, next, simple } => (Some(*lead), [Some(*lead), *next, *simple]),
            Found::Tie { pick, .. } => (Some(*pick), [Some(*pick), self.simple(), None]),
            Found::Unknown(_) => (None, [None; 3]),
        };
        let mut named: Ranks<'_, '_, '_> = named.into_iter().flatten().collect();
        named.dedup_by(|b, a| b.is(a));
        Advice {
            text: self.sentence(&found, &named),
            take: take.map(|r| r.candidate.name()),
            named: named.iter().map(|r| r.candidate.name()).collect(),
        }
    }

    /// The exact candidates, lowest cost first.
    pub(super) fn exact(&self) -> Ranks<'a, 'r, 'm> {
        self.ranking.ranked.iter().filter(|r| r.candidate.grade == Grade::Exact).collect()
    }

    /// The simplest exact candidate.
    pub(super) fn simple(&self) -> Option<&'a Ranked<'r, 'm>> {
        let known: &[&str] = if self.is_lock() { &LOCKS } else { &COUNTERS };
        known.iter().find_map(|id| self.exact().into_iter().find(|r| r.candidate.name() == *id))
    }

    /// The simplest of these, else the lowest.
    fn pick(&self, of: &[&'a Ranked<'r, 'm>]) -> Option<&'a Ranked<'r, 'm>> {
        let simple = self.simple().filter(|simple| of.iter().any(|r| r.is(simple)));
        simple.or(of.first().copied())
    }

    pub(super) fn is_lock(&self) -> bool {
        matches!(self.load, Load::Work { .. })
    }

    fn found(&self) -> Found<'a, 'r, 'm> {
        let all = &self.ranking.ranked;
        let (lead, exact) = (&all[0], self.exact());
        if all.len() == 1 {
            return Found::Alone(lead);
        }
        let quick = |r: &Ranked<'_, '_>| r.position.cells().iter().any(|c| c.facts.quick);
        if all.iter().any(|r| r.mark.is_some() && quick(r)) || self.simple().is_some_and(quick) {
            return Found::Unknown("rows that matter were taken with --quick, and two rounds say little".into());
        }
        if let Some(enough) = self.is_enough(&exact) {
            return enough;
        }
        let near = self.near(&exact);
        let is_clear = |lead: &Ranked<'_, '_>, next: Option<&&Ranked<'_, '_>>| {
            next.is_none_or(|next| next.cost.median - lead.cost.median > self.doubt)
        };
        if lead.candidate.grade != Grade::Exact && exact.iter().all(|r| r.mark.is_none()) {
            let may_be: Ranks<'_, '_, '_> = exact.iter().take(1).copied().chain(near.iter().map(|(r, _)| *r)).collect();
            let tie = near.iter().all(|(_, mark)| *mark == Mark::Tie);
            let late = Found::Late { lead, pick: self.pick(&may_be), exact: may_be.len(), tie };
            return if is_clear(lead, exact.first()) { late } else { self.doubtful() };
        }
        let lead = exact[0];
        if near.is_empty() {
            let next = exact.get(1);
            let simple = self.simple().filter(|r| !r.is(lead) && next.is_none_or(|next| !r.is(next)));
            let cheapest = Found::Cheapest { lead, next: next.copied(), simple };
            return if is_clear(lead, next) { cheapest } else { self.doubtful() };
        }
        let (ties, noisy): (Vec<_>, Vec<_>) = near.into_iter().partition(|(_, mark)| *mark == Mark::Tie);
        let [ties, noisy] = [ties, noisy].map(|all| all.into_iter().map(|(r, _)| r).collect::<Ranks<'_, '_, '_>>());
        if !ties.is_empty() {
            let ties = [&[lead], &ties[..]].concat();
            let pick = self.pick(&[&ties[..], &noisy].concat()).unwrap_or(lead);
            return Found::Tie { pick, ties, noisy };
        }
        let costs = || [lead].into_iter().chain(noisy.iter().copied()).map(|r| r.cost);
        Found::Unknown(format!(
            "the figures of {} exact {}s are too noisy ({} to {} ns)",
            noisy.len() + 1,
            self.kind(),
            self.ranking.write(costs().map(|c| c.low).fold(f64::INFINITY, f64::min)),
            self.ranking.write(costs().map(|c| c.high).fold(f64::NEG_INFINITY, f64::max))
        ))
    }

    fn doubtful(&self) -> Found<'a, 'r, 'm> {
        let gap = self.ranking.write(self.doubt);
        Found::Unknown(format!("one lock measured twice differed by {gap} ns, and the lowest differ by no more"))
    }

    /// The exact candidates that cannot be distinguished from the lowest exact one, and how they stand to it.
    fn near(&self, exact: &[&'a Ranked<'r, 'm>]) -> Vec<(&'a Ranked<'r, 'm>, Mark)> {
        let marks = if exact.first().is_some_and(|r| r.is(&self.ranking.ranked[0])) {
            exact.iter().map(|r| r.mark).collect()
        } else {
            let costs: Vec<Cost<'_>> = exact.iter().map(|r| r.priced()).collect();
            rank::marks(&costs, self.ranking.resolution)
        };
        exact.iter().zip(marks).skip(1).filter_map(|(r, mark)| Some((*r, mark?))).collect()
    }

    /// Whether the simplest candidate is enough: even at the end of the interval, no other saves more than a small
    /// share of an operation, and at least one other exact candidate does not cost clearly more. A candidate that looks
    /// costlier but is too noisy does not count against it: it goes to `worse`.
    fn is_enough(&self, exact: &[&'a Ranked<'r, 'm>]) -> Option<Found<'a, 'r, 'm>> {
        let simple = self.simple()?;
        let of = simple.position.between(|c| c.figures.ns_per_op_per_thread).filter(|ns| *ns > 0.0)?;
        let small = SMALL * of;
        let costs_more = |r: &&&Ranked<'_, '_>| !r.is(simple) && r.less(simple).high > small;
        let worse: Ranks<'_, '_, '_> = exact.iter().filter(costs_more).rev().copied().collect();
        // A candidate that costs more than the lowest saves less.
        let may_save = |r: &Ranked<'_, '_>| r.mark.is_some() || r.is(&self.ranking.ranked[0]);
        let apart = |r: &Ranked<'_, '_>| simple.less(r).median < 0.0 && worse.iter().any(|w| w.is(r));
        let others = self.ranking.ranked.iter().filter(|r| !r.is(simple) && may_save(r) && !apart(r));
        let least = self.ranking.resolution.max(self.doubt);
        let saves = others.map(|r| simple.less(r).high).fold(least, f64::max);
        (saves <= small && worse.len() + 1 < exact.len()).then_some(Found::Enough { simple, saves, of, worse })
    }
}
