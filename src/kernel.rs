//! The one hot loop, and the round that runs it on a team.

use std::hint::black_box;

use crate::counter::{Counter, Handle, Total};
use crate::counters::control::NoCounter;
use crate::round::Round;
use crate::team::{Failure, Limits, Pace, Plan, Seat, Stage, Team};
use crate::think::{Gauge, Jitter, NoThink, Think};

/// A budget of iterations that no round spends: it ends when its time is up.
pub const UNTIL_TIME_IS_UP: u64 = 1 << 50;

/// Increments between two looks at the stop sign, at most: a lock that collapses must not hold a thread in a
/// chunk for minutes.
const BLOCK: u64 = 256;
/// The most that threads may think between two looks, in ns: rounds end together, to that much.
const BLOCK_NS: f64 = 100_000.0;
/// The same with more threads than CPUs: an increment may take a time slice then, since the next in
/// line is often not running.
const BLOCK_WHEN_OVERSUBSCRIBED: u64 = 8;

/// Increments `n` times, thinking before each. Never inlined: two copies of one loop were seen to
/// differ by two thirds, so every round of a counter runs the same one.
#[inline(never)]
pub fn kernel<H: Handle, T: Think>(handle: &mut H, think: &mut T, n: u64) {
    for _ in 0..n {
        think.think();
        handle.increment();
        // Keeps the empty loop a loop, and the optimiser from joining increments.
        black_box(());
    }
}

/// Increments between two looks at the stop sign.
fn block(pace: Option<Pace>, fits: bool) -> u64 {
    let thought = pace.map_or(0.0, |pace| pace.gauge.ns_of(pace.mean_steps as f64));
    let most = if fits { BLOCK } else { BLOCK_WHEN_OVERSUBSCRIBED };
    ((BLOCK_NS / thought.max(1.0)) as u64).clamp(1, most)
}

/// One worker's part: handle, line up, count, drop the handle.
fn count<C: Counter, T: Think>(counter: &C, think: &mut T, most: u64, seat: &mut Seat) {
    let mut handle = counter.handle();
    seat.line_up();
    while let Some(chunk) = seat.claim() {
        let mut left = chunk;
        while left > 0 && !seat.stopped() {
            let block = left.min(most);
            kernel(&mut handle, think, block);
            seat.done(block);
            left -= block;
        }
    }
    seat.enter(Stage::DroppingHandle);
    drop(handle);
    seat.finish(think.steps());
}

/// Runs one round of increments on a fresh `C`.
///
/// # Errors
/// [`Failure`] when the counter panics or hangs anywhere between `new` and its last drop.
pub fn round<C: Counter>(team: &mut Team, plan: &Plan) -> Result<Round, Failure> {
    round_on(team, plan, C::new, |_, _| ())
}

/// Runs one round of increments on the counter that `make` makes, given the number of threads. `add` has a last look at the
/// counter, and adds to the round what only it knows.
///
/// # Errors
/// [`Failure`] as for [`round`].
pub fn round_on<C: Counter>(
    team: &mut Team,
    plan: &Plan,
    make: impl FnOnce(usize) -> C + Send + 'static,
    add: impl FnOnce(&C, &mut Round) + Send + 'static,
) -> Result<Round, Failure> {
    let &Plan { pace, usable_cpus, .. } = plan;
    let most = block(pace, team.threads() + C::INFO.helpers <= usable_cpus);
    let part = move |counter: &C, seat: &mut Seat| match pace {
        None => count(counter, &mut NoThink, most, seat),
        Some(Pace { mean_steps, .. }) => count(counter, &mut Jitter::new(mean_steps, seat.seed()), most, seat),
    };
    team.play(plan, make, part, |counter, mut round, _| {
        let total = C::INFO.grade.counts().then(|| counter.total());
        let anomalous = matches!(C::TOTAL, Total::Anomalies(_));
        round.setting.helpers = C::INFO.helpers;
        (round.kept, round.anomalies) = if anomalous { (None, total) } else { (total, None) };
        round.chances = round.anomalies.and_then(|_| counter.chances());
        add(counter, &mut round);
        round
    })
}

/// What think steps cost with all of a team running: the fastest of many tries, since whatever disturbs a try only makes
/// it slower. The machine may be slow for longer than some tries take: more may be made later.
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    /// Mean steps and ns of the fastest try at each point.
    fastest: [(f64, f64); 2],
}

impl Default for Calibration {
    fn default() -> Self {
        Calibration { fastest: [(0.0, f64::INFINITY); 2] }
    }
}

/// Tries of a calibration at first, and each time it goes on.
const TRIES: [usize; 2] = [30, 4];
/// Mean steps, and iterations that take some 2 ms.
const POINTS: [(u64, u64); 2] = [(80, 20_000), (800, 2_000)];

impl Calibration {
    /// Makes some more tries with threads on these CPUs, and says what steps cost by all so far.
    ///
    /// # Errors
    /// [`Failure`] as for any round.
    pub fn go_on(&mut self, cpus: &[Option<usize>]) -> Result<Gauge, Failure> {
        let mut team = Team::start(cpus, Limits::default())?;
        let [first, more] = TRIES;
        // Only the steps drawn are of interest while measuring, not what they cost.
        let unknown = Gauge { ns_per_step: 1.0, overhead_ns: 0.0 };
        for _ in 0..if self.fastest[0].1.is_finite() { more } else { first } {
            for (fastest, (mean_steps, iters)) in self.fastest.iter_mut().zip(POINTS) {
                let pace = Some(Pace { mean_steps, gauge: unknown });
                let round = round::<NoCounter>(&mut team, &Plan { iters, pace, usable_cpus: cpus.len() })?;
                let ns = round.ns_per_op_per_thread();
                if ns < fastest.1 {
                    *fastest = (round.mean_think_steps(), ns);
                }
            }
        }
        Ok(Gauge::through(self.fastest[0], self.fastest[1]))
    }
}
