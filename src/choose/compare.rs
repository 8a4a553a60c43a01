//! The asker's present choice against the best, where two candidates change order, and the cheapest at other thread
//! counts.

use std::collections::BTreeSet;

use serde::Serialize;

use super::question::{Axis, Question};
use super::ranking::{self, Candidate, Ranking};
use super::{Error, Mark};
use crate::figure;
use crate::rank::{self, Basis, Cost, CostOrder, is_usable, orders, resolution};
use crate::results::{Cell, Interval, Machine};
use crate::workload::{Load, Placement};

/// The asker's present choice against the best option.
#[derive(Clone, Debug, Serialize)]
pub struct Now {
    /// Its name.
    pub name: String,
    /// Name of the other option: the lowest cost, or the next one if the present choice is the lowest.
    pub best: Option<String>,
    /// How its cost stands to the other's; absent where they cannot be compared.
    pub order: Option<CostOrder>,
    /// Its cost minus the other's, in ns per operation and thread; only where the difference is significant.
    pub difference_ns: Option<Interval>,
    /// Its cost divided by the other's; only where the difference is significant and neither is below the resolution.
    pub ratio: Option<Interval>,
    /// The result in one line.
    pub text: String,
}

/// `a / b`, with the widest interval that theirs allow; `None` where `b` may be 0.
fn ratio(a: Interval, b: Interval, resolution: f64) -> Option<Interval> {
    let solid = |i: Interval| i.low > 0.0 && i.median >= resolution;
    (solid(a) && solid(b)).then(|| Interval { low: a.low / b.high, median: a.median / b.median, high: a.high / b.low })
}

/// Compares the asker's present choice with the best.
pub(super) fn now(
    ranking: &Ranking<'_, '_>,
    candidates: &[Candidate<'_>],
    question: &Question,
) -> Result<Option<Now>, Error> {
    let Some(name) = &question.now else { return Ok(None) };
    let known = || candidates.iter().map(Candidate::name).collect();
    let candidate = candidates.iter().find(|r| r.name() == *name);
    let candidate = candidate.ok_or_else(|| Error::Now { name: name.clone(), known: known() })?;
    let mut now =
        Now { name: name.clone(), best: None, order: None, difference_ns: None, ratio: None, text: String::new() };
    let Some(mine) = ranking.ranked.iter().find(|r| r.candidate.name() == *name) else {
        let reason = ranking.unranked.iter().find(|u| u.name == *name).map_or("not ranked", |u| &u.reason);
        now.text = match &candidate.fault {
            Some(_) => format!("{name} is wrong at any speed: {reason}{}; take one of the options", lost(candidate)),
            None => format!("{name} cannot be compared: {reason}"),
        };
        return Ok(Some(now));
    };
    let Some(best) = ranking.ranked.iter().find(|r| !r.is(mine)) else {
        now.text = format!("{name} is the only one that was measured there");
        return Ok(Some(now));
    };
    let other = best.candidate.name();
    // One of the two is the lowest; the other's mark says whether it differs.
    let lowest = mine.is(&ranking.ranked[0]);
    let (mark, apart, less, word) = match lowest {
        true => (best.mark, CostOrder::Cheaper, best.less(mine), "less"),
        false => (mine.mark, CostOrder::Costlier, mine.less(best), "more"),
    };
    let order = match mark {
        None => apart,
        Some(Mark::Noisy) => CostOrder::Noisy,
        Some(Mark::Tie | Mark::Cheapest) => CostOrder::Tie,
    };
    now.text = match order {
        CostOrder::Noisy => format!("{name} against {other}: too noisy to tell"),
        CostOrder::Tie => format!("{name} against {other}: a tie"),
        CostOrder::Cheaper | CostOrder::Costlier => {
            now.difference_ns = Some(mine.less(best));
            now.ratio = ratio(mine.cost, best.cost, ranking.resolution);
            let times = match now.ratio {
                Some(r) => format!(", {} times as much", figure::interval(r, figure::ns)),
                None => ", no ratio: one of the two is below the resolution or reaches 0".into(),
            };
            format!("{name} costs {} ns {word} than {other}{times}", figure::interval(less, |x| ranking.write(x)))
        }
    };
    (now.best, now.order) = (Some(other), Some(order));
    Ok(Some(now))
}

/// Loss of a candidate as text, the most of its cells; empty where none was recorded.
fn lost(candidate: &Candidate<'_>) -> String {
    let rates = candidate.cells.iter().filter_map(|(_, c)| c.figures.loss_rate).map(|l| l.pooled);
    let most = rates.fold(0.0, f64::max);
    if most > 0.0 { format!(" (up to {} of them here)", figure::percent(most)) } else { String::new() }
}

/// Where, along the load, two candidates change order.
#[derive(Clone, Debug, Serialize)]
pub struct Crossover {
    /// The quantity along which the load varies.
    pub axis: Axis,
    /// Name of the best option.
    pub first: String,
    /// Name of the other: the asker's present choice, else the best option of another family.
    pub second: String,
    /// Each change, between the last point of one order and the first of the other.
    pub changes: Vec<Change>,
    /// The result in one line.
    pub text: String,
}

/// One change of order; both values are on the question's [`Axis`](super::Axis), in ns or as a share.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The last measured point at which `cheaper_before` was cheaper.
    pub from: f64,
    /// The first measured point at which the other was cheaper.
    pub to: f64,
    /// Name of the candidate that is cheaper up to `from`.
    pub cheaper_before: String,
}

/// The order of the best option and another candidate at every point where both were measured.
pub(super) fn crossover(
    machine: &Machine,
    load: Load,
    ranking: &Ranking<'_, '_>,
    candidates: &[Candidate<'_>],
    now: Option<&str>,
) -> Option<Crossover> {
    let first = ranking.ranked.first()?.candidate;
    let other = |r: &&Candidate<'_>| Some(r.name().as_str()) == now && r.name() != first.name();
    let asked = candidates.iter().find(other).filter(|r| r.fault.is_none());
    let second = asked.or_else(|| ranking.ranked.iter().map(|r| r.candidate).find(|r| r.family != first.family))?;
    let mut points = Vec::new();
    for &(at, a) in first.cells.iter().filter(|(_, a)| is_usable(machine, a)) {
        let same = |(_, b): &&(f64, &Cell)| b.key.level == a.key.level && is_usable(machine, b);
        let Some((_, b)) = second.cells.iter().find(same) else { continue };
        if let (Some((ours, a_cost)), Some((theirs, b_cost))) = (rank::cost(a), rank::cost(b))
            && ours == theirs
        {
            let [a_cost, b_cost] = [(a_cost, a), (b_cost, *b)].map(|(interval, c)| Cost { interval, cell: Some(c) });
            points.push((at, (a_cost, b_cost, resolution::of(machine, &a.key.level, a.key.threads))));
        }
    }
    let (values, pairs): (Vec<f64>, Vec<_>) = points.into_iter().unzip();
    let points: Vec<(f64, CostOrder)> = values.into_iter().zip(orders(&pairs)).collect();
    let (one, two) = (first.name(), second.name());
    let apart = |(_, o): &&(f64, CostOrder)| matches!(o, CostOrder::Cheaper | CostOrder::Costlier);
    let told: Vec<(f64, CostOrder)> = points.iter().filter(apart).copied().collect();
    let cheaper = |order| if order == CostOrder::Cheaper { &one } else { &two };
    let changes: Vec<Change> = told
        .windows(2)
        .filter(|pair| pair[0].1 != pair[1].1)
        .map(|pair| Change { from: pair[0].0, to: pair[1].0, cheaper_before: cheaper(pair[0].1).clone() })
        .collect();
    let axis = load.axis();
    let range = match (points.first(), points.last()) {
        (Some((low, _)), Some((high, _))) if points.len() > 1 => {
            format!("from {} to {} ({} points)", axis.text(*low), axis.text(*high), points.len())
        }
        _ => return None,
    };
    let text = if !changes.is_empty() {
        let each = changes.iter().map(|c| {
            let after = if c.cheaper_before == one { &two } else { &one };
            let Change { from, to, cheaper_before: before } = c;
            format!("{before} is cheaper up to {}, {after} from {} on", axis.text(*from), axis.text(*to))
        });
        format!("{} (measured {range})", each.collect::<Vec<_>>().join("; "))
    } else if let Some((_, found)) = told.first() {
        let others = if told.len() < points.len() { ", the others are not told apart" } else { "" };
        let cheaper = cheaper(*found);
        format!("none between {one} and {two} {range}: {cheaper} is cheaper at {} of them{others}", told.len())
    } else {
        format!("none: {one} and {two} are told apart nowhere {range}")
    };
    Some(Crossover { axis, first: one, second: two, changes, text })
}

/// The cheapest at one thread count.
#[derive(Clone, Debug, Serialize)]
pub struct Winners {
    /// The thread count.
    pub threads: usize,
    /// More threads than usable CPUs.
    pub oversubscribed: bool,
    /// Basis of the costs.
    pub basis: Basis,
    /// Names of the lowest and of every other that cannot be distinguished from it.
    pub names: Vec<String>,
    /// Whether the costs are too noisy for a tie.
    pub noisy: bool,
}

/// The cheapest at each measured thread count that can answer the load.
pub(super) fn winners(machine: &Machine, load: Load, placement: Placement) -> Vec<Winners> {
    let here = machine.cells.iter().filter(|c| c.key.bench == load.bench() && c.key.placement == placement);
    let counts: BTreeSet<usize> = here.map(|c| c.key.threads).collect();
    let at = |threads| {
        let candidates = ranking::candidates(machine, load, threads, placement);
        let ranking = ranking::rank(machine, load, threads, &candidates).ok()?;
        let (first, rest) = ranking.ranked.split_first()?;
        let near: Vec<_> = rest.iter().filter(|r| r.mark.is_some()).collect();
        Some(Winners {
            threads,
            oversubscribed: ranking.oversubscribed,
            basis: ranking.basis,
            noisy: near.iter().any(|r| r.mark == Some(Mark::Noisy)),
            names: [first].into_iter().chain(near).map(|r| r.candidate.name()).collect(),
        })
    };
    counts.into_iter().filter_map(at).collect()
}

/// The first thread count at which the lowest of the count before is no longer among the cheapest.
pub(super) fn change(winners: &[Winners]) -> Option<usize> {
    let gone = |pair: &&[Winners]| !pair[1].names.contains(&pair[0].names[0]);
    winners.windows(2).find(gone).map(|pair| pair[1].threads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::around;

    #[test]
    fn ratios_reach_as_far_as_the_intervals_allow() {
        let r = ratio(around(50.0, 5.0), around(10.0, 1.0), 0.5).unwrap();
        assert!((r.low - 45.0 / 11.0).abs() < 1e-9 && r.median == 5.0 && (r.high - 55.0 / 9.0).abs() < 1e-9);
        assert_eq!(ratio(around(50.0, 5.0), around(0.3, 0.1), 0.5), None, "below the resolution");
        assert_eq!(ratio(around(50.0, 5.0), around(1.0, 1.5), 0.5), None, "may be 0");
    }

    #[test]
    fn a_change_is_where_the_lowest_falls_out() {
        let at = |threads, names: &[&str]| Winners {
            threads,
            oversubscribed: false,
            basis: Basis::Net,
            names: names.iter().map(|n| (*n).to_owned()).collect(),
            noisy: false,
        };
        assert_eq!(change(&[at(1, &["a", "b"]), at(2, &["b", "a"]), at(4, &["a"]), at(8, &["c"])]), Some(4));
        assert_eq!(change(&[at(1, &["a"]), at(2, &["b", "a"])]), None);
        assert_eq!(change(&[at(1, &["a"])]), None);
    }
}
