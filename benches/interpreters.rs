//! The same counters in real CPython interpreters found on this machine.

use std::process::ExitCode;

use miscount::interpreters::Search;
use miscount::suite::{self, Interpreters};

const BENCH: &str = "interpreters";

fn main() -> ExitCode {
    let search = match Search::from_env() {
        Ok(search) => search,
        Err(error) => {
            eprintln!("miscount: {error}");
            return ExitCode::from(2);
        }
    };
    suite::run(BENCH, |sweep| Interpreters::search(&search, BENCH, sweep).rows(sweep))
}
