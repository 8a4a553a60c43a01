//! Claims of articles about locks and atomics, checked with a machine's figures.
//!
//! Every verdict is computed from recorded cells that may be ranked (an exact count, a trusted verdict, no more threads
//! than CPUs), and carries the figures behind it. A comparison of one counter with many
//! locks is corrected for their number. The figures of a claim are not corrected for each other.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::figure::{self, threads};
use crate::rank::{self, Basis, Cost, CostOrder, order, orders, resolution};
use crate::results::{Cell, Interval, Key, Machine, Origin};
use crate::workload::{Load, position};

/// Whether a claim holds on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Every figure that says anything says yes.
    Holds,
    /// Every figure that says anything says no.
    DoesNotHold,
    /// Some figures say yes, some no.
    Mixed,
    /// No figure says anything.
    Unclear,
    /// There are no figures.
    NotMeasured,
}

impl Finding {
    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Finding::Holds => "holds",
            Finding::DoesNotHold => "does not hold",
            Finding::Mixed => "mixed",
            Finding::Unclear => "too noisy to say",
            Finding::NotMeasured => "not measured",
        }
    }

    /// The finding of all figures together.
    pub(crate) fn of(figures: &[Figure]) -> Finding {
        let any = |says: Says| figures.iter().any(|f| f.says == says);
        match (any(Says::Yes), any(Says::No), any(Says::Partly)) {
            _ if figures.is_empty() => Finding::NotMeasured,
            (false, false, false) => Finding::Unclear,
            (true, false, false) => Finding::Holds,
            (false, true, false) => Finding::DoesNotHold,
            _ => Finding::Mixed,
        }
    }
}

/// What one figure says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// It agrees.
    Yes,
    /// It contradicts.
    No,
    /// It agrees for a part of its comparisons.
    Partly,
    /// Its interval is too wide, or is on the edge.
    Unclear,
}

impl Says {
    /// Whether a cost is less, as a claim says.
    fn less(found: CostOrder) -> Says {
        match found {
            CostOrder::Cheaper => Says::Yes,
            CostOrder::Costlier | CostOrder::Tie => Says::No,
            CostOrder::Noisy => Says::Unclear,
        }
    }
}

/// One figure behind a verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its cells: rows, threads, bench and level.
    pub what: String,
    /// The figures, with units.
    pub measured: String,
    /// Whether it agrees with the claim.
    pub says: Says,
}

/// One claim and its finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The claim.
    pub text: &'static str,
    /// How it is checked.
    pub check: &'static str,
    /// Whether it holds.
    pub finding: Finding,
    /// The same in words; if nothing was measured, it names the command to run.
    pub verdict: String,
    /// The figures behind it.
    pub figures: Vec<Figure>,
}

/// The claims in the order in which they are shown, checked against one machine's cells.
pub fn claims(machine: &Machine) -> Vec<Claim> {
    let fit = fit(machine);
    let claim = |text, check, bench: &str, figures: Vec<Figure>| {
        let finding = Finding::of(&figures);
        let verdict = match finding {
            Finding::NotMeasured if machine.origin != Origin::Measured => "not measured there".to_owned(),
            Finding::NotMeasured => format!("not measured: run `cargo bench --bench {bench}`"),
            found => found.text().to_owned(),
        };
        Claim { text, check, finding, verdict, figures }
    };
    vec![
        claim(
            "A lock costs 100 to 500 ns uncontended",
            "each lock around nothing at 1 thread; yes if its whole interval is in this range",
            "locks",
            lock_cost(machine, &fit, |threads| threads == 1, 100.0, 500.0),
        ),
        claim(
            "A lock costs 1 to 10 µs contended",
            "each lock around nothing at 2 threads and more, up to the CPUs; yes if its whole interval is in this range",
            "locks",
            lock_cost(machine, &fit, |threads| threads > 1, 1_000.0, 10_000.0),
        ),
        claim(
            "Read-write locks scale better for read-heavy work",
            "each read-write lock and the mutex of its crate, at 90 % reads and more: yes if its cost grows less from 1 thread on",
            "reads",
            read_write(machine, &fit),
        ),
        claim(
            "Shrinking the critical section helps",
            "each lock at 2 threads and more, the same work in all: yes if an operation takes less with the smallest critical section than with the largest",
            "locks",
            shrinking(machine, &fit),
        ),
        claim(
            "Atomics beat locks",
            "an increment of fetch_add against an increment under each lock: yes if it costs less than with every lock",
            "counters",
            atomics(machine, &fit),
        ),
    ]
}

/// The cells that may be compared: of rows that lose nothing, with a trusted verdict and no more threads than CPUs.
/// A row measured twice counts once.
fn fit(machine: &Machine) -> Vec<&Cell> {
    let wrong = rank::wrong(machine);
    let keep = |c: &&Cell| {
        c.facts.grade.counts()
            && c.facts.family != "hazard"
            && c.key.variant.is_empty()
            && c.key.threads <= machine.card.usable(c.key.placement)
            && rank::is_usable(machine, c)
            && c.figures.anomalies.as_ref().is_none_or(|a| a.seen == 0)
            && !wrong.contains(&(c.key.bench.as_str(), c.key.subject.as_str(), c.key.variant.as_str()))
    };
    machine.cells.iter().filter(keep).collect()
}

fn is_lock(cell: &Cell) -> bool {
    matches!(cell.facts.family.as_str(), "blocking" | "spinning" | "combining")
}

/// Threads, bench, level and placement of a cell.
fn place(cell: &Cell) -> String {
    let Key { bench, level, placement, .. } = &cell.key;
    format!("{}, {bench} {level}, {placement}", threads(cell.key.threads))
}

/// A cost with its interval, and whether it is net or gross.
pub(crate) fn written(basis: Basis, cost: Interval, resolution: f64) -> String {
    match basis {
        Basis::Net if resolution::is_below(cost.median, resolution) => {
            format!("{} ns net", figure::net(cost.median, resolution))
        }
        Basis::Net => format!("{} ns net", figure::interval(cost, |x| figure::net(x, resolution))),
        Basis::Gross => format!("{} ns gross", figure::interval(cost, figure::ns)),
    }
}

/// Whether an interval is inside the range from `least` to `most` ns, outside of it, or on its edge.
pub(crate) fn within(cost: Interval, least: f64, most: f64) -> Says {
    let inside = |x: f64| (least..=most).contains(&x);
    match () {
        () if inside(cost.low) && inside(cost.high) => Says::Yes,
        () if cost.high < least || cost.low > most => Says::No,
        () => Says::Unclear,
    }
}

/// The cost of each lock around nothing, and whether it is between `least` and `most` ns. It comes from the locks
/// bench. Where that was not run, it is the cost of an increment under the lock.
fn lock_cost(machine: &Machine, fit: &[&Cell], at: fn(usize) -> bool, least: f64, most: f64) -> Vec<Figure> {
    let of = |bench, level| {
        fit.iter().filter(move |c| c.key.bench == bench && c.key.level == level && is_lock(c) && at(c.key.threads))
    };
    let mut cells: Vec<&&Cell> = of("locks", "c0_p0").collect();
    if cells.is_empty() {
        cells = of("counters", "saturated").collect();
    }
    let figure = |c: &&&Cell| {
        let (basis, cost) = rank::cost(c)?;
        Some(Figure {
            what: format!("{}, {}", c.key.subject, place(c)),
            measured: written(basis, cost, resolution::of(machine, &c.key.level, c.key.threads)),
            says: within(cost, least, most),
        })
    };
    cells.iter().filter_map(figure).collect()
}

/// Read-write locks, each with the mutex that it is compared with.
const READ_WRITE: [(&str, &str); 2] = [("std_rwlock", "std_mutex"), ("parking_lot_rwlock", "parking_lot_mutex")];

/// How much the cost of each grows from one thread to more.
fn read_write(machine: &Machine, fit: &[&Cell]) -> Vec<Figure> {
    let heavy =
        |c: &&Cell| matches!(Load::of(&c.key.level), Some(Load::Mix { share, .. }) if (0.9..1.0).contains(&share));
    let mut figures = Vec::new();
    for (shared, alone) in READ_WRITE {
        let many =
            fit.iter().filter(|c| c.key.bench == "reads" && c.key.subject == shared && c.key.threads > 1 && heavy(c));
        for cell in many {
            let other = |subject: &str, threads: usize| {
                fit.iter().find(|c| {
                    c.key.bench == "reads"
                        && c.key.subject == subject
                        && c.key.threads == threads
                        && c.key.level == cell.key.level
                        && c.key.placement == cell.key.placement
                })
            };
            let costs = [(shared, 1), (shared, cell.key.threads), (alone, 1), (alone, cell.key.threads)]
                .map(|(subject, threads)| other(subject, threads).and_then(|c| rank::cost(c)));
            let [Some((a, rw_one)), Some((b, rw_many)), Some((c, m_one)), Some((d, m_many))] = costs else { continue };
            if [b, c, d].iter().any(|basis| *basis != a) {
                continue;
            }
            let floor = resolution::of(machine, &cell.key.level, 1);
            let (rw, m) = (growth(rw_one, rw_many, floor), growth(m_one, m_many, floor));
            let says = rw.zip(m).map_or(Says::Unclear, |(rw, m)| Says::less(order(rw, m, 0.0)));
            let many = resolution::of(machine, &cell.key.level, cell.key.threads);
            let cheaper = match order(rw_many, m_many, many) {
                CostOrder::Cheaper => format!("{shared} costs less there"),
                CostOrder::Costlier => format!("{alone} costs less there"),
                CostOrder::Tie => "a tie there".into(),
                CostOrder::Noisy => "too noisy to say which costs less there".into(),
            };
            let side = |name: &str, one: Interval, more: Interval, growth: Option<Interval>| {
                let times = growth.map_or("?".into(), |g| figure::ns(g.median));
                let (one, more) = (figure::net(one.median, floor), figure::net(more.median, many));
                format!("{name} {one} to {more} ns (x {times})")
            };
            figures.push(Figure {
                what: format!("{shared} and {alone}, 1 to {}", place(cell)),
                measured: [side(shared, rw_one, rw_many, rw), side(alone, m_one, m_many, m), cheaper].join("; "),
                says,
            });
        }
    }
    figures
}

/// The ratio `many / one` with the widest interval that the two allow; `None` where `one` may be 0.
fn growth(one: Interval, many: Interval, resolution: f64) -> Option<Interval> {
    let solid = one.low > 0.0 && !resolution::is_below(one.median, resolution);
    solid.then(|| Interval { low: many.low / one.high, median: many.median / one.median, high: many.high / one.low })
}

/// The time of an operation when work moves out of the critical section.
fn shrinking(machine: &Machine, fit: &[&Cell]) -> Vec<Figure> {
    let mut lines = BTreeMap::<_, Vec<(Duration, &Cell, Interval)>>::new();
    for cell in fit.iter().filter(|c| c.key.bench == "locks" && is_lock(c) && c.key.threads > 1) {
        if let (Some(Load::Work { critical, parallel }), Some(gross)) =
            (Load::of(&cell.key.level), cell.figures.ns_per_op_per_thread)
        {
            let key = (cell.key.threads, &cell.key.subject, critical + parallel, cell.key.placement);
            lines.entry(key).or_default().push((critical, cell, gross));
        }
    }
    let mut figures = Vec::new();
    for ((count, subject, total, placement), mut line) in lines {
        line.sort_by_key(|point| Reverse(point.0));
        let ((_, largest, long), (_, smallest, short)) = (line[0], line[line.len() - 1]);
        if line.len() < 2 {
            continue;
        }
        let floor = [largest, smallest].map(|c| resolution::of(machine, &c.key.level, count));
        let join = |each: Vec<String>| each.join(" to ");
        figures.push(Figure {
            what: format!(
                "{subject}, {}, {} ns of work, {placement}",
                threads(count),
                figure::count(total.as_nanos() as u64)
            ),
            measured: format!(
                "critical section of {} ns: {} ns/op per thread",
                join(line.iter().map(|(critical, ..)| figure::count(critical.as_nanos() as u64)).collect()),
                join(line.iter().map(|(_, _, gross)| figure::ns(gross.median)).collect())
            ),
            says: Says::less(order(short, long, floor[0].max(floor[1]))),
        });
    }
    figures
}

/// An atomic increment against an increment under each lock.
fn atomics(machine: &Machine, fit: &[&Cell]) -> Vec<Figure> {
    let counters = || fit.iter().filter(|c| c.key.bench == "counters");
    let mut figures = Vec::new();
    let mut adds: Vec<&&Cell> = counters().filter(|c| c.key.subject == "fetch_add").collect();
    adds.sort_by_key(|c| (c.key.threads, position(&c.key.level)));
    for atomic in adds {
        let Some((basis, cost)) = rank::cost(atomic) else { continue };
        let same = |c: &&&Cell| {
            is_lock(c)
                && (&c.key.level, c.key.threads, c.key.placement)
                    == (&atomic.key.level, atomic.key.threads, atomic.key.placement)
        };
        let priced = |c: &Cell| Some(rank::cost(c).filter(|(b, _)| *b == basis)?.1);
        let mut locks: Vec<(String, Interval, &Cell)> =
            counters().filter(same).filter_map(|c| Some((c.key.subject.clone(), priced(c)?, *c))).collect();
        locks.sort_by(|a, b| a.1.median.total_cmp(&b.1.median));
        let (Some(least), Some(most)) = (locks.first(), locks.last()) else { continue };
        let floor = resolution::of(machine, &atomic.key.level, atomic.key.threads);
        let own = Cost { interval: cost, cell: Some(atomic) };
        let of = |interval: &Interval, cell| Cost { interval: *interval, cell: Some(cell) };
        let pairs: Vec<_> = locks.iter().map(|(_, lock, cell)| (own, of(lock, *cell), floor)).collect();
        let orders = orders(&pairs);
        let count = |wanted: CostOrder| orders.iter().filter(|o| **o == wanted).count();
        let (beaten, noisy) = (count(CostOrder::Cheaper), count(CostOrder::Noisy));
        let says = match locks.len() - beaten {
            0 => Says::Yes,
            // Locks that are too noisy to place contradict nothing.
            rest if rest == noisy => Says::Unclear,
            _ if beaten == 0 => Says::No,
            _ => Says::Partly,
        };
        let one = |name: &str, i: Interval| format!("{name} {}", written(basis, i, floor));
        figures.push(Figure {
            what: format!("fetch_add and {} locks, {}", locks.len(), place(atomic)),
            measured: format!(
                "{}; the cheapest lock {}, the costliest {}; cheaper than {beaten} of {}, {} not told apart, {noisy} too noisy",
                one("fetch_add", cost),
                one(&least.0, least.1),
                one(&most.0, most.1),
                locks.len(),
                count(CostOrder::Tie),
            ),
            says,
        });
    }
    figures
}

#[cfg(test)]
mod tests;
