//! Makes the cases of reads and writes.

use std::time::Duration;

use crate::counter::Counter;
use crate::mix::{self, LoneWriter, ReadError};
use crate::results::{Cell, Reading};
use crate::round::{ReadsAndWrites, Series};
use crate::stats;
use crate::team::{Failure, Plan, Team};
use crate::topology::usable_count;
use crate::workload::{GridPoint, Sweep};

use super::{After, Case, Controls, ROUND, RunAfter};

impl Case {
    /// The case of counter `C` under the mix of the level.
    pub fn mix<C: Counter>(at: GridPoint) -> Case {
        let percent = at.level.load.reads_percent();
        let round = move |team: &mut _, plan: &_| mix::round::<C>(team, plan, percent);
        let mut case = Case::new(C::INFO, at, round);
        (case.bytes, case.missing) = (Some(C::bytes(at.threads)), C::missing());
        case.derive = Some(Box::new(move |series, _: &Controls<'_>, cell| derive(percent, series, cell)));
        case.after = Some((ROUND, after(mix::read_error::<C>, percent)));
        case
    }

    /// The cases of counter `C` in the bench `reads`. Where a read can keep a write waiting, those of the first level with the most
    /// threads that fit (in a full run: with two threads and more) also have a pass of one writer beside readers.
    pub fn mixes<C: Counter>(sweep: &Sweep) -> Vec<Case> {
        let points: Vec<GridPoint> = sweep.grid("reads").collect();
        let fit = points.iter().map(|at| at.threads).filter(|&threads| threads <= usable_count()).max();
        let meets = |at: &GridPoint| at.threads > 1 && (sweep.full || fit == Some(at.threads));
        let cases = points.iter().map(|&at| {
            let case = Case::mix::<C>(at);
            let lone = C::READ_BLOCKS && at.level == points[0].level && meets(&at);
            if lone { Case { after: case.after.map(|after| then(after, mix::lone_writer::<C>)), ..case } } else { case }
        });
        cases.collect()
    }
}

type RunLoneWriter = fn(&mut Team, &Plan, Duration) -> Result<(LoneWriter, i64), Failure>;

/// What runs after the rounds already, then a writer beside readers.
fn then((takes, run): (Duration, Box<RunAfter>), lone_writer: RunLoneWriter) -> (Duration, Box<RunAfter>) {
    let both = move |team: &mut Team, plan: &Plan, series: &Series<'_>| {
        let After { write, fault } = run(team, plan, series)?;
        let (found, off) = lone_writer(team, plan, mix::PASS)?;
        let write_both = move |cell: &mut Cell| {
            write(cell);
            cell.figures.lone_writer = Some(found);
        };
        let off = (off != 0).then(|| format!("a writer beside readers: the count is off by {off}"));
        Ok(After { write: Box::new(write_both), fault: fault.or(off) })
    };
    (takes + mix::PASS, Box::new(both))
}

type CheckReads = fn(&mut Team, &Plan, u64) -> Result<Option<ReadError>, Failure>;

/// The round after the others that tells how far behind reads were.
fn after(check: CheckReads, percent: u64) -> Box<RunAfter> {
    Box::new(move |team, plan, _| {
        let error = check(team, plan, percent)?;
        let write = move |cell: &mut Cell| {
            // Without writes, no read is wrong.
            if let Some(reading) = cell.figures.reading.as_mut().filter(|reading| reading.share < 1.0) {
                reading.error = error;
            }
        };
        Ok(After { write: Box::new(write), fault: None })
    })
}

fn derive(percent: u64, series: &Series<'_>, cell: &mut Cell) {
    let mixes: Option<Vec<ReadsAndWrites>> = series.rounds.iter().map(|round| round.mix).collect();
    let Some(mixes) = mixes else { return };
    let each =
        |one: fn(&ReadsAndWrites) -> Option<f64>| series.interval(&mixes.iter().map(one).collect::<Vec<Option<f64>>>());
    let longest: Vec<f64> = mixes.iter().filter(|mix| mix.writes > 0).map(|mix| mix.longest_write_ns).collect();
    cell.figures.reading = Some(Reading {
        share: percent as f64 / 100.0,
        read_ns: each(ReadsAndWrites::ns_per_read),
        write_ns: each(ReadsAndWrites::ns_per_write),
        longest_write_ns: (!longest.is_empty()).then(|| stats::median(&longest)),
        error: None,
    });
}
