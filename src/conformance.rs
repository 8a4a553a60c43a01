//! Does a counter keep what its grade promises? The same checks for every counter, the catalogue's
//! and your own.
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//!
//! use miscount::conformance::{self, Budget, Check, Fault};
//! use miscount::counter::{Grade, Info, Plain};
//!
//! /// Yours. This one forgets every hundredth increment.
//! #[derive(Default)]
//! struct Forgetful {
//!     calls: AtomicU64,
//!     value: AtomicU64,
//! }
//!
//! impl Plain for Forgetful {
//!     const INFO: Info = Info {
//!         id: "forgetful",
//!         family: "mine",
//!         grade: Grade::Exact,
//!         helpers: 0,
//!         summary: "forgets every hundredth increment",
//!         source: "this page",
//!     };
//!
//!     fn increment(&self) {
//!         if self.calls.fetch_add(1, Relaxed) % 100 != 99 {
//!             self.value.fetch_add(1, Relaxed);
//!         }
//!     }
//!
//!     fn total(&self) -> u64 {
//!         self.value.load(Relaxed)
//!     }
//! }
//!
//! let failure = conformance::check::<Forgetful>(&Budget::default()).unwrap_err();
//! assert_eq!(failure.check(), Some(Check::OneThread));
//! assert_eq!(failure.to_string(), "forgetful fails one_thread: lost 10 of 1009 attempted (1 thread)");
//!
//! // One that is right passes them all. The default budget takes some seconds; the brief one does not.
//! use miscount::counters::atomic::FetchAdd;
//! let report = conformance::check::<FetchAdd>(&Budget::brief())?;
//! assert_eq!(report.outcomes.len(), Check::ALL.len());
//!
//! // It says which losses it would have seen: here those of three in all that it counted on one instance, or more.
//! let told = report.tells_from().unwrap();
//! assert_eq!(told, 3.0 / report.outcomes.last().unwrap().increments as f64);
//! println!("{report}");
//! # Ok::<(), conformance::Failure>(())
//! ```
//!
//! In a crate of your own it is one test a counter: `conformance::check::<Mine>(&Budget::default())`
//! and `unwrap`. Nothing it starts is waited for without limit: a counter that hangs fails the check
//! it hangs in, by name, and its threads are left behind.
//!
//! What it cannot see: losses rarer than [`Report::tells_from`] says, and weak memory orderings that the
//! CPU at hand does not use. [`docs::proof`](crate::docs::proof) says what does.

mod checks;
mod crew;

use std::fmt;
use std::time::{Duration, Instant};

use crate::counter::{Counter, Grade};
use crate::ids::with_ids;
use crate::team;
pub use crate::team::Stage;

/// How much a check may count, and for how long. A check with several passes has it for each pass;
/// [`Check::RareLoss`] has limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Increments after which a pass may end, all threads together.
    pub increments: u64,
    /// Time before which it does not, however fast the counter: threads need some to collide.
    pub at_least: Duration,
    /// Time after which it does, however slow. Threads then finish the increment they are in.
    pub at_most: Duration,
    /// After this long without any progress the counter is said to hang.
    pub hang: Duration,
    /// Increments after which [`Check::RareLoss`] ends, all threads together.
    pub rare_increments: u64,
    /// Time after which it ends, however few they are by then.
    pub rare_at_most: Duration,
}

impl Budget {
    /// The default, but for [`Check::RareLoss`]: 1,000,000 increments, not more than 100 ms. For tests that are made all the
    /// time, or go over many counters.
    pub fn brief() -> Self {
        Budget { rare_increments: 1_000_000, rare_at_most: Duration::from_millis(100), ..Budget::default() }
    }

    /// What the one pass of [`Check::RareLoss`] may count.
    fn rare(&self) -> Budget {
        Budget { increments: self.rare_increments, at_least: Duration::ZERO, at_most: self.rare_at_most, ..*self }
    }
}

impl Default for Budget {
    /// 1,000 increments, not less than 20 ms, not more than 2 s; 10 s without progress is a hang. For rare losses
    /// 200,000,000 increments, not more than 10 s.
    fn default() -> Self {
        Budget {
            increments: 1_000,
            at_least: Duration::from_millis(20),
            at_most: Duration::from_secs(2),
            hang: Duration::from_secs(10),
            rare_increments: 200_000_000,
            rare_at_most: Duration::from_secs(10),
        }
    }
}

with_ids! {
    /// The checks, in the order in which they are made: the simplest first.
    ///
    /// *Nothing lost* holds for grades `Exact` and `Eventual`; a racy counter is held to it only where
    /// no two threads increment the same counter at once. *Nothing invented* holds for all.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Check {
        /// A counter nobody has incremented is at 0.
        ZeroIncrements = "zero_increments",
        /// So is one whose handles were made and dropped unused, by four threads at once.
        UnusedHandles = "unused_handles",
        /// One thread loses nothing: a prime number of increments first, then as many as the budget allows.
        OneThread = "one_thread",
        /// Nothing is lost or invented by 2 threads, nor by 4.
        ExactTotal = "exact_total",
        /// Nor by 64 threads on a counter made for 2.
        ManyThreads = "many_threads",
        /// Three counters of one type, incremented in turn by the same threads, each keep their own count.
        Isolation = "isolation",
        /// Nothing is lost when handles are made and dropped many times over.
        HandleReuse = "handle_reuse",
        /// Nothing is lost when threads end and others take their place.
        Churn = "churn",
        /// `read`, while others count, never shows more than they have begun.
        ReadBounded = "read_bounded",
        /// `read` never goes back, where [`Counter::MONOTONIC_READ`] promises it.
        ReadMonotonic = "read_monotonic",
        /// `read` shows every increment completed before it (grade `Exact`), and agrees with the total
        /// once all is done (every grade).
        ReadCurrent = "read_current",
        /// Two threads draw each number exactly once, from 0 on, where it draws numbers: [`Handle::draw`](crate::counter::Handle::draw).
        Tickets = "tickets",
        /// The same while threads end and others take their place: what an ended thread counted stays, and is counted once, also
        /// when two read at the same time.
        ReadChurn = "read_churn",
        /// What is [taken](Counter::take) while others count, and what is left, add up to all increments, where that is promised.
        Take = "take",
        /// Nothing is lost or invented in many increments of one instance, by 2 threads: [`Budget::rare_increments`].
        RareLoss = "rare_loss",
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What was wrong, with its figures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The total is less than what was attempted.
    #[error("lost {} of {attempted} attempted ({setting})", attempted - kept)]
    Lost {
        /// Increments that threads completed.
        attempted: u64,
        /// The total.
        kept: u64,
        /// How many threads, which counter.
        setting: String,
    },
    /// The total is more than what was attempted.
    #[error("kept {kept} of {attempted} attempted ({setting})")]
    Invented {
        /// Increments that threads completed.
        attempted: u64,
        /// The total.
        kept: u64,
        /// How many threads, which counter.
        setting: String,
    },
    /// `read` showed more than had been begun by the time it returned.
    #[error("read showed {read} when only {started} increments had begun")]
    ReadAhead {
        /// What it showed.
        read: u64,
        /// Increments begun, taken after the read.
        started: u64,
    },
    /// `read` showed less than it had shown the same thread before.
    #[error("read showed {then} after it had shown {first}")]
    ReadBack {
        /// What it showed first.
        first: u64,
        /// What it showed then.
        then: u64,
    },
    /// `read` showed less than had been completed before it was called.
    #[error("read showed {read} when {done} increments had been completed")]
    ReadBehind {
        /// What it showed.
        read: u64,
        /// Increments completed, taken before the read.
        done: u64,
    },
    /// A number was not drawn exactly once.
    #[error("number {number} was drawn {} of {drawn} drawn", match times { 0 => "by nobody".to_owned(), n => format!("{n} times") })]
    Drawn {
        /// The lowest such number.
        number: u64,
        /// How often it was drawn.
        times: u64,
        /// Numbers drawn in all.
        drawn: u64,
    },
    /// A thread panicked, or nothing moved for as long as [`Budget::hang`] allows.
    #[error(transparent)]
    Thread(#[from] team::Failure),
    /// The system refused a thread, which is no fault of the counter's.
    #[error("the system refused a thread: {0}; end other programs, or raise the limit")]
    NoThread(String),
}

/// Why a counter did not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing about a control can be checked.
    #[error(
        "{counter} is a control: it promises no count, so there is nothing to check; give it another grade if it counts"
    )]
    Control {
        /// The counter's id.
        counter: &'static str,
    },
    /// A check found a fault.
    #[error("{counter} fails {check}: {fault}")]
    Failed {
        /// The counter's id.
        counter: &'static str,
        /// The check.
        check: Check,
        /// What it found.
        fault: Fault,
    },
}

impl Failure {
    /// The check that failed; none when the counter was refused.
    pub fn check(&self) -> Option<Check> {
        match self {
            Failure::Control { .. } => None,
            Failure::Failed { check, .. } => Some(*check),
        }
    }
}

/// What one check did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// Increments it made.
    pub increments: u64,
    /// How long it took.
    pub took: Duration,
    /// Why it was not made, if it was not.
    pub skipped: Option<&'static str>,
}

/// What a counter that passed has been through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The counter's id.
    pub counter: &'static str,
    /// What it promises.
    pub grade: Grade,
    /// One entry a check, in the order of [`Check::ALL`].
    pub outcomes: Vec<CheckResult>,
}

/// With no loss in *n* increments a rate of more than this by *n* is ruled out with 95 % confidence: the rule of three, since
/// 0.05 is about `exp(-3)`.
const RULE_OF_THREE: f64 = 3.0;

impl Report {
    /// The rate of loss from which on [`Check::RareLoss`] can tell, as a share of the increments of one instance: had the counter lost more,
    /// and each increment with the same chance, a loss would have shown with 95 % confidence. `None` where the check is not among those made.
    pub fn tells_from(&self) -> Option<f64> {
        let made = self.outcomes.iter().find(|outcome| outcome.check == Check::RareLoss)?;
        (made.increments > 0).then(|| RULE_OF_THREE / made.increments as f64)
    }
}

impl fmt::Display for Report {
    /// A line for the counter, one for each check, and one for the rate of loss from which on they tell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = self.outcomes.iter().filter(|outcome| outcome.skipped.is_none()).count();
        write!(f, "{}: passed {made} of {} checks", self.counter, self.outcomes.len())?;
        for CheckResult { check, increments, took, skipped } in &self.outcomes {
            match skipped {
                None => write!(f, "\n  {check:<16} {increments} increments in {} ms", took.as_millis())?,
                Some(why) => write!(f, "\n  {check:<16} not made: {why}")?,
            }
        }
        let Some(rate) = self.tells_from() else { return Ok(()) };
        let by = checks::plural(checks::rare_threads(self.grade));
        write!(f, "\n  a loss of more than one in {:.0} would have shown (95 % confidence, {by})", 1.0 / rate)
    }
}

/// Makes every check on `C`, until one fails.
///
/// # Errors
/// [`Failure`] names the first check that failed, with its figures; a control is refused.
pub fn check<C: Counter>(budget: &Budget) -> Result<Report, Failure> {
    let outcomes = Check::ALL.into_iter().map(|check| run::<C>(check, budget)).collect::<Result<_, _>>()?;
    Ok(Report { counter: C::INFO.id, grade: C::INFO.grade, outcomes })
}

/// Makes one check on `C`.
///
/// # Errors
/// [`Failure`] as for all of them.
pub fn run<C: Counter>(check: Check, budget: &Budget) -> Result<CheckResult, Failure> {
    let counter = C::INFO.id;
    if !C::INFO.grade.counts() {
        return Err(Failure::Control { counter });
    }
    let began = Instant::now();
    let made = checks::make::<C>(check, budget).map_err(|fault| Failure::Failed { counter, check, fault })?;
    let (increments, skipped) = match made {
        checks::Made::Passed(increments) => (increments, None),
        checks::Made::Skipped(why) => (0, Some(why)),
    };
    Ok(CheckResult { check, increments, took: began.elapsed(), skipped })
}
