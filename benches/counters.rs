//! The main sweep: every counter of the catalogue x threads x contention level.

use std::process::ExitCode;

use miscount::suite::Counters;

fn main() -> ExitCode {
    Counters::catalogue().with_hazards().run("counters")
}
