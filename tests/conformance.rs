//! The conformance suite over the whole catalogue.

use std::time::Duration;

use miscount::catalogue::{self, Visitor};
use miscount::conformance::{self, Budget, Check, Failure, Report};
use miscount::counter::{Counter, Grade};

/// Every counter, and what came of it.
struct Suite(Vec<(Grade, Result<Report, Failure>)>);

impl Visitor for Suite {
    fn visit<C: Counter>(&mut self) {
        // Where many suites run at once, a thread may wait for its CPU for seconds.
        let patient = Budget { hang: Duration::from_secs(60), ..Budget::default() };
        let result = conformance::check::<C>(&patient);
        match &result {
            Ok(report) => println!("{report}"),
            Err(failure) => println!("{failure}"),
        }
        self.0.push((C::INFO.grade, result));
    }
}

#[test]
fn every_counter_keeps_what_its_grade_promises() {
    let mut suite = Suite(Vec::new());
    catalogue::visit(&mut suite);
    assert_eq!(suite.0.len(), catalogue::infos().len());

    let mut failed = Vec::new();
    for (grade, result) in suite.0 {
        match result {
            Err(Failure::Control { .. }) => assert_eq!(grade, Grade::Control),
            Err(failure) => failed.push(failure.to_string()),
            Ok(report) => {
                let checks: Vec<Check> = report.outcomes.iter().map(|outcome| outcome.check).collect();
                assert_eq!(checks, Check::ALL, "{report}");
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
