//! The models of CPython's lock at switch intervals short enough for a test: what each keeps, what each
//! loses, and when.

use std::time::{Duration, Instant};

use miscount::catalogue::{self, GilVisitor};
use miscount::conformance::{self, Budget};
use miscount::counter::{Counter, Grade, Info};
use miscount::kernel;
use miscount::python::model::Gil39Plain;
use miscount::python::model::Interpreted;
use miscount::round::Round;
use miscount::team::{Limits, Plan, Team};

const SHORT: Duration = Duration::from_micros(50);

/// A model whose interval is short.
struct Hurried<C>(C);

impl<C: Interpreted> Counter for Hurried<C> {
    const INFO: Info = C::INFO;
    const MONOTONIC_READ: bool = C::MONOTONIC_READ;
    type Handle<'a> = C::Handle<'a>;

    fn new(_threads: usize) -> Self {
        Hurried(C::with_interval(SHORT))
    }

    fn handle(&self) -> C::Handle<'_> {
        self.0.handle()
    }

    fn read(&self) -> Option<u64> {
        self.0.read()
    }

    fn total(&self) -> u64 {
        self.0.total()
    }
}

/// A round of `threads` that lasts for `time`.
fn round<C: Interpreted>(threads: usize, interval: Duration, time: Duration) -> Round {
    let cpus = miscount::topology::usable_now();
    let cpu = |i: usize| (!cpus.is_empty()).then(|| cpus[i % cpus.len()]);
    let limits = Limits { round: time, ..Limits::default() };
    let mut team = Team::start(&(0..threads).map(cpu).collect::<Vec<_>>(), limits).unwrap();
    let plan = Plan { iters: 1 << 40, pace: None, usable_cpus: 2 };
    kernel::round_on(&mut team, &plan, move |_| C::with_interval(interval), |_, _| ()).unwrap()
}

#[test]
fn every_model_keeps_what_its_grade_promises_however_often_threads_switch() {
    struct Suite(usize);
    impl GilVisitor for Suite {
        fn visit<C: Interpreted>(&mut self) {
            // Forty switches a check.
            let budget = Budget { at_least: SHORT * 40, rare_increments: 20_000, ..Budget::brief() };
            println!("{}", conformance::check::<Hurried<C>>(&budget).unwrap());
            self.0 += 1;
        }
    }
    let mut suite = Suite(0);
    catalogue::visit_gil(&mut suite);
    assert_eq!(suite.0, 9);
}

#[test]
fn what_is_racy_loses_and_what_is_exact_does_not() {
    struct Rounds;
    impl GilVisitor for Rounds {
        fn visit<C: Interpreted>(&mut self) {
            let Info { id, grade, .. } = C::INFO;
            for threads in [2, 4] {
                // Ten times the turns that a round has at least.
                let long = SHORT * 200 * threads as u32;
                let until = Instant::now() + Duration::from_secs(20);
                let (mut attempted, mut lost) = (0, 0);
                for n in 0.. {
                    let round = round::<C>(threads, SHORT, long);
                    assert_eq!(round.fault(grade), None, "{id}");
                    attempted += round.attempted();
                    lost += round.lost().unwrap();
                    let enough = if grade == Grade::Exact { n == 3 } else { lost > 0 };
                    if enough || Instant::now() > until {
                        break;
                    }
                }
                println!("{id}, {threads} threads: lost {lost} of {attempted}");
                assert_eq!(lost > 0, grade == Grade::Racy, "{id}, {threads} threads: lost {lost} of {attempted}");
            }
        }
    }
    catalogue::visit_gil(&mut Rounds);
}

/// Why rounds must be long: the race is there, and nobody runs into it.
#[test]
fn a_round_shorter_than_the_interval_loses_nothing() {
    let round = round::<Gil39Plain>(2, Duration::from_secs(5), Duration::from_millis(50));
    assert!(round.attempted() > 1_000);
    assert_eq!(round.lost(), Some(0));
}

#[test]
fn one_thread_loses_nothing() {
    let round = round::<Gil39Plain>(1, SHORT, Duration::from_millis(20));
    assert_eq!(round.lost(), Some(0));
}
