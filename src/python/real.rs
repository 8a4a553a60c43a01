//! The Python interpreters of this machine, and threads that count in them.
//!
//! [`find`] asks every candidate what it is. A [`Worker`] keeps one interpreter running. It takes a [`Request`] (a
//! subject, threads, increments), and its [`Reply`] becomes a [`Round`](crate::round::Round) like those of native
//! counters. In the interpreter runs our own script, `subjects.py` and `worker.py`; [`format`](crate::docs::format)
//! describes its line protocol.
//!
//! An interpreter is not trusted: it may be broken, hang, print garbage, or be another program. Each wait has a limit,
//! and each reply is checked. The interpreter runs in a process group of its own, which is killed when its worker is
//! dropped and when this process ends, however it ends.
//!
//! ```no_run
//! use miscount::python::real::{Request, Subject, Worker, find};
//!
//! let found = find()?;
//! for refused in &found.refused {
//!     eprintln!("{refused}");
//! }
//! for interpreter in &found.interpreters {
//!     // Ten threads, a million increments each, started one after the other, as the article did it.
//!     let plain = Subject::named("py_plain").expect("it is on the list");
//!     let reply = Worker::start(interpreter)?.round(&Request::as_in_articles(plain, 10, 1_000_000))?;
//!     println!("{}: kept {:?} of {}", interpreter.label(), reply.kept, reply.attempted());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod find;
mod identity;
mod launch;
mod process;
mod protocol;
mod subjects;
mod window;
mod worker;
mod workers;

use std::time::Duration;

pub use find::{Found, PATIENCE, Refused, Search, find, packages};
pub(super) use identity::numbers;
pub use identity::{Hello, Implementation, Interpreter};
pub use launch::Launch;
pub use protocol::{Reply, Request, Split};
pub use subjects::{FAMILY, SUBJECTS, Subject};
pub use window::Window;
pub use worker::Worker;
pub use workers::{GrowingBudget, Workers};

/// Our script.
const SCRIPT: &str = concat!(
    include_str!("real/subjects.py"),
    "\n\n",
    include_str!("real/looks.py"),
    "\n\n",
    include_str!("real/worker.py")
);

/// Why an interpreter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The system could not start it.
    #[error("it cannot be started: {0}")]
    NoStart(String),
    /// It ended by itself.
    #[error("it ended ({status}){}", quote(.said))]
    Ended {
        /// Its status, in the system's words.
        status: String,
        /// The last line it wrote to standard error; may be empty.
        said: String,
    },
    /// It did not reply in time, and was killed.
    #[error("it did not answer within {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// It wrote a line that is not of our protocol.
    #[error("it answered with something else than our protocol: {0}")]
    Garbage(String),
    /// It replied in our protocol with what cannot be.
    #[error("its answer cannot be: {0}")]
    Nonsense(String),
    /// Our script failed in it.
    #[error("the round failed in it: {0}")]
    Failed(String),
    /// It is of no implementation that is known, or too old a CPython.
    #[error("it is {0}, which is not measured: CPython is from 2.7 and 3.6 on, and {others} are", others = Implementation::others())]
    Unsupported(String),
    /// A trace function, a profile function or a tool of `sys.monitoring` is set before anything has run in it.
    #[error("it is watched by {0} from its start: unwatched, it may lose less")]
    Watched(String),
}

fn quote(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(", saying {text:?}") }
}

impl Error {
    /// The message without the interpreter's own words, which may name a person's folders.
    pub fn publishable(&self) -> String {
        match self {
            Error::NoStart(_) => "it cannot be started".to_owned(),
            Error::Ended { status, .. } => format!("it ended ({status})"),
            Error::Garbage(_) => "it answered with something else than our protocol".to_owned(),
            Error::Failed(_) => "the round failed in it".to_owned(),
            Error::Silent(_) | Error::Nonsense(_) | Error::Unsupported(_) | Error::Watched(_) => self.to_string(),
        }
    }
}
