//! Compares two machines, or two runs of one machine, cell by cell.
//!
//! [`find`] makes a [`Side`] of a name, [`compare`] compares two sides, [`mismatches`] says what makes that unfair.
//! [`docs::comparing`](crate::docs::comparing) has the formulas.

mod error;
mod outcome;
mod side;
mod spread;

use std::collections::BTreeMap;

use serde::Serialize;

pub use crate::rank::DISCOVERIES;
pub use crate::results::mismatch::mismatches;
pub use error::Error;
pub use outcome::{CellPair, Compared, Comparison, Standing};
use side::around;
pub use side::{Side, find, split};
pub use spread::{Source, Spread};

use crate::counter::Grade;
use crate::figure;
use crate::rank::{self, Basis, resolution};
use crate::results::cell::Key;
use crate::results::{Cell, Interval, Machine, Origin, PastRun};
use crate::round::{Verdict, in_units};
use crate::stats::median;
use crate::stats::significance::{Z95, adjusted, p_value, t95};
use crate::topology::Placement;
use crate::units;
use spread::Spreads;

/// A ratio whose half interval is above this is too noisy to be called the same.
const NOISY: f64 = 0.1;

/// The unit of times in a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    #[default]
    Ns,
    /// The machine's own uncontended fetch_add.
    #[value(alias = "fetch_add")]
    FetchAdd,
    /// The machine's own transfer of a cache line between two CPUs.
    #[value(alias = "line_transfer")]
    LineTransfer,
}

impl Unit {
    /// Its text, in the plural.
    pub fn text(self) -> &'static str {
        match self {
            Unit::Ns => "ns",
            Unit::FetchAdd => "own uncontended fetch_adds",
            Unit::LineTransfer => "own line transfers",
        }
    }

    fn of(self, machine: &Machine) -> Result<f64, Error> {
        let (found, unit, todo) = match self {
            Unit::Ns => return Ok(1.0),
            Unit::FetchAdd => {
                let todo = "MISCOUNT_THREADS=1 cargo bench --bench counters -- '/(none|fetch_add)/'";
                (units::fetch_add_ns(machine), "an uncontended fetch_add", todo)
            }
            Unit::LineTransfer => {
                (units::line_transfer_ns(machine), "a line transfer", "cargo bench --bench core_to_core")
            }
        };
        found.filter(|ns| *ns > 0.0).ok_or_else(|| Error::NoUnit { machine: machine.card.id.clone(), unit, todo })
    }
}

/// The cells to compare; all cells by default.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only cells of this bench.
    pub bench: Option<String>,
    /// Only cells of this level.
    pub level: Option<String>,
    /// Only cells whose name, such as `counters/saturated/fetch_add/2`, contains this.
    pub name: Option<String>,
}

impl Filter {
    fn takes(&self, cell: &Cell) -> bool {
        self.bench.as_ref().is_none_or(|bench| *bench == cell.key.bench)
            && self.level.as_ref().is_none_or(|level| *level == cell.key.level)
            && self.name.as_ref().is_none_or(|part| name(cell).contains(part.as_str()))
    }
}

/// Name of a cell: bench, level, subject with its variant, threads.
pub fn name(cell: &Cell) -> String {
    let Key { bench, subject, variant, threads, level, .. } = &cell.key;
    let variant = if variant.is_empty() { String::new() } else { format!(" {variant}") };
    format!("{bench}/{level}/{subject}{variant}/{threads}")
}

/// Compares the cells of `b` with those of `a`.
///
/// # Errors
/// [`Error`] when they have no cell in common, or a machine lacks the unit.
pub fn compare(a: &Side, b: &Side, unit: Unit, filter: &Filter) -> Result<Comparison, Error> {
    let (one, two) = (&a.machine, &b.machine);
    let units = [unit.of(one)?, unit.of(two)?];
    let one_machine = one.card.id == two.card.id && one.origin == two.origin;
    let by_placement = one.cells.iter().any(|x| two.cells.iter().any(|y| x.key.placement == y.key.placement));
    let pairs = pairs(one, two, filter, by_placement);
    let mut history = one.history.clone();
    if one_machine {
        let new = |past: &&PastRun| one.history.iter().all(|known| known.id != past.id);
        history.extend(two.history.iter().filter(new).cloned());
    }
    // Of two copies of a machine's folder, only one may have the null study.
    let studied = if one_machine && one.resolution.is_empty() { two } else { one };
    let spreads_a = Spreads::new(studied, &history, &[one, two]);
    let spreads_b = if one_machine { None } else { Some(Spreads::new(two, &two.history, &[one, two])) };
    let mut judged: Vec<CellPair> = pairs
        .into_iter()
        .map(|pair| {
            let spread_b = spreads_b.as_ref().unwrap_or(&spreads_a);
            judge(pair, [one, two], units, one_machine, [&spreads_a, spread_b])
        })
        .collect();
    settle(&mut judged);
    let compared = judged.iter().filter(|pair| pair.p.is_some()).count();
    if judged.iter().all(|pair| matches!(pair.standing, Standing::OnlyA | Standing::OnlyB)) {
        let why = if judged.is_empty() { " that is asked for" } else { "" };
        return Err(Error::NothingInCommon { a: a.name.clone(), b: b.name.clone(), why });
    }
    let side = |side: &Side, unit_ns: f64| Compared {
        name: side.name.clone(),
        machine: side.machine.card.id.clone(),
        published: side.machine.origin != Origin::Measured,
        runs: side.machine.runs.keys().cloned().collect(),
        unit_ns,
    };
    let mut lines = mismatches(one, two);
    if one_machine {
        lines.extend(changed_controls(&judged));
    }
    Ok(Comparison {
        a: side(a, units[0]),
        b: side(b, units[1]),
        unit,
        one_machine,
        mismatches: lines,
        compared,
        regressions: judged.iter().filter(|pair| pair.is_regression()).count(),
        rows: judged,
    })
}

/// Compares the cells of a run with the same cells as an earlier run of the machine measured them last. Cells of two rounds
/// (`--quick`) are left out. `None` where no cell is left.
pub fn with_earlier(machine: &Machine, run: &str) -> Option<Comparison> {
    let [before, now] = around(machine, run)?;
    compare(&before, &now, Unit::Ns, &Filter::default()).ok()
}

/// A line on the controls that changed; no change of a counter does that.
fn changed_controls(pairs: &[CellPair]) -> Option<String> {
    let told =
        |pair: &&CellPair| pair.grade == Grade::Control && matches!(pair.standing, Standing::Slower | Standing::Faster);
    let names: Vec<&str> = pairs.iter().filter(told).map(|pair| pair.name.as_str()).collect();
    let names = names.join(", ");
    (!names.is_empty()).then(|| format!("the machine itself was in another mood: {names} changed, which count nothing"))
}

/// A cell of A and the same cell of B, where they exist.
type Pair<'m> = (Option<&'m Cell>, Option<&'m Cell>);

/// Pairs the cells of both by key. Where the two have no placement in common, the placement is ignored.
fn pairs<'m>(a: &'m Machine, b: &'m Machine, filter: &Filter, by_placement: bool) -> Vec<Pair<'m>> {
    let key = |cell: &Cell| {
        let placement = if by_placement { cell.key.placement } else { Placement::Spread };
        Key { placement, ..cell.key.clone() }
    };
    let mut pairs = BTreeMap::<Key, Pair<'m>>::new();
    for cell in a.cells.iter().filter(|cell| filter.takes(cell)) {
        pairs.entry(key(cell)).or_default().0.get_or_insert(cell);
    }
    for cell in b.cells.iter().filter(|cell| filter.takes(cell)) {
        pairs.entry(key(cell)).or_default().1.get_or_insert(cell);
    }
    pairs.into_values().collect()
}

/// Compares one pair. The correction for the number of cells follows in [`settle`].
fn judge(
    (a, b): Pair<'_>,
    machines: [&Machine; 2],
    units: [f64; 2],
    one_machine: bool,
    spreads: [&Spreads<'_>; 2],
) -> CellPair {
    let cell = a.or(b).expect("a pair has a cell");
    let loss = |cell: Option<&Cell>| Some(cell?.figures.loss_rate?.pooled);
    let gross = |cell: Option<&Cell>| cell?.figures.ns_per_op_per_thread;
    let mut pair = CellPair {
        name: name(cell),
        grade: cell.facts.grade,
        threads: cell.key.threads,
        placement: cell.key.placement,
        standing: if a.is_none() { Standing::OnlyB } else { Standing::OnlyA },
        reason: None,
        basis: None,
        a_ns: gross(a),
        b_ns: gross(b),
        ratio: None,
        p: None,
        p_adjusted: None,
        a_spread: None,
        b_spread: None,
        a_loss: loss(a),
        b_loss: loss(b),
    };
    if let (Some(x), Some(y)) = (a, b) {
        let figures = comparable(x, y).and_then(|()| figures([x, y], machines, one_machine));
        match figures {
            Err(reason) => {
                pair.standing = Standing::NotCompared;
                pair.reason = Some(reason);
            }
            Ok((basis, x_ns, y_ns)) => {
                let found = spreads.map(|s| s.of(&x.key));
                let (ratio, p) = tell(x_ns, y_ns, units, found);
                pair.standing = if is_noisy(ratio) { Standing::TooNoisy } else { Standing::Same };
                (pair.basis, pair.a_ns, pair.b_ns) = (Some(basis), Some(x_ns), Some(y_ns));
                (pair.ratio, pair.p) = (Some(ratio), Some(p));
                [pair.a_spread, pair.b_spread] = found.map(Some);
            }
        }
    }
    // A loss counts, whatever it was in A and however long the cell takes.
    if let Some(what) = b.and_then(wrong) {
        pair.standing = Standing::Lost;
        pair.reason = Some(what);
    }
    pair
}

/// Loss or anomaly of a cell whose grade forbids it.
fn wrong(cell: &Cell) -> Option<String> {
    if !cell.facts.grade.gated() {
        return None;
    }
    if let Some(anomalies) = cell.figures.anomalies.as_ref().filter(|a| a.seen > 0) {
        return Some(format!("{} {} in B", figure::count(anomalies.seen), anomalies.kind));
    }
    let most = cell.figures.loss_rate.map_or(0.0, |l| l.max.max(l.pooled));
    rank::lost(cell).then(|| format!("up to {} of a round lost in B", figure::percent(most)))
}

/// Whether the verdicts of two cells allow a comparison; if not, why.
fn comparable(a: &Cell, b: &Cell) -> Result<(), String> {
    let pinned = |v: Verdict| if v == Verdict::Unpinned { Verdict::Valid } else { v };
    match (pinned(a.facts.verdict), pinned(b.facts.verdict)) {
        (Verdict::Valid, Verdict::Valid) | (Verdict::Oversubscribed, Verdict::Oversubscribed) => Ok(()),
        (x, y) if x == y => Err(format!("{} in both", x.id())),
        (x, y) => Err(format!("{} in A, {} in B", x.id(), y.id())),
    }
}

/// The two times to compare, and their basis: gross times between runs of one machine; between machines the costs that
/// cells are ranked by, since the loop's own work takes as long everywhere.
fn figures(
    cells: [&Cell; 2],
    machines: [&Machine; 2],
    one_machine: bool,
) -> Result<(Basis, Interval, Interval), String> {
    let [a, b] = cells.map(|c| c.figures.ns_per_op_per_thread.filter(|i| i.median > 0.0));
    let costs = cells.map(rank::cost);
    // Runs of an earlier version have net costs of locks, but not their overhead.
    let alike = cells[0].figures.holding.is_some() == cells[1].figures.holding.is_some();
    // What an emulator takes says nothing of the processor that it imitates.
    if let Some(machine) = machines.into_iter().find(|machine| !one_machine && machine.card.emulated.is_some()) {
        return Err(format!("{} was measured under an emulator", machine.card.id));
    }
    if let Some(found) = at_one_distance(cells).filter(|_| one_machine) {
        return found.map(|(x, y)| (Basis::Gross, x, y));
    }
    match costs {
        [Some((Basis::Net, x)), Some((Basis::Net, y))] if !one_machine && alike => {
            for (i, machine, cell) in [(x, machines[0], cells[0]), (y, machines[1], cells[1])] {
                let least = resolution::of(machine, &cell.key.level, cell.key.threads);
                if i.median < least || i.low <= 0.0 {
                    return Err(format!("net cost below the resolution of {}", machine.card.id));
                }
            }
            Ok((Basis::Net, x, y))
        }
        _ => a.zip(b).map(|(x, y)| (Basis::Gross, x, y)).ok_or_else(|| "no time in both".into()),
    }
}

/// Line transfers that differ by this factor belong to different distances.
const ELSEWHERE: f64 = 1.5;

/// Why cells are not compared whose CPUs the host had moved.
pub const ELSEWHERE_ONLY: &str = "the CPUs were not as far apart in A as in B";

/// Fewest rounds of each run at a distance.
const ENOUGH_THERE: usize = 3;

/// The gross times of two runs of one machine at a distance of the CPUs that both runs have: the distance where the run
/// with fewer rounds has most. `None` where neither run has more than one distance, or no distance is known.
fn at_one_distance([a, b]: [&Cell; 2]) -> Option<Result<(Interval, Interval), String>> {
    let (here, there) = (distances(a), distances(b));
    let one_each = matches!((&here[..], &there[..]), ([x], [y]) if !is_elsewhere(x.0, y.0));
    if here.is_empty() || there.is_empty() || one_each {
        return None;
    }
    let pairs = here.iter().flat_map(|x| there.iter().map(move |y| (x, y)));
    let alike = pairs.filter(|((one, x, _), (two, y, _))| !is_elsewhere(*one, *two) && *x.min(y) >= ENOUGH_THERE);
    let most = alike.max_by_key(|((_, x, _), (_, y, _))| *x.min(y));
    Some(match most {
        Some(((.., x), (.., y))) => Ok((*x, *y)),
        None => Err(ELSEWHERE_ONLY.into()),
    })
}

fn is_elsewhere(one: f64, two: f64) -> bool {
    one.max(two) > ELSEWHERE * one.min(two)
}

/// The distances of a cell: line transfer, number of rounds, gross time.
fn distances(cell: &Cell) -> Vec<(f64, usize, Interval)> {
    if !cell.figures.distances.is_empty() {
        return cell.figures.distances.iter().map(|d| (d.transfer_ns, d.rounds, d.ns_per_op_per_thread)).collect();
    }
    let whole = || {
        let rounds = cell.figures.rounds.as_ref().filter(|rounds| !rounds.transfer_ns.is_empty())?;
        let known: Vec<f64> = rounds.transfer_ns.iter().flatten().copied().collect();
        (!known.is_empty()).then_some((median(&known), rounds.ns.len(), cell.figures.ns_per_op_per_thread?))
    };
    whole().into_iter().collect()
}

/// Standard error of the logarithm of a median, from its interval.
fn error(i: Interval) -> f64 {
    let width = if i.low > 0.0 { (i.high / i.low).ln() } else { (i.high - i.low) / i.median };
    width / (2.0 * Z95)
}

/// The ratio B / A with its interval, and its probability where nothing changed.
fn tell(a: Interval, b: Interval, units: [f64; 2], spreads: [Spread; 2]) -> (Interval, f64) {
    let log = (in_units(b.median, units[1]) / in_units(a.median, units[0])).ln();
    let within = error(a).powi(2) + error(b).powi(2);
    let error = (within + spreads[0].variance + spreads[1].variance).sqrt();
    let freedom = spreads[0].freedom.min(spreads[1].freedom);
    let half = t95(freedom) * error;
    let ratio = Interval { low: (log - half).exp(), median: log.exp(), high: (log + half).exp() };
    (ratio, p_value(log / error, freedom))
}

fn is_noisy(ratio: Interval) -> bool {
    (ratio.high / ratio.low).sqrt() - 1.0 > NOISY
}

/// Corrects for the number of cells, decides which cells differ, and sorts.
fn settle(pairs: &mut [CellPair]) {
    let all = adjusted(&pairs.iter().filter_map(|pair| pair.p).collect::<Vec<f64>>());
    for (pair, p) in pairs.iter_mut().filter(|pair| pair.p.is_some()).zip(all) {
        pair.p_adjusted = Some(p);
        if p <= DISCOVERIES && pair.standing != Standing::Lost {
            let longer = pair.ratio.is_some_and(|ratio| ratio.median > 1.0);
            pair.standing = if longer { Standing::Slower } else { Standing::Faster };
        }
    }
    pairs.sort_by(|x, y| {
        let p = |pair: &CellPair| pair.p.unwrap_or(1.0);
        x.standing.cmp(&y.standing).then(p(x).total_cmp(&p(y))).then_with(|| x.name.cmp(&y.name))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Distance, Rounds};
    use crate::samples::{around, cell, costing};

    fn with(distances: &[(f64, usize, f64)], transfer: Option<f64>) -> Cell {
        let at = |&(transfer_ns, rounds, ns): &(f64, usize, f64)| Distance {
            transfer_ns,
            rounds,
            ns_per_op_per_thread: around(ns, 0.5),
            net_ns_per_op: None,
            loss_rate: None,
        };
        let transfer_ns = transfer.map(|ns| vec![Some(ns); 4]).unwrap_or_default();
        let rounds = Rounds { passes: vec![1, 2, 3, 4], ns: vec![20.0; 4], transfer_ns, stays: Vec::new() };
        let whole = costing(20.0, cell("counters", "spin_mutex", 2, "saturated"));
        whole.with(|c| {
            c.figures.distances = distances.iter().map(at).collect();
            c.figures.rounds = Some(rounds);
        })
    }

    fn medians(a: &Cell, b: &Cell) -> Option<Result<(f64, f64), String>> {
        at_one_distance([a, b]).map(|found| found.map(|(x, y)| (x.median, y.median)))
    }

    #[test]
    fn runs_are_compared_where_the_cpus_were_as_far_apart() {
        let both = with(&[(27.0, 15, 24.0), (158.0, 5, 12.0)], None);
        let mostly_far = with(&[(28.0, 4, 25.0), (160.0, 16, 11.0)], None);
        assert_eq!(medians(&both, &mostly_far), Some(Ok((12.0, 11.0))), "five rounds far, four near");
        let near = with(&[], Some(26.0));
        assert_eq!(medians(&both, &near), Some(Ok((24.0, 20.0))), "with a run that was near throughout");
        assert_eq!(medians(&near, &near), None, "nothing moved: all rounds are compared");
        assert_eq!(medians(&both, &with(&[], None)), None, "nobody looked");
        let far = with(&[], Some(150.0));
        assert_eq!(medians(&near, &far), Some(Err("the CPUs were not as far apart in A as in B".into())));
    }
}
