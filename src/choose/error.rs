//! Why there is no answer, and what would make one.

use std::time::Duration;

/// Why a question cannot be answered, and what to do. One line each.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// No thread count.
    #[error("say how many threads, such as --threads 2")]
    NoThreads,
    /// Nothing says what the threads do.
    #[error(
        "say what the {threads} threads do: --think 1us (a counter), --critical 100ns --parallel 900ns (a lock) or --reads 90% (reads and writes)"
    )]
    NoForm {
        /// The threads asked for.
        threads: usize,
    },
    /// One section of two.
    #[error(
        "a lock needs both --critical and --parallel, such as --critical 100ns --parallel 900ns; 0 is a length too"
    )]
    HalfALock,
    /// Counter form and lock form in one.
    #[error(
        "--think belongs to the counter form (bench counters), --critical and --parallel to the lock form (bench locks), where the parallel section is the think time: ask `miscount choose --threads {threads} --critical {} --parallel {}` (cell {} of `cargo bench --bench locks`)",
        typed(*.critical), typed(*.think), level(*.critical, *.think)
    )]
    ThinkInLock {
        /// The threads asked for.
        threads: usize,
        /// Think time.
        think: Duration,
        /// Critical section.
        critical: Duration,
    },
    /// Reads form and lock form in one.
    #[error(
        "--reads belongs to the reads form (bench reads), --critical and --parallel to the lock form (bench locks), and no bench mixes them: ask `miscount choose --threads {threads} --reads 90%` (cell r90 of `cargo bench --bench reads`), with --think for work between operations"
    )]
    ReadsInLock {
        /// The threads asked for.
        threads: usize,
    },
    /// A word that cannot be used.
    #[error("{flag} {value:?}: {what}")]
    Value {
        /// The option.
        flag: &'static str,
        /// What was given.
        value: String,
        /// What to give.
        what: String,
    },
    /// No such machine, or nobody knows which.
    #[error("{}", which_machine(.wanted.as_deref(), .known))]
    Machine {
        /// The one asked for.
        wanted: Option<String>,
        /// Ids of those there are.
        known: Vec<String>,
    },
    /// Not measured, nor between measured points.
    #[error("{machine}: {what}; {todo}")]
    NotMeasured {
        /// The machine's id.
        machine: String,
        /// What is missing, and what there is.
        what: String,
        /// What would answer.
        todo: String,
    },
    /// Measured, but nothing there can be ranked.
    #[error("{machine}: nothing at {threads} threads and this load can be ranked: {reasons}")]
    Unusable {
        /// The machine's id.
        machine: String,
        /// The threads asked for.
        threads: usize,
        /// How many rows are unfit, and why.
        reasons: String,
    },
    /// Nothing there has the name.
    #[error("--now {name:?}: not measured there; known are {}", .known.join(", "))]
    Now {
        /// The name.
        name: String,
        /// Names of what was measured.
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

/// A time as it is typed.
pub(super) fn typed(time: Duration) -> String {
    let ns = time.as_nanos();
    if ns > 0 && ns.is_multiple_of(1_000) { format!("{}us", ns / 1_000) } else { format!("{ns}ns") }
}

/// The id of a level of the locks bench.
pub(super) fn level(critical: Duration, parallel: Duration) -> String {
    format!("c{}_p{}", critical.as_nanos(), parallel.as_nanos())
}
