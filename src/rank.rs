//! The rules of comparison: the cost that a cell is ranked by, the rows that are never ranked, and which of several
//! costs is the cheapest, as far as noise allows.
//!
//! The report, [`choose`](crate::choose) and [`compare`](crate::compare) use these rules. [`resolution`] knows the
//! smallest difference that can be seen, and [`waiting`] which locks let a thread starve.

mod paired;
pub mod resolution;
pub mod waiting;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::counter::Grade;
use crate::results::{Cell, Interval, Machine};
use crate::round::Verdict;
use crate::stats::significance::{Z95, adjusted, p_normal};
pub use paired::{Cost, Difference};
use resolution::is_below;

/// Expected share of chance findings among all costs called different.
pub const DISCOVERIES: f64 = 0.05;
/// A cost whose half interval is above this share of its median is too noisy for a tie.
const NOISY: f64 = 0.1;
/// Up to so many costs, all pairs of them are compared: some 31,000.
pub const MANY: usize = 250;

/// What was subtracted from a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The loop without the counter or lock was subtracted.
    Net,
    /// Nothing was subtracted: the loop and its work are included.
    Gross,
}

/// The cost that a cell is ranked by, in ns per operation and thread: the overhead of a lock, the cost of a mix of
/// reads and writes, or the net cost of an increment; else the gross cost.
pub fn cost(cell: &Cell) -> Option<(Basis, Interval)> {
    let net = match (&cell.figures.holding, &cell.figures.reading) {
        (Some(holding), _) => holding.overhead_ns,
        (None, Some(_)) => cell.figures.net_ns_per_op.or_else(|| mix(cell)),
        (None, None) => cell.figures.net_ns_per_op,
    };
    net.map(|i| (Basis::Net, i)).or(cell.figures.ns_per_op_per_thread.map(|i| (Basis::Gross, i)))
}

/// Cost of reads and writes by their shares; `None` where a side with a share was not measured.
fn mix(cell: &Cell) -> Option<Interval> {
    let reading = cell.figures.reading?;
    let part = |share: f64, side: Option<Interval>| match side {
        _ if share <= 0.0 => Some([0.0; 3]),
        side => side.map(|i| [i.low, i.median, i.high].map(|x| x * share)),
    };
    let (r, w) = (part(reading.share, reading.read_ns)?, part(1.0 - reading.share, reading.write_ns)?);
    Some(Interval { low: r[0] + w[0], median: r[1] + w[1], high: r[2] + w[2] })
}

/// Whether the cell has the verdict that its thread count should have: `valid` up to the usable CPUs,
/// `oversubscribed` beyond.
pub fn is_usable(machine: &Machine, cell: &Cell) -> bool {
    let over = cell.key.threads > machine.card.usable(cell.key.placement);
    cell.facts.verdict == if over { Verdict::Oversubscribed } else { Verdict::Valid }
}

/// Whether the cell lost updates.
pub fn lost(cell: &Cell) -> bool {
    cell.figures.lost.is_some_and(|n| n > 0) || cell.figures.loss_rate.is_some_and(|l| l.pooled > 0.0 || l.max > 0.0)
}

/// Rows that are racy or lost updates anywhere, as bench, subject and variant. They are never ranked.
pub fn wrong(machine: &Machine) -> BTreeSet<(&str, &str, &str)> {
    let loses = |c: &&Cell| c.facts.grade.counts() && (c.facts.grade == Grade::Racy || lost(c));
    machine
        .cells
        .iter()
        .filter(loses)
        .map(|c| (c.key.bench.as_str(), c.key.subject.as_str(), c.key.variant.as_str()))
        .collect()
}

/// How a cost stands among the costs it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Cheaper than every other, beyond noise.
    Cheapest,
    /// Not distinguishable from the cheapest.
    Tie,
    /// Perhaps the cheapest, but an interval is too wide even for a tie.
    #[serde(rename = "too_noisy")]
    Noisy,
}

impl Mark {
    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Mark::Cheapest => "cheapest",
            Mark::Tie => "tie",
            Mark::Noisy => "too noisy",
        }
    }
}

/// How one cost stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostOrder {
    /// Less, beyond noise.
    Cheaper,
    /// More, beyond noise.
    Costlier,
    /// Not distinguishable.
    Tie,
    /// Not distinguishable, and an interval is too wide for a tie.
    #[serde(rename = "too_noisy")]
    Noisy,
}

/// Whether an interval is too wide for a tie: half of it is above 10 % of its median, and above the resolution in ns.
pub fn is_noisy(cost: Interval, resolution: f64) -> bool {
    let half = (cost.high - cost.low) / 2.0;
    half > NOISY * cost.median.abs() && half > resolution
}

/// Whether `cost` cannot be distinguished from the smaller cost `least`: the intervals overlap, the medians differ by
/// less than the resolution, or both medians are below the resolution.
fn near(cost: Interval, least: Interval, resolution: f64) -> bool {
    let both_below = below(cost, resolution) && below(least, resolution);
    cost.low <= least.high || cost.median - least.median < resolution || both_below
}

/// Probability of medians this far apart where two costs are the same, from the halves of the intervals that face each
/// other.
fn by_chance(a: Interval, b: Interval) -> f64 {
    let (least, most) = if a.median <= b.median { (a, b) } else { (b, a) };
    let apart = most.median - least.median;
    let error = (least.high - least.median).hypot(most.median - most.low) / Z95;
    if apart > 0.0 { p_normal(apart / error) } else { 1.0 }
}

/// How `a` stands to `b`, without correction for further comparisons. Differences below `resolution` ns are noise.
pub fn order(a: Interval, b: Interval, resolution: f64) -> CostOrder {
    orders(&[(a.into(), b.into(), resolution)])[0]
}

/// Two costs, and the resolution of their difference in ns.
pub type Pair<'c> = (Cost<'c>, Cost<'c>, f64);

/// How the first cost of each pair stands to the second, corrected for the number of pairs (Benjamini and Hochberg
/// 1995). Differences below a pair's resolution are noise. Costs of one block are compared pass by pass, others by
/// their intervals.
pub fn orders(pairs: &[Pair<'_>]) -> Vec<CostOrder> {
    corrected(pairs, adjusted)
}

/// How the first cost of each pair stands to the second, with chances that `correct` has corrected.
fn corrected(pairs: &[Pair<'_>], correct: impl FnOnce(&[f64]) -> Vec<f64>) -> Vec<CostOrder> {
    let beside: Vec<Option<Difference>> = pairs.iter().map(|(a, b, _)| a.less(b)).collect();
    let chance = |(pair, beside): (&Pair<'_>, &Option<Difference>)| match beside {
        Some(difference) => difference.p,
        None => by_chance(pair.0.interval, pair.1.interval),
    };
    let chances = correct(&pairs.iter().zip(&beside).map(chance).collect::<Vec<f64>>());
    let one = |((pair, beside), chance): ((&Pair<'_>, Option<Difference>), f64)| {
        let (a, b, resolution) = (pair.0.interval, pair.1.interval, pair.2);
        let (least, most) = if a.median <= b.median { (a, b) } else { (b, a) };
        let (is_near, is_noisy, less) = match beside {
            Some(Difference { ns, .. }) => {
                let unseen = ns.median.abs() < resolution || below(a, resolution) && below(b, resolution);
                // A difference that was not seen may be as large as half its interval.
                let half = (ns.high - ns.low) / 2.0;
                (unseen, half > NOISY * least.median.abs() && half > resolution, ns.median < 0.0)
            }
            None => {
                let noisy = is_noisy(a, resolution) || is_noisy(b, resolution);
                (near(most, least, resolution), noisy, a.median <= b.median)
            }
        };
        let is_few = pair.0.is_of_few() || pair.1.is_of_few();
        if !is_near && chance <= DISCOVERIES && !is_few {
            if less { CostOrder::Cheaper } else { CostOrder::Costlier }
        } else if is_noisy || is_few {
            CostOrder::Noisy
        } else {
            CostOrder::Tie
        }
    };
    pairs.iter().zip(beside).zip(chances).map(one).collect()
}

fn below(i: Interval, resolution: f64) -> bool {
    is_below(i.median, resolution)
}

/// The marks of costs that are compared with each other. Costs above the cheapest have none; a single cost has none.
/// Corrected for all pairs: any cost may turn out the cheapest, and the lowest of many equal costs is far from the
/// highest. Of more than [`MANY`] costs only the pairs with the lowest are looked at, by a stricter correction (Bonferroni).
pub fn marks(costs: &[Cost<'_>], resolution: f64) -> Vec<Option<Mark>> {
    let lowest = (0..costs.len()).min_by(|a, b| costs[*a].interval.median.total_cmp(&costs[*b].interval.median));
    let Some(lowest) = lowest.filter(|_| costs.len() > 1) else { return vec![None; costs.len()] };
    let others: Vec<usize> = (0..costs.len()).filter(|at| *at != lowest).collect();
    let mut pairs: Vec<Pair<'_>> = others.iter().map(|at| (costs[*at], costs[lowest], resolution)).collect();
    let found = if costs.len() > MANY {
        let all = costs.len() as f64 * others.len() as f64 / 2.0;
        corrected(&pairs, |chances| chances.iter().map(|p| p * all).collect())
    } else {
        let rest = others.iter().enumerate().flat_map(|(n, a)| others[n + 1..].iter().map(move |b| (*a, *b)));
        pairs.extend(rest.map(|(a, b)| (costs[a], costs[b], resolution)));
        orders(&pairs)
    };
    let mut marks = vec![None; costs.len()];
    for (at, found) in others.into_iter().zip(found) {
        marks[at] = match found {
            CostOrder::Tie => Some(Mark::Tie),
            CostOrder::Noisy => Some(Mark::Noisy),
            // The lowest median is costlier pass by pass: undecided.
            CostOrder::Cheaper => Some(Mark::Noisy),
            CostOrder::Costlier => None,
        };
    }
    // The mark of the lowest cost depends on the marks of the others.
    marks[lowest] = Some(if marks.contains(&Some(Mark::Tie)) {
        Mark::Tie
    } else if marks.contains(&Some(Mark::Noisy)) {
        Mark::Noisy
    } else {
        Mark::Cheapest
    });
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Holding, LossRate, Reading, read};
    use crate::samples::{self, around, machine};

    #[test]
    fn a_wide_interval_is_never_a_tie() {
        let (tight, wide) = (around(10.0, 0.5), around(11.0, 3.0));
        assert_eq!(order(tight, around(10.4, 0.5), 0.1), CostOrder::Tie);
        assert_eq!(order(tight, wide, 0.1), CostOrder::Noisy);
        assert_eq!(order(wide, tight, 0.1), CostOrder::Noisy);
        assert_eq!(
            order(around(10.0, 1.0), around(10.5, 1.0), 0.1),
            CostOrder::Tie,
            "10 % on each side is not too wide"
        );
        assert_eq!(order(tight, around(20.0, 5.0), 0.1), CostOrder::Cheaper, "wide, but far away");
        assert_eq!(order(around(20.0, 5.0), tight, 0.1), CostOrder::Costlier);
        assert_eq!(marks(&[tight.into(), wide.into()], 0.1), [Some(Mark::Noisy); 2], "nothing to tie with");
        let three = [wide, tight, around(10.4, 0.5)].map(Cost::from);
        assert_eq!(marks(&three, 0.1), [Some(Mark::Noisy), Some(Mark::Tie), Some(Mark::Tie)]);
        // No cost ties with a cheapest one that is too noisy.
        assert_eq!(marks(&[around(9.0, 3.0).into(), around(10.0, 0.1).into()], 0.1), [Some(Mark::Noisy); 2]);
    }

    #[test]
    fn what_the_resolution_hides_is_a_tie_and_no_noise() {
        assert_eq!(order(around(0.1, 0.05), around(0.9, 0.05), 1.0), CostOrder::Tie, "both below");
        assert_eq!(order(around(5.0, 0.1), around(5.9, 0.1), 1.0), CostOrder::Tie, "nearer than it");
        assert_eq!(order(around(5.0, 0.1), around(6.1, 0.1), 1.0), CostOrder::Cheaper);
        assert_eq!(order(around(5.0, 0.1), around(6.0, 0.1), 1.0), CostOrder::Cheaper, "as far apart as it");
        assert_eq!(order(around(0.5, 0.1), around(2.0, 0.1), 1.0), CostOrder::Cheaper, "only one below");
        assert_eq!(order(around(0.0, 1.0), around(0.5, 1.0), 1.0), CostOrder::Tie, "as wide as it");
        assert_eq!(order(around(0.0, 0.9), around(0.5, 0.9), 1.0), CostOrder::Tie, "90 % wide, and below it");
        assert_eq!(order(around(0.0, 1.5), around(0.5, 1.5), 1.0), CostOrder::Noisy);
    }

    #[test]
    fn of_very_many_costs_those_far_above_the_lowest_have_no_mark() {
        let of = |costs: usize, apart: f64| {
            let all: Vec<Cost<'_>> =
                (0..costs).map(|n| around(if n % 2 == 0 { 10.0 } else { 10.0 + apart }, 0.2).into()).collect();
            let marks = marks(&all, 0.1);
            let [even, odd] = [0, 1].map(|n| marks.iter().skip(n).step_by(2).copied().collect::<BTreeSet<_>>());
            assert_eq!(even, BTreeSet::from([Some(Mark::Tie)]), "{costs} costs, {apart} ns");
            odd.into_iter().collect::<Vec<_>>()
        };
        for costs in [MANY, MANY + 1, 40 * MANY] {
            assert_eq!((of(costs, 0.3), of(costs, 5.0)), (vec![Some(Mark::Tie)], vec![None]), "{costs}");
        }
        // Half of all pairs differ: the step-up rule asks for p of 2.5 %, the stricter one for 1.6 in a million: 0.692 ns.
        assert_eq!((of(MANY, 0.5), of(MANY + 1, 0.5)), (vec![None], vec![Some(Mark::Tie)]));
        assert_eq!((of(MANY + 1, 0.68), of(MANY + 1, 0.7)), (vec![Some(Mark::Tie)], vec![None]));
    }

    fn cell(threads: usize) -> Cell {
        samples::cell("b", "s", threads, "high")
    }

    #[test]
    fn a_cost_is_net_where_something_was_taken_off() {
        let (gross, net, overhead) = (around(100.0, 2.0), around(50.0, 1.0), around(-5.0, 1.0));
        let plain = cell(1).with(|c| c.figures.ns_per_op_per_thread = Some(gross));
        assert_eq!((cost(&cell(1)), cost(&plain)), (None, Some((Basis::Gross, gross))));
        let counter = plain.clone().with(|c| c.figures.net_ns_per_op = Some(net));
        assert_eq!(cost(&counter), Some((Basis::Net, net)));
        let holding = Holding { critical_ns: 1.0, parallel_ns: 2.0, overhead_ns: Some(overhead), hand_off_rate: 0.0 };
        assert_eq!(cost(&counter.clone().with(|c| c.figures.holding = Some(holding))), Some((Basis::Net, overhead)));
        let over = Holding { overhead_ns: None, ..holding };
        assert_eq!(
            cost(&counter.clone().with(|c| c.figures.holding = Some(over))),
            Some((Basis::Gross, gross)),
            "oversubscribed"
        );

        let (read, write) = (around(4.0, 1.0), around(20.0, 4.0));
        let mix = |share, read_ns, write_ns| {
            let reading = Reading { share, read_ns, write_ns, longest_write_ns: None, error: None };
            cost(&plain.clone().with(|c| c.figures.reading = Some(reading)))
        };
        assert_eq!(mix(0.75, Some(read), Some(write)), Some((Basis::Net, around(8.0, 1.75))));
        assert_eq!(mix(1.0, Some(read), None), Some((Basis::Net, read)), "nobody writes");
        assert_eq!(mix(0.0, None, Some(write)), Some((Basis::Net, write)), "nobody reads");
        assert_eq!(mix(0.75, Some(read), None), Some((Basis::Gross, gross)), "a side that has a share must be known");
    }

    #[test]
    fn what_lost_anywhere_is_wrong_and_controls_lose_nothing() {
        let rate = |max: f64, pooled: f64| Some(LossRate { min: 0.0, median: 0.0, max, pooled });
        type Change = fn(&mut Cell);
        let changes: [(Change, bool); 7] = [
            (|_| (), false),
            (|c| c.figures.lost = Some(0), false),
            (|c| c.figures.lost = Some(1), true),
            (|c| c.facts.grade = Grade::Racy, true),
            (|c| c.facts.grade = Grade::Control, false),
            (|c| (c.facts.grade, c.figures.lost) = (Grade::Control, Some(1)), false),
            (|c| (c.facts.grade, c.figures.lost) = (Grade::Eventual, Some(1)), true),
        ];
        let wrong_of = |cell: &Cell| wrong(&machine(vec![cell.clone()])).len() == 1;
        for (n, (change, expected)) in changes.into_iter().enumerate() {
            let mut changed = cell(1);
            change(&mut changed);
            assert_eq!(wrong_of(&changed), expected, "change {n}");
        }
        for (loss_rate, expected) in [(rate(0.0, 0.0), false), (rate(0.1, 0.0), true), (rate(0.0, 0.1), true)] {
            assert_eq!(lost(&cell(1).with(|c| c.figures.loss_rate = loss_rate)), expected);
        }
        // Its other cells are wrong as well; another variant is another row.
        let cells =
            vec![cell(1).with(|c| c.figures.lost = Some(1)), cell(2), cell(1).with(|c| c.key.variant = "v".into())];
        assert_eq!(wrong(&machine(cells)), BTreeSet::from([("b", "s", "")]));
    }

    #[test]
    fn a_verdict_must_be_that_of_the_thread_count() {
        let machine = machine(Vec::new());
        let usable = |threads, verdict| is_usable(&machine, &cell(threads).with(|c| c.facts.verdict = verdict));
        assert!(usable(2, Verdict::Valid) && usable(3, Verdict::Oversubscribed));
        assert!(!usable(3, Verdict::Valid) && !usable(2, Verdict::Oversubscribed) && !usable(1, Verdict::Preempted));
    }

    #[test]
    fn the_resolution_is_the_machines_own_or_a_careful_one() {
        let mut m = machine(Vec::new());
        let of = |m: &Machine, level: &str| [1, 2, 3].map(|threads| resolution::of(m, level, threads));
        assert_eq!(of(&m, "saturated"), [0.1, 1.0, 3.0]);
        assert_eq!(of(&m, "c100_p900"), [14.0, 15.0, 90.0], "as moderate");
        assert_eq!(of(&m, "switch_5ms"), [0.1, 1.0, 3.0], "as saturated");
        assert!(!resolution::is_own(&m, "high"));
        let found = |level: &str, threads, ns| read::Resolution {
            level: level.into(),
            threads,
            ns,
            between_ns: 10.0 * ns,
            between_log: None,
        };
        m.card.usable_cpus = 8;
        m.resolution = vec![found("high", 2, 5.0), found("high", 4, 7.0), found("low", 1, 9.0)];
        let at = |threads| resolution::of(&m, "high", threads);
        assert_eq!([1, 2, 3, 4, 8, 9].map(at), [5.0, 5.0, 5.0, 7.0, 7.0, 70.0]);
        assert!(resolution::is_own(&m, "high") && resolution::is_own(&m, "low") && !resolution::is_own(&m, "moderate"));
        assert!(!resolution::is_below(1.0, 1.0) && resolution::is_below(-0.9, 1.0));
    }

    #[test]
    fn one_alone_is_the_cheapest_and_a_single_one_is_nothing() {
        let costs = [around(5.0, 0.1), around(9.0, 0.1), around(7.0, 0.1)];
        assert_eq!(marks(&costs.map(Cost::from), 0.1), [Some(Mark::Cheapest), None, None]);
        assert_eq!([Mark::Cheapest, Mark::Tie, Mark::Noisy].map(Mark::text), ["cheapest", "tie", "too noisy"]);
        assert_eq!(marks(&[costs[0].into()], 0.1), [None]);
        assert!(marks(&[], 0.1).is_empty());
    }

    fn normal(rng: &mut fastrand::Rng) -> f64 {
        // Box and Muller.
        (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos()
    }

    /// Costs measured of rows that truly cost `truth`, each with an error of 1 ns.
    fn measured(truth: &[f64], rng: &mut fastrand::Rng) -> Vec<Cost<'static>> {
        truth.iter().map(|ns| around(ns + normal(rng), Z95).into()).collect()
    }

    #[test]
    fn many_rows_that_cost_the_same_are_told_apart_by_chance_as_often_as_said() {
        let mut rng = fastrand::Rng::with_seed(11);
        for rows in [2, 5, 30] {
            let told = (0..400).filter(|_| marks(&measured(&vec![200.0; rows], &mut rng), 0.0).contains(&None)).count();
            assert!(told <= 28, "{rows} rows: {told} of 400");
        }
        let found = (0..400).filter(|_| {
            let costs = measured(&[&[192.0], &[200.0; 29][..]].concat(), &mut rng);
            marks(&costs, 0.0)[0] == Some(Mark::Cheapest)
        });
        // Once the others differ from the first, the correction asks less of each.
        assert!(found.count() >= 300);
    }

    #[test]
    fn what_is_told_apart_alone_may_not_be_among_many() {
        let (a, b) = (around(100.0, 1.0), around(102.1, 1.0));
        assert_eq!(order(a, b, 0.1), CostOrder::Cheaper);
        let pair = |other: Interval| (a.into(), other.into(), 0.1);
        let mut many = vec![pair(around(100.5, 1.0)); 30];
        many.push(pair(b));
        assert_eq!(orders(&many)[30], CostOrder::Tie);
        many[..30].fill(pair(around(150.0, 1.0)));
        assert_eq!(orders(&many)[30], CostOrder::Cheaper, "those that surely differ ask no more of it");
    }
}
