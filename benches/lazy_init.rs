//! Values made when they are first asked for: what an access costs once they are there (`fast_path`),
//! and what happens when threads ask at the same time (`first_access`).

use std::process::ExitCode;

use miscount::lazy::{self, FastPath, FirstAccess, Lazy, LazyVisitor};
use miscount::suite::{self, Row};
use miscount::topology::usable_count;
use miscount::workload::{GridPoint, Sweep};

fn main() -> ExitCode {
    suite::run("lazy_init", |sweep| {
        let mut ways = Ways { sweep, rows: Vec::new() };
        lazy::visit(&mut ways);
        ways.rows
    })
}

struct Ways<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl LazyVisitor for Ways<'_> {
    fn visit<L: Lazy>(&mut self) {
        let sweep = self.sweep;
        let own = [1, usable_count().max(2)];
        let threads = if sweep.full { sweep.threads.clone() } else { sweep.threads_or(&own) };
        // One thread alone never races for a first access.
        let more = sweep.full || sweep.threads_given;
        let wanted = |at: &GridPoint| more || at.level.id == "fast_path" || at.threads > 1;
        self.rows.extend(sweep.grid_with("lazy_init", threads).filter(wanted).map(row::<L>));
    }
}

fn row<L: Lazy>(at: GridPoint) -> Row {
    let row = match at.level.id {
        "fast_path" => Row::new(L::INFO, at, lazy::round::<FastPath<L>>),
        _ => Row::new(L::INFO, at, lazy::round::<FirstAccess<L>>),
    };
    Row { anomaly: L::INFO.grade.counts().then_some(lazy::KIND), ..row }
}
