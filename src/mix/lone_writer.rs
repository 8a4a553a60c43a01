//! One thread writes and the others read, none with a pause: whether the writer gets in at all.
//!
//! In a mix each thread writes as well as reads, so readers never keep all writers out for long. Here they could. A read lasts for
//! a microsecond: one that takes the value and goes leaves the writer as much time as it takes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::counter::{Counter, Handle};
use crate::round::{Round, nanos};
use crate::team::{Failure, Plan, Seat, Stage, Team};

/// How long a pass lasts.
pub const PASS: Duration = Duration::from_millis(500);
/// How long a read lasts: as a look into a map does, and long beside coming and going. What it holds meanwhile is not free.
const READ: Duration = Duration::from_micros(1);
/// Reads that are noted at once.
const BLOCK: u64 = 16;

/// What became of one thread that writes while all others read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoneWriter {
    /// Writes done while the others read; 0 where the writer never got in.
    pub writes: u64,
    /// The same per second.
    pub writes_per_s: f64,
    /// Reads per second, of all readers together.
    pub reads_per_s: f64,
    /// The longest that one write took, in ns, a look at the clock taken off. The write that was under way when time was up counts with
    /// what it had lasted.
    pub longest_ns: f64,
    /// Whether it is that one that took longest: `longest_ns` is then a lower bound.
    pub open: bool,
    /// How long the writer wrote, or waited to, in ms.
    pub pass_ms: f64,
}

impl LoneWriter {
    /// Figures that are not negative.
    pub(crate) fn figures(&self) -> [f64; 4] {
        [self.writes_per_s, self.reads_per_s, self.longest_ns, self.pass_ms]
    }
}

/// What one thread did.
#[derive(Default)]
struct Seen {
    /// Reads, or writes.
    done: u64,
    /// Of the writes those while the others read.
    in_time: u64,
    longest_ns: f64,
    open: bool,
    took: Duration,
}

/// Has the first thread of `team` write on a fresh `C` for `time`, and all others read. Beside what became of it stands by how much
/// the count is off: more than 0 where writes were lost, less where they were invented.
///
/// # Errors
/// [`Failure`] when the counter panics or hangs. A writer that waits until the readers end does not hang: they get on.
pub fn lone_writer<C: Counter>(team: &mut Team, plan: &Plan, time: Duration) -> Result<(LoneWriter, i64), Failure> {
    let part = move |counter: &C, seat: &mut Seat| {
        if seat.worker() == 0 { write(counter, seat, time) } else { read(counter, seat) }
    };
    let total = move |counter: &C, _: Round, all: Vec<Seen>| {
        let per_s = |n: u64, took: Duration| if n == 0 { 0.0 } else { n as f64 / took.as_secs_f64() };
        let Seen { done, in_time, longest_ns, open, took } = all[0];
        let found = LoneWriter {
            writes: in_time,
            writes_per_s: per_s(in_time, took),
            reads_per_s: all[1..].iter().map(|reader| per_s(reader.done, reader.took)).sum(),
            longest_ns,
            open,
            pass_ms: nanos(took) / 1e6,
        };
        (found, done.wrapping_sub(counter.total()) as i64)
    };
    team.within(time, |team| team.play(plan, C::new, part, total))
}

/// Writes until time is up, each write clocked. A write that ends after that may owe it to the readers' end.
fn write<C: Counter>(counter: &C, seat: &mut Seat, time: Duration) -> Seen {
    let mut handle = counter.handle();
    let clock_ns = clock::pair_ns();
    let mut seen = Seen::default();
    seat.line_up();
    let start = Instant::now();
    let mut last = start;
    while !seat.stopped() {
        handle.increment();
        let now = Instant::now();
        let late = seat.stopped();
        seat.done(1);
        seen.done += 1;
        seen.in_time += u64::from(!late);
        let ended = if late { now.min(start + time).max(last) } else { now };
        let took_ns = nanos(ended.duration_since(last)) - clock_ns;
        if took_ns > seen.longest_ns {
            (seen.longest_ns, seen.open) = (took_ns, late);
        }
        last = ended;
    }
    seen.took = last.duration_since(start);
    seat.enter(Stage::DroppingHandle);
    drop(handle);
    seat.finish(0);
    seen
}

/// What a reader does with the value.
fn hold(value: u64) {
    let until = Instant::now() + READ;
    while Instant::now() < until {
        black_box(value);
    }
}

/// Reads until time is up. The writer's time is up then, too: it sees that if it got in because a reader has ended.
fn read<C: Counter>(counter: &C, seat: &mut Seat) -> Seen {
    let mut handle = counter.handle();
    let mut seen = Seen::default();
    seat.line_up();
    let start = Instant::now();
    while !seat.stopped() {
        let mut reads = 0;
        while reads < BLOCK && !seat.stopped() {
            counter.read_by(&mut handle, hold);
            reads += 1;
        }
        seat.done(reads);
        seen.done += reads;
    }
    seen.took = start.elapsed();
    seat.enter(Stage::DroppingHandle);
    drop(handle);
    seat.finish(0);
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::Info;
    use crate::counters::blocking::StdMutex;
    use crate::counters::spinning::PhaseFair;
    use crate::lock::{Lock, Locked};
    use crate::team::Limits;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    const READERS: usize = 2;
    const TIME: Duration = Duration::from_millis(60);

    fn pass<C: Counter>() -> LoneWriter {
        let limits = Limits { hang: Duration::from_secs(20), ..Limits::default() };
        let mut team = Team::start(&[None; 1 + READERS], limits).unwrap();
        let (found, off) = lone_writer::<C>(&mut team, &Plan::plain(1), TIME).unwrap();
        assert_eq!(off, 0, "{found:?}");
        found
    }

    /// Where many suites run at once, a pass may be over before the thread whose turn it is gets a CPU.
    fn pass_with_writes<C: Counter>() -> LoneWriter {
        let passes = || pass::<C>();
        std::iter::repeat_with(passes).take(200).find(|found| found.writes > 0).expect("the writer never gets in")
    }

    #[test]
    fn a_writer_gets_in_where_turns_are_taken() {
        for found in [pass_with_writes::<StdMutex>(), pass_with_writes::<PhaseFair>()] {
            assert!(found.longest_ns > 0.0, "{found:?}");
            assert!((found.writes_per_s * found.pass_ms / 1e3 - found.writes as f64).abs() < 1e-3, "{found:?}");
        }
    }

    /// A writer waits until all readers have ended.
    struct Starving(Mutex<u64>);

    static CAME: AtomicUsize = AtomicUsize::new(0);
    static ENDED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Default)]
    struct Reader(bool);

    impl Drop for Reader {
        fn drop(&mut self) {
            ENDED.fetch_add(usize::from(self.0), SeqCst);
        }
    }

    impl Lock<u64> for Starving {
        const INFO: Info = Info { id: "starving", ..<PhaseFair as Counter>::INFO };

        type Node = Reader;

        fn new(value: u64) -> Self {
            Starving(Mutex::new(value))
        }

        fn with<R>(&self, _: &mut Reader, critical: impl FnOnce(&mut u64) -> R) -> R {
            while CAME.load(SeqCst) < READERS || ENDED.load(SeqCst) < READERS {
                std::thread::yield_now();
            }
            critical(&mut self.0.lock().unwrap())
        }

        fn look<R>(&self, node: &mut Reader, reading: impl FnOnce(&u64) -> R) -> R {
            if !std::mem::replace(&mut node.0, true) {
                CAME.fetch_add(1, SeqCst);
            }
            reading(&self.0.lock().unwrap())
        }
    }

    #[test]
    fn a_writer_that_never_gets_in_is_told_and_does_not_hang() {
        let found = pass::<Locked<Starving>>();
        assert_eq!((found.writes, found.writes_per_s, found.open), (0, 0.0, true), "{found:?}");
        assert!(found.longest_ns > 0.0 && found.longest_ns <= 60e6, "it counts with what it had lasted: {found:?}");
        assert!(found.reads_per_s > 0.0, "{found:?}");
    }
}
