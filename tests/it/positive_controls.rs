//! Counters broken on purpose. Each must be caught, and by the intended check: a suite
//! that passes everything proves nothing.
//!
//! Three of them are published bugs, written anew: `ForgetsEnded`, `RetiresTwice` and `TakesInTwoSteps` say whose.
//!
//! Wrong memory orderings are not among them, because x86-64 does not show them. `tests/loom.rs` has those.

#[path = "positive_controls/alone.rs"]
mod alone;
#[path = "positive_controls/leftovers.rs"]
mod leftovers;
#[path = "positive_controls/races.rs"]
mod races;
#[path = "positive_controls/reads.rs"]
mod reads;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use alone::{CountsHandles, DropsTail, OneInAMillion, OneInTenMillion, Panics, StartsAtOne};
use leftovers::{ForgetsEnded, SeventyThreads, SharedState, WipesCells};
use miscount::conformance::{self, Budget, Check, Failure, Fault};
use miscount::counter::{Counter, Grade, Info};
use miscount::counters::control::NoCounter;
use miscount::team;
use races::{CountsTwice, DrawsTwice, LosesWakeUp, NoLock, SharesSlots, UnlocksTooEarly};
use reads::{GRADE_EVENTUAL, GRADE_EXACT, GoesBack, Lags, ReadsAhead, RetiresTwice, TakesInTwoSteps};

const fn info(id: &'static str, grade: Grade) -> Info {
    Info { id, family: "broken", grade, helpers: 0, summary: "broken on purpose", source: "these tests" }
}

/// Checks `C` until the expected check catches it, which needs luck where threads must collide. An earlier check must
/// not catch it. A later check may, by bad luck. A hang at an earlier check is also bad luck: if
/// many suites run at once, a thread may wait for its CPU for seconds.
fn caught<C: Counter>(by: Check, budget: &Budget) -> Fault {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        match conformance::check::<C>(budget) {
            Err(Failure::Failed { check, fault, .. }) if check == by => return fault,
            Err(Failure::Failed { fault: Fault::Thread(team::Failure::Hung { .. }), .. }) => {}
            Err(failure) if failure.check() < Some(by) => panic!("{failure}; {by} should have caught it"),
            Ok(_) | Err(_) => {}
        }
    }
    panic!("{} was not caught by {by}", C::INFO.id);
}

/// One test a control, and the list of the checks that catch them.
macro_rules! controls {
    ($($name:ident: $counter:ty, $budget:expr => $check:ident, $fault:pat),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let fault = caught::<$counter>(Check::$check, &$budget);
                assert!(matches!(fault, $fault), "{fault}");
                println!("{} is caught by {}: {fault}", <$counter as Counter>::INFO.id, Check::$check);
            }
        )*

        const CATCHERS: &[Check] = &[$(Check::$check),*];
    };
}

controls! {
    a_count_that_starts_at_one: StartsAtOne, patient() => ZeroIncrements, Fault::Invented { kept: 1, .. },
    a_handle_that_counts_itself: CountsHandles, patient() => UnusedHandles, Fault::Invented { attempted: 0, .. },
    a_flush_that_drops_the_tail: DropsTail, patient() => OneThread, Fault::Lost { attempted: 1009, kept: 960, .. },
    the_share_of_a_thread_that_ended: ForgetsEnded, patient() => OneThread, Fault::Lost { kept: 0, .. },
    one_update_in_a_million: OneInAMillion, three_million() => OneThread, Fault::Lost { .. },
    a_panic: Panics, patient() => OneThread, Fault::Thread(team::Failure::Panicked { .. }),
    no_lock: NoLock, patient() => ExactTotal, Fault::Lost { .. },
    unlock_before_write: UnlocksTooEarly, patient() => ExactTotal, Fault::Lost { .. },
    counted_twice_when_contended: CountsTwice, patient() => ExactTotal, Fault::Invented { .. },
    a_lost_wake_up: LosesWakeUp, impatient() => ExactTotal, Fault::Thread(team::Failure::Hung { .. }),
    too_few_slots: SharesSlots, patient() => ManyThreads, Fault::Lost { .. },
    two_instances_sharing_state: SharedState, patient() => Isolation, Fault::Invented { .. },
    a_cell_wiped_when_reused: WipesCells, patient() => HandleReuse, Fault::Lost { .. },
    room_for_seventy_threads_in_all: SeventyThreads, patient() => Churn, Fault::Lost { .. },
    reads_what_is_only_reserved: ReadsAhead, patient() => ReadBounded, Fault::ReadAhead { .. },
    reads_that_go_back: GoesBack, patient() => ReadMonotonic, Fault::ReadBack { .. },
    reads_that_lag: Lags<{ GRADE_EXACT }>, patient() => ReadCurrent, Fault::ReadBehind { .. },
    a_number_drawn_twice: DrawsTwice, patient() => Tickets, Fault::Drawn { times: 0 | 2, .. },
    two_reads_that_retire_one_thread: RetiresTwice, patient() => ReadChurn, Fault::ReadAhead { .. } | Fault::Invented { .. },
    a_reset_in_two_steps: TakesInTwoSteps, patient() => Take, Fault::Lost { .. },
}

/// By itself, since no earlier check may count so far: how far they get depends on the machine.
#[test]
fn one_update_in_ten_million() {
    let budget = Budget { hang: Duration::from_secs(60), ..Budget::default() };
    let failure = conformance::run::<OneInTenMillion>(Check::RareLoss, &budget).unwrap_err();
    let Failure::Failed { fault: Fault::Lost { attempted, kept, .. }, .. } = failure else { panic!("{failure}") };
    assert_eq!(attempted - kept, attempted / OneInTenMillion::ONE_IN, "{failure}");
    println!("{failure}");
}

#[test]
fn what_is_found_says_from_which_rate_on() {
    let report = conformance::check::<Lags<{ GRADE_EVENTUAL }>>(&patient()).unwrap();
    let rare = report.outcomes.last().unwrap();
    assert_eq!(rare.check, Check::RareLoss);
    assert_eq!(report.tells_from(), Some(3.0 / rare.increments as f64));
    let last = format!(
        "a loss of more than one in {:.0} would have shown (95 % confidence, 2 threads)",
        rare.increments as f64 / 3.0
    );
    assert!(report.to_string().ends_with(&last), "{report}");
}

/// All other checks pass it.
#[test]
fn what_draws_a_number_twice_is_caught_by_nothing_else() {
    for check in Check::ALL.into_iter().filter(|&check| check != Check::Tickets) {
        conformance::run::<DrawsTwice>(check, &patient()).unwrap();
    }
}

#[test]
fn every_check_catches_something() {
    let catchers: HashSet<&Check> = CATCHERS.iter().chain([&Check::RareLoss]).collect();
    for check in &Check::ALL {
        assert!(catchers.contains(check), "{check} catches nothing here");
    }
}

#[test]
fn a_control_is_refused() {
    let failure = conformance::check::<NoCounter>(&Budget::default()).unwrap_err();
    assert_eq!(failure, Failure::Control { counter: "none" });
    assert!(failure.to_string().starts_with("none is a control"), "{failure}");
}

#[test]
fn what_lags_may_call_itself_eventual() {
    conformance::check::<Lags<{ GRADE_EVENTUAL }>>(&patient()).unwrap();
}

/// The brief one, but for a machine where many suites run at once.
fn patient() -> Budget {
    Budget { hang: Duration::from_secs(60), ..Budget::brief() }
}

/// Enough for one in a million to show before the check for rare losses.
fn three_million() -> Budget {
    Budget { increments: 3_000_000, at_most: Duration::from_secs(20), ..patient() }
}

/// Gives up soon.
fn impatient() -> Budget {
    Budget { hang: Duration::from_secs(1), ..Budget::brief() }
}
