//! Makes the cases of the models of CPython's lock.

use super::Case;
use super::counters::Maker;
use super::interpreters::{interval, least};
use crate::catalogue::{self, GilVisitor};
use crate::kernel;
use crate::python::model::Interpreted;
use crate::workload::{GridPoint, Sweep};

/// Default thread counts of the models: those of the articles on Python threads.
const THREADS: [usize; 4] = [1, 2, 4, 10];
/// Threads in default cells, and at intervals other than CPython's own.
const TWO: usize = 2;
/// The models of the default cells.
const DEFAULT: [&str; 2] = ["gil_3_9_plain", "gil_3_10_plain"];

impl Case {
    /// The case of model `C` at one point of the sweep.
    pub fn gil<C: Interpreted>(at: GridPoint) -> Case {
        let interval = interval(at.level);
        let round =
            move |team: &mut _, plan: &_| kernel::round_on(team, plan, move |_| C::with_interval(interval), |_, _| ());
        Case { least: least(at.threads, at.level), ..Case::new(C::INFO, at, round) }
    }

    /// The cases of all models. Without [`Sweep::full`], a few of them at 2 threads.
    pub fn gil_cases(sweep: &Sweep) -> Vec<Case> {
        // The placement makes no difference to threads that wait for the interpreter's lock.
        let sweep = sweep.at_one_placement();
        let mut models = Models(Vec::new());
        catalogue::visit_gil(&mut models);
        models.0.retain(|(id, _)| sweep.full || DEFAULT.contains(id));
        let some = |at: &GridPoint| sweep.threads_given || at.threads == TWO || sweep.full && at.level.default;
        let measured = |at: &GridPoint| at.level.load.watch().is_none() && some(at);
        let grid = || sweep.grid_with("interpreters", sweep.threads_or(&THREADS)).filter(measured);
        models.0.into_iter().flat_map(|(_, case)| grid().map(case)).collect()
    }
}

/// The models: id, and the maker of its cases.
struct Models(Vec<(&'static str, Maker)>);

impl GilVisitor for Models {
    fn visit<C: Interpreted>(&mut self) {
        self.0.push((C::INFO.id, Case::gil::<C>));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::single;
    use super::*;
    use crate::python::model::Gil310Plain;
    use crate::workload::{Placement, level, levels_of, tests::given};

    fn cases(variables: &[(&str, &str)]) -> Vec<Case> {
        Case::gil_cases(&given(2, variables).unwrap())
    }

    /// Rounds that do not set `least` are cut after a quarter of a second.
    #[test]
    fn a_round_is_not_cut_before_it_is_long_enough() {
        let at = GridPoint { level: level("switch_5ms").unwrap(), threads: TWO, placement: Placement::Spread };
        let case = Case::gil::<Gil310Plain>(at);
        let (round, _) = single(&case, 1 << 40);
        assert!(round.wall() >= 2 * case.least, "{:?} of {:?}", round.wall(), case.least);
    }

    #[test]
    fn by_default_a_few_models_take_turns_for_long_enough() {
        let cases = cases(&[]);
        assert_eq!(cases.iter().map(|case| case.info.id).collect::<Vec<_>>(), DEFAULT);
        assert!(cases.iter().all(|case| (case.level, case.threads) == ("switch_5ms", 2)));
        assert!(cases.iter().all(|case| case.least == Duration::from_millis(200)));
    }

    #[test]
    fn in_full_every_model_is_measured_at_every_interval() {
        let cases = cases(&[("MISCOUNT_FULL", "1")]);
        let models = catalogue::infos().iter().filter(|info| info.family == "gil").count();
        let intervals = levels_of("interpreters").filter(|level| level.load.watch().is_none()).count();
        assert_eq!(cases.len(), models * (THREADS.len() + intervals - 1));
        let longest = cases.iter().map(|case| case.least).max();
        assert_eq!(longest, Some(Duration::from_secs(1)), "10 threads at 5 ms");
        assert_eq!(self::cases(&[("MISCOUNT_LEVELS", "saturated")]).len(), 0);
        assert_eq!(self::cases(&[("MISCOUNT_THREADS", "3")])[0].threads, 3);
    }
}
