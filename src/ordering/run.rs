//! One round: two or four pinned threads run instance after instance of a test, each its own part, and what
//! came of them is counted.
//!
//! Every few instances the threads wait for each other, and before each instance they think, each for a random time: they
//! come to it at about the same time, in every order and distance. Instances are run in batches; after a batch, with the
//! clock off, outcomes are counted and locations cleared.

use std::hint::spin_loop;
use std::sync::{
    Mutex,
    atomic::{
        AtomicU16, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use super::{Kind, Litmus, MET, Test, Variant};
use crate::counter::Counter;
use crate::counters::control::NoCounter;
use crate::round::{Outcomes, Round};
use crate::team::{Failure, Plan, Seat, Stage, Team};
use crate::think::{Jitter, Think};

/// Instances of a batch: few, so that their lines stay in a first-level cache.
pub const BATCH: usize = 32;

/// Instances that threads run between two times of waiting for each other: so few that they stay near each other, and
/// not one, since waiting takes as long as several of them, and a time slice where another is off its CPU.
const TOGETHER: usize = 4;

/// Looks at the others before a thread lets them have its CPU.
const LOOKS: u32 = 4_096;
/// How long a thread waits for the others when time is up.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a thread found in the instances of a batch, and when it began and ended, in ns since the round's epoch.
#[derive(Default)]
struct Findings {
    found: Vec<AtomicU16>,
    began: AtomicU64,
    ended: AtomicU64,
}

/// What was counted.
struct Count {
    /// Instances by code; those apart in which a thread says that it met another.
    outcomes: [[u64; 256]; 2],
    /// Time in batches, in ns.
    busy: u64,
}

/// What the threads of one round share.
struct Batches<L> {
    instances: Box<[L]>,
    log: Log,
}

/// What they write down, whatever the test.
struct Log {
    epoch: Instant,
    findings: Box<[CachePadded<Findings>]>,
    /// How often each thread has come to where it waits for the others.
    here: Box<[CachePadded<AtomicU64>]>,
    /// Instances of the next batch; 0 when there is none.
    next: CachePadded<AtomicU64>,
    count: Mutex<Count>,
}

impl<L: Litmus> Batches<L> {
    fn new(threads: usize) -> Batches<L> {
        Batches { instances: (0..BATCH).map(|_| L::default()).collect(), log: Log::new(threads) }
    }
}

impl Log {
    fn new(threads: usize) -> Log {
        let findings = || Findings { found: (0..BATCH).map(|_| AtomicU16::new(0)).collect(), ..Findings::default() };
        Log {
            epoch: Instant::now(),
            findings: (0..threads).map(|_| CachePadded::new(findings())).collect(),
            here: (0..threads).map(|_| CachePadded::default()).collect(),
            next: CachePadded::default(),
            count: Mutex::new(Count { outcomes: [[0; 256]; 2], busy: 0 }),
        }
    }

    fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    /// Adds up the first `instances` of all findings.
    fn add(&self, instances: usize) {
        let mut count = self.count.lock().expect("only one thread counts");
        for n in 0..instances {
            let found = self.findings.iter().fold(0, |all, findings| all | findings.found[n].load(Relaxed));
            count.outcomes[usize::from(found & MET != 0)][usize::from(found & 0xff)] += 1;
        }
        let each = |stamp: fn(&Findings) -> &AtomicU64| {
            self.findings.iter().map(move |findings| stamp(findings).load(Relaxed))
        };
        let began = each(|findings| &findings.began).min().unwrap_or(0);
        let ended = each(|findings| &findings.ended).max().unwrap_or(0);
        count.busy += ended.saturating_sub(began);
    }
}

/// How one thread waits for the others.
struct Meeting<'t, 's> {
    here: &'t [CachePadded<AtomicU64>],
    times: u64,
    seat: &'t mut Seat<'s>,
    patience: Duration,
}

impl Meeting<'_, '_> {
    /// Waits until all have come as often as this thread; `None` when one did not for `patience` after time was up.
    #[inline]
    fn wait(&mut self, thread: usize) -> Option<()> {
        self.times += 1;
        self.here[thread].store(self.times, Release);
        for _ in 0..LOOKS {
            if self.all_here() {
                return Some(());
            }
        }
        self.wait_long()
    }

    #[inline]
    fn all_here(&self) -> bool {
        self.here.iter().all(|times| times.load(Acquire) >= self.times)
    }

    /// The same where another is off its CPU: this one may be in its way.
    #[cold]
    fn wait_long(&self) -> Option<()> {
        let mut stopped: Option<Instant> = None;
        while !self.all_here() {
            if self.seat.stopped() && stopped.get_or_insert_with(Instant::now).elapsed() > self.patience {
                return None;
            }
            spin_loop();
            thread::yield_now();
        }
        Some(())
    }
}

/// One thread's part of a batch.
type Part<L> = fn(&[L], &[AtomicU16], &mut Meeting, &mut Jitter) -> Option<()>;

/// Never inlined, one for each test, variant and thread: what is measured is this code.
#[inline(never)]
fn kernel<L: Litmus, const THREAD: usize>(
    instances: &[L],
    found: &[AtomicU16],
    meeting: &mut Meeting,
    think: &mut Jitter,
) -> Option<()> {
    for (instances, found) in instances.chunks(TOGETHER).zip(found.chunks(TOGETHER)) {
        meeting.wait(THREAD)?;
        for (instance, found) in instances.iter().zip(found) {
            think.think();
            found.store(instance.step(THREAD), Relaxed);
        }
    }
    Some(())
}

/// A thread's whole round. The first one alone ends it early, and counts. `None` when it waited in vain.
fn run_batches<L: Litmus>(
    batches: &Batches<L>,
    iters: u64,
    think: &mut Jitter,
    seat: &mut Seat,
    patience: Duration,
) -> Option<()> {
    let (thread, mut left) = (seat.worker(), iters);
    let leads = thread == 0;
    let parts: [Part<L>; 4] = [kernel::<L, 0>, kernel::<L, 1>, kernel::<L, 2>, kernel::<L, 3>];
    let Batches { instances, log } = batches;
    let (part, findings) = (parts[thread], &log.findings[thread]);
    let mut meeting = Meeting { here: &log.here, times: 0, seat, patience };
    loop {
        instances.iter().for_each(|instance| instance.clear(thread));
        if leads {
            let next = if meeting.seat.stopped() { 0 } else { left.min(BATCH as u64) };
            log.next.store(next, Relaxed);
        }
        meeting.wait(thread)?;
        let next = log.next.load(Relaxed) as usize;
        if next == 0 {
            return Some(());
        }
        findings.began.store(log.now(), Relaxed);
        part(&instances[..next], &findings.found[..next], &mut meeting, think)?;
        findings.ended.store(log.now(), Relaxed);
        meeting.wait(thread)?;
        if leads {
            log.add(next);
        }
        meeting.seat.done(next as u64);
        left -= next as u64;
    }
}

/// Runs one round of instances on the workers of `team`, each of which counts all of them, and thinks before each
/// (not at all without a pace). Its time is that of the batches. Its anomalies are forbidden outcomes, of all instances; the control has none.
///
/// # Errors
/// [`Failure`] when a thread hangs or panics, does not come to the others for 5 s after time was up, or hands in an outcome
/// that the test does not know.
///
/// # Panics
/// When the team is not as large as the test.
pub fn round<L: Litmus>(team: &mut Team, plan: &Plan) -> Result<Round, Failure> {
    round_with::<L>(team, plan, PATIENCE)
}

fn round_with<L: Litmus>(team: &mut Team, plan: &Plan, patience: Duration) -> Result<Round, Failure> {
    let threads = team.threads();
    let control = L::TEST.id == NoCounter::INFO.id;
    assert!(control && (1..=4).contains(&threads) || threads == L::TEST.threads(), "a team of another size");
    let &Plan { iters, pace, .. } = plan;
    let part = move |batches: &Batches<L>, seat: &mut Seat| {
        let mut think = Jitter::new(pace.map_or(0, |pace| pace.mean_steps), seat.seed());
        seat.line_up();
        let played = run_batches(batches, iters, &mut think, seat, patience);
        seat.finish(think.steps());
        played
    };
    team.play(plan, Batches::<L>::new, part, move |batches, round, played| {
        if played.iter().any(Option::is_none) {
            let who = "a worker that others waited for".to_owned();
            return Err(Failure::Hung { who, stage: Stage::Counting, after: patience });
        }
        let count = batches.log.count.lock().expect("nobody counts any more");
        Ok(counted(&count, round, (!control).then_some((L::TEST, L::VARIANT))))
    })?
}

/// The round with what was counted in it; outcomes where it was of a test in a variant, and not of the control.
fn counted(count: &Count, mut round: Round, of: Option<(&Test, Variant)>) -> Round {
    let instances = round.tallies.iter().map(|tally| tally.attempted).max().unwrap_or(0);
    // Batches begin with their first thread and end with their last: the clock is the same for all.
    let began = round.tallies.iter().map(|tally| tally.start).min().unwrap_or_default();
    for tally in &mut round.tallies {
        (tally.start, tally.end) = (began, began + Duration::from_nanos(count.busy));
    }
    // Counting and clearing are in the CPU time.
    round.cpu = None;
    let Some((test, variant)) = of else { return round };
    let outcomes = outcomes(test, count, instances);
    let forbidden = test.outcomes.iter().zip(&outcomes.counts);
    let forbidden = forbidden.filter(|(outcome, _)| !test.allows(variant, outcome)).map(|(_, count)| count).sum();
    Round { anomalies: Some(forbidden), chances: Some(outcomes.counts.iter().sum()), outcomes: Some(outcomes), ..round }
}

/// The counts of a test's outcomes. Panics when there is another, or not one an instance.
fn outcomes(test: &Test, count: &Count, instances: u64) -> Outcomes {
    let [silent, met] = &count.outcomes;
    let all: u64 = silent.iter().chain(met).sum();
    let mut outcomes = Outcomes { met: met.iter().sum(), ..Outcomes::default() };
    for outcome in test.outcomes {
        let code = usize::from(outcome.code());
        outcomes.counts.push(silent[code] + met[code]);
        if outcome.kind != Kind::Sequential {
            outcomes.met += silent[code];
        }
    }
    let known: u64 = outcomes.counts.iter().sum();
    assert!(known == all, "{} of {all} outcomes are none of {}", all - known, test.id);
    assert!(known == instances, "{known} outcomes of {instances} instances of {}", test.id);
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ordering::{Relaxed as RelaxedOrder, StoreBuffering};
    use crate::team::{Limits, pair_of_workers};

    fn team() -> Team {
        pair_of_workers(Limits { round: Duration::from_secs(20), hang: Duration::from_secs(30) })
    }

    type Sb = StoreBuffering<RelaxedOrder>;

    #[test]
    fn every_instance_is_counted_once() {
        let mut team = team();
        for iters in [0, 1, 2, BATCH as u64 - 1, BATCH as u64, BATCH as u64 + 1, 10 * BATCH as u64 + 3] {
            let round = round::<Sb>(&mut team, &Plan::plain(iters)).unwrap();
            assert_eq!(round.tallies.iter().map(|tally| tally.attempted).collect::<Vec<_>>(), [iters; 2]);
            let outcomes = round.outcomes.as_ref().unwrap();
            assert_eq!((outcomes.counts.len(), outcomes.counts.iter().sum::<u64>()), (4, iters));
            assert!(outcomes.met <= iters);
            assert_eq!((round.anomalies, round.chances, round.kept), (Some(0), Some(iters), None));
            assert!(iters == 0 || round.overlap() == 1.0, "one clock for both");
        }
    }

    #[test]
    fn a_round_ends_when_time_is_up() {
        let mut team = team();
        team.end_rounds_after(Duration::from_millis(50));
        let round = round::<Sb>(&mut team, &Plan::plain(u64::MAX)).unwrap();
        let [first, second] = [0, 1].map(|n: usize| round.tallies[n].attempted);
        assert!(first == second && first % BATCH as u64 == 0, "{first} and {second}");
        assert!(round.was_cut(u64::MAX));
    }

    /// A test that goes wrong in the second thread's part.
    #[derive(Default)]
    struct Wrong<const HOW: u8>;

    impl<const HOW: u8> Litmus for Wrong<HOW> {
        const TEST: &'static Test = Sb::TEST;
        const VARIANT: Variant = Variant::SeqCst;

        fn step(&self, thread: usize) -> u16 {
            match (thread, HOW) {
                (1, 0) => panic!("no more"),
                // Two bits that no register of the test has.
                (1, 1) => 1 << 6,
                // Both registers stay 0.
                _ => 0,
            }
        }

        fn clear(&self, _thread: usize) {}
    }

    #[test]
    fn forbidden_outcomes_are_anomalies() {
        let round = round::<Wrong<2>>(&mut team(), &Plan::plain(100)).unwrap();
        assert_eq!((round.anomalies, round.chances), (Some(100), Some(100)));
        assert_eq!(round.outcomes.unwrap().met, 100, "no order of the threads gives it");
    }

    #[test]
    fn an_outcome_that_is_none_stops_the_run() {
        let failure = round::<Wrong<1>>(&mut team(), &Plan::plain(100)).unwrap_err();
        assert!(failure.to_string().contains("100 of 100 outcomes are none of sb"), "{failure}");
    }

    #[test]
    fn a_thread_that_is_gone_is_named_and_not_waited_for() {
        let begun = Instant::now();
        let failure = round_with::<Wrong<0>>(&mut team(), &Plan::plain(100), Duration::from_millis(50)).unwrap_err();
        assert!(failure.to_string().starts_with("worker 1 panicked while counting: no more"), "{failure}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
