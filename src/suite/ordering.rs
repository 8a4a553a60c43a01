//! Makes the cases of litmus tests.

use std::time::Duration;

use super::{Case, Controls, case::Derive};
use crate::counter::{Counter, Grade, Info};
use crate::counters::control::NoCounter;
use crate::ordering::{self, KIND, Litmus, Nothing, Test, Variant};
use crate::results::{Cell, Outcome, Outcomes};
use crate::round::{Round, Series};
use crate::team::{Failure, Plan, Team};
use crate::workload::GridPoint;

impl Case {
    /// The case of one variant of a litmus test.
    pub fn litmus<L: Litmus>(at: GridPoint) -> Case {
        litmus(L::TEST, L::VARIANT, at, ordering::round::<L>)
    }

    /// The case of the same batches without accesses: the control of tests with this number of threads.
    pub fn no_litmus(at: GridPoint) -> Case {
        let Test { name, source, .. } = *Nothing::TEST;
        let info = Info { summary: name, source, ..NoCounter::INFO };
        let blank = |_: &Series<'_>, _: &Controls<'_>, cell: &mut Cell| cell.figures.overlap = None;
        batches(info, at, ordering::round::<Nothing>, Box::new(blank))
    }
}

/// Least time of a round. The clock is off while outcomes are counted; the rest of the round must not be too short.
const LEAST: Duration = Duration::from_millis(14);

fn litmus(test: &'static Test, variant: Variant, at: GridPoint, round: RunBatches) -> Case {
    let Test { id, name, source, .. } = *test;
    let info = Info { id, family: id, grade: Grade::Exact, helpers: 0, summary: name, source };
    let derive = move |series: &Series<'_>, _: &Controls<'_>, cell: &mut Cell| derive(test, variant, series, cell);
    let case = batches(info, GridPoint { threads: test.threads(), ..at }, round, Box::new(derive));
    Case { variant: variant.id().to_owned(), anomaly: Some(KIND), ..case }
}

type RunBatches = fn(&mut Team, &Plan) -> Result<Round, Failure>;

/// A case of batches.
fn batches(info: Info, at: GridPoint, round: RunBatches, derive: Box<Derive>) -> Case {
    Case { least: LEAST, derive: Some(derive), ..Case::new(info, at, round) }
}

fn derive(test: &Test, variant: Variant, series: &Series<'_>, cell: &mut Cell) {
    // A barrier starts each batch: outcomes, not overlap, show that threads met.
    cell.figures.overlap = None;
    let found = || series.rounds.iter().filter_map(|round| round.outcomes.as_ref());
    let list: Vec<Outcome> = test
        .outcomes
        .iter()
        .enumerate()
        .map(|(n, outcome)| Outcome {
            outcome: outcome.text(),
            count: found().map(|outcomes| outcomes.counts[n]).sum(),
            allowed: test.allows(variant, outcome),
            weak: outcome.kind == ordering::Kind::Weak,
        })
        .collect();
    let of = list.iter().map(|outcome| outcome.count).sum();
    cell.figures.outcomes = Some(Outcomes { of, met: found().map(|outcomes| outcomes.met).sum(), list });
}

#[cfg(test)]
mod tests {
    use super::super::tests::single;
    use super::*;
    use crate::ordering::{Relaxed, StoreBuffering};
    use crate::samples;
    use crate::workload::{Placement, level};

    type Sb = StoreBuffering<Relaxed>;

    /// Store buffering that claims sequential consistency and always shows the forbidden outcome.
    #[derive(Default)]
    struct Liar;

    impl Litmus for Liar {
        const TEST: &'static Test = Sb::TEST;
        const VARIANT: Variant = Variant::SeqCst;

        fn step(&self, _thread: usize) -> u16 {
            0
        }

        fn clear(&self, _thread: usize) {}
    }

    fn at() -> GridPoint {
        GridPoint { level: level("litmus").unwrap(), threads: 2, placement: Placement::Spread }
    }

    #[test]
    fn a_forbidden_outcome_fails_the_run() {
        let case = |case: Case| Case { think: Duration::ZERO, ..case };
        assert_eq!(single(&case(Case::litmus::<Sb>(at())), 100).1, 0);
        assert_eq!(single(&case(Case::litmus::<Liar>(at())), 100).1, 1);
    }

    #[test]
    fn rows_of_one_size_are_compared_and_name_their_variant() {
        let (case, control) = (Case::litmus::<Sb>(at()), Case::no_litmus(at()));
        assert_eq!((case.function().as_str(), case.threads), ("sb:relaxed", 2));
        assert!(case.block() == control.block());
        assert_eq!(case.control, control.info.id);
        assert_eq!(case.group("ordering"), "ordering/litmus/sb");
        assert!(!case.think.is_zero() && case.think == control.think, "threads come at random times");
    }

    #[test]
    fn a_cell_records_every_outcome_and_its_rule() {
        let outcomes = crate::round::Outcomes { counts: vec![2, 5, 3, 0], met: 2 };
        let round = Round { outcomes: Some(outcomes), ..Round::default() };
        let mut cell = samples::cell("ordering", "sb", 2, "litmus");
        derive(Sb::TEST, Variant::Relaxed, &Series::independent(vec![&round, &round]), &mut cell);
        let found = cell.figures.outcomes.clone().unwrap();
        assert_eq!((found.of, found.met), (20, 4));
        let first = Outcome { outcome: "(0, 0)".into(), count: 4, allowed: true, weak: true };
        assert_eq!(found.list[0], first);
        assert!(cell.fault().is_none());
        derive(Sb::TEST, Variant::SeqCst, &Series::independent(vec![&round]), &mut cell);
        assert!(!cell.figures.outcomes.unwrap().list[0].allowed);
    }
}
