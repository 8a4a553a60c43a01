//! What the threads of one round share, and each thread's seat at it.

use std::fmt;
use std::hint::spin_loop;
use std::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicU8, AtomicU64, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use super::os::{self, Place};
use crate::round::Tally;

/// Spins before a thread that waits for the others begins to yield.
const SPINS: u32 = 2_000;
/// The most increments claimed at once.
const LARGEST_CHUNK: u64 = 65_536;
/// The fewest chunks a thread's share is cut into, unless that makes them smaller than one.
const CHUNKS: u64 = 64;

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Dropping its handle.
    DroppingHandle,
    /// Asking for the total, or dropping the counter.
    Totalling,
}

impl Stage {
    const ALL: [Stage; 6] =
        [Stage::Making, Stage::TakingHandle, Stage::LiningUp, Stage::Counting, Stage::DroppingHandle, Stage::Totalling];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Making => "making the counter",
            Stage::TakingHandle => "taking its handle",
            Stage::LiningUp => "lining up",
            Stage::Counting => "counting",
            Stage::DroppingHandle => "dropping its handle",
            Stage::Totalling => "totalling",
        })
    }
}

/// One worker's progress, written by it alone.
#[derive(Default)]
struct Progress {
    done: AtomicU64,
    stage: AtomicU8,
}

/// What the threads of one round share. Each part has cache lines of its own.
pub(super) struct Board {
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
    pub(super) fn new(threads: usize, iters: u64, seed: u64) -> Board {
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
    pub(super) fn counting_for(&self) -> Option<Duration> {
        let began = self.began.load(Relaxed);
        (began > 0).then(|| self.epoch.elapsed().saturating_sub(Duration::from_nanos(began)))
    }

    /// No more claims.
    pub(super) fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    /// Changes whenever any thread gets on.
    pub(super) fn trace(&self) -> Vec<(u64, u8)> {
        let one = |p: &CachePadded<Progress>| (p.done.load(Relaxed), p.stage.load(Relaxed));
        self.progress.iter().map(one).collect()
    }

    /// What a worker is doing.
    pub(super) fn stage(&self, worker: usize) -> Stage {
        Stage::ALL[usize::from(self.progress[worker].stage.load(Relaxed))]
    }
}

/// One worker's seat in one round.
pub struct Seat<'a> {
    worker: usize,
    board: Arc<Board>,
    place: &'a Place,
    waited: Option<Duration>,
    tally: Tally,
}

impl<'a> Seat<'a> {
    pub(super) fn new(worker: usize, board: Arc<Board>, place: &'a Place) -> Seat<'a> {
        let waited = place.waited();
        let tally = Tally { pinned: place.pin.is_some(), ..Tally::default() };
        Seat { worker, board, place, waited, tally }
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
        let board = &self.board;
        if self.stopped() {
            return None;
        }
        let first = board.next.fetch_add(board.chunk, Relaxed);
        let chunk = board.chunk.min(board.total.saturating_sub(first));
        if chunk == 0 {
            return None;
        }
        Some(chunk)
    }

    /// Whether time is up: what is left of a claim stays undone then.
    pub fn stopped(&self) -> bool {
        self.board.stop.load(Relaxed)
    }

    /// Notes increments as completed.
    pub fn done(&mut self, increments: u64) {
        self.tally.attempted += increments;
        self.progress().done.store(self.tally.attempted, Relaxed);
    }

    /// Stops the clock; the handle must have been dropped by then.
    pub fn finish(&mut self, think_steps: u64) {
        self.tally.end = self.board.epoch.elapsed();
        self.tally.think_steps = think_steps;
        let cpu = os::cpu_now();
        // Whoever changes the masks of a running process moves its threads.
        self.tally.pinned &= cpu.is_none() || cpu == self.place.pin;
        self.tally.cpus.extend(cpu);
        let now = self.place.waited();
        self.tally.waited = now.zip(self.waited).map(|(now, then)| now.saturating_sub(then));
    }

    pub(super) fn stage(&self) -> Stage {
        self.board.stage(self.worker)
    }

    pub(super) fn tally(self) -> Tally {
        self.tally
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::topology;

    #[test]
    fn a_thread_that_was_moved_was_not_pinned() {
        let cpus = core_affinity::get_core_ids().unwrap_or_default();
        let [first, other, ..] = cpus[..] else { return };
        let pinned = |moved: bool| {
            let at_its_seat = move || {
                let place = Place::take(Some(first.id));
                let mut seat = Seat::new(0, Arc::new(Board::new(1, 1, 0)), &place);
                assert!(!moved || core_affinity::set_for_current(other));
                seat.finish(0);
                seat.tally.pinned
            };
            thread::spawn(at_its_seat).join().unwrap()
        };
        assert_eq!(pinned(false), topology::pinning_works());
        assert!(!pinned(true));
    }
}
