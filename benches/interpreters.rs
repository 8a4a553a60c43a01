//! The same counters in real CPython interpreters found on this machine, and in models of their lock.

use std::process::ExitCode;

use miscount::python::real::Search;
use miscount::suite::{self, Case, Interpreters};

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
        let mut cases = Interpreters::search(&search, BENCH, sweep).cases(sweep);
        cases.extend(Case::gil_cases(sweep));
        cases
    })
}
