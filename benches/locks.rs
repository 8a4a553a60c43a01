//! Lock overhead: acquire and release around work of several lengths, with the same loop without a
//! lock beside it.

use std::process::ExitCode;

use miscount::catalogue::{self, LockVisitor};
use miscount::counters::blocking::StdMutexLock;
use miscount::critical::Shared;
use miscount::lock::Lock;
use miscount::suite::{self, Row};
use miscount::workload::{Level, Placement, Sweep};

fn main() -> ExitCode {
    suite::run("locks", |sweep| {
        let mut rows = Rows { sweep, rows: Vec::new() };
        rows.add(|level, threads, placement| Row::no_lock(level, threads, placement, false));
        rows.add_where(
            |level| !level.load.outside().is_zero(),
            |level, threads, placement| Row::no_lock(level, threads, placement, true),
        );
        catalogue::visit_locks(&mut rows);
        // The same lock under a second id: what differs between the two is noise.
        rows.add(|level, threads, placement| Row {
            variant: "again".to_owned(),
            after: None,
            ..Row::lock::<StdMutexLock<Shared>>(level, threads, placement)
        });
        rows.rows
    })
}

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn add(&mut self, row: impl Fn(&Level, usize, Placement) -> Row) {
        self.add_where(|_| true, row);
    }

    fn add_where(&mut self, wanted: impl Fn(&Level) -> bool, row: impl Fn(&Level, usize, Placement) -> Row) {
        for level in self.sweep.pick("locks").into_iter().filter(|level| wanted(level)) {
            for &placement in &self.sweep.placements {
                self.rows.extend(self.sweep.threads.iter().map(|&threads| row(level, threads, placement)));
            }
        }
    }
}

impl LockVisitor for Rows<'_> {
    fn visit<L: Lock<Shared>>(&mut self) {
        // Who waits how long is seen in a pass of a second: at the first level only, unless more is asked for.
        let more = self.sweep.full || self.sweep.levels.is_some();
        self.add(|level, threads, placement| {
            let row = Row::lock::<L>(level, threads, placement);
            if more || level.id == "c0_p0" { row } else { Row { after: None, ..row } }
        });
    }
}
