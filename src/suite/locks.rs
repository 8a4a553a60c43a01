//! Makes the cases of locks around work, and of the same loop without a lock.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::counter::{Grade, Info};
use crate::critical::Guarded;
use crate::holding::{self, NO_LOCK, Pass};
use crate::lock::Lock;
use crate::results::{Cell, Holding};
use crate::round::Series;
use crate::round::{Round, nanos, overhead_ns};
use crate::stats;
use crate::team::{Failure, Plan, Team};
use crate::topology::usable_count_at;
use crate::workload::GridPoint;

use super::{After, Case, Controls, Derive, RunAfter, RunRound};

/// Variant of [`NO_LOCK`] without the parallel section.
const CRITICAL_ONLY: &str = "critical_only";

impl Case {
    /// The case of lock `L` around the work of the level. A lock that is held long has no cost: its one round is the pass of
    /// a second that shows who waits.
    pub fn lock<L: Lock<Guarded>>(at: GridPoint) -> Case {
        let critical = at.level.load.inside();
        if at.level.load.is_held_long() {
            return held_long(L::INFO, at, holding::pass::<L>);
        }
        let round = move |team: &mut _, plan: &_| holding::round::<L>(team, plan, critical);
        let case = Case { derive: Some(Box::new(derive)), ..around(L::INFO, "", at, Box::new(round)) };
        let after = (at.threads > 1).then(|| (holding::PASS, pass(holding::pass::<L>, critical)));
        Case { after, ..case }
    }

    /// The case of the same loop without a lock; `critical_only` leaves the parallel section out.
    pub fn no_lock(at: GridPoint, critical_only: bool) -> Case {
        let critical = at.level.load.inside();
        let variant = if critical_only { CRITICAL_ONLY } else { "" };
        let round = move |team: &mut _, plan: &_| holding::alone_round(team, plan, critical, critical_only);
        around(NO_LOCK, variant, at, Box::new(round))
    }
}

/// A case of the locks bench.
fn around(info: Info, variant: &str, at: GridPoint, round: Box<RunRound>) -> Case {
    Case { variant: variant.to_owned(), control: NO_LOCK.id, ..Case::of(info, at, round) }
}

type RunPass = fn(&mut Team, &Plan, Duration, f64, Duration) -> Result<Pass, Failure>;

/// The case of a lock that is held long: one round, which is the pass.
fn held_long(info: Info, at: GridPoint, run: RunPass) -> Case {
    let critical = at.level.load.inside();
    // Threads queue for the lock.
    let ns = at.threads as f64 * nanos(critical);
    // That of the last round that was run, which is the one that counts.
    let last: Rc<RefCell<Option<Pass>>> = Rc::default();
    let found = Rc::clone(&last);
    let round = move |team: &mut Team, plan: &Plan| {
        let pass = run(team, plan, critical, ns, holding::PASS)?;
        let round = pass.round.clone();
        last.replace(Some(pass));
        Ok(round)
    };
    let derive = move |_: &Series<'_>, _: &Controls<'_>, cell: &mut Cell| {
        if let Some(pass) = &*found.borrow() {
            write(pass, cell);
        }
    };
    let derive = Some(Box::new(derive) as Box<Derive>);
    Case { least: holding::PASS, once: true, derive, ..around(info, "", at, Box::new(round)) }
}

/// The time-stopped pass after the rounds.
fn pass(run: RunPass, critical: Duration) -> Box<RunAfter> {
    Box::new(move |team, plan, series| {
        let ns = stats::median(&series.each(Round::ns_per_op_per_thread));
        let pass = run(team, plan, critical, ns, holding::PASS)?;
        let (attempted, kept) = (pass.round.attempted(), pass.round.kept.unwrap_or(0));
        let violations = pass.round.anomalies.unwrap_or(0);
        let fault = (kept != attempted || violations > 0)
            .then(|| format!("{attempted} sections of a pass left {kept}, and {violations} saw another thread inside"));
        Ok(After { write: Box::new(move |cell| write(&pass, cell)), fault })
    })
}

/// Writes what a pass found into the cell.
fn write(pass: &Pass, cell: &mut Cell) {
    let figures = &mut cell.figures;
    (figures.jain, figures.shares, figures.waits) = (Some(pass.jain), Some(pass.shares), pass.waits);
    figures.turns = Some(pass.turns.clone());
}

/// Writes the lock's overhead into the cell; nothing where the loop without a lock was not measured.
fn derive(series: &Series<'_>, controls: &Controls<'_>, cell: &mut Cell) {
    let Some(alone) = controls.ns(NO_LOCK.id, "") else { return };
    // Without a parallel section, both variants are the same loop.
    let Some(critical) = controls.ns(NO_LOCK.id, CRITICAL_ONLY).or_else(|| {
        let none_beside = cell.figures.achieved_think_ns.is_none();
        none_beside.then(|| alone.clone())
    }) else {
        return;
    };
    let hand_offs: Option<Vec<f64>> = series.rounds.iter().map(|round| round.hand_off_rate()).collect();
    let middle = |beside: &[Option<f64>]| {
        let known: Vec<f64> = beside.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| stats::median(&known))
    };
    let (Some(hand_offs), Some(alone_ns), Some(critical_ns)) = (hand_offs, middle(&alone), middle(&critical)) else {
        return;
    };
    let overheads: Vec<Option<f64>> = series
        .each(Round::ns_per_op_per_thread)
        .into_iter()
        .zip(alone.into_iter().zip(critical))
        .map(|(ns, (alone, critical))| Some(overhead_ns(ns, alone?, cell.key.threads, critical?)))
        .collect();
    // Oversubscribed threads wait for CPUs as well, so the lock's share of the time is unknown.
    let fits = cell.key.threads <= usable_count_at(cell.key.placement) && cell.facts.grade == Grade::Exact;
    cell.figures.holding = Some(Holding {
        critical_ns,
        parallel_ns: (alone_ns - critical_ns).max(0.0),
        overhead_ns: series.interval(&overheads).filter(|_| fits),
        hand_off_rate: stats::median(&hand_offs),
    });
}
