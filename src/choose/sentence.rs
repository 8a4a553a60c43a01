//! The answer in one sentence.

use super::advice::{Asked, Found};
use super::missing::run;
use super::question::time;
use super::ranking::Ranked;
use super::{read_error, runs};
use crate::counter::Grade;
use crate::figure;
use crate::rank::Basis;
use crate::results::{Cell, Interval, Origin};
use crate::round::nanos;
use crate::workload::{Load, Placement};

/// Most names written out of a list.
const NAMED: usize = 3;

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

impl Asked<'_, '_, '_> {
    /// What was found, with the load before it and the evidence behind it. `named` are the candidates whose figures it
    /// gives.
    pub(super) fn sentence(&self, found: &Found<'_, '_, '_>, named: &[&Ranked<'_, '_>]) -> String {
        let text = match found {
            Found::Alone(ranked) => self.alone(ranked),
            Found::Enough { simple, saves, of, worse } => self.enough(simple, *saves, *of, worse),
            Found::Late { lead, pick, exact, tie } => self.late(lead, *pick, *exact, *tie),
            Found::Cheapest { lead, next, simple } => self.cheapest(lead, *next, *simple),
            Found::Tie { pick, ties, noisy } => self.tie(pick, ties, noisy),
            Found::Unknown(why) => self.unknown(why),
        };
        format!("{}, {text} ({}).", self.load_text(), self.basis(named))
    }

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

    pub(super) fn kind(&self) -> &'static str {
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
        let gross = if self.ranking.basis == Basis::Gross { ", its loop included" } else { "" };
        if gross.is_empty() && median < 0.0 && !self.ranking.is_below(median) {
            // A negative cost is no figure.
            return match write(high) {
                high if high.starts_with('-') => "nothing that can be told".into(),
                high if high.starts_with('<') => format!("{high} ns"),
                high => format!("up to {high} ns"),
            };
        }
        if self.ranking.hides(of.cost) {
            return format!("{} ns", write(median));
        }
        format!("{} ns ({} to {}){gross}", write(median), write(low), write(high))
    }

    /// The evidence behind the figures.
    fn basis(&self, named: &[&Ranked<'_, '_>]) -> String {
        let cells: Vec<&Cell> = match named {
            [] => self.ranking.cells(),
            named => named.iter().flat_map(|r| r.position.cells()).collect(),
        };
        let s = if self.threads == 1 { "" } else { "s" };
        let level = match self.ranking.levels[..] {
            [low, high] => format!("between the levels {low} and {high}"),
            _ => format!("level {}", self.ranking.levels.join(" and ")),
        };
        let mut parts = vec![level, format!("{} thread{s}", self.threads)];
        if self.ranking.oversubscribed {
            parts[1].push_str(&format!(" on {} CPUs", self.machine.card.usable_cpus));
        }
        if let Some(rounds) = cells.iter().map(|c| c.figures.rounds_kept).min().flatten() {
            parts.push(format!("{rounds} rounds"));
        }
        let runs = runs(&cells).len();
        if runs > 1 {
            parts.push(format!("from {runs} runs, compare with care"));
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
        let (name, cost) = (quoted(ranked), self.cost(ranked));
        let but = match ranked.candidate.grade {
            Grade::Exact => String::new(),
            _ => format!(", and {}", self.lag(ranked)),
        };
        format!("only {name} can be ranked: it costs {cost}, and there is nothing to compare it with{but}")
    }

    fn enough(&self, simple: &Ranked<'_, '_>, saves: f64, of: f64, worse: &[&Ranked<'_, '_>]) -> String {
        let costs = match self.ranking.basis {
            Basis::Net => format!("{} of the {} ns that {} takes", self.cost(simple), figure::ns(of), self.operation()),
            Basis::Gross => self.cost(simple),
        };
        let saved = format!("saves more than {} ns, {} of that", figure::threshold(saves), figure::percent(saves / of));
        let saved = match worse {
            [] => format!("no other {saved}"),
            worse => format!("none of the others {saved}, apart from {}, which may cost clearly more", list(worse)),
        };
        let matters = match 2 * worse.len() < self.exact().len() {
            true => format!("it does not matter which exact {} you take, so take", self.kind()),
            false => "take".into(),
        };
        format!("{matters} {}, the simplest: it costs {costs}, and {saved}", quoted(simple))
    }

    fn late(&self, lead: &Ranked<'_, '_>, pick: Option<&Ranked<'_, '_>>, exact: usize, tie: bool) -> String {
        let may_be = if tie { "tie for the cheapest" } else { "may be the cheapest, too noisy to tell" };
        let (only, among) = match exact {
            1 => (", the cheapest exact one,", String::new()),
            many => ("", format!(", one of {many} exact ones that {may_be}")),
        };
        let beside = match pick {
            None => format!("no exact {} was ranked beside it", self.kind()),
            Some(pick) => {
                let (name, cost) = (quoted(pick), self.cost(pick));
                format!("unless late reads do no harm, take {name}{only} at {cost}{among}")
            }
        };
        format!("{} is the cheapest at {}, but {}; {beside}", quoted(lead), self.cost(lead), self.lag(lead))
    }

    fn cheapest(
        &self,
        lead: &Ranked<'_, '_>,
        next: Option<&Ranked<'_, '_>>,
        simple: Option<&Ranked<'_, '_>>,
    ) -> String {
        let (name, cost, kind) = (quoted(lead), self.cost(lead), self.kind());
        let Some(next) = next else {
            return format!("take {name}, the only exact {kind}: it costs {cost}");
        };
        let simple = simple.map_or(String::new(), |r| format!(", and the simplest, {}, {}", quoted(r), self.cost(r)));
        format!(
            "take {name}: it costs {cost}, beyond chance less than every other exact {kind}; the next, {}, costs {}{simple}",
            quoted(next),
            self.cost(next)
        )
    }

    fn tie(&self, pick: &Ranked<'_, '_>, ties: &[&Ranked<'_, '_>], noisy: &[&Ranked<'_, '_>]) -> String {
        let (name, cost, tie) = (quoted(pick), self.cost(pick), list(ties));
        if noisy.iter().any(|r| r.is(pick)) {
            // The simplest is too noisy, but not known to cost more than those that tie.
            let others = match noisy.len() - 1 {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let more = figure::threshold(pick.less(ties[0]).high.max(self.ranking.resolution));
            return format!(
                "{name} is the simplest and cannot be told to cost more than the lowest, {}, so take {name}: it costs {cost}, \
                 at most {more} ns more; {tie} tie, and {name}{others} cannot be placed for noise",
                quoted(ties[0])
            );
        }
        let rest = match self.simple() {
            None => String::new(),
            Some(simple) if simple.is(pick) => ", the simplest".into(),
            Some(simple) => format!(" (the simplest, {}, costs {})", quoted(simple), self.cost(simple)),
        };
        let but = match noisy {
            [] => String::new(),
            noisy => format!("; {} {} too noisy to place", list(noisy), if noisy.len() == 1 { "is" } else { "are" }),
        };
        format!(
            "it does not matter which of {tie} you take, for their costs cannot be told apart, so take {name} at {cost}{rest}{but}"
        )
    }

    fn unknown(&self, why: &str) -> String {
        let at = match self.placement {
            Placement::Spread => String::new(),
            other => format!("MISCOUNT_PLACEMENT={other} "),
        };
        let (levels, threads) = (self.ranking.levels.join(","), self.threads);
        let variables = format!("{at}MISCOUNT_LEVELS={levels} MISCOUNT_THREADS={threads}");
        let todo = run(self.machine, &variables, self.load.bench());
        let again = if self.machine.origin == Origin::Measured { "so measure again: " } else { "" };
        format!("nobody can tell which exact {} is the cheapest: {why}; {again}{todo}", self.kind())
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
