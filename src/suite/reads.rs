//! Counters to rows of reads and writes.

use crate::counter::Counter;
use crate::mix;
use crate::results::{Cell, Reading};
use crate::round::{Mix as Told, Round};
use crate::stats;
use crate::workload::{Mix, Placement};

use super::{After, Controls, MEASURE, Row, SAMPLES};

impl Row {
    /// The row of counter `C` under the mix of `level`.
    pub fn mix<C: Counter>(level: &Mix, threads: usize, placement: Placement) -> Row {
        let percent = level.percent;
        let round = move |team: &mut _, iters, pace, usable| mix::round::<C>(team, iters, pace, usable, percent);
        let after = move |team: &mut _, pace, rounds: &[&Round]| {
            let iters = rounds.iter().map(|round| round.iters).min().unwrap_or(0);
            let error = mix::read_error::<C>(team, iters, pace, percent)?;
            let note = move |cell: &mut Cell| {
                // Where nobody writes, nothing can be off.
                if let Some(reading) = cell.reading.as_mut().filter(|reading| reading.share < 1.0) {
                    reading.error = error;
                }
            };
            Ok(After { note: Box::new(note), fault: None })
        };
        Row {
            think: level.think,
            set: Some(format!("{} {threads} {placement}", level.id)),
            derive: Some(Box::new(move |rounds, _: &Controls<'_>, cell| derive(percent, rounds, cell))),
            after: Some((MEASURE / SAMPLES as u32, Box::new(after))),
            ..Row::new(C::INFO, level.id, threads, placement, round)
        }
    }
}

fn derive(percent: u64, rounds: &[&Round], cell: &mut Cell) {
    let told: Option<Vec<Told>> = rounds.iter().map(|round| round.mix).collect();
    let Some(told) = told else { return };
    let each = |one: fn(&Told) -> Option<f64>| {
        let all: Vec<f64> = told.iter().filter_map(one).collect();
        (!all.is_empty()).then(|| stats::interval(&all))
    };
    let longest: Vec<f64> = told.iter().filter(|mix| mix.writes > 0).map(|mix| mix.longest_write_ns).collect();
    cell.reading = Some(Reading {
        share: percent as f64 / 100.0,
        read_ns: each(Told::ns_per_read),
        write_ns: each(Told::ns_per_write),
        longest_write_ns: (!longest.is_empty()).then(|| stats::median(&longest)),
        error: None,
    });
}
