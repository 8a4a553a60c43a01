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
        let mut cases: Vec<Case> = timed(sweep).map(|at| Case::no_lock(at, false)).collect();
        let parallel = timed(sweep).filter(|at| !at.level.load.outside().is_zero());
        cases.extend(parallel.map(|at| Case::no_lock(at, true)));
        // The one-second pass shows waits. It is run at the first level only, unless levels are asked for or the run is full.
        let more = sweep.full || sweep.levels.is_some();
        let mut locks = Locks { sweep, more, cases };
        let measured = |tags: &[Tag]| Tag::measured(tags, sweep.full);
        catalogue::visit_locks(measured, &mut locks);
        let held = |tags: &[Tag]| tags.contains(&Tag::Held) || more && measured(tags);
        catalogue::visit_locks(held, &mut HeldLong(&mut locks));
        // The same lock under a second id: a difference between the two is noise.
        let again = timed(sweep).map(|at| Case {
            variant: "again".to_owned(),
            after: None,
            ..Case::lock::<StdMutexLock<Guarded>>(at)
        });
        locks.cases.extend(again);
        locks.cases
    })
}

/// The points at which a lock's cost is measured.
fn timed(sweep: &Sweep) -> impl Iterator<Item = GridPoint> {
    sweep.grid("locks").filter(|at| !at.level.load.is_held_long())
}

struct Locks<'s> {
    sweep: &'s Sweep,
    more: bool,
    cases: Vec<Case>,
}

impl LockVisitor for Locks<'_> {
    fn visit<L: Lock<Guarded>>(&mut self) {
        self.cases.extend(timed(self.sweep).map(|at| {
            let case = Case::lock::<L>(at);
            if self.more || case.level == "c0_p0" { case } else { Case { after: None, ..case } }
        }));
    }
}

/// Locks that are held long. Each cell takes a second, and one thread waits for nobody: by default the fewest threads that can
/// wait for each other.
struct HeldLong<'a, 's>(&'a mut Locks<'s>);

impl LockVisitor for HeldLong<'_, '_> {
    fn visit<L: Lock<Guarded>>(&mut self) {
        let Locks { sweep, more, cases } = self.0;
        let mut threads: Vec<usize> = sweep.threads.iter().copied().filter(|&threads| threads > 1).collect();
        threads.truncate(if *more { threads.len() } else { 1 });
        let held = sweep.grid_with("locks", threads).filter(|at| at.level.load.is_held_long());
        cases.extend(held.map(Case::lock::<L>));
    }
}
