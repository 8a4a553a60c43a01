//! The bench of interpreters, with one more row that needs long rounds, run by `tests/it/interpreters.rs`.

mod timing;

use std::process::ExitCode;
use std::time::Duration;

use miscount::counters::atomic::FetchAdd;
use miscount::python::real::Search;
use miscount::suite::{self, Case, Interpreters};
use miscount::workload::{GridPoint, LEVELS, Placement};

fn main() -> ExitCode {
    let search = match Search::from_env() {
        Ok(search) => search,
        Err(error) => {
            eprintln!("miscount: {error}");
            return ExitCode::from(2);
        }
    };
    suite::run_timed("pythons", timing::timing(), |sweep| {
        let mut cases = Interpreters::search(&search, "pythons", sweep).cases(sweep);
        let at = GridPoint { level: &LEVELS[0], threads: 1, placement: Placement::Spread };
        let long = Case::counter::<FetchAdd>(at);
        cases.push(Case { least: Duration::from_millis(90), ..long });
        cases
    })
}
