//! The answer in one sentence.

use super::compare::difference;
use super::missing::run;
use super::question::{LookUp, time};
use super::ranking::{Ranked, Ranking};
use crate::counter::Grade;
use crate::figure;
use crate::rank::{self, Basis, Cost, Mark, resolution};
use crate::results::{Cell, Interval, Machine, Origin, ReadError};
use crate::round::nanos;
use crate::workload::{Load, Placement};

/// Savings up to this share of an operation's time do not matter.
pub const SMALL: f64 = 0.05;

/// Ids of the simplest exact counters and locks; the first one that was measured is taken.
const COUNTERS: [&str; 2] = ["fetch_add", "std_mutex"];
const LOCKS: [&str; 1] = ["std_mutex"];

/// Most names written out of a list.
const NAMED: usize = 3;

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
enum Found<'a, 'r, 'm> {
    /// There is one candidate only.
    Alone(&'a Ranked<'r, 'm>),
    /// The simplest is enough: others save at most `saves` ns of the `of` ns of an operation. `worse` are exact ones
    /// that may cost clearly more.
    Enough { simple: &'a Ranked<'r, 'm>, saves: f64, of: f64, worse: Ranks<'a, 'r, 'm> },
    /// The cheapest is not exact. `exact` are those that may be the cheapest exact ones, and `tie` whether they tie.
    Late { lead: &'a Ranked<'r, 'm>, exact: Ranks<'a, 'r, 'm>, tie: bool },
    /// One exact candidate is the cheapest; `next` follows.
    Cheapest { lead: &'a Ranked<'r, 'm>, next: Option<&'a Ranked<'r, 'm>> },
    /// Exact candidates that tie, and those that are too noisy.
    Tie { ties: Ranks<'a, 'r, 'm>, noisy: Ranks<'a, 'r, 'm> },
    /// Nothing can be decided, with the reason.
    Unknown(String),
}

/// `a - b`: pass by pass where they were measured so, else from their intervals.
fn less(a: &Ranked<'_, '_>, b: &Ranked<'_, '_>) -> Interval {
    let beside = a.position.priced(a.cost).less(&b.position.priced(b.cost));
    beside.map_or_else(|| difference(a.cost, b.cost), |beside| beside.ns)
}

/// A list such as `a`, `b`, `c` and 4 more.
fn list(all: &[&Ranked<'_, '_>]) -> String {
    let names: Vec<String> = all.iter().map(|r| quoted(r)).collect();
    match &names[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        many => format!("{} and {} more", many[..NAMED - 1].join(", "), many.len() - (NAMED - 1)),
    }
}

fn quoted(ranked: &Ranked<'_, '_>) -> String {
    format!("`{}`", ranked.candidate.name())
}

impl<'a, 'r, 'm> Asked<'a, 'r, 'm> {
    /// The advice.
    pub(super) fn advise(&self) -> Advice {
        let found = self.found();
        let (text, take, named) = match &found {
            Found::Alone(ranked) => (self.alone(ranked), Some(*ranked), vec![*ranked]),
            Found::Enough { simple, saves, of, worse } => {
                (self.enough(simple, *saves, *of, worse), Some(*simple), vec![*simple])
            }
            Found::Late { lead, exact, tie } => {
                let pick = self.pick(exact);
                (self.late(lead, exact, *tie), pick, [lead].into_iter().copied().chain(pick).collect())
            }
            Found::Cheapest { lead, next } => {
                let named = [Some(*lead), *next, self.simple()];
                (self.cheapest(lead, *next), Some(*lead), named.into_iter().flatten().collect())
            }
            Found::Tie { ties, noisy } => {
                let pick = self.pick_of(ties, noisy);
                let named = pick.into_iter().chain(self.simple()).collect();
                (self.tie(ties, noisy), pick, named)
            }
            Found::Unknown(why) => (self.unknown(why), None, Vec::new()),
        };
        let mut names = Vec::new();
        for ranked in &named {
            if !names.contains(&ranked.candidate.name()) {
                names.push(ranked.candidate.name());
            }
        }
        Advice {
            text: format!("{}, {text} ({}).", self.load_text(), self.basis(&named)),
            take: take.map(|r| r.candidate.name()),
            named: names,
        }
    }

    /// The exact candidates, lowest cost first.
    fn exact(&self) -> Ranks<'a, 'r, 'm> {
        self.ranking.ranked.iter().filter(|r| r.candidate.grade == Grade::Exact).collect()
    }

    /// The simplest exact candidate.
    fn simple(&self) -> Option<&'a Ranked<'r, 'm>> {
        let known: &[&str] = if self.is_lock() { &LOCKS } else { &COUNTERS };
        known.iter().find_map(|id| self.exact().into_iter().find(|r| r.candidate.name() == *id))
    }

    /// The simplest of these, else the lowest.
    fn pick(&self, of: &[&'a Ranked<'r, 'm>]) -> Option<&'a Ranked<'r, 'm>> {
        let simple = self.simple().filter(|simple| of.iter().any(|r| std::ptr::eq(*r, *simple)));
        simple.or(of.first().copied())
    }

    /// The simplest of those that tie or are too noisy, else the lowest.
    fn pick_of(&self, ties: &[&'a Ranked<'r, 'm>], noisy: &[&'a Ranked<'r, 'm>]) -> Option<&'a Ranked<'r, 'm>> {
        self.pick(&[ties, noisy].concat())
    }

    fn is_lock(&self) -> bool {
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
        let told = exact.iter().all(|r| r.mark.is_none());
        let next = near.is_empty().then(|| exact.get(1).copied()).flatten();
        if lead.candidate.grade != Grade::Exact && told {
            let tie = near.iter().all(|(_, mark)| *mark == Mark::Tie);
            let may_be = exact.first().copied().into_iter().chain(near.iter().map(|(r, _)| *r)).collect();
            let gap = exact.first().map_or(f64::INFINITY, |r| r.cost.median - lead.cost.median);
            return if gap <= self.doubt { self.doubtful() } else { Found::Late { lead, exact: may_be, tie } };
        }
        let with = |wanted| near.iter().filter(move |(_, mark)| *mark == wanted).map(|(r, _)| *r);
        let (ties, noisy): (Ranks<'_, '_, '_>, Ranks<'_, '_, '_>) =
            (with(Mark::Tie).collect(), with(Mark::Noisy).collect());
        let lead = exact[0];
        if near.is_empty() {
            let gap = next.map_or(f64::INFINITY, |r| r.cost.median - lead.cost.median);
            return if gap <= self.doubt { self.doubtful() } else { Found::Cheapest { lead, next } };
        }
        if !ties.is_empty() {
            return Found::Tie { ties: [lead].into_iter().chain(ties).collect(), noisy };
        }
        let noisy: Ranks<'_, '_, '_> = [lead].into_iter().chain(noisy).collect();
        let costs = noisy.iter().map(|r| r.cost);
        let range = Interval {
            low: costs.clone().map(|c| c.low).fold(f64::INFINITY, f64::min),
            median: lead.cost.median,
            high: costs.map(|c| c.high).fold(f64::NEG_INFINITY, f64::max),
        };
        let write = |ns| self.ranking.write(ns);
        Found::Unknown(format!(
            "the figures of {} exact {}s are too noisy ({} to {} ns)",
            noisy.len(),
            self.kind(),
            write(range.low),
            write(range.high)
        ))
    }

    fn doubtful(&self) -> Found<'a, 'r, 'm> {
        let gap = self.ranking.write(self.doubt);
        Found::Unknown(format!("one lock measured twice differed by {gap} ns, and the lowest differ by no more"))
    }

    /// The exact candidates that cannot be distinguished from the lowest exact one, and how they stand to it.
    fn near(&self, exact: &[&'a Ranked<'r, 'm>]) -> Vec<(&'a Ranked<'r, 'm>, Mark)> {
        let is_lead = exact.first().is_some_and(|r| std::ptr::eq(*r, &self.ranking.ranked[0]));
        let marks = if is_lead {
            exact.iter().map(|r| r.mark).collect()
        } else {
            let costs: Vec<Cost<'_>> = exact.iter().map(|r| r.position.priced(r.cost)).collect();
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
        let is_other = |r: &Ranked<'_, '_>| !std::ptr::eq(r, simple);
        let worse: Ranks<'_, '_, '_> =
            exact.iter().filter(|r| is_other(r) && less(r, simple).high > small).rev().copied().collect();
        // A candidate that costs more than the lowest saves less.
        let may_save = |r: &Ranked<'_, '_>| r.mark.is_some() || std::ptr::eq(r, &self.ranking.ranked[0]);
        let apart = |r: &Ranked<'_, '_>| less(simple, r).median < 0.0 && worse.iter().any(|w| std::ptr::eq(*w, r));
        let others = self.ranking.ranked.iter().filter(|r| is_other(r) && may_save(r) && !apart(r));
        let least = self.ranking.resolution.max(self.doubt);
        let saves = others.map(|r| less(simple, r).high).fold(least, f64::max);
        (saves <= small && worse.len() + 1 < exact.len()).then_some(Found::Enough { simple, saves, of, worse })
    }

    // ---- words -------------------------------------------------------------------------------------

    /// The load, as the beginning of the sentence.
    fn load_text(&self) -> String {
        let outside = nanos(self.load.outside());
        match self.load {
            Load::Work { critical, .. } => {
                let inside = if critical.is_zero() { "no".into() } else { format!("{} of", time(nanos(critical))) };
                let outside = if outside == 0.0 { "none".into() } else { time(outside) };
                format!("With {inside} work inside the lock and {outside} outside")
            }
            Load::Mix { share, .. } if outside == 0.0 => format!("At {} reads", percent(share)),
            Load::Mix { share, .. } => format!("At {} reads and {} between operations", percent(share), time(outside)),
            _ if outside == 0.0 => "With no time between increments".into(),
            _ => format!("At {} between increments", time(outside)),
        }
    }

    fn kind(&self) -> &'static str {
        if self.is_lock() { "lock" } else { "counter" }
    }

    fn operation(&self) -> &'static str {
        match self.load {
            Load::Work { .. } => "a use of the lock",
            Load::Mix { .. } => "an operation",
            _ => "an increment",
        }
    }

    /// A cost with its interval and unit.
    fn cost(&self, of: &Ranked<'_, '_>) -> String {
        let Interval { low, median, high } = of.cost;
        let write = |ns| self.ranking.write(ns);
        let hidden = |ns| self.ranking.basis == Basis::Net && resolution::is_below(ns, self.ranking.resolution);
        let gross = if self.ranking.basis == Basis::Gross { ", its loop included" } else { "" };
        let net = self.ranking.basis == Basis::Net;
        if net && median < 0.0 && !hidden(median) {
            // A negative cost is no figure.
            return match write(high) {
                high if high.starts_with('-') => "nothing that can be told".into(),
                high if high.starts_with('<') => format!("{high} ns"),
                high => format!("up to {high} ns"),
            };
        }
        if hidden(low) && hidden(median) && hidden(high) {
            return format!("{} ns", write(median));
        }
        format!("{} ns ({} to {}){gross}", write(median), write(low), write(high))
    }

    /// The evidence behind the figures.
    fn basis(&self, named: &[&Ranked<'_, '_>]) -> String {
        let all: Ranks<'_, '_, '_> =
            if named.is_empty() { self.ranking.ranked.iter().collect() } else { named.to_vec() };
        let cells: Vec<&Cell> = all.iter().flat_map(|r| r.position.cells()).collect();
        let mut parts = vec![match self.ranking.levels[..] {
            [low, high] => format!("between the levels {low} and {high}"),
            _ => format!("level {}", self.ranking.levels.join(" and ")),
        }];
        let s = if self.threads == 1 { "" } else { "s" };
        let over = if self.ranking.oversubscribed {
            format!(" on {} CPUs", self.machine.card.usable_cpus)
        } else {
            String::new()
        };
        parts.push(format!("{} thread{s}{over}", self.threads));
        if let Some(rounds) = cells.iter().map(|c| c.figures.rounds_kept).min().flatten() {
            parts.push(format!("{rounds} rounds"));
        }
        let mut runs: Vec<&str> = cells.iter().map(|c| c.facts.run.as_str()).collect();
        runs.sort_unstable();
        runs.dedup();
        if runs.len() > 1 {
            parts.push(format!("from {} runs, compare with care", runs.len()));
        }
        parts.push(match self.machine.origin {
            Origin::Measured => "95 % intervals".into(),
            Origin::Published { .. } => "published by others".into(),
        });
        parts.join(", ")
    }

    /// How far the reads of an inexact candidate lag behind.
    fn lag(&self, ranked: &Ranked<'_, '_>) -> String {
        match read_error(&ranked.position.cells()) {
            None => "its reads lag behind the count, by how much was not measured here".into(),
            Some(e) if e.max == 0.0 => "its reads may lag behind the count, though none was seen to here".into(),
            Some(e) if e.median == 0.0 => {
                let most = increments(e.max);
                format!("its reads lag: by none in the middle and by {most} increments at worst")
            }
            Some(e) => format!(
                "its reads lag: half of them were {} or more increments behind the count, the worst {}",
                increments(e.median),
                increments(e.max)
            ),
        }
    }

    fn alone(&self, ranked: &Ranked<'_, '_>) -> String {
        let but = match ranked.candidate.grade {
            Grade::Exact => String::new(),
            _ => format!(", and {}", self.lag(ranked)),
        };
        format!(
            "only {} can be ranked: it costs {}, and there is nothing to compare it with{but}",
            quoted(ranked),
            self.cost(ranked)
        )
    }

    fn enough(&self, simple: &Ranked<'_, '_>, saves: f64, of: f64, worse: &[&Ranked<'_, '_>]) -> String {
        let name = quoted(simple);
        let exact = self.exact().len();
        let most = 2 * worse.len() < exact;
        let costs = match self.ranking.basis {
            Basis::Net => format!("{} of the {} ns that {} takes", self.cost(simple), figure::ns(of), self.operation()),
            Basis::Gross => self.cost(simple),
        };
        let saved = format!("saves more than {} ns, {} of that", figure::threshold(saves), figure::percent(saves / of));
        let saved = match worse {
            [] => format!("no other {saved}"),
            worse => format!("none of the others {saved}, apart from {}, which may cost clearly more", list(worse)),
        };
        let matters = match most {
            true => format!("it does not matter which exact {} you take, so take", self.kind()),
            false => "take".into(),
        };
        format!("{matters} {name}, the simplest: it costs {costs}, and {saved}")
    }

    fn late(&self, lead: &Ranked<'_, '_>, exact: &[&'a Ranked<'r, 'm>], tie: bool) -> String {
        let beside = match (exact, self.pick(exact)) {
            (_, None) => format!("no exact {} was ranked beside it", self.kind()),
            ([_], Some(one)) => format!(
                "unless late reads do no harm, take {}, the cheapest exact one, at {}",
                quoted(one),
                self.cost(one)
            ),
            (many, Some(one)) => format!(
                "unless late reads do no harm, take {} at {}, one of {} exact ones that {}",
                quoted(one),
                self.cost(one),
                many.len(),
                if tie { "tie for the cheapest" } else { "may be the cheapest, too noisy to tell" }
            ),
        };
        format!("{} is the cheapest at {}, but {}; {beside}", quoted(lead), self.cost(lead), self.lag(lead))
    }

    fn cheapest(&self, lead: &Ranked<'_, '_>, next: Option<&Ranked<'_, '_>>) -> String {
        let Some(next) = next else {
            return format!("take {}, the only exact {}: it costs {}", quoted(lead), self.kind(), self.cost(lead));
        };
        let other = |r: &&Ranked<'_, '_>| !std::ptr::eq(*r, lead) && !std::ptr::eq(*r, next);
        let simple = self.simple().filter(other);
        let simple = simple.map_or(String::new(), |r| format!(", and the simplest, {}, {}", quoted(r), self.cost(r)));
        format!(
            "take {}: it costs {}, beyond chance less than every other exact {}; the next, {}, costs {}{simple}",
            quoted(lead),
            self.cost(lead),
            self.kind(),
            quoted(next),
            self.cost(next)
        )
    }

    fn tie(&self, ties: &[&'a Ranked<'r, 'm>], noisy: &[&'a Ranked<'r, 'm>]) -> String {
        let Some((pick, lead)) = self.pick_of(ties, noisy).zip(ties.first()) else { return String::new() };
        if noisy.iter().any(|r| std::ptr::eq(*r, pick)) {
            return self.no_cheaper(pick, lead, ties, noisy);
        }
        let rest = match self.simple() {
            None => String::new(),
            Some(simple) if std::ptr::eq(simple, pick) => ", the simplest".into(),
            Some(simple) => format!(" (the simplest, {}, costs {})", quoted(simple), self.cost(simple)),
        };
        let but = match noisy {
            [] => String::new(),
            [one] => format!("; {} is too noisy to place", quoted(one)),
            many => format!("; {} are too noisy to place", list(many)),
        };
        format!(
            "it does not matter which of {} you take, for their costs cannot be told apart, so take {} at {}{rest}{but}",
            list(ties),
            quoted(pick),
            self.cost(pick)
        )
    }

    /// The simplest candidate is too noisy, but not known to cost more than those that tie.
    fn no_cheaper(
        &self,
        pick: &Ranked<'_, '_>,
        lead: &Ranked<'_, '_>,
        ties: &[&Ranked<'_, '_>],
        noisy: &[&Ranked<'_, '_>],
    ) -> String {
        let others = match noisy.len() - 1 {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let more = less(pick, lead).high.max(self.ranking.resolution);
        format!(
            "{} is the simplest and cannot be told to cost more than the lowest, {}, so take {0}: it costs {}, at most {} ns \
             more; {} tie, and {0}{others} cannot be placed for noise",
            quoted(pick),
            quoted(lead),
            self.cost(pick),
            figure::threshold(more),
            list(ties)
        )
    }

    fn unknown(&self, why: &str) -> String {
        let at = match self.placement {
            Placement::Spread => String::new(),
            other => format!("MISCOUNT_PLACEMENT={other} "),
        };
        let (levels, threads) = (self.ranking.levels.join(","), self.threads);
        let command = format!(
            "{at}MISCOUNT_LEVELS={levels} MISCOUNT_THREADS={threads} cargo bench --bench {}",
            self.load.bench()
        );
        let todo = match self.machine.origin {
            Origin::Measured => format!("so measure again: {}", run(self.machine, &command)),
            Origin::Published { .. } => run(self.machine, &command),
        };
        format!("nobody can tell which exact {} is the cheapest: {why}; {todo}", self.kind())
    }
}

/// A share without needless decimals.
fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    if (share * 100.0 - whole).abs() < 1e-9 { format!("{whole} %") } else { figure::percent(share) }
}

/// A number of increments, without decimals if it is whole.
fn increments(x: f64) -> String {
    if x.fract() == 0.0 { figure::count(x as u64) } else { figure::ns(x) }
}

/// Read error of the worse of two cells.
pub(super) fn read_error(cells: &[&Cell]) -> Option<ReadError> {
    let each: Option<Vec<ReadError>> = cells.iter().map(|c| c.figures.reading?.error).collect();
    each?.into_iter().reduce(|a, b| ReadError {
        median: a.median.max(b.median),
        p99: a.p99.max(b.p99),
        max: a.max.max(b.max),
        ..a
    })
}
