//! Finds the candidates for a load, and ranks them.

use std::collections::{BTreeMap, BTreeSet};

use super::missing::{not_measured, run};
use super::question::Question;
use super::{Error, NotRanked};
use crate::counter::Grade;
use crate::figure;
use crate::matrix;
use crate::rank::{self, Basis, Cost, Mark, resolution};
use crate::results::{Cell, Interval, Machine};
use crate::round::Verdict;
use crate::topology;
use crate::workload::{Load, Placement};

/// One counter or lock, with its cells on the question's axis.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'m> {
    pub(super) subject: &'m str,
    pub(super) variant: &'m str,
    pub(super) label: &'m str,
    pub(super) family: &'m str,
    pub(super) grade: Grade,
    /// Why it must not be taken: it loses updates, or let two threads in.
    pub(super) fault: Option<String>,
    /// Value on the axis and cell, ascending.
    pub(super) cells: Vec<(f64, &'m Cell)>,
}

impl<'m> Candidate<'m> {
    /// The one that a cell is of, without any cell.
    pub(super) fn of(cell: &'m Cell, faults: &Faults<'_>) -> Candidate<'m> {
        let (subject, variant) = (cell.key.subject.as_str(), cell.key.variant.as_str());
        Candidate {
            subject,
            variant,
            label: &cell.facts.label,
            family: &cell.facts.family,
            grade: cell.facts.grade,
            fault: faults.0.get(&(subject, variant)).cloned(),
            cells: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> String {
        if self.variant.is_empty() { self.subject.into() } else { format!("{} {}", self.subject, self.variant) }
    }
}

/// Why candidates of a machine must not be taken, by subject and variant.
pub(super) struct Faults<'m>(BTreeMap<(&'m str, &'m str), String>);

impl<'m> Faults<'m> {
    pub(super) fn of(machine: &'m Machine) -> Faults<'m> {
        let lose = rank::wrong(machine).into_iter().map(|(_, s, v)| ((s, v), "loses updates".to_owned()));
        let mut faults: BTreeMap<_, _> = lose.collect();
        // The first cell that saw an anomaly names it.
        for cell in machine.cells.iter().rev() {
            if let Some(anomalies) = cell.figures.anomalies.as_ref().filter(|anomalies| anomalies.seen > 0) {
                let key = (cell.key.subject.as_str(), cell.key.variant.as_str());
                faults.insert(key, format!("wrong: {} seen", anomalies.kind));
            }
        }
        Faults(faults)
    }
}

/// Where a load lies among a candidate's cells.
#[derive(Clone, Copy, Debug)]
pub(super) enum Position<'m> {
    /// On one cell.
    At(&'m Cell),
    /// Between two cells, with the share of the way from the first to the second, in `(0, 1)`.
    Between(&'m Cell, &'m Cell, f64),
}

impl<'m> Position<'m> {
    /// The position among the candidate's cells of these levels.
    fn of(load: Load, candidate: &Candidate<'m>, levels: &[&str]) -> Option<Position<'m>> {
        let at = |level: &str| candidate.cells.iter().copied().find(|(_, c)| c.key.level == level);
        match *levels {
            [level] => Some(Position::At(at(level)?.1)),
            [low, high] => {
                let (low, high) = (at(low)?, at(high)?);
                Some(Position::Between(low.1, high.1, load.weight(low.0, high.0)?))
            }
            _ => None,
        }
    }

    /// The one or two cells of the position.
    pub(super) fn cells(&self) -> Vec<&'m Cell> {
        match *self {
            Position::At(cell) => vec![cell],
            Position::Between(low, high, _) => vec![low, high],
        }
    }

    /// The cost, with its cell if there is one only.
    pub(super) fn priced(&self, interval: Interval) -> Cost<'m> {
        match *self {
            Position::At(cell) => Cost { interval, cell: Some(cell) },
            Position::Between(..) => interval.into(),
        }
    }

    /// A figure at the position, interpolated on a straight line.
    pub(super) fn between(&self, of: impl Fn(&Cell) -> Option<Interval>) -> Option<f64> {
        match *self {
            Position::At(cell) => Some(of(cell)?.median),
            Position::Between(low, high, w) => Some(between(of(low)?, of(high)?, w).median),
        }
    }

    /// The cost to rank by; `None` where a cell has no cost, or two cells differ in their basis.
    fn cost(&self) -> Option<(Basis, Interval)> {
        match *self {
            Position::At(cell) => rank::cost(cell),
            Position::Between(low, high, w) => match (rank::cost(low)?, rank::cost(high)?) {
                ((a, low), (b, high)) if a == b => Some((a, between(low, high, w))),
                _ => None,
            },
        }
    }
}

/// The cost at a share `w` of the way between two measured points. Its median lies on the straight line. The curve
/// between the points is unknown, so the interval includes a change that comes early (`1 - (1-w)^2` of the way) or late
/// (`w^2`).
pub(super) fn between(low: Interval, high: Interval, w: f64) -> Interval {
    let ways = [w * w, w, 1.0 - (1.0 - w) * (1.0 - w)];
    let on = |a: f64, b: f64| ways.map(|way| a + (b - a) * way);
    Interval {
        low: on(low.low, high.low).into_iter().fold(f64::INFINITY, f64::min),
        median: on(low.median, high.median)[1],
        high: on(low.high, high.high).into_iter().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// `a - b`, with the widest interval that theirs allow.
fn difference(a: Interval, b: Interval) -> Interval {
    Interval { low: a.low - b.high, median: a.median - b.median, high: a.high - b.low }
}

/// A ranked candidate.
#[derive(Clone, Debug)]
pub(super) struct Ranked<'r, 'm> {
    pub(super) candidate: &'r Candidate<'m>,
    pub(super) position: Position<'m>,
    pub(super) cost: Interval,
    pub(super) mark: Option<Mark>,
}

impl<'m> Ranked<'_, 'm> {
    pub(super) fn is(&self, other: &Ranked<'_, '_>) -> bool {
        std::ptr::eq(self.candidate, other.candidate)
    }

    pub(super) fn priced(&self) -> Cost<'m> {
        self.position.priced(self.cost)
    }

    /// This cost minus `other`: pass by pass where they were measured so, else from their intervals.
    pub(super) fn less(&self, other: &Ranked<'_, '_>) -> Interval {
        let beside = self.priced().less(&other.priced());
        beside.map_or_else(|| difference(self.cost, other.cost), |beside| beside.ns)
    }
}

/// The candidates for a load at one thread count, ranked.
#[derive(Clone, Debug)]
pub(super) struct Ranking<'r, 'm> {
    pub(super) basis: Basis,
    pub(super) resolution: f64,
    pub(super) oversubscribed: bool,
    /// The level of the load, or the two around it.
    pub(super) levels: Vec<&'m str>,
    /// Lowest cost first; never empty.
    pub(super) ranked: Vec<Ranked<'r, 'm>>,
    pub(super) unranked: Vec<NotRanked>,
}

impl<'m> Ranking<'_, 'm> {
    /// A cost as it is shown, without its unit.
    pub(super) fn write(&self, ns: f64) -> String {
        match self.basis {
            Basis::Net => figure::net(ns, self.resolution),
            Basis::Gross => figure::ns(ns),
        }
    }

    /// The cells of all that is ranked.
    pub(super) fn cells(&self) -> Vec<&'m Cell> {
        self.ranked.iter().flat_map(|r| r.position.cells()).collect()
    }

    /// Whether a cost is too close to 0 to be shown.
    pub(super) fn is_below(&self, ns: f64) -> bool {
        self.basis == Basis::Net && resolution::is_below(ns, self.resolution)
    }

    /// Whether a cost with its whole interval is too close to 0 to be shown.
    pub(super) fn hides(&self, cost: Interval) -> bool {
        [cost.low, cost.median, cost.high].into_iter().all(|ns| self.is_below(ns))
    }
}

/// Whether a cell is of a counter or lock: no control, no hazard.
fn is_option(cell: &Cell) -> bool {
    cell.facts.grade.counts() && cell.facts.family != "hazard"
}

/// Cells of the load's bench, whatever their level.
pub(super) fn of_bench(machine: &Machine, load: Load) -> impl Iterator<Item = &Cell> {
    machine.cells.iter().filter(move |c| c.key.bench == load.bench() && is_option(c))
}

/// The placement asked for, else the first one with the thread count, else the first measured one.
pub(super) fn placement(machine: &Machine, question: &Question) -> Result<Placement, Error> {
    let Question { threads, load, .. } = *question;
    let bench = load.bench();
    let mut all = BTreeSet::new();
    for cell in of_bench(machine, load) {
        all.insert((cell.key.placement, cell.key.threads));
    }
    let counts = |p: Placement| all.iter().filter(move |(of, _)| *of == p).map(|(_, threads)| *threads);
    let measured: Vec<Placement> = Placement::ALL.into_iter().filter(|p| counts(*p).next().is_some()).collect();
    let missing = |what: String, todo: String| Error::NotMeasured { machine: machine.card.id.clone(), what, todo };
    let wanted = match question.placement {
        Some(p) if measured.contains(&p) => vec![p],
        Some(p) if !measured.is_empty() => {
            let what = format!("bench {bench} was not measured with placement {p}");
            return Err(missing(what, run(machine, &format!("MISCOUNT_PLACEMENT={p}"), bench)));
        }
        _ => measured,
    };
    let todo = || run(machine, &format!("MISCOUNT_THREADS={threads}"), bench);
    let Some(&first) = wanted.first() else {
        return Err(missing(format!("nothing was measured by bench {bench}"), todo()));
    };
    let found = wanted.iter().find(|p| counts(**p).any(|n| n == threads));
    found.copied().ok_or_else(|| {
        let known: Vec<String> = counts(first).map(|n| n.to_string()).collect();
        let what = format!("bench {bench} was not measured at {threads} threads, only at {}", known.join(", "));
        missing(format!("{what}, and nothing is interpolated between thread counts"), todo())
    })
}

/// Variant of the second measurement of an option, which is no option.
pub(super) const AGAIN: &str = "again";

/// Every candidate with cells on the question's axis, by name.
pub(super) fn candidates(machine: &Machine, load: Load, threads: usize, placement: Placement) -> Vec<Candidate<'_>> {
    rows_of(machine, load, threads, placement, |c| c.key.variant != AGAIN)
}

/// Every second measurement with cells on the question's axis.
pub(super) fn twins(machine: &Machine, load: Load, threads: usize, placement: Placement) -> Vec<Candidate<'_>> {
    rows_of(machine, load, threads, placement, |c| c.key.variant == AGAIN)
}

fn rows_of(
    machine: &Machine,
    load: Load,
    threads: usize,
    placement: Placement,
    wanted: fn(&Cell) -> bool,
) -> Vec<Candidate<'_>> {
    let mut candidates = BTreeMap::<_, Candidate<'_>>::new();
    let here = |c: &&Cell| c.key.threads == threads && c.key.placement == placement && wanted(c);
    let faults = Faults::of(machine);
    for cell in of_bench(machine, load).filter(here) {
        let Some(at) = load.at(cell) else { continue };
        let new = || Candidate::of(cell, &faults);
        candidates.entry((&cell.key.subject, &cell.key.variant)).or_insert_with(new).cells.push((at, cell));
    }
    let mut candidates: Vec<Candidate<'_>> = candidates.into_values().collect();
    for candidate in &mut candidates {
        candidate.cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    candidates
}

/// Why a cell's cost cannot be ranked.
pub(super) fn unfit(machine: &Machine, cell: &Cell) -> Option<String> {
    if rank::is_usable(machine, cell) {
        return None;
    }
    let allowed = machine.runs.get(&cell.facts.run).and_then(|run| run.allowed.as_deref());
    let allowed = allowed.map(|list| topology::parse_cpu_list(list).len()).filter(|cpus| *cpus < cell.key.threads);
    Some(match cell.facts.verdict {
        Verdict::Oversubscribed if let Some(cpus) = allowed => {
            format!("oversubscribed: its run had {cpus} of the CPUs")
        }
        Verdict::Oversubscribed => {
            "oversubscribed: its own helper threads need CPUs too, or a quota left it fewer".into()
        }
        verdict => format!("{}: {}", verdict.id(), matrix::explain(verdict)),
    })
}

/// Position and cost of a candidate at the levels of a ranking, if the cost may be compared.
pub(super) fn cost_at<'m>(
    machine: &'m Machine,
    load: Load,
    ranking: &Ranking<'_, 'm>,
    candidate: &Candidate<'m>,
) -> Option<(Position<'m>, Interval)> {
    let (position, basis, cost) = fit(machine, load, &ranking.levels, candidate).ok()?;
    (basis == ranking.basis).then_some((position, cost))
}

/// Position and cost of a candidate at these levels; if the cost cannot be compared, why.
fn fit<'m>(
    machine: &'m Machine,
    load: Load,
    levels: &[&str],
    candidate: &Candidate<'m>,
) -> Result<(Position<'m>, Basis, Interval), String> {
    if let Some(fault) = &candidate.fault {
        return Err(fault.clone());
    }
    let position =
        Position::of(load, candidate, levels).ok_or_else(|| format!("not measured at {}", levels.join(" and ")))?;
    if let Some(reason) = position.cells().iter().find_map(|c| unfit(machine, c)) {
        return Err(reason);
    }
    let (basis, cost) = position.cost().ok_or("no cost was recorded")?;
    Ok((position, basis, cost))
}

/// The level of the load, or the two nearest around it. All candidates use the same levels.
fn levels<'m>(load: Load, candidates: &[Candidate<'m>]) -> Option<Vec<&'m str>> {
    let mut positions = BTreeMap::<&str, f64>::new();
    for (at, cell) in candidates.iter().flat_map(|r| &r.cells) {
        positions.entry(&cell.key.level).or_insert(*at);
    }
    if let Some((level, _)) = positions.iter().find(|(_, at)| load.is_at(**at)) {
        return Some(vec![level]);
    }
    let mut positions: Vec<(&str, f64)> = positions.into_iter().collect();
    positions.sort_by(|a, b| a.1.total_cmp(&b.1));
    let around = positions.windows(2).find(|pair| load.weight(pair[0].1, pair[1].1).is_some());
    around.map(|pair| vec![pair[0].0, pair[1].0])
}

/// Ranks `candidates` at the load.
pub(super) fn rank<'r, 'm>(
    machine: &'m Machine,
    load: Load,
    threads: usize,
    candidates: &'r [Candidate<'m>],
) -> Result<Ranking<'r, 'm>, Error> {
    let levels = levels(load, candidates).ok_or_else(|| not_measured(machine, load, threads, candidates))?;
    let mut unranked = Vec::new();
    let mut leave_out = |candidate: &Candidate<'_>, reason| unranked.push(NotRanked { name: candidate.name(), reason });
    let mut found = Vec::new();
    for candidate in candidates {
        match fit(machine, load, &levels, candidate) {
            Ok((position, basis, cost)) => found.push((basis, Ranked { candidate, position, cost, mark: None })),
            Err(reason) => leave_out(candidate, reason),
        }
    }
    // Gross and net costs cannot be compared. Net costs are used if there are any.
    let net = found.iter().any(|(basis, _)| *basis == Basis::Net);
    let basis = if net { Basis::Net } else { Basis::Gross };
    let (found, gross): (Vec<_>, Vec<_>) = found.into_iter().partition(|(of, _)| *of == basis);
    gross.iter().for_each(|(_, ranked)| leave_out(ranked.candidate, "only its gross cost is known".into()));
    if found.is_empty() {
        return Err(Error::Unusable { machine: machine.card.id.clone(), threads, reasons: reasons(&unranked) });
    }
    let mut ranked: Vec<Ranked<'_, '_>> = found.into_iter().map(|(_, ranked)| ranked).collect();
    ranked.sort_by(|a, b| a.cost.median.total_cmp(&b.cost.median));
    let resolution = levels.iter().map(|level| resolution::of(machine, level, threads)).fold(0.0, f64::max);
    let costs: Vec<Cost<'_>> = ranked.iter().map(Ranked::priced).collect();
    for (ranked, mark) in ranked.iter_mut().zip(rank::marks(&costs, resolution)) {
        ranked.mark = mark;
    }
    let oversubscribed = threads > machine.card.usable_cpus;
    Ok(Ranking { basis, resolution, oversubscribed, levels, ranked, unranked })
}

/// How many candidates are not ranked for each reason.
pub fn reasons(not_ranked: &[NotRanked]) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for one in not_ranked {
        *counts.entry(&one.reason).or_default() += 1;
    }
    counts.iter().map(|(reason, n)| format!("{n} x {reason}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::around;

    #[test]
    fn differences_reach_as_far_as_the_intervals_allow() {
        let d = difference(around(50.0, 2.0), around(10.0, 1.0));
        assert_eq!((d.low, d.median, d.high), (37.0, 40.0, 43.0));
    }

    #[test]
    fn between_two_points_the_interval_allows_for_a_bend() {
        let (low, high) = (around(20.0, 1.0), around(10.0, 1.0));
        let half = between(low, high, 0.5);
        assert!((half.median - 15.0).abs() < 1e-9, "{half:?}");
        // A quarter and three quarters of the way, widened by the intervals of the ends.
        assert!((half.low - 11.5).abs() < 1e-9 && (half.high - 18.5).abs() < 1e-9, "{half:?}");
        for w in [0.01, 0.2, 0.5, 0.8, 0.99] {
            let i = between(low, high, w);
            assert!(i.low <= i.median && i.median <= i.high, "{i:?}");
            assert!(i.low >= 9.0 && i.high <= 21.0, "beyond what was measured: {i:?}");
        }
        let near = between(low, high, 1e-6);
        assert!((near.low - 19.0).abs() < 1e-3 && (near.high - 21.0).abs() < 1e-3, "{near:?}");
    }
}
