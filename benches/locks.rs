//! Lock overhead: acquire and release around work of several lengths, with the same loop without a
//! lock beside it.

use std::process::ExitCode;

use miscount::catalogue::{self, LockVisitor};
use miscount::counters::blocking::StdMutexLock;
use miscount::critical::Shared;
use miscount::lock::Lock;
use miscount::suite::{self, Row};
use miscount::workload::{Placement, SECTIONS, Sections, Sweep};

fn main() -> ExitCode {
    suite::run("locks", |sweep| {
        let mut rows = Rows { sweep, rows: Vec::new() };
        rows.add(|level, threads, placement| Row::no_lock(level, threads, placement, false));
        rows.add_where(
            |level| !level.parallel.is_zero(),
            |level, threads, placement| Row::no_lock(level, threads, placement, true),
        );
        catalogue::visit_locks(&mut rows);
        // The same lock under a second id: a difference between the two is noise.
        rows.add(|level, threads, placement| Row {
            variant: "again".to_owned(),
            after: None,
            ..Row::lock::<StdMutexLock<Shared>>(level, threads, placement)
        });
        // Level by level, because rows of one level are compared.
        rows.rows.sort_by_key(|row| SECTIONS.iter().position(|level| level.id == row.level));
        rows.rows
    })
}

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn add(&mut self, row: impl Fn(&Sections, usize, Placement) -> Row) {
        self.add_where(|_| true, row);
    }

    fn add_where(&mut self, wanted: impl Fn(&Sections) -> bool, row: impl Fn(&Sections, usize, Placement) -> Row) {
        for level in self.sweep.pick(&SECTIONS).into_iter().filter(|level| wanted(level)) {
            for &placement in &self.sweep.placements {
                self.rows.extend(self.sweep.threads.iter().map(|&threads| row(level, threads, placement)));
            }
        }
    }
}

impl LockVisitor for Rows<'_> {
    fn visit<L: Lock<Shared>>(&mut self) {
        // The one-second pass shows waits. It is run at the first level only, unless levels are asked for or the run is full.
        let more = self.sweep.full || self.sweep.levels.is_some();
        self.add(|level, threads, placement| {
            let row = Row::lock::<L>(level, threads, placement);
            if more || level.id == SECTIONS[0].id { row } else { Row { after: None, ..row } }
        });
    }
}
