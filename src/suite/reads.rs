//! Counters to rows of reads and writes.

use crate::counter::Counter;
use crate::mix;
use crate::results::{Cell, Reading};
use crate::round::{ReadsAndWrites, Series};
use crate::stats;
use crate::workload::{Mix, Placement};

use super::{After, Controls, ROUND, Row};

impl Row {
    /// The row of counter `C` under the mix of `level`.
    pub fn mix<C: Counter>(level: &Mix, threads: usize, placement: Placement) -> Row {
        let percent = level.percent;
        let round = move |team: &mut _, plan: &_| mix::round::<C>(team, plan, percent);
        let after = move |team: &mut _, plan: &_, _: &Series<'_>| {
            let error = mix::read_error::<C>(team, plan, percent)?;
            let note = move |cell: &mut Cell| {
                // Where nobody writes, nothing can be off.
                if let Some(reading) = cell.figures.reading.as_mut().filter(|reading| reading.share < 1.0) {
                    reading.error = error;
                }
            };
            Ok(After { note: Box::new(note), fault: None })
        };
        Row {
            think: level.think,
            derive: Some(Box::new(move |series, _: &Controls<'_>, cell| derive(percent, series, cell))),
            after: Some((ROUND, Box::new(after))),
            ..Row::new(C::INFO, level.id, threads, placement, round)
        }
    }
}

fn derive(percent: u64, series: &Series<'_>, cell: &mut Cell) {
    let told: Option<Vec<ReadsAndWrites>> = series.rounds.iter().map(|round| round.mix).collect();
    let Some(told) = told else { return };
    let each =
        |one: fn(&ReadsAndWrites) -> Option<f64>| series.interval(&told.iter().map(one).collect::<Vec<Option<f64>>>());
    let longest: Vec<f64> = told.iter().filter(|mix| mix.writes > 0).map(|mix| mix.longest_write_ns).collect();
    cell.figures.reading = Some(Reading {
        share: percent as f64 / 100.0,
        read_ns: each(ReadsAndWrites::ns_per_read),
        write_ns: each(ReadsAndWrites::ns_per_write),
        longest_write_ns: (!longest.is_empty()).then(|| stats::median(&longest)),
        error: None,
    });
}
