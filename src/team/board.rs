//! What the threads of one round share, and each thread's seat at it. The team's threads stay for many rounds; those of a
//! [conformance](crate::conformance) check have one, and end.

use std::fmt;
use std::hint::spin_loop;
use std::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicU8, AtomicU64, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
        fence,
    },
};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use super::os::{self, OsThread};
use crate::round::Tally;

/// Spins before a thread that waits for the others begins to yield.
const SPINS: u32 = 2_000;
/// The most increments claimed at once.
const LARGEST_CHUNK: u64 = 65_536;
/// The fewest chunks a thread's share is cut into, unless that makes them smaller than one.
const CHUNKS: u64 = 64;

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Stage {
    /// Making the counter.
    Making,
    /// Waking up, or making its handle.
    TakingHandle,
    /// Waiting for the others.
    LiningUp,
    /// Counting.
    Counting,
    /// Reading, beside those that count.
    Reading,
    /// Dropping its handle.
    DroppingHandle,
    /// Ending: what it kept in thread-local storage is dropped.
    Ending,
    /// Asking for the total, or dropping the counter.
    Totalling,
}

impl Stage {
    const ALL: [Stage; 8] = [
        Stage::Making,
        Stage::TakingHandle,
        Stage::LiningUp,
        Stage::Counting,
        Stage::Reading,
        Stage::DroppingHandle,
        Stage::Ending,
        Stage::Totalling,
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Making => "making the counter",
            Stage::TakingHandle => "taking its handle",
            Stage::LiningUp => "lining up",
            Stage::Counting => "counting",
            Stage::Reading => "reading",
            Stage::DroppingHandle => "dropping its handle",
            Stage::Ending => "ending",
            Stage::Totalling => "totalling",
        })
    }
}

/// One worker's progress, written by it alone.
#[derive(Default)]
struct Progress {
    /// Increments begun, of those that are announced.
    begun: AtomicU64,
    done: AtomicU64,
    /// Reads that were held against increments.
    reads: AtomicU64,
    stage: AtomicU8,
}

/// What the threads of one round share. Each part has cache lines of its own.
pub(crate) struct Board {
    epoch: Instant,
    seed: u64,
    /// When the last worker lined up, in ns since the epoch; 0 before.
    began: CachePadded<AtomicU64>,
    total: u64,
    chunk: u64,
    arrived: CachePadded<AtomicUsize>,
    next: CachePadded<AtomicU64>,
    stop: CachePadded<AtomicBool>,
    progress: Box<[CachePadded<Progress>]>,
}

impl Board {
    /// A board for `threads` threads with `iters` increments each to do, in all. Their seeds begin at `seed`.
    pub(crate) fn new(threads: usize, iters: u64, seed: u64) -> Board {
        let mut progress: Vec<CachePadded<Progress>> = Vec::new();
        progress.resize_with(threads, CachePadded::default);
        for seat in &progress {
            seat.stage.store(Stage::TakingHandle as u8, Relaxed);
        }
        Board {
            epoch: Instant::now(),
            seed,
            began: CachePadded::default(),
            total: iters.saturating_mul(threads as u64),
            chunk: (iters / CHUNKS).clamp(1, LARGEST_CHUNK),
            arrived: CachePadded::default(),
            next: CachePadded::default(),
            stop: CachePadded::default(),
            progress: progress.into(),
        }
    }

    /// How long all workers have been counting; `None` before the last of them has lined up.
    pub(crate) fn counting_for(&self) -> Option<Duration> {
        let began = self.began.load(Relaxed);
        (began > 0).then(|| self.epoch.elapsed().saturating_sub(Duration::from_nanos(began)))
    }

    /// No more claims.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    /// Whether time is up.
    fn stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// The next chunk of the budget; `None` when it is spent or time is up.
    fn claim(&self) -> Option<u64> {
        if self.stopped() {
            return None;
        }
        let first = self.next.fetch_add(self.chunk, Relaxed);
        let chunk = self.chunk.min(self.total.saturating_sub(first));
        (chunk > 0).then_some(chunk)
    }

    /// Increments completed, by all workers.
    pub(crate) fn done(&self) -> u64 {
        self.progress.iter().map(|one| one.done.load(Acquire)).sum()
    }

    /// Changes whenever any thread gets on.
    fn trace(&self) -> Vec<[u64; 3]> {
        let one =
            |p: &CachePadded<Progress>| [p.done.load(Relaxed), p.reads.load(Relaxed), u64::from(p.stage.load(Relaxed))];
        self.progress.iter().map(one).collect()
    }

    /// What a worker is doing.
    pub(crate) fn stage(&self, worker: usize) -> Stage {
        Stage::ALL[usize::from(self.progress[worker].stage.load(Relaxed))]
    }

    /// Names those of `missing` who hang: they are at the earliest stage, since the others may only be waiting for them.
    pub(crate) fn hung(&self, noun: &str, missing: &[usize]) -> (String, Stage) {
        let stage = missing.iter().map(|&w| self.stage(w)).filter(|&s| s != Stage::LiningUp).min();
        let stage = stage.unwrap_or(Stage::LiningUp);
        let names: Vec<String> = missing.iter().filter(|&&w| self.stage(w) == stage).map(usize::to_string).collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        (format!("{noun}{plural} {}", names.join(", ")), stage)
    }
}

/// Since when no thread has got on.
pub(crate) struct Standstill {
    since: Instant,
    trace: Vec<[u64; 3]>,
}

impl Standstill {
    /// Begins now.
    pub(crate) fn begins(board: &Board) -> Standstill {
        Standstill { since: Instant::now(), trace: board.trace() }
    }

    /// How long it lasts; a thread that has got on begins it anew.
    pub(crate) fn lasts(&mut self, board: &Board) -> Duration {
        let trace = board.trace();
        if trace != self.trace {
            *self = Standstill { since: Instant::now(), trace };
        }
        self.since.elapsed()
    }
}

/// A value that was read, and what it must lie between.
pub(crate) struct CheckedRead {
    /// Increments completed before.
    pub(crate) completed: u64,
    /// What was read.
    pub(crate) value: u64,
    /// Increments begun by the time it returned.
    pub(crate) begun: u64,
}

/// One worker's seat in one round.
pub struct Seat<'a> {
    worker: usize,
    board: Arc<Board>,
    thread: &'a OsThread,
    waited: Option<Duration>,
    tally: Tally,
}

impl<'a> Seat<'a> {
    pub(crate) fn new(worker: usize, board: Arc<Board>, thread: &'a OsThread) -> Seat<'a> {
        let waited = thread.waited();
        let tally = Tally { pinned: thread.cpu.is_some(), ..Tally::default() };
        Seat { worker, board, thread, waited, tally }
    }

    /// The worker's number, from 0.
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// Where random numbers begin that no other worker draws, nor this one in another round.
    pub fn seed(&self) -> u64 {
        self.board.seed + self.worker as u64
    }

    fn progress(&self) -> &Progress {
        &self.board.progress[self.worker]
    }

    /// Says what the worker does from now on, for the watchdog.
    pub fn enter(&self, stage: Stage) {
        self.progress().stage.store(stage as u8, Relaxed);
    }

    /// Waits until every worker is here (spinning a little, then yielding), and starts the clock.
    pub fn line_up(&mut self) {
        self.line_up_of(self.board.progress.len());
    }

    /// As [`Seat::line_up`], where only `workers` of them take part.
    pub(crate) fn line_up_of(&mut self, workers: usize) {
        self.enter(Stage::LiningUp);
        let board = &self.board;
        if board.arrived.fetch_add(1, AcqRel) + 1 == workers {
            board.began.store(board.epoch.elapsed().as_nanos() as u64 | 1, Relaxed);
        }
        let mut spins = 0;
        while board.arrived.load(Acquire) < workers && !board.stop.load(Relaxed) {
            if spins < SPINS {
                spins += 1;
                spin_loop();
            } else {
                thread::yield_now();
            }
        }
        self.tally.cpus.extend(os::cpu_now());
        self.enter(Stage::Counting);
        self.tally.start = self.board.epoch.elapsed();
    }

    /// Takes no part in the round.
    pub(crate) fn stay_out(&mut self) {
        self.enter(Stage::Counting);
    }

    /// The next chunk of the shared budget to work off; `None` when it is spent or time is up.
    pub fn claim(&mut self) -> Option<u64> {
        self.board.claim()
    }

    /// Whether time is up: what is left of a claim stays undone then.
    pub fn stopped(&self) -> bool {
        self.board.stopped()
    }

    /// What the tasks of an async run-time need of this seat, whichever thread they run on.
    pub fn for_tasks(&self) -> TaskSeat {
        TaskSeat { worker: self.worker, board: Arc::clone(&self.board) }
    }

    /// Notes increments as completed.
    pub fn done(&mut self, increments: u64) {
        self.tally.attempted += increments;
        self.progress().done.store(self.tally.attempted, Relaxed);
    }

    /// Increments once so that readers know of it: announced before, noted after.
    ///
    /// With the fences of [`Seat::read`] it follows, whatever orderings the counter uses: who reads the increment sees its
    /// announcement, and who sees it noted reads it.
    #[inline]
    pub(crate) fn announced(&mut self, increment: impl FnOnce()) {
        self.tally.attempted += 1;
        let Progress { begun, done, .. } = &*self.board.progress[self.worker];
        begun.store(self.tally.attempted, Relaxed);
        fence(Release);
        increment();
        done.store(self.tally.attempted, Release);
    }

    /// Reads, between the announced increments that had been completed before and those begun after; all are by workers of
    /// this round. `None` when there is nothing to read.
    #[inline]
    pub(crate) fn read(&mut self, read: impl FnOnce() -> Option<u64>) -> Option<CheckedRead> {
        let completed = self.board.done();
        // The read must come after that sum, and before the next.
        fence(AcqRel);
        let value = read();
        fence(AcqRel);
        let begun = self.board.progress.iter().map(|one| one.begun.load(Acquire)).sum();
        let reads = &self.progress().reads;
        reads.store(reads.load(Relaxed) + 1, Relaxed);
        Some(CheckedRead { completed, value: value?, begun })
    }

    /// Stops the clock; the handle must have been dropped by then.
    pub fn finish(&mut self, think_steps: u64) {
        self.tally.end = self.board.epoch.elapsed();
        // Tasks note theirs on the board only.
        self.tally.attempted = self.progress().done.load(Acquire);
        self.tally.think_steps = think_steps;
        let cpu = os::cpu_now();
        // Whoever changes the masks of a running process moves its threads.
        self.tally.pinned &= cpu.is_none() || cpu == self.thread.cpu;
        self.tally.cpus.extend(cpu);
        let now = self.thread.waited();
        self.tally.waited = now.zip(self.waited).map(|(now, then)| now.saturating_sub(then));
    }

    pub(super) fn stage(&self) -> Stage {
        self.board.stage(self.worker)
    }

    pub(super) fn tally(self) -> Tally {
        self.tally
    }
}

/// A worker's seat as its tasks have it: they run on any thread, and end before the worker [finishes](Seat::finish).
#[derive(Clone)]
pub struct TaskSeat {
    worker: usize,
    board: Arc<Board>,
}

impl TaskSeat {
    /// As [`Seat::claim`].
    pub fn claim(&self) -> Option<u64> {
        self.board.claim()
    }

    /// As [`Seat::stopped`].
    pub fn stopped(&self) -> bool {
        self.board.stopped()
    }

    /// As [`Seat::done`], for several tasks at once.
    pub fn done(&self, increments: u64) {
        self.board.progress[self.worker].done.fetch_add(increments, Relaxed);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::topology;

    #[test]
    fn a_thread_that_was_moved_was_not_pinned() {
        let cpus = topology::usable_now();
        let [first, other, ..] = cpus[..] else { return };
        let pinned = |moved: bool| {
            let at_its_seat = move || {
                let thread = OsThread::pin(Some(first));
                let mut seat = Seat::new(0, Arc::new(Board::new(1, 1, 0)), &thread);
                assert!(!moved || topology::tie_to(other));
                seat.finish(0);
                seat.tally.pinned
            };
            thread::spawn(at_its_seat).join().unwrap()
        };
        assert_eq!(pinned(false), topology::pinning_works());
        assert!(!pinned(true));
    }
}
