//! Lock overhead: acquire and release around work of several lengths, with the same loop without a
//! lock beside it.

use std::process::ExitCode;

use miscount::catalogue::{self, LockVisitor, Tag};
use miscount::counters::blocking::StdMutexLock;
use miscount::critical::Guarded;
use miscount::lock::Lock;
use miscount::suite::{self, Case};
use miscount::workload::{GridPoint, Sweep};

fn main() -> ExitCode {
    suite::run("locks", |sweep| {
        let timed = || sweep.grid("locks").filter(|at| !at.level.load.is_held_long());
        let mut cases: Vec<Case> = timed().map(|at| Case::no_lock(at, false)).collect();
        let parallel = timed().filter(|at| !at.level.load.outside().is_zero());
        cases.extend(parallel.map(|at| Case::no_lock(at, true)));
        let mut locks = Locks { sweep, cases };
        catalogue::visit_locks(|tags| Tag::measured(tags, sweep.full), &mut locks);
        // The same lock under a second id: a difference between the two is noise.
        let again = timed().map(|at| Case {
            variant: "again".to_owned(),
            after: None,
            ..Case::lock::<StdMutexLock<Guarded>>(at)
        });
        locks.cases.extend(again);
        locks.cases
    })
}

/// The locks that are held long by default: the mutexes that programs have most, and those that hand over.
const HELD_LONG: [&str; 4] = ["std_mutex", "parking_lot_mutex", "parking_lot_0_12_mutex", "parking_lot_fair_mutex"];

struct Locks<'s> {
    sweep: &'s Sweep,
    cases: Vec<Case>,
}

impl LockVisitor for Locks<'_> {
    fn visit<L: Lock<Guarded>>(&mut self) {
        // The one-second pass shows waits. It is run at the first level only, unless levels are asked for or the run is full.
        let more = self.sweep.full || self.sweep.levels.is_some();
        let fewest = self.sweep.threads.iter().copied().find(|&threads| threads > 1);
        // A pass takes a second, and one thread waits for nobody.
        let is_measured = |at: &GridPoint| {
            let default = HELD_LONG.contains(&L::INFO.id) && Some(at.threads) == fewest;
            !at.level.load.is_held_long() || at.threads > 1 && (more || default)
        };
        self.cases.extend(self.sweep.grid("locks").filter(is_measured).map(|at| {
            let case = Case::lock::<L>(at);
            if more || case.level == "c0_p0" { case } else { Case { after: None, ..case } }
        }));
    }
}
