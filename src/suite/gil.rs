//! Makes rows of the models of CPython's lock.

use super::Row;
use super::interpreters::least;
use crate::catalogue::{self, GilVisitor};
use crate::kernel;
use crate::python::model::Interpreted;
use crate::workload::{Placement, SWITCHES, Sweep, Switch};

/// The default thread counts of a full run: those of the articles on Python threads.
const THREADS: [usize; 4] = [1, 2, 4, 10];
/// The thread count at intervals other than CPython's own, and of the default cells.
const TWO: usize = 2;
/// The models of the default cells.
const DEFAULT: [&str; 2] = ["gil_3_9_plain", "gil_3_10_plain"];

impl Row {
    /// The row of model `C` at one switch interval.
    pub fn gil<C: Interpreted>(level: &Switch, threads: usize, placement: Placement) -> Row {
        let interval = level.interval;
        let round = move |team: &mut _, plan: &_| {
            kernel::round_on(team, plan, move |_| C::with_interval(interval), |_, round| round)
        };
        Row { least: least(threads, level), ..Row::new(C::INFO, level.id, threads, placement, round) }
    }

    /// The rows of all models at the points of a sweep. Without [`Sweep::full`], two models at 2 threads and CPython's own
    /// interval.
    pub fn gil_rows(sweep: &Sweep) -> Vec<Row> {
        let mut rows = Rows { sweep, rows: Vec::new() };
        catalogue::visit_gil(&mut rows);
        // Level by level, so that cells that belong together are recorded soon.
        rows.rows.sort_by_key(|row| SWITCHES.iter().position(|level| level.id == row.level));
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
        // One thread runs at a time, so the placement hardly matters.
        let placements = if *placements_given { &placements[..] } else { &placements[..1] };
        for level in self.sweep.pick(&SWITCHES) {
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
    use crate::python::model::Gil310Plain;

    fn rows(variables: &[(&str, &str)]) -> Vec<Row> {
        let var = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Row::gil_rows(&Sweep::from_vars(2, var).unwrap())
    }

    /// Rounds of other benches are cut after a quarter of a second.
    #[test]
    fn a_round_is_not_cut_before_it_is_long_enough() {
        let row = Row::gil::<Gil310Plain>(&SWITCHES[0], TWO, Placement::Spread);
        let (round, _) = single(&row, 1 << 40);
        assert!(round.wall() >= 2 * row.least, "{:?} of {:?}", round.wall(), row.least);
    }

    #[test]
    fn by_default_two_models_run_for_long_enough() {
        let rows = rows(&[]);
        assert_eq!(rows.iter().map(|row| row.info.id).collect::<Vec<_>>(), DEFAULT);
        assert!(rows.iter().all(|row| (row.level, row.threads) == ("switch_5ms", 2)));
        assert!(rows.iter().all(|row| row.least == Duration::from_millis(200)));
    }

    #[test]
    fn in_full_every_model_is_measured_at_every_interval() {
        let rows = rows(&[("MISCOUNT_FULL", "1")]);
        let models = catalogue::infos().iter().filter(|info| info.family == "gil").count();
        assert_eq!(rows.len(), models * (THREADS.len() + SWITCHES.len() - 1));
        let longest = rows.iter().map(|row| row.least).max();
        assert_eq!(longest, Some(Duration::from_secs(1)), "10 threads at 5 ms");
        assert_eq!(self::rows(&[("MISCOUNT_LEVELS", "saturated")]).len(), 0);
        assert_eq!(self::rows(&[("MISCOUNT_THREADS", "3")])[0].threads, 3);
    }
}
