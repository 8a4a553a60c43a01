//! Values made when they are first asked for: what an access costs once they are there (`fast_path`),
//! and what happens when threads ask at the same time (`first_access`).

use std::process::ExitCode;

use miscount::lazy::{self, FastPath, FirstAccess, Lazy, LazyVisitor};
use miscount::suite::{self, Row};
use miscount::topology::usable_count;
use miscount::workload::{Level, Placement, Sweep};

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
        for level in self.sweep.pick("lazy_init") {
            // One thread alone never races for a first access.
            let own = if level.id == "fast_path" { vec![1, cpus] } else { vec![cpus] };
            let threads = if self.sweep.full { self.sweep.threads.clone() } else { self.sweep.threads_or(&own) };
            for &placement in &self.sweep.placements {
                for &threads in &threads {
                    self.rows.push(row::<L>(level, threads, placement));
                }
            }
        }
    }
}

fn row<L: Lazy>(level: &Level, threads: usize, placement: Placement) -> Row {
    let row = match level.id {
        "fast_path" => Row::new(L::INFO, level, threads, placement, lazy::round::<FastPath<L>>),
        _ => Row::new(L::INFO, level, threads, placement, lazy::round::<FirstAccess<L>>),
    };
    Row { anomaly: L::INFO.grade.counts().then_some(lazy::KIND), ..row }
}
