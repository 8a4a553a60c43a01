//! Why a question has no answer, and what would give one.

use std::time::Duration;

use crate::workload::levels_of;

/// Why a question has no answer, and what to do. One line each.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The thread count is missing.
    #[error("say how many threads, such as --threads 2")]
    NoThreads,
    /// The load is missing.
    #[error(
        "say what the {threads} threads do: --think 1us (a counter), --critical 100ns --parallel 900ns (a lock) or --reads 90% (reads and writes)"
    )]
    NoForm {
        /// The threads asked for.
        threads: usize,
    },
    /// Only one of the two sections is given.
    #[error(
        "a lock needs both --critical and --parallel, such as --critical 100ns --parallel 900ns; 0 is a length too"
    )]
    HalfALock,
    /// Counter form and lock form are mixed.
    #[error(
        "--think belongs to the counter form (bench counters), --critical and --parallel to the lock form (bench locks), where the parallel section is the think time: ask `miscount choose --threads {threads} --critical {} --parallel {}`{}",
        typed(*.critical), typed(*.think), at(&level(*.critical, *.think))
    )]
    ThinkInLock {
        /// The threads asked for.
        threads: usize,
        /// Think time.
        think: Duration,
        /// Critical section.
        critical: Duration,
    },
    /// Reads form and lock form are mixed.
    #[error(
        "--reads belongs to the reads form (bench reads), --critical and --parallel to the lock form (bench locks), and no bench mixes them: ask `miscount choose --threads {threads} --reads 90%` (cell r90 of `cargo bench --bench reads`), with --think for work between operations"
    )]
    ReadsInLock {
        /// The threads asked for.
        threads: usize,
    },
    /// An unusable value.
    #[error("{flag} {value:?}: {what}")]
    Value {
        /// The option.
        flag: &'static str,
        /// The value given.
        value: String,
        /// What to give instead.
        what: String,
    },
    /// No such machine, or several to choose from.
    #[error("{}", which_machine(.wanted.as_deref(), .known))]
    Machine {
        /// The id asked for.
        wanted: Option<String>,
        /// The known ids.
        known: Vec<String>,
    },
    /// The load was not measured, nor does it lie between measured loads.
    #[error("{machine}: {what}; {todo}")]
    NotMeasured {
        /// The machine's id.
        machine: String,
        /// What is missing, and what was measured.
        what: String,
        /// What would give an answer.
        todo: String,
    },
    /// Nothing that was measured there can be ranked.
    #[error("{machine}: nothing at {threads} threads and this load can be ranked: {reasons}")]
    Unusable {
        /// The machine's id.
        machine: String,
        /// The threads asked for.
        threads: usize,
        /// How many candidates are unfit, and why.
        reasons: String,
    },
    /// The name of the present choice is unknown.
    #[error("--now {name:?}: not measured there; known are {}", .known.join(", "))]
    Now {
        /// The name.
        name: String,
        /// The known names.
        known: Vec<String>,
    },
}

impl Error {
    pub(super) fn value(flag: &'static str, value: &str, what: impl Into<String>) -> Error {
        Error::Value { flag, value: value.to_owned(), what: what.into() }
    }
}

fn which_machine(wanted: Option<&str>, known: &[String]) -> String {
    let ids = known.join(", ");
    match (wanted, known) {
        (Some(id), []) => format!("--machine {id:?}: no results there; run `cargo bench` first"),
        (Some(id), _) => format!("--machine {id:?}: no such machine; known are {ids}"),
        (None, []) => "no results to choose from; run `cargo bench` first".into(),
        (None, _) => format!("this machine has no results: run `cargo bench`, or name another with --machine: {ids}"),
    }
}

/// Where a level stands that the locks bench has.
fn at(level: &str) -> String {
    let known = levels_of("locks").any(|known| known.id == level);
    if known { format!(" (cell {level} of `cargo bench --bench locks`)") } else { String::new() }
}

/// A time in the form of an argument.
pub(super) fn typed(time: Duration) -> String {
    let ns = time.as_nanos();
    if ns > 0 && ns.is_multiple_of(1_000) { format!("{}us", ns / 1_000) } else { format!("{ns}ns") }
}

/// Id of a level of the locks bench.
pub(super) fn level(critical: Duration, parallel: Duration) -> String {
    format!("c{}_p{}", critical.as_nanos(), parallel.as_nanos())
}
