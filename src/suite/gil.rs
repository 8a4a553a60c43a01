//! The models of CPython's lock to rows.

use super::Row;
use super::counters::Maker;
use super::interpreters::{interval, least};
use crate::catalogue::{self, GilVisitor};
use crate::counters::gil::Interpreted;
use crate::kernel;
use crate::workload::{GridPoint, Sweep};

/// Thread counts of the models, unless others are asked for: those of the articles on Python threads.
const THREADS: [usize; 4] = [1, 2, 4, 10];
/// Threads at intervals other than CPython's own, and of the default cells.
const TWO: usize = 2;
/// Models of the default cells.
const DEFAULT: [&str; 2] = ["gil_3_9_plain", "gil_3_10_plain"];

impl Row {
    /// The row of model `C` at one switch interval.
    pub fn gil<C: Interpreted>(at: GridPoint) -> Row {
        let interval = interval(at.level);
        let round = move |team: &mut _, iters, pace, usable| {
            let make = move || C::with_interval(interval);
            kernel::round_on(team, iters, pace, usable, make, |_: &C| ()).map(|(round, ())| round)
        };
        Row { least: least(at.threads, at.level), ..Row::new(C::INFO, at, round) }
    }

    /// The rows of all models at the points of a sweep. Without [`Sweep::full`], a few of them at 2 threads and
    /// CPython's own interval.
    pub fn gil_rows(sweep: &Sweep) -> Vec<Row> {
        // Threads that wait for the interpreter's lock take as long wherever they are.
        let sweep = sweep.at_one_placement();
        let mut models = Models(Vec::new());
        catalogue::visit_gil(&mut models);
        models.0.retain(|(id, _)| sweep.full || DEFAULT.contains(id));
        let measured = |at: &GridPoint| sweep.threads_given || at.threads == TWO || sweep.full && at.level.default;
        let grid = || sweep.grid_with("interpreters", sweep.threads_or(&THREADS)).filter(measured);
        models.0.into_iter().flat_map(|(_, row)| grid().map(row)).collect()
    }
}

/// The models: id, and the row of one at a point.
struct Models(Vec<(&'static str, Maker)>);

impl GilVisitor for Models {
    fn visit<C: Interpreted>(&mut self) {
        self.0.push((C::INFO.id, Row::gil::<C>));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::single;
    use super::*;
    use crate::counters::gil::models::Gil310Plain;
    use crate::workload::{Placement, level, levels_of};

    fn rows(variables: &[(&str, &str)]) -> Vec<Row> {
        let var = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Row::gil_rows(&Sweep::from_vars(2, var).unwrap())
    }

    /// Other rounds are cut after a quarter of a second.
    #[test]
    fn a_round_is_not_cut_before_it_is_long_enough() {
        let at = GridPoint { level: level("switch_5ms").unwrap(), threads: TWO, placement: Placement::Spread };
        let row = Row::gil::<Gil310Plain>(at);
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
