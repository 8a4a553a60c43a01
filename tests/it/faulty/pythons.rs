//! The bench of interpreters, with one more row that needs long rounds, run by `tests/it/interpreters.rs`.

use std::process::ExitCode;
use std::time::Duration;

use miscount::counters::atomic::FetchAdd;
use miscount::interpreters::Search;
use miscount::suite::{self, Interpreters, Row};
use miscount::workload::{LEVELS, Placement};

fn main() -> ExitCode {
    let search = match Search::from_env() {
        Ok(search) => search,
        Err(error) => {
            eprintln!("miscount: {error}");
            return ExitCode::from(2);
        }
    };
    suite::run("pythons", |sweep| {
        let mut rows = Interpreters::search(&search, "pythons", sweep).rows(sweep);
        let long = Row::counter::<FetchAdd>(&LEVELS[0], 1, Placement::Spread);
        rows.push(Row { least: Duration::from_millis(90), ..long });
        rows
    })
}
