//! The team and the kernel on real threads: exact counts, and every way a counter can go wrong.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Grade, Handle, Info, Plain};
use miscount::counters::racy::{BustedLock, Hoisted, LoadStore, WideWindow};
use miscount::counters::{atomic::FetchAdd, control::NoCounter, snapshot::RacyReplace};
use miscount::kernel;
use miscount::round::Round;
use miscount::team::{Failure, Job, Limits, Pace, Plan, Seat, Stage, Team};
use miscount::think::Gauge;
use miscount::topology;

const BASE: Info = <FetchAdd as Plain>::INFO;
/// Long enough for the slowest machine, and for the message of a panic with all its frames.
const PATIENT: Duration = Duration::from_secs(30);
/// For threads that hang for good.
const BRIEF: Duration = Duration::from_secs(1);

/// A team on the first two CPUs, as long as there are two.
fn team(threads: usize) -> Team {
    team_with(threads, PATIENT)
}

fn team_with(threads: usize, hang: Duration) -> Team {
    let limits = Limits { round: Duration::from_millis(200), hang };
    let cpus = topology::usable_now();
    let cpu = |i: usize| (!cpus.is_empty()).then(|| cpus[i % cpus.len()]);
    Team::start(&(0..threads).map(cpu).collect::<Vec<_>>(), limits).unwrap()
}

fn plan(iters: u64) -> Plan {
    Plan { iters, pace: None, usable_cpus: 2 }
}

fn round<C: Counter>(threads: usize, iters: u64) -> Result<Round, Failure> {
    kernel::round::<C>(&mut team(threads), &plan(iters))
}

#[test]
fn every_increment_is_claimed_once() {
    for (threads, iters) in [(1, 1), (2, 1), (3, 1000), (2, 65_537), (5, 6_400)] {
        let round = round::<FetchAdd>(threads, iters).unwrap();
        assert_eq!(round.attempted(), threads as u64 * iters, "{threads} x {iters}");
        assert_eq!(round.lost(), Some(0));
        assert_eq!(round.threads(), threads);
    }
}

#[test]
fn a_team_runs_many_rounds() {
    let mut team = team(2);
    for n in 1..50 {
        let round = kernel::round::<FetchAdd>(&mut team, &plan(n)).unwrap();
        assert_eq!((round.attempted(), round.lost()), (2 * n, Some(0)));
    }
    assert_eq!(team.rounds(), 49);
}

#[test]
fn what_claims_to_be_exact_loses_nothing() {
    struct Rounds;
    impl Visitor for Rounds {
        fn visit<C: Counter>(&mut self) {
            for threads in [1, 2, 7] {
                let round = round::<C>(threads, 2_000).unwrap();
                assert_eq!(round.fault(C::INFO.grade), None, "{}", C::INFO.id);
                assert_eq!(round.kept.is_some(), C::INFO.grade != Grade::Control, "{}", C::INFO.id);
                if C::INFO.grade.gated() {
                    assert_eq!(round.lost(), Some(0), "{} x {threads}", C::INFO.id);
                }
            }
        }
    }
    catalogue::visit(&mut Rounds);
}

/// Racy counters must be seen losing, or the harness is blind.
#[test]
fn racy_counters_are_caught() {
    fn caught<C: Counter>() -> bool {
        let mut team = team(4);
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if kernel::round::<C>(&mut team, &plan(200_000)).unwrap().lost() > Some(0) {
                return true;
            }
        }
        false
    }
    assert!(caught::<LoadStore>());
    assert!(caught::<WideWindow>());
    assert!(caught::<Hoisted>());
    assert!(caught::<BustedLock>());
    assert!(caught::<RacyReplace>());
}

/// Threads on one CPU take turns: a thread interrupted between load and store overwrites the updates of the others.
#[test]
fn threads_on_one_cpu_lose_where_they_are_interrupted() {
    let Some(&cpu) = topology::usable_cpus().first().filter(|_| topology::pinning_works()) else {
        return println!("skipped: threads cannot be tied to a CPU");
    };
    let limits = Limits { round: Duration::from_millis(200), hang: PATIENT };
    let mut team = Team::start(&[Some(cpu); 2], limits).unwrap();
    let endless = Plan { usable_cpus: 1, ..plan(1 << 40) };
    let until = Instant::now() + Duration::from_secs(20);
    let mut lost = Some(0);
    while lost == Some(0) && Instant::now() < until {
        let round = kernel::round::<WideWindow>(&mut team, &endless).unwrap();
        assert!(round.tallies.iter().all(|tally| tally.cpus.iter().all(|&seen| seen == cpu)), "{round:?}");
        lost = round.lost();
    }
    assert!(lost > Some(0), "no turn ended between a load and its store in 20 s");
    let single = kernel::round::<FetchAdd>(&mut team, &endless).unwrap();
    assert_eq!(single.lost(), Some(0), "a single instruction is not interrupted halfway");
}

/// Each hazard's exact form sees nothing, and its racy one is seen going wrong.
#[test]
fn hazards_are_seen_only_where_they_are() {
    struct Rounds;
    impl Visitor for Rounds {
        fn visit<C: Counter>(&mut self) {
            let name = format!("{} {}", C::INFO.id, C::VARIANT);
            let mut team = team(4);
            let until = Instant::now() + Duration::from_secs(20);
            let mut seen = 0;
            for n in 0.. {
                let round = kernel::round::<C>(&mut team, &plan(100_000)).unwrap();
                let of_a_count = (round.kept, round.lost(), round.loss_rate(), round.goodput());
                assert_eq!(of_a_count, (None, None, None, None), "{name} has no count");
                assert_eq!(round.fault(C::INFO.grade), None, "{name}");
                seen += round.anomalies.expect("hazards have anomalies");
                let enough = if C::INFO.grade == Grade::Exact { n == 5 } else { seen > 0 };
                if enough || Instant::now() > until {
                    break;
                }
            }
            assert_eq!(C::INFO.grade == Grade::Racy, seen > 0, "{name}: {seen} {:?}", C::TOTAL);
            let alone = kernel::round::<C>(&mut self::team(1), &plan(10_000)).unwrap();
            assert_eq!(alone.anomalies, Some(0), "{name}: one thread cannot meet another");
        }
    }
    catalogue::visit_hazards(&mut Rounds);
}

#[test]
fn a_round_past_its_deadline_is_cut_short() {
    /// Takes half a millisecond for each increment.
    #[derive(Default)]
    struct Slow(AtomicU64);
    impl Plain for Slow {
        const INFO: Info = Info { id: "slow", ..BASE };
        fn increment(&self) {
            thread::sleep(Duration::from_micros(500));
            self.0.fetch_add(1, Relaxed);
        }
        fn total(&self) -> u64 {
            self.0.load(Relaxed)
        }
    }
    let round = round::<Slow>(2, 10_000).unwrap();
    assert!((1..20_000).contains(&round.attempted()), "{}", round.attempted());
    assert_eq!(round.lost(), Some(0));
    assert!(round.criterion_ns() > round.wall().as_nanos() as f64);
}

/// A counter that hangs or panics at one stage.
struct Broken<const STAGE: u8, const HANGS: bool>;
struct BrokenHandle<const STAGE: u8, const HANGS: bool>;

fn fail<const HANGS: bool>() {
    if HANGS {
        thread::sleep(Duration::from_secs(3600));
    } else {
        panic!("broken on purpose");
    }
}

fn fail_at<const STAGE: u8, const HANGS: bool>(stage: Stage) {
    if stage as u8 == STAGE {
        fail::<HANGS>();
    }
}

impl<const STAGE: u8, const HANGS: bool> Handle for BrokenHandle<STAGE, HANGS> {
    fn increment(&mut self) {
        fail_at::<STAGE, HANGS>(Stage::Counting);
    }
}

impl<const STAGE: u8, const HANGS: bool> Drop for BrokenHandle<STAGE, HANGS> {
    fn drop(&mut self) {
        fail_at::<STAGE, HANGS>(Stage::DroppingHandle);
    }
}

impl<const STAGE: u8, const HANGS: bool> Counter for Broken<STAGE, HANGS> {
    const INFO: Info = BASE;
    type Handle<'a> = BrokenHandle<STAGE, HANGS>;
    fn new(_threads: usize) -> Self {
        fail_at::<STAGE, HANGS>(Stage::Making);
        Broken
    }
    fn handle(&self) -> BrokenHandle<STAGE, HANGS> {
        fail_at::<STAGE, HANGS>(Stage::TakingHandle);
        BrokenHandle
    }
    fn total(&self) -> u64 {
        fail_at::<STAGE, HANGS>(Stage::Totalling);
        0
    }
}

#[test]
fn a_hang_is_named_wherever_it_happens() {
    fn stage<const STAGE: u8>(expected: Stage) {
        match kernel::round::<Broken<STAGE, true>>(&mut team_with(2, BRIEF), &plan(100)) {
            Err(Failure::Hung { stage, after, .. }) => assert_eq!((stage, after), (expected, BRIEF)),
            other => panic!("{expected}: {other:?}"),
        }
    }
    // At once: each waits for a second.
    thread::scope(|at_once| {
        at_once.spawn(|| stage::<{ Stage::Making as u8 }>(Stage::Making));
        at_once.spawn(|| stage::<{ Stage::TakingHandle as u8 }>(Stage::TakingHandle));
        at_once.spawn(|| stage::<{ Stage::Counting as u8 }>(Stage::Counting));
        at_once.spawn(|| stage::<{ Stage::DroppingHandle as u8 }>(Stage::DroppingHandle));
        at_once.spawn(|| stage::<{ Stage::Totalling as u8 }>(Stage::Totalling));
    });
}

/// Tests give up sooner: a bench does not.
#[test]
fn a_bench_waits_ten_seconds_for_progress() {
    assert_eq!(Limits::default().hang, Duration::from_secs(10));
}

#[test]
fn a_panic_is_named_wherever_it_happens() {
    fn stage<const STAGE: u8>(expected: Stage) {
        match round::<Broken<STAGE, false>>(2, 100) {
            Err(Failure::Panicked { stage, message, .. }) => {
                assert_eq!((stage, message.as_str()), (expected, "broken on purpose"));
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    stage::<{ Stage::Making as u8 }>(Stage::Making);
    stage::<{ Stage::TakingHandle as u8 }>(Stage::TakingHandle);
    stage::<{ Stage::Counting as u8 }>(Stage::Counting);
    stage::<{ Stage::DroppingHandle as u8 }>(Stage::DroppingHandle);
    stage::<{ Stage::Totalling as u8 }>(Stage::Totalling);
}

#[test]
fn only_the_worker_that_hangs_is_named() {
    let job: Job = Arc::new(|seat: &mut Seat| {
        if seat.worker() == 1 {
            fail::<true>();
        }
        seat.line_up();
        seat.finish(0);
    });
    let failure = team_with(3, BRIEF).round(10, &job).unwrap_err().to_string();
    assert!(failure.starts_with("worker 1 made no progress for 1 s while taking its handle"), "{failure}");
}

#[test]
fn what_threads_return_comes_in_their_order() {
    let part = |made: &usize, seat: &mut Seat| {
        seat.line_up();
        seat.done(1);
        seat.finish(0);
        // The last thread returns first.
        thread::sleep(Duration::from_millis(20 * (3 - seat.worker() as u64)));
        (*made, seat.worker())
    };
    let total = |made: &usize, round: Round, parts: Vec<(usize, usize)>| (*made, round.attempted(), parts);
    let played = team(3).play(&plan(1), |threads| threads, part, total).unwrap();
    assert_eq!(played, (3, 3, vec![(3, 0), (3, 1), (3, 2)]));
}

#[test]
fn think_time_is_drawn_and_noted() {
    let gauge = Gauge { ns_per_step: 2.0, overhead_ns: 10.0 };
    let pace = Some(Pace { mean_steps: 100, gauge });
    let round = kernel::round::<NoCounter>(&mut team(2), &Plan { pace, ..plan(20_000) }).unwrap();
    let think = black_box(round.think_ns().unwrap());
    assert!((200.0..220.0).contains(&think), "{think}");
    assert_eq!(round.kept, None);
    assert_eq!(self::round::<NoCounter>(2, 10).unwrap().think_ns(), None);
}
