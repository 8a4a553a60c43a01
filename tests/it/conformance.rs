//! The conformance suite over the whole catalogue.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use miscount::catalogue::{self, Visitor};
use miscount::conformance::{self, Budget, Check, Failure, Report};
use miscount::counter::{Counter, Grade, Info, Plain};
use miscount::counters::atomic::FetchAdd;

/// Every counter, and its result.
struct Suite {
    budget: Budget,
    found: Vec<(Grade, Result<Report, Failure>)>,
}

impl Visitor for Suite {
    fn visit<C: Counter>(&mut self) {
        let result = conformance::check::<C>(&self.budget);
        match &result {
            Ok(report) => println!("{report}"),
            Err(failure) => println!("{failure}"),
        }
        self.found.push((C::INFO.grade, result));
    }
}

/// Where many suites run at once, a thread may wait for its CPU for seconds.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn every_counter_keeps_what_its_grade_promises() {
    // Each check, with little: the one below makes them with much.
    let few = Budget {
        rare_increments: 20_000,
        at_least: Duration::from_millis(2),
        at_most: Duration::from_millis(300),
        ..Budget::brief()
    };
    hold_all(Budget { hang: PATIENCE, ..few });
}

#[test]
#[ignore = "ten seconds a counter at most, six minutes in all: cargo test --test it -- conformance:: --ignored --nocapture"]
fn every_counter_keeps_it_in_hundreds_of_millions_of_increments() {
    hold_all(Budget { hang: PATIENCE, ..Budget::default() });
}

/// Checks each counter of the catalogue against its grade.
fn hold_all(budget: Budget) {
    let mut suite = Suite { budget, found: Vec::new() };
    catalogue::visit(&mut suite);
    assert_eq!(suite.found.len(), catalogue::infos().len());

    let mut failed = Vec::new();
    for (grade, result) in suite.found {
        match result {
            Err(Failure::Control { .. }) => assert_eq!(grade, Grade::Control),
            Err(failure) => failed.push(failure.to_string()),
            Ok(report) => {
                let checks: Vec<Check> = report.outcomes.iter().map(|outcome| outcome.check).collect();
                assert_eq!(checks, Check::ALL, "{report}");
                assert!(report.tells_from().is_some_and(|rate| rate > 0.0), "{report}");
                // Vacuous passes: a check that was made has counted, unless it is one of those that do not.
                for outcome in &report.outcomes {
                    let counts = !matches!(outcome.check, Check::ZeroIncrements | Check::UnusedHandles);
                    assert!(!counts || outcome.skipped.is_some() || outcome.increments > 0, "{report}");
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Takes 20 ms for each increment.
#[derive(Default)]
struct Slow(AtomicU64);

impl Plain for Slow {
    const INFO: Info = Info { id: "slow", ..<FetchAdd as Plain>::INFO };

    fn increment(&self) {
        thread::sleep(Duration::from_millis(20));
        self.0.fetch_add(1, Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Its increments are noted often enough, though those of others are in blocks.
#[test]
fn what_is_slow_makes_as_many_as_fit_and_does_not_hang() {
    let budget = Budget { hang: Duration::from_secs(3), ..Budget::brief() };
    let outcome = conformance::run::<Slow>(Check::RareLoss, &budget).unwrap();
    assert!(outcome.increments > 0 && outcome.increments < budget.rare_increments, "{outcome:?}");
}
