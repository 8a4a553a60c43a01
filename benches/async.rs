//! Locks of async tasks: the cost of `tokio`'s, `async-lock`'s and `futures`' mutex and of semaphores beside mutexes that
//! block a thread; with an await inside; which task waits, and for how long.

use std::process::ExitCode;

use miscount::suite;

#[path = "async/cases.rs"]
mod cases;

fn main() -> ExitCode {
    suite::run(cases::BENCH, cases::all)
}
