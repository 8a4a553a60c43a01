//! The same counters in real CPython interpreters found on this machine, and in models of their lock.

use std::process::ExitCode;

use miscount::python::real::Search;
use miscount::suite::{self, Interpreters, Row};

const BENCH: &str = "interpreters";

fn main() -> ExitCode {
    let search = match Search::from_env() {
        Ok(search) => search,
        Err(error) => {
            eprintln!("miscount: {error}");
            return ExitCode::from(2);
        }
    };
    suite::run(BENCH, |sweep| {
        let mut rows = Interpreters::search(&search, BENCH, sweep).rows(sweep);
        rows.extend(Row::gil_rows(sweep));
        rows
    })
}
