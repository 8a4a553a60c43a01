//! Lock overhead: acquire and release around work of several lengths, with the same loop without a
//! lock beside it.

use std::process::ExitCode;

use miscount::catalogue::{self, LockVisitor};
use miscount::counters::blocking::StdMutexLock;
use miscount::critical::Shared;
use miscount::lock::Lock;
use miscount::suite::{self, Row};
use miscount::workload::Sweep;

fn main() -> ExitCode {
    suite::run("locks", |sweep| {
        let mut rows: Vec<Row> = sweep.grid("locks").map(|at| Row::no_lock(at, false)).collect();
        let parallel = sweep.grid("locks").filter(|at| !at.level.load.outside().is_zero());
        rows.extend(parallel.map(|at| Row::no_lock(at, true)));
        let mut locks = Locks { sweep, rows };
        catalogue::visit_locks(&mut locks);
        // The same lock under a second id: what differs between the two is noise.
        let again = sweep.grid("locks").map(|at| Row {
            variant: "again".to_owned(),
            after: None,
            ..Row::lock::<StdMutexLock<Shared>>(at)
        });
        locks.rows.extend(again);
        locks.rows
    })
}

struct Locks<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl LockVisitor for Locks<'_> {
    fn visit<L: Lock<Shared>>(&mut self) {
        // Who waits how long is seen in a pass of a second: at the first level only, unless more is asked for.
        let more = self.sweep.full || self.sweep.levels.is_some();
        self.rows.extend(self.sweep.grid("locks").map(|at| {
            let row = Row::lock::<L>(at);
            if more || row.level == "c0_p0" { row } else { Row { after: None, ..row } }
        }));
    }
}
