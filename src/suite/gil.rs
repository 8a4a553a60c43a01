//! The models of CPython's lock to rows.

use super::Row;
use super::interpreters::{interval, least};
use crate::catalogue::{self, GilVisitor};
use crate::counters::gil::Interpreted;
use crate::kernel;
use crate::workload::{Level, Placement, Sweep};

/// Thread counts of the models, unless others are asked for: those of the articles on Python threads.
const THREADS: [usize; 4] = [1, 2, 4, 10];
/// Threads at intervals other than CPython's own, and of the default cells.
const TWO: usize = 2;
/// Models of the default cells.
const DEFAULT: [&str; 2] = ["gil_3_9_plain", "gil_3_10_plain"];

impl Row {
    /// The row of model `C` at one switch interval.
    pub fn gil<C: Interpreted>(level: &Level, threads: usize, placement: Placement) -> Row {
        let interval = interval(level);
        let round = move |team: &mut _, iters, pace, usable| {
            let make = move || C::with_interval(interval);
            kernel::round_on(team, iters, pace, usable, make, |_: &C| ()).map(|(round, ())| round)
        };
        Row { least: least(threads, level), ..Row::new(C::INFO, level, threads, placement, round) }
    }

    /// The rows of all models at the points of a sweep. Without [`Sweep::full`], a few of them at 2 threads and
    /// CPython's own interval.
    pub fn gil_rows(sweep: &Sweep) -> Vec<Row> {
        let mut rows = Rows { sweep, rows: Vec::new() };
        catalogue::visit_gil(&mut rows);
        rows.rows
    }
}

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl GilVisitor for Rows<'_> {
    fn visit<C: Interpreted>(&mut self) {
        let Sweep { full, placements, placements_given, .. } = self.sweep;
        if !full && !DEFAULT.contains(&C::INFO.id) {
            return;
        }
        // Who waits its turn does not mind where.
        let placements = if *placements_given { &placements[..] } else { &placements[..1] };
        for level in self.sweep.pick("interpreters") {
            let own = if *full && level.default { &THREADS[..] } else { &[TWO] };
            for &placement in placements {
                self.rows.extend(self.sweep.threads_or(own).iter().map(|&n| Row::gil::<C>(level, n, placement)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::single;
    use super::*;
    use crate::counters::gil::models::Gil310Plain;
    use crate::workload::{level, levels_of};

    fn rows(variables: &[(&str, &str)]) -> Vec<Row> {
        let var = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Row::gil_rows(&Sweep::from_vars(2, var).unwrap())
    }

    /// Other rounds are cut after a quarter of a second.
    #[test]
    fn a_round_is_not_cut_before_it_is_long_enough() {
        let row = Row::gil::<Gil310Plain>(level("switch_5ms").unwrap(), TWO, Placement::Spread);
        let (round, _) = single(&row, 1 << 40);
        assert!(round.wall() >= 2 * row.least, "{:?} of {:?}", round.wall(), row.least);
    }

    #[test]
    fn by_default_a_few_models_take_turns_for_long_enough() {
        let rows = rows(&[]);
        assert_eq!(rows.iter().map(|row| row.info.id).collect::<Vec<_>>(), DEFAULT);
        assert!(rows.iter().all(|row| (row.level, row.threads) == ("switch_5ms", 2)));
        assert!(rows.iter().all(|row| row.least == Duration::from_millis(200)));
    }

    #[test]
    fn in_full_every_model_is_measured_at_every_interval() {
        let rows = rows(&[("MISCOUNT_FULL", "1")]);
        let models = catalogue::infos().iter().filter(|info| info.family == "gil").count();
        assert_eq!(rows.len(), models * (THREADS.len() + levels_of("interpreters").count() - 1));
        let longest = rows.iter().map(|row| row.least).max();
        assert_eq!(longest, Some(Duration::from_secs(1)), "10 threads at 5 ms");
        assert_eq!(self::rows(&[("MISCOUNT_LEVELS", "saturated")]).len(), 0);
        assert_eq!(self::rows(&[("MISCOUNT_THREADS", "3")])[0].threads, 3);
    }
}
