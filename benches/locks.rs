//! Lock overhead: acquire and release around work of several lengths, with the same loop without a
//! lock beside it.

use std::process::ExitCode;

use miscount::catalogue::{self, LockVisitor, Tag};
use miscount::counters::blocking::StdMutexLock;
use miscount::critical::Guarded;
use miscount::lock::Lock;
use miscount::suite::{self, Case};
use miscount::workload::Sweep;

fn main() -> ExitCode {
    suite::run("locks", |sweep| {
        let mut cases: Vec<Case> = sweep.grid("locks").map(|at| Case::no_lock(at, false)).collect();
        let parallel = sweep.grid("locks").filter(|at| !at.level.load.outside().is_zero());
        cases.extend(parallel.map(|at| Case::no_lock(at, true)));
        let mut locks = Locks { sweep, cases };
        catalogue::visit_locks(|tags| Tag::measured(tags, sweep.full), &mut locks);
        // The same lock under a second id: a difference between the two is noise.
        let again = sweep.grid("locks").map(|at| Case {
            variant: "again".to_owned(),
            after: None,
            ..Case::lock::<StdMutexLock<Guarded>>(at)
        });
        locks.cases.extend(again);
        locks.cases
    })
}

struct Locks<'s> {
    sweep: &'s Sweep,
    cases: Vec<Case>,
}

impl LockVisitor for Locks<'_> {
    fn visit<L: Lock<Guarded>>(&mut self) {
        // The one-second pass shows waits. It is run at the first level only, unless levels are asked for or the run is full.
        let more = self.sweep.full || self.sweep.levels.is_some();
        self.cases.extend(self.sweep.grid("locks").map(|at| {
            let case = Case::lock::<L>(at);
            if more || case.level == "c0_p0" { case } else { Case { after: None, ..case } }
        }));
    }
}
