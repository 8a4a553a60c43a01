//! Why an update is lost: threads as sequences of steps, run by a scheduler that follows a given order.
//!
//! Figures say how much is lost. This says how, so exactly that it can be replayed. A [`Race`] is the
//! [`Program`] of one of the catalogue's counters, with a number of threads and of increments for each. A [`Schedule`]
//! is a short text that says whose turn it is, turn by turn. [`Schedule::run`] gives the same [`Run`]
//! for it each time on every machine, with each lost store and the store that overwrote it.
//!
//! ```
//! use miscount::interleaving::{Schedule, timeline};
//!
//! // load, load, add, add, store, store: two increments, and the value is 1.
//! let run = Schedule::parse("load_store.1:2x1:010101")?.run();
//! assert_eq!((run.attempted(), run.kept()), (2, 1));
//! print!("{}", timeline::text(&run, false));
//! # Ok::<(), miscount::interleaving::Error>(())
//! ```
//!
//! Schedules come from people, from a seed ([`draw()`]), or from a losing schedule that is reduced to the
//! fewest switches ([`shrink()`]). A [`Distribution`] has the exact probabilities over all schedules.
//!
//! Every step is sequentially consistent here. Updates are lost without any cache or
//! reordering. [`docs::interleaving`](crate::docs::interleaving) says more.

pub mod distribution;
mod draw;
mod gil;
mod program;
mod race;
mod run;
mod schedule;
mod shrink;
pub mod timeline;

pub use distribution::Distribution;
pub use draw::{SplitMix64, draw};
pub use program::{Does, Preempted, Program, Step, programs};
pub use race::{Grain, MAX_INCREMENTS, MAX_THREADS, Race};
pub use run::{Event, Fate, Run};
pub use schedule::Schedule;
pub use shrink::{Shrunk, shrink};

/// Two increments, and the value is 1: load, load, add, add, store, store.
pub const SIX_STEPS: &str = "load_store.1:2x1:010101";

/// Why a race cannot be run, replayed, shrunk or computed. Each text is one line that says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// No program has this id.
    #[error("no steps are known of the counter {0:?}; there are {all}", all = program::ids())]
    Program(String),
    /// No threads, or too many to name each by one character.
    #[error("{0} threads; ask for 1 to {MAX_THREADS}")]
    Threads(usize),
    /// No increments, or too many.
    #[error("{0} increments; ask for 1 to {MAX_INCREMENTS}")]
    Increments(usize),
    /// A schedule that is not one.
    #[error("schedule, character {at}: {what}; {advice}")]
    Schedule {
        /// The wrong character, counted from 1; the one after the last if something is missing.
        at: usize,
        /// What is wrong with it.
        what: String,
        /// What to do.
        advice: String,
    },
    /// A schedule that keeps every update cannot be shrunk to one that loses some.
    #[error("the schedule loses nothing, so there is nothing to shrink; try another seed or another counter")]
    NothingLost,
    /// The exact distribution needs more states than allowed.
    #[error(
        "{threads} threads x {increments} increments of {id}: {estimate}, more than {limit}; ask for less, or add --force"
    )]
    TooManyStates {
        /// The program.
        id: &'static str,
        /// Threads of the race.
        threads: usize,
        /// Increments of each.
        increments: usize,
        /// An estimate of states, time and memory.
        estimate: String,
        /// The most states that are computed without `--force`.
        limit: u64,
    },
}
