//! Real interpreters, where there are any.

use std::time::Duration;

use miscount::counter::Grade;
use miscount::python::real::{self, Implementation, Interpreter, Request, SUBJECTS, Subject, Worker};
use miscount::round::Round;
use miscount::topology::{usable_count, usable_cpus};
use miscount::workload::Watch;

/// All that the environment has.
fn all() -> Vec<Interpreter> {
    let found = real::find().unwrap().interpreters;
    if found.is_empty() {
        println!("skipped: no Python here");
    }
    found
}

/// Those that a bench measures unless it is asked for more: the oldest, the newest, and what differs from them most.
fn some() -> Vec<Interpreter> {
    real::find().unwrap().pick(false)
}

/// Whether it is a CPython that does not ask for its lock after each bytecode.
fn is_new(interpreter: &Interpreter) -> bool {
    interpreter.implementation == Implementation::CPython && interpreter.gil && interpreter.numbers >= (3, 10, 0)
}

/// CPUs for threads; none where they cannot be tied to any.
fn cpus(threads: usize) -> Vec<usize> {
    let usable = usable_cpus();
    usable.iter().copied().cycle().take(if usable.is_empty() { 0 } else { threads }).collect()
}

/// A tenth of the usual switch interval: as many switches in a tenth of the time.
const SWITCH: Duration = Duration::from_micros(500);

fn round(worker: &mut Worker, id: &str, threads: usize, iters: u64) -> Round {
    watched_round(worker, id, threads, iters, None)
}

fn watched_round(worker: &mut Worker, id: &str, threads: usize, iters: u64, watch: Option<Watch>) -> Round {
    let request = Request::shared(Subject::named(id).unwrap(), threads, iters, Duration::from_secs(4), cpus(threads));
    let request = Request { switch: Some(SWITCH), watch, ..request };
    worker.round(&request).unwrap_or_else(|error| panic!("{id}: {error}")).into_round(&request, usable_count())
}

#[test]
fn every_subject_counts_in_every_interpreter() {
    for interpreter in all() {
        let mut worker = Worker::start(&interpreter).unwrap();
        let pins = matches!(interpreter.implementation, Implementation::CPython | Implementation::PyPy);
        for subject in SUBJECTS.iter().filter(|subject| interpreter.can(subject)) {
            let of = format!("{} in {}", subject.info.id, interpreter.label());
            for (threads, iters) in [(1, 1), (2, 0), (3, 1_000)] {
                let round = round(&mut worker, subject.info.id, threads, iters);
                assert_eq!(round.threads(), threads, "{of}");
                assert_eq!(round.attempted(), threads as u64 * iters, "{of}");
                assert_eq!(round.fault(subject.info.grade), None, "{of}");
                assert_eq!(round.kept.is_some(), subject.info.grade.counts() && subject.anomaly.is_none(), "{of}");
                assert!(!pins || round.tallies.iter().all(|tally| tally.pinned != cpus(1).is_empty()), "{of}");
                if subject.info.grade.gated() || threads == 1 {
                    assert_eq!(
                        round.lost().or(round.anomalies),
                        Some(0).filter(|_| subject.info.grade.counts()),
                        "{of}"
                    );
                }
            }
        }
    }
}

/// Whether something is lost in one of so many rounds, each of which takes two threads some hundred switches or more. On a
/// busy machine a round may be long because its threads waited; it is made longer for as long as nothing is lost.
fn loses(worker: &mut Worker, id: &str, watch: Option<Watch>, rounds: usize) -> bool {
    let (mut iters, mut long) = (2_000, 0);
    while long < rounds {
        let round = watched_round(worker, id, 2, iters, watch);
        if round.lost() > Some(0) {
            return true;
        }
        if round.wall() < SWITCH * 240 {
            iters *= 2;
        } else {
            iters += iters / 8;
            long += 1;
        }
    }
    false
}

#[test]
fn what_is_locked_loses_nothing_and_what_is_not_loses_where_threads_may_switch() {
    for interpreter in some() {
        let mut worker = Worker::start(&interpreter).unwrap();
        let mut loses = |id: &str, rounds: usize| loses(&mut worker, id, None, rounds);
        let label = interpreter.label();
        assert!(!loses("py_lock", 2), "{label} lost with a lock");
        let is_cpython = interpreter.implementation == Implementation::CPython;
        // What PyPy has compiled loses nothing, but it loses until then.
        if is_cpython || interpreter.jit != Some(true) {
            assert!(loses("py_int_conversion", 30), "{label} kept all of py_int_conversion");
        }
        match interpreter.numbers {
            _ if !interpreter.gil => assert!(loses("py_plain", 30), "{label} kept all of py_plain"),
            _ if !is_cpython => {}
            (3, 7..=9, _) => assert!(loses("py_plain", 30), "{label} kept all of py_plain"),
            // No switch between the steps of `+=`, since 3.10.
            (3, 10.., _) => assert!(!loses("py_plain", 4), "{label} lost with py_plain"),
            _ => {}
        }
    }
}

#[test]
fn python_code_between_load_and_store_loses_and_a_specialised_call_does_not_unless_it_is_profiled() {
    let new: Vec<Interpreter> = all().into_iter().filter(is_new).collect();
    // The oldest and the newest of them.
    for interpreter in new.iter().take(1).chain(new.iter().skip(1).next_back()) {
        let label = interpreter.label();
        let mut worker = Worker::start(interpreter).unwrap();
        let mut loses = |id: &str, watch, rounds: usize| loses(&mut worker, id, watch, rounds);
        for id in ["py_property", "py_iadd", "py_getitem"] {
            assert!(loses(id, None, 30), "{label} kept all of {id}");
        }
        assert!(!loses("py_slots", None, 4), "{label} lost with py_slots");
        let specialised = interpreter.numbers >= (3, 11, 0);
        assert_eq!(loses("py_len", None, if specialised { 4 } else { 30 }), !specialised, "{label}: py_len");
        assert!(loses("py_len", Some(Watch::Profile), 30), "{label} kept all of py_len under a profiler");
        assert!(!loses("py_plain", Some(Watch::Profile), 4), "{label} lost with py_plain under a profiler");
        assert!(!loses("py_plain", Some(Watch::Trace), 4), "{label} lost with py_plain under a tracer");
        assert_eq!(loses("py_len", None, if specialised { 4 } else { 30 }), !specialised, "{label}: not left so");
    }
}

#[test]
fn an_article_s_scenario_runs_as_it_stands() {
    let Some(interpreter) = all().pop() else { return };
    let mut worker = Worker::start(&interpreter).unwrap();
    for (id, threads) in [("py_plain", 10), ("py_lock", 400)] {
        let subject = Subject::named(id).unwrap();
        let request = Request::as_in_articles(subject, threads, 1_000);
        let answer = worker.round(&request).unwrap();
        assert_eq!(answer.attempted(), threads as u64 * 1_000);
        assert!(subject.info.grade != Grade::Exact || answer.kept == Some(answer.attempted()));
        assert!(answer.tallies.iter().all(|tally| !tally.pinned));
    }
}

#[test]
fn a_round_ends_when_its_time_is_up() {
    let Some(interpreter) = all().pop() else { return };
    let mut worker = Worker::start(&interpreter).unwrap();
    let request =
        Request::shared(Subject::named("py_plain").unwrap(), 2, 2_000_000_000, Duration::from_millis(50), vec![]);
    let round = worker.round(&request).unwrap().into_round(&request, 2);
    assert!(round.was_cut(request.iters) && round.attempted() > 0);
    assert!(round.lost().is_some());
}

#[test]
fn the_switch_interval_is_the_one_asked_for_or_its_own() {
    for interpreter in all().into_iter().filter(|one| one.switch.is_some()) {
        let mut worker = Worker::start(&interpreter).unwrap();
        let plain = Request::as_in_articles(Subject::named("py_none").unwrap(), 1, 1);
        let mut ran_with = |switch| worker.round(&Request { switch, ..plain.clone() }).unwrap().switch;
        let short = Some(Duration::from_micros(50));
        assert_eq!((ran_with(short), ran_with(None)), (short, interpreter.switch), "{}", interpreter.label());
    }
}
