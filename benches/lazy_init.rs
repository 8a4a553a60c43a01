//! Values made when they are first asked for: what an access costs once they are there (`fast_path`),
//! and what happens when threads ask at the same time (`first_access`).

use std::process::ExitCode;

use miscount::lazy::{self, FastPath, FirstAccess, Lazy, LazyVisitor};
use miscount::suite::{self, Row};
use miscount::topology::usable_count;
use miscount::workload::{LAZY_LEVELS, Sweep};

fn main() -> ExitCode {
    suite::run("lazy_init", |sweep| {
        let mut rows = Rows { sweep, rows: Vec::new() };
        lazy::visit(&mut rows);
        rows.rows
    })
}

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl LazyVisitor for Rows<'_> {
    fn visit<L: Lazy>(&mut self) {
        let cpus = usable_count().max(2);
        for level in self.sweep.pick(&LAZY_LEVELS) {
            // One thread alone never races for a first access.
            let (own, row): (_, fn(&_, _, _) -> _) = match level.id {
                "fast_path" => (vec![1, cpus], Row::counter::<FastPath<L>>),
                _ => (vec![cpus], Row::counter::<FirstAccess<L>>),
            };
            let threads = if self.sweep.full { self.sweep.threads.clone() } else { self.sweep.threads_or(&own) };
            for &placement in &self.sweep.placements {
                for &threads in &threads {
                    self.rows.push(row(level, threads, placement));
                }
            }
        }
    }
}
