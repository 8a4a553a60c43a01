//! Real CPython interpreters of this machine: which there are, and threads that count in them.
//!
//! [`find`] asks every candidate what it is. A [`Worker`] is one interpreter kept running, which is given an
//! [`Order`] (a subject, threads, increments) and answers with what each thread did: a
//! [`Round`](crate::round::Round) like those of native counters. Our own script (`subjects.py` and `worker.py`, part of this
//! library) runs in it, and speaks the line protocol that [`format`](crate::docs::format) describes.
//!
//! Whatever an interpreter does, it is a stranger: it may be broken, hang, print garbage, or be something else. Each
//! wait is bounded, each answer checked, and it runs in a process group of its own that is killed when its worker is
//! dropped, and when this process ends in whatever way.
//!
//! ```no_run
//! use miscount::python::real::{Order, Subject, Worker, find};
//!
//! let found = find()?;
//! for refused in &found.refused {
//!     eprintln!("{refused}");
//! }
//! for interpreter in &found.interpreters {
//!     // Ten threads, a million increments each, started one after the other, as the article did it.
//!     let plain = Subject::named("py_plain").expect("it is on the list");
//!     let answer = Worker::start(interpreter)?.round(&Order::as_in_articles(plain, 10, 1_000_000))?;
//!     println!("{}: kept {:?} of {}", interpreter.label(), answer.kept, answer.attempted());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod find;
mod identity;
mod process;
mod protocol;
mod subjects;
mod worker;
mod workers;

use std::time::Duration;

pub use find::{Found, PATIENCE, Refused, Search, find};
pub use identity::{Hello, Interpreter};
pub use protocol::{Answer, Order, Work};
pub use subjects::{FAMILY, SUBJECTS, Subject};
pub use worker::Worker;
pub use workers::{Budget, Workers};

/// Our script.
const SCRIPT: &str = concat!(include_str!("real/subjects.py"), "\n\n", include_str!("real/worker.py"));

/// Why an interpreter cannot be used, or could not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The system could not start it.
    #[error("it cannot be started: {0}")]
    NoStart(String),
    /// It ended by itself.
    #[error("it ended ({status}){}", quote(.said))]
    Ended {
        /// How, in the system's words.
        status: String,
        /// The last line it wrote to standard error; may be empty.
        said: String,
    },
    /// It did not answer in time, and was killed.
    #[error("it did not answer within {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// What it wrote is no answer.
    #[error("it answered with something else than our protocol: {0}")]
    Garbage(String),
    /// It answered in our protocol with what cannot be.
    #[error("its answer cannot be: {0}")]
    Nonsense(String),
    /// Our script failed in it.
    #[error("the round failed in it: {0}")]
    Failed(String),
    /// It is no CPython, or one that is too old.
    #[error("it is {0}, and only CPython 2.7 and 3.6 or newer is measured")]
    Unsupported(String),
}

fn quote(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(", saying {text:?}") }
}

impl Error {
    /// The same without any words of the interpreter's, which may name a person's folders.
    pub fn publishable(&self) -> String {
        match self {
            Error::NoStart(_) => "it cannot be started".to_owned(),
            Error::Ended { status, .. } => format!("it ended ({status})"),
            Error::Garbage(_) => "it answered with something else than our protocol".to_owned(),
            Error::Failed(_) => "the round failed in it".to_owned(),
            Error::Silent(_) | Error::Nonsense(_) | Error::Unsupported(_) => self.to_string(),
        }
    }
}
