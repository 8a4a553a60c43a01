//! The bench of interpreters, with a row beside them that needs long rounds, for `tests/it/interpreters.rs` to run.

use std::process::ExitCode;
use std::time::Duration;

use miscount::counters::atomic::FetchAdd;
use miscount::interpreters::Search;
use miscount::suite::{self, Interpreters, Row};
use miscount::workload::{GridPoint, LEVELS, Placement};

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
        let at = GridPoint { level: &LEVELS[0], threads: 1, placement: Placement::Spread };
        let long = Row::counter::<FetchAdd>(at);
        rows.push(Row { least: Duration::from_millis(90), ..long });
        rows
    })
}
