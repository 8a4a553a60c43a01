//! Values made on first access: the cost of an access to a value that is there (`fast_path`),
//! and of first accesses by several threads at the same time (`first_access`).

use std::process::ExitCode;

use miscount::lazy::{self, FastPath, FirstAccess, Lazy, LazyVisitor};
use miscount::suite::{self, Case};
use miscount::topology::usable_count;
use miscount::workload::{GridPoint, Sweep};

fn main() -> ExitCode {
    suite::run("lazy_init", |sweep| {
        let mut ways = Ways { sweep, cases: Vec::new() };
        lazy::visit(&mut ways);
        ways.cases
    })
}

struct Ways<'s> {
    sweep: &'s Sweep,
    cases: Vec<Case>,
}

impl LazyVisitor for Ways<'_> {
    fn visit<L: Lazy>(&mut self) {
        let sweep = self.sweep;
        let own = [1, usable_count().max(2)];
        let threads = if sweep.full { sweep.threads.clone() } else { sweep.threads_or(&own) };
        // One thread alone never races for a first access.
        let more = sweep.full || sweep.threads_given;
        let wanted = |at: &GridPoint| more || at.level.id == "fast_path" || at.threads > 1;
        self.cases.extend(sweep.grid_with("lazy_init", threads).filter(wanted).map(case::<L>));
    }
}

fn case<L: Lazy>(at: GridPoint) -> Case {
    match at.level.id {
        "fast_path" => Case::counter::<FastPath<L>>(at),
        _ => Case::counter::<FirstAccess<L>>(at),
    }
}
