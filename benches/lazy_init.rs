//! Values made on first access: the cost of an access to a value that is there (`fast_path`),
//! and of first accesses by several threads at the same time (`first_access`).

use std::process::ExitCode;

use miscount::lazy::{self, FastPath, FirstAccess, Lazy, LazyVisitor};
use miscount::suite::{self, Row};
use miscount::topology::usable_count;
use miscount::workload::{LAZY_LEVELS, Placement, Sweep};

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
            let own = if level.id == "fast_path" { vec![1, cpus] } else { vec![cpus] };
            let threads = if self.sweep.full { self.sweep.threads.clone() } else { self.sweep.threads_or(&own) };
            for &placement in &self.sweep.placements {
                for &threads in &threads {
                    self.rows.push(row::<L>(level.id, threads, placement));
                }
            }
        }
    }
}

fn row<L: Lazy>(level: &'static str, threads: usize, placement: Placement) -> Row {
    let row = match level {
        "fast_path" => Row::new(L::INFO, level, threads, placement, lazy::round::<FastPath<L>>),
        _ => Row::new(L::INFO, level, threads, placement, lazy::round::<FirstAccess<L>>),
    };
    Row { anomaly: L::INFO.grade.counts().then_some(lazy::KIND), ..row }
}
