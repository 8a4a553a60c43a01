//! Why an update is lost: threads as sequences of steps, run by a scheduler that does exactly what it
//! is told.
//!
//! Figures say how much is lost; this says how, and so exactly that it can be replayed. A [`Race`] is a
//! [`Program`] of the catalogue's counters, run by some threads, some increments each. A [`Schedule`]
//! says whose turn it is, turn by turn, and is a short text; [`Schedule::run`] gives the same [`Run`]
//! for it each time and everywhere, with each lost store and the store that wiped it.
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
//! Schedules come from people, from a seed ([`draw()`]) or from a schedule that loses, brought down to the
//! fewest switches ([`shrink()`]). What all schedules together give is a [`Distribution`], exact.
//!
//! Every step is sequentially consistent here, and that is enough to lose updates: no cache and no
//! reordering is needed. [`docs::interleaving`](crate::docs::interleaving) says more.

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

/// What cannot be raced, replayed, shrunk or worked out; each in one line that says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// No program has this id.
    #[error("no steps are known of the counter {0:?}; there are {all}", all = program::ids())]
    Program(String),
    /// Too many threads to be named by one character, or none.
    #[error("{0} threads; ask for 1 to {MAX_THREADS}")]
    Threads(usize),
    /// Too many increments, or none.
    #[error("{0} increments; ask for 1 to {MAX_INCREMENTS}")]
    Increments(usize),
    /// A schedule that is not one.
    #[error("schedule, character {at}: {what}; {advice}")]
    Schedule {
        /// Which character is wrong, counted from 1; the one after the last where something is missing.
        at: usize,
        /// What is wrong with it.
        what: String,
        /// What to do.
        advice: String,
    },
    /// A schedule that keeps every update cannot be shrunk to one that loses some.
    #[error("the schedule loses nothing, so there is nothing to shrink; try another seed or another counter")]
    NothingLost,
    /// The exact distribution would take more states than it may.
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
        /// States, time and memory, as far as they can be told.
        estimate: String,
        /// How many states are worked out without being forced.
        limit: u64,
    },
}
