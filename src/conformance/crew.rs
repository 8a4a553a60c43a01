//! New, pinned threads for one pass of a check, and a watchdog that gives them up by name.
//!
//! Not a [`Team`](crate::team::Team): its threads stay, and these must end, since a counter may lose
//! what an ended thread had counted. Whatever touches a counter does so on a thread that can be left
//! behind.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicU8, AtomicU64, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
        fence,
    },
    mpsc::channel,
};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use super::{Budget, Fault};
use crate::counter::Handle;
use crate::topology::Topology;
use crate::workload::Placement;

/// How often the watchdog looks.
const POLL: Duration = Duration::from_micros(500);
/// Spins before a thread that waits for the others begins to yield.
const SPINS: u32 = 2_000;

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Doing {
    /// Making the counter.
    Making,
    /// Starting, or taking its handle.
    TakingHandle,
    /// Waiting for the others.
    LiningUp,
    /// Counting.
    Counting,
    /// Reading.
    Reading,
    /// Dropping its handle.
    DroppingHandle,
    /// Ending: what it kept in thread-local storage is dropped.
    Ending,
    /// Asking for the total, or dropping the counter.
    Totalling,
}

impl Doing {
    const ALL: [Doing; 8] = [
        Doing::Making,
        Doing::TakingHandle,
        Doing::LiningUp,
        Doing::Counting,
        Doing::Reading,
        Doing::DroppingHandle,
        Doing::Ending,
        Doing::Totalling,
    ];
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Doing::Making => "making the counter",
            Doing::TakingHandle => "taking its handle",
            Doing::LiningUp => "lining up",
            Doing::Counting => "counting",
            Doing::Reading => "reading",
            Doing::DroppingHandle => "dropping its handle",
            Doing::Ending => "ending",
            Doing::Totalling => "totalling",
        })
    }
}

/// One thread's progress, written by it alone.
#[derive(Default)]
struct Progress {
    started: AtomicU64,
    done: AtomicU64,
    moves: AtomicU64,
    doing: AtomicU8,
}

/// What the threads of one pass share, each part on cache lines of its own.
pub(super) struct Board {
    stop: CachePadded<AtomicBool>,
    arrived: CachePadded<AtomicUsize>,
    progress: Box<[CachePadded<Progress>]>,
}

impl Board {
    fn new(threads: usize) -> Board {
        let mut progress: Vec<CachePadded<Progress>> = Vec::new();
        progress.resize_with(threads, CachePadded::default);
        for one in &progress {
            one.doing.store(Doing::TakingHandle as u8, Relaxed);
        }
        Board { stop: CachePadded::default(), arrived: CachePadded::default(), progress: progress.into() }
    }

    /// Increments completed. Before a read: what that read must show.
    fn done(&self) -> u64 {
        self.progress.iter().map(|p| p.done.load(Relaxed)).sum()
    }

    /// Increments begun. After a read: the most that read may have shown.
    fn started(&self) -> u64 {
        self.progress.iter().map(|p| p.started.load(Relaxed)).sum()
    }

    fn doing(&self, seat: usize) -> Doing {
        Doing::ALL[usize::from(self.progress[seat].doing.load(Relaxed))]
    }

    /// Changes whenever any thread gets on.
    fn trace(&self) -> Vec<(u64, u64, u8)> {
        let one = |p: &CachePadded<Progress>| (p.done.load(Relaxed), p.moves.load(Relaxed), p.doing.load(Relaxed));
        self.progress.iter().map(one).collect()
    }
}

/// One thread's place in a pass.
pub(super) struct Seat {
    number: usize,
    board: Arc<Board>,
}

impl Seat {
    /// The thread's number, from 0.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    fn progress(&self) -> &Progress {
        &self.board.progress[self.number]
    }

    /// Says what the thread does from now on.
    pub(super) fn enter(&self, doing: Doing) {
        self.progress().doing.store(doing as u8, Relaxed);
    }

    /// Waits until all are here, so that they count together.
    pub(super) fn line_up(&self) {
        self.enter(Doing::LiningUp);
        self.board.arrived.fetch_add(1, AcqRel);
        let mut spins = 0;
        while self.board.arrived.load(Acquire) < self.board.progress.len() && self.going() {
            if spins < SPINS {
                spins += 1;
                std::hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
        self.enter(Doing::Counting);
    }

    /// Whether the budget has not been used up.
    pub(super) fn going(&self) -> bool {
        !self.board.stop.load(Relaxed)
    }

    /// Increments once.
    #[inline]
    pub(super) fn count(&self, handle: &mut impl Handle) {
        handle.increment();
        self.did(1);
    }

    /// Notes increments made elsewhere.
    #[inline]
    pub(super) fn did(&self, increments: u64) {
        let done = &self.progress().done;
        done.store(done.load(Relaxed) + increments, Relaxed);
    }

    /// Increments once so that readers know of it: announced before, noted after.
    ///
    /// A fence stands on either side. With those of [`read`](Seat::read) it follows, whatever orderings
    /// the counter uses: who reads the increment sees its announcement, and who sees it noted
    /// reads it.
    #[inline]
    pub(super) fn count_announced(&self, handle: &mut impl Handle) {
        let Progress { started, done, .. } = self.progress();
        started.store(started.load(Relaxed) + 1, Relaxed);
        fence(SeqCst);
        handle.increment();
        fence(SeqCst);
        done.store(done.load(Relaxed) + 1, Relaxed);
    }

    /// Reads, between what had been completed before and what had been begun after.
    pub(super) fn read(&self, read: impl FnOnce() -> Option<u64>) -> Option<(u64, u64, u64)> {
        let done = self.board.done();
        fence(SeqCst);
        let value = read()?;
        fence(SeqCst);
        let started = self.board.started();
        let moves = &self.progress().moves;
        moves.store(moves.load(Relaxed) + 1, Relaxed);
        Some((done, value, started))
    }
}

/// Ends the pass of the others when its thread panics.
struct StopOnPanic<'a>(&'a Board);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop.store(true, Relaxed);
        }
    }
}

/// Has `threads` new threads do `job` within the budget, waits until they have ended, and returns
/// what each returned, in the order of their numbers. The job must line up.
pub(super) fn crew<R: Send + 'static>(
    budget: &Budget,
    threads: usize,
    job: impl Fn(&Seat) -> R + Send + Sync + 'static,
) -> Result<Vec<R>, Fault> {
    let board = Arc::new(Board::new(threads));
    let job = Arc::new(job);
    let mut running = Vec::new();
    for (number, cpu) in Topology::detect().assign(Placement::Spread, threads).into_iter().enumerate() {
        let seat = Seat { number, board: Arc::clone(&board) };
        let job = Arc::clone(&job);
        let work = move || {
            if let Some(id) = cpu {
                core_affinity::set_for_current(core_affinity::CoreId { id });
            }
            let _stop = StopOnPanic(&seat.board);
            job(&seat)
        };
        let started = thread::Builder::new().name(format!("checker {number}")).spawn(work);
        running.push(started.map_err(|e| {
            board.stop.store(true, Relaxed);
            Fault::NoThread(e.to_string())
        })?);
    }
    drop(job);
    let hung = watch(budget, &board, &running);
    if hung.is_some() {
        // Who has panicked may be why the others wait.
        running.retain(JoinHandle::is_finished);
    }
    let ended = call(budget, Doing::Ending, move || running.into_iter().map(JoinHandle::join).collect::<Vec<_>>())?;
    let mut results = Vec::new();
    for (number, result) in ended.into_iter().enumerate() {
        match result {
            Ok(result) => results.push(result),
            Err(payload) => {
                let doing = board.doing(number);
                return Err(Fault::Panicked { who: format!("thread {number}"), doing, message: text_of(&*payload) });
            }
        }
    }
    hung.map_or(Ok(results), Err)
}

/// Ends the pass when its budget is used up; returns when all threads have ended, or none gets on.
fn watch<R>(budget: &Budget, board: &Board, running: &[JoinHandle<R>]) -> Option<Fault> {
    let mut together = None;
    let mut moved = (Instant::now(), board.trace());
    while !running.iter().all(JoinHandle::is_finished) {
        thread::sleep(POLL);
        if together.is_none() && board.arrived.load(Acquire) == running.len() {
            together = Some(Instant::now());
        }
        let time = together.map_or(Duration::ZERO, |since| since.elapsed());
        if time >= budget.at_most || (time >= budget.at_least && board.done() >= budget.increments) {
            board.stop.store(true, Relaxed);
        }
        let trace = board.trace();
        if trace != moved.1 {
            moved = (Instant::now(), trace);
        } else if moved.0.elapsed() >= budget.hang {
            // Those that get on after all must not count for ever.
            board.stop.store(true, Relaxed);
            let late: Vec<usize> = (0..running.len()).filter(|&n| !running[n].is_finished()).collect();
            return Some(hung(board, &late, budget.hang));
        }
    }
    None
}

/// Names those at the earliest stage: the others may only be waiting for them.
fn hung(board: &Board, late: &[usize], after: Duration) -> Fault {
    let doing = late.iter().map(|&n| board.doing(n)).filter(|&d| d != Doing::LiningUp).min();
    let doing = doing.unwrap_or(Doing::LiningUp);
    let names: Vec<String> = late.iter().filter(|&&n| board.doing(n) == doing).map(usize::to_string).collect();
    let noun = if names.len() == 1 { "thread" } else { "threads" };
    Fault::Hung { who: format!("{noun} {}", names.join(", ")), doing, after }
}

/// Does `what` on a thread that can be left behind.
pub(super) fn call<T: Send + 'static>(
    budget: &Budget,
    doing: Doing,
    what: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let (tell, told) = channel();
    let errand = move || {
        let result = catch_unwind(AssertUnwindSafe(what));
        // Nobody listens any more when it took too long.
        let _ = tell.send(result);
    };
    thread::Builder::new().name("checker".into()).spawn(errand).map_err(|e| Fault::NoThread(e.to_string()))?;
    let who = "the checker".to_owned();
    match told.recv_timeout(budget.hang) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(payload)) => Err(Fault::Panicked { who, doing, message: text_of(&*payload) }),
        Err(_) => Err(Fault::Hung { who, doing, after: budget.hang }),
    }
}

/// Runs `what` on a thread that ends before this returns, thread-local storage and all.
pub(super) fn replaced<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let short_lived = thread::Builder::new().name("short-lived".into()).spawn(what);
    short_lived.expect("the system refused a thread").join().unwrap_or_else(|payload| resume_unwind(payload))
}

/// What a panic said.
fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_were_given_up_end_when_they_get_on_after_all() {
        let (released, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (wait, end) = (Arc::clone(&released), Arc::clone(&ended));
        let budget = Budget { hang: Duration::from_millis(50), ..Budget::default() };
        let result = crew(&budget, 2, move |seat| {
            while seat.number() == 0 && !wait.load(Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
            seat.line_up();
            while seat.going() {
                thread::yield_now();
            }
            end.fetch_add(1, Relaxed);
        });
        assert!(matches!(result, Err(Fault::Hung { .. })));
        released.store(true, Relaxed);
        let until = Instant::now() + Duration::from_secs(60);
        while ended.load(Relaxed) < 2 {
            assert!(Instant::now() < until, "they go on for ever");
            thread::sleep(Duration::from_millis(1));
        }
    }
}
