//! Reads and writes of one counter, told apart.
//!
//! Every thread writes a few times, then reads as often as goes with that, and so on. Each run of
//! equal operations is clocked as a whole: a look at the clock takes longer than most reads.

mod lag;
mod lone_writer;

use std::hint::black_box;
use std::time::Instant;

pub use lag::{ReadError, read_error};
pub use lone_writer::{LoneWriter, PASS, lone_writer};

use crate::clock;
use crate::counter::{Counter, Handle};
use crate::round::{ReadsAndWrites, Round, Setting, nanos};
use crate::team::{Failure, Pace, Plan, Seat, Stage, Team};
use crate::think::{Jitter, NoThink, Think};

/// Operations between two looks at the stop sign, at most.
const BLOCK: u64 = 256;

/// How many writes in a row, then how many reads, by the percentage of reads. Long enough for the
/// clock, short enough for threads to be at both at once.
fn runs(percent: u64) -> [u64; 2] {
    match percent {
        0 => [128, 0],
        100 => [0, 512],
        // A few writes at least: 10 and 990 for 99 %.
        _ => {
            let writes = if percent > 50 { 10 } else { 45 };
            [writes, writes * percent / (100 - percent)]
        }
    }
}

/// One thread's way round its runs.
struct Cycle {
    runs: [u64; 2],
    /// 0 while it writes, 1 while it reads.
    at: usize,
    left: u64,
}

impl Cycle {
    fn new(percent: u64) -> Cycle {
        let runs = runs(percent);
        Cycle { runs, at: 0, left: runs[0] }
    }

    /// What comes next: whether it reads, and how many times; at most `most`.
    fn next(&mut self, most: u64) -> (bool, u64) {
        if self.left == 0 {
            self.at = 1 - self.at;
            self.left = self.runs[self.at];
            if self.left == 0 {
                self.at = 1 - self.at;
                self.left = self.runs[self.at];
            }
        }
        let n = self.left.min(most);
        self.left -= n;
        (self.at == 1, n)
    }
}

/// The two loops, each one piece of code as in [`kernel`](crate::kernel).
#[inline(never)]
fn write<H: Handle, T: Think>(handle: &mut H, think: &mut T, n: u64) {
    for _ in 0..n {
        think.think();
        handle.increment();
        black_box(());
    }
}

#[inline(never)]
fn read<'c, C: Counter, T: Think>(counter: &'c C, handle: &mut C::Handle<'c>, think: &mut T, n: u64) {
    for _ in 0..n {
        think.think();
        black_box(counter.read_by(handle, |value| value));
    }
}

/// Sums of one thread: by writes and reads.
#[derive(Default)]
struct Sums {
    times: [u64; 2],
    ns: [f64; 2],
    steps: [u64; 2],
    longest_write_ns: f64,
}

fn work<C: Counter, T: Think>(counter: &C, think: &mut T, pace: Option<Pace>, percent: u64, seat: &mut Seat) -> Sums {
    let mut handle = counter.handle();
    let mut cycle = Cycle::new(percent);
    let mut sums = Sums::default();
    let clock_ns = clock::pair_ns();
    seat.line_up();
    while let Some(chunk) = seat.claim() {
        let mut left = chunk;
        while left > 0 && !seat.stopped() {
            let (reads, n) = cycle.next(left.min(BLOCK));
            let steps = think.steps();
            let begun = Instant::now();
            if reads {
                read(counter, &mut handle, think, n)
            } else {
                write(&mut handle, think, n)
            }
            let took = nanos(begun.elapsed()) - clock_ns;
            let kind = usize::from(reads);
            sums.times[kind] += n;
            sums.ns[kind] += took;
            sums.steps[kind] += think.steps() - steps;
            if !reads {
                sums.longest_write_ns = sums.longest_write_ns.max(took - thought(pace, n, think.steps() - steps));
            }
            seat.done(n);
            left -= n;
        }
    }
    seat.enter(Stage::DroppingHandle);
    drop(handle);
    seat.finish(think.steps());
    sums
}

/// What thinking `n` times took, in ns.
fn thought(pace: Option<Pace>, n: u64, steps: u64) -> f64 {
    pace.map_or(0.0, |pace| n as f64 * pace.gauge.overhead_ns + steps as f64 * pace.gauge.ns_per_step)
}

/// Runs one round of operations on a fresh `C`, `percent` of them reads. What is
/// kept of it are writes and reads: a lost write shows as lost.
///
/// # Errors
/// [`Failure`] when the counter panics or hangs.
pub fn round<C: Counter>(team: &mut Team, plan: &Plan, percent: u64) -> Result<Round, Failure> {
    let pace = plan.pace;
    let part = move |counter: &C, seat: &mut Seat| match pace {
        None => work(counter, &mut NoThink, None, percent, seat),
        Some(Pace { mean_steps, .. }) => work(counter, &mut Jitter::new(mean_steps, seat.seed()), pace, percent, seat),
    };
    team.play(plan, C::new, part, move |counter, round, all| {
        let sum = |kind: usize| {
            all.iter().fold((0, 0.0), |(times, ns), sums| {
                let took = sums.ns[kind] - thought(pace, sums.times[kind], sums.steps[kind]);
                (times + sums.times[kind], ns + took)
            })
        };
        let ((writes, write_ns), (reads, read_ns)) = (sum(0), sum(1));
        let longest_write_ns = all.iter().map(|sums| sums.longest_write_ns).fold(0.0, f64::max);
        Round {
            // Reads lose nothing: what is missing is missing of the writes.
            kept: C::INFO.grade.counts().then(|| counter.total() + reads),
            mix: Some(ReadsAndWrites { reads, writes, read_ns, write_ns, longest_write_ns }),
            setting: Setting { helpers: C::INFO.helpers, ..round.setting },
            ..round
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::{Info, Plain};
    use crate::counters::atomic::FetchAdd;
    use crate::team::Limits;

    #[test]
    fn a_cycle_keeps_its_share_whatever_the_chunks() {
        for percent in [0, 10, 50, 90, 99, 100] {
            let mut cycle = Cycle::new(percent);
            let mut times = [0, 0];
            for most in (1..=7).cycle().take(100_000) {
                let (reads, n) = cycle.next(most);
                assert!((1..=most).contains(&n));
                times[usize::from(reads)] += n;
            }
            let share = 100.0 * times[1] as f64 / (times[0] + times[1]) as f64;
            assert!((share - percent as f64).abs() < 0.5, "{share} for {percent}");
        }
    }

    #[test]
    fn reads_and_writes_add_up() {
        let mut team = Team::start(&[None, None], Limits::default()).unwrap();
        let round = round::<FetchAdd>(&mut team, &Plan::plain(10_000), 90).unwrap();
        let mix = round.mix.unwrap();
        assert_eq!(mix.reads + mix.writes, 20_000);
        assert_eq!((round.attempted(), round.lost()), (20_000, Some(0)));
        assert!(mix.reads > 8 * mix.writes, "{mix:?}");
    }

    /// Counts nothing.
    #[derive(Default)]
    struct Forgetful;

    impl Plain for Forgetful {
        const INFO: Info = Info { id: "forgetful", ..<FetchAdd as Plain>::INFO };

        fn increment(&self) {}

        fn total(&self) -> u64 {
            0
        }
    }

    #[test]
    fn what_is_lost_is_lost_of_the_writes() {
        let mut team = Team::start(&[None], Limits::default()).unwrap();
        let round = round::<Forgetful>(&mut team, &Plan::plain(1_000), 50).unwrap();
        assert_eq!(round.lost(), Some(round.mix.unwrap().writes));
    }
}
