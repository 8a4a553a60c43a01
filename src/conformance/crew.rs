//! New, pinned threads for one pass of a check, and a watchdog that gives them up by name.
//!
//! Not a [`Team`](crate::team::Team): its threads stay, and these must end, since a counter may lose
//! what an ended thread had counted. Whatever touches a counter does so on a thread that can be left
//! behind.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Budget, Fault};
use crate::team::{self, Board, Failure, OsThread, Seat, Stage, Standstill, text_of};
use crate::topology::Topology;
use crate::workload::Placement;

/// How often the watchdog looks.
const POLL: Duration = Duration::from_micros(500);

/// Ends the pass of the others when its thread panics.
struct StopOnPanic(Arc<Board>);

impl Drop for StopOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

/// Has `threads` new threads do `job` within the budget, waits until they have ended, and returns
/// what each returned, in the order of their numbers. The job must line up.
pub(super) fn crew<R: Send + 'static>(
    budget: &Budget,
    threads: usize,
    job: impl Fn(&mut Seat) -> R + Send + Sync + 'static,
) -> Result<Vec<R>, Fault> {
    // There is nothing to claim: the watchdog ends the pass.
    let board = Arc::new(Board::new(threads, 0, 0));
    let job = Arc::new(job);
    let mut running = Vec::new();
    for (number, cpu) in Topology::detect().assign(Placement::Spread, threads).into_iter().enumerate() {
        let (its, job) = (Arc::clone(&board), Arc::clone(&job));
        let work = move || {
            let thread = OsThread::pin(cpu);
            let _stop = StopOnPanic(Arc::clone(&its));
            job(&mut Seat::new(number, its, &thread))
        };
        let started = thread::Builder::new().name(format!("checker {number}")).spawn(work);
        running.push(started.map_err(|e| {
            board.stop();
            Fault::NoThread(e.to_string())
        })?);
    }
    drop(job);
    let hung = until_ended(budget, &board, &running);
    if hung.is_some() {
        // Who has panicked may be why the others wait.
        running.retain(JoinHandle::is_finished);
    }
    let ended = call(budget, Stage::Ending, move || running.into_iter().map(JoinHandle::join).collect::<Vec<_>>())?;
    let mut results = Vec::new();
    for (number, result) in ended.into_iter().enumerate() {
        match result {
            Ok(result) => results.push(result),
            Err(payload) => {
                let (who, stage) = (format!("thread {number}"), board.stage(number));
                return Err(Failure::Panicked { who, stage, message: text_of(&*payload) }.into());
            }
        }
    }
    hung.map_or(Ok(results), Err)
}

/// Ends the pass when its budget is used up; returns when all threads have ended, or none gets on.
fn until_ended<R>(budget: &Budget, board: &Board, running: &[JoinHandle<R>]) -> Option<Fault> {
    let mut standstill = Standstill::begins(board);
    while !running.iter().all(JoinHandle::is_finished) {
        thread::sleep(POLL);
        let time = board.counting_for().unwrap_or_default();
        if time >= budget.at_most || (time >= budget.at_least && board.done() >= budget.increments) {
            board.stop();
        }
        if standstill.lasts(board) >= budget.hang {
            // Those that get on after all must not count for ever.
            board.stop();
            let late: Vec<usize> = (0..running.len()).filter(|&n| !running[n].is_finished()).collect();
            let (who, stage) = board.hung("thread", &late);
            return Some(Failure::Hung { who, stage, after: budget.hang }.into());
        }
    }
    None
}

/// Does `what` on a thread that can be left behind.
pub(super) fn call<T: Send + 'static>(
    budget: &Budget,
    stage: Stage,
    what: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    team::errand("the checker", stage, budget.hang, what, |errand| {
        let started = thread::Builder::new().name("checker".into()).spawn(errand);
        started.map(drop).map_err(|e| Fault::NoThread(e.to_string()))
    })
}

/// Runs `what` on a thread that ends before this returns, thread-local storage and all.
pub(super) fn replaced<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let short_lived = thread::Builder::new().name("short-lived".into()).spawn(what);
    short_lived.expect("the system refused a thread").join().unwrap_or_else(|payload| resume_unwind(payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
    use std::time::Instant;

    #[test]
    fn threads_that_were_given_up_end_when_they_get_on_after_all() {
        let (released, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (wait, end) = (Arc::clone(&released), Arc::clone(&ended));
        let budget = Budget { hang: Duration::from_millis(50), ..Budget::default() };
        let result = crew(&budget, 2, move |seat| {
            while seat.worker() == 0 && !wait.load(Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
            seat.line_up();
            while !seat.stopped() {
                thread::yield_now();
            }
            end.fetch_add(1, Relaxed);
        });
        assert!(matches!(result, Err(Fault::Thread(Failure::Hung { .. }))));
        released.store(true, Relaxed);
        let until = Instant::now() + Duration::from_secs(60);
        while ended.load(Relaxed) < 2 {
            assert!(Instant::now() < until, "they go on for ever");
            thread::sleep(Duration::from_millis(1));
        }
    }
}
