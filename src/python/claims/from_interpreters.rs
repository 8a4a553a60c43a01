//! The claims about Python, checked by experiments in interpreters.

use std::time::Duration;

use super::{ARTICLES, CHECKED, REPLACED, kept_all, went_wrong};
use crate::claims::{Figure, Says, within};
use crate::figure;
use crate::figure::threads as count;
use crate::python::experiments::{PATIENCE, Pythons, Scenario, longest, round};
use crate::python::real::{Error, Interpreter, Request, Subject, Worker};
use crate::round::{PREEMPTED_ABOVE, Round, Tally, in_units, nanos, share_of};
use crate::stats;

/// A much shorter switch interval.
const SHORTENED: Duration = Duration::from_micros(50);
/// Threads of the rounds below and above the switch interval, and how long each of them runs.
const THREADS: usize = 10;
const BRIEF: Duration = Duration::from_millis(2);
const LONG: Duration = Duration::from_millis(50);
/// How many rounds there are of brief threads, and of long ones.
const BRIEF_ROUNDS: usize = 50;
const LONG_ROUNDS: usize = 5;
/// Items that two threads check and append, and the most rounds until one is there twice.
const ITEMS: u64 = 200_000;
const TRIES: usize = 10;
/// Increments of each thread with and without a lock, and how many pairs of such rounds there are.
const LOCKED: u64 = 100_000;
const PAIRS: usize = 10;

/// The interpreters that are asked. Two claims share the rounds below and above the switch interval.
pub(super) struct Asked<'p> {
    pythons: &'p mut Pythons,
    interval: Option<(Interpreter, IntervalRounds)>,
}

impl Asked<'_> {
    pub(super) fn new(pythons: &mut Pythons) -> Asked<'_> {
        let interval = losing(pythons).and_then(|one| {
            let rounds = pythons.with(&one, "the switch interval", IntervalRounds::measure)?;
            Some((one, rounds))
        });
        Asked { pythons, interval }
    }
}

fn scenario(id: &str) -> &'static Scenario {
    Scenario::named(id).expect("it is on the list")
}

fn fixed(subject: &str, threads: usize, iters: u64, switch: Duration) -> Request {
    let subject = Subject::named(subject).expect("it is on the list");
    Request { patience: PATIENCE, switch: Some(switch), ..Request::as_in_articles(subject, threads, iters) }
}

/// What each scenario without a lock lost in each interpreter with a GIL.
pub(super) fn never_races(asked: &mut Asked) -> Vec<Figure> {
    let rounds = ["plain_10x1m", "int_10x1m"].map(|id| (scenario(id), asked.pythons.each(scenario(id))));
    let figure = |interpreter: &Interpreter| {
        let of = |(scenario, rounds): &(&Scenario, Vec<(Interpreter, Round)>)| {
            let (_, round) = rounds.iter().find(|(of, _)| of == interpreter)?;
            let (lost, of) = (round.lost()?, figure::count(scenario.expected()));
            Some((lost, format!("{} lost {} of {of}", scenario.code, figure::count(lost))))
        };
        let found: Vec<(u64, String)> = rounds.iter().filter_map(of).collect();
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        let says = kept_all(found.iter().any(|(lost, _)| *lost > 0), true);
        (!found.is_empty()).then(|| Figure { what: interpreter.label(), measured: texts.join("; "), says })
    };
    asked.pythons.interpreters().iter().filter(|one| one.gil).filter_map(figure).collect()
}

/// What rounds below and above the switch interval lost.
pub(super) fn outlasts(asked: &mut Asked) -> Vec<Figure> {
    asked.interval.iter().map(|(one, rounds)| rounds.outlasts(one)).collect()
}

/// What short rounds lost at a short interval and at the usual one.
pub(super) fn exposes(asked: &mut Asked) -> Vec<Figure> {
    asked.interval.iter().map(|(one, rounds)| rounds.exposes(one)).collect()
}

/// The oldest interpreter with a GIL and a switch interval that lost with `self.val += 1`.
fn losing(pythons: &mut Pythons) -> Option<Interpreter> {
    let rounds = pythons.each(scenario("plain_10x1m"));
    let loses = |(one, round): &(Interpreter, Round)| one.gil && one.switch.is_some() && round.lost() > Some(0);
    rounds.into_iter().find(loses).map(|(one, _)| one)
}

/// Rounds of one kind: how many there were, how many lost, and the time of the thread that ran longest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct RoundCount {
    all: usize,
    lost: usize,
    longest: Duration,
}

impl RoundCount {
    fn of<'r>(rounds: impl Iterator<Item = &'r Round>) -> RoundCount {
        rounds.fold(RoundCount::default(), |sum, round| RoundCount {
            all: sum.all + 1,
            lost: sum.lost + usize::from(round.lost() > Some(0)),
            longest: sum.longest.max(longest(round)),
        })
    }
}

/// Rounds whose threads ran for less than the switch interval, for longer, and for longer than a shortened interval.
struct IntervalRounds {
    below: RoundCount,
    above: RoundCount,
    shortened: RoundCount,
}

impl IntervalRounds {
    fn measure(worker: &mut Worker) -> Result<IntervalRounds, Error> {
        // The fastest of several rounds: one that waited for a CPU would make threads shorter than they should be.
        let mut pace = f64::INFINITY;
        for _ in 0..PAIRS {
            pace = pace.min(round(worker, &fixed("py_plain", 1, LOCKED, ARTICLES))?.ns_per_op_per_thread());
        }
        let mut rounds = |count: usize, each: Duration, switch: Duration| -> Result<Vec<Round>, Error> {
            let iters = in_units(nanos(each), pace).max(1.0) as u64;
            let request = fixed("py_plain", THREADS, iters, switch);
            (0..count).map(|_| round(worker, &request)).collect()
        };
        let (brief, long) = (rounds(BRIEF_ROUNDS, BRIEF, ARTICLES)?, rounds(LONG_ROUNDS, LONG, ARTICLES)?);
        let shortened = rounds(BRIEF_ROUNDS, BRIEF, SHORTENED)?;
        // Threads that waited for a CPU may have run for longer than they should.
        Ok(IntervalRounds {
            below: RoundCount::of(brief.iter().filter(|round| longest(round) < ARTICLES)),
            above: RoundCount::of(long.iter().filter(|round| longest(round) > ARTICLES)),
            shortened: RoundCount::of(shortened.iter().filter(|round| longest(round) > SHORTENED)),
        })
    }

    fn outlasts(&self, interpreter: &Interpreter) -> Figure {
        let IntervalRounds { below, above, .. } = self;
        let says = match () {
            () if below.lost > 0 => Says::No,
            () if below.all > 0 && above.lost > 0 => Says::Yes,
            () => Says::Unclear,
        };
        let measured = format!(
            "threads of {} at most: {} of {} rounds lost; of up to {}: {} of {}",
            ms(below.longest),
            below.lost,
            below.all,
            ms(above.longest),
            above.lost,
            above.all
        );
        Figure { what: interpreter.label(), measured, says }
    }

    fn exposes(&self, interpreter: &Interpreter) -> Figure {
        let IntervalRounds { below, shortened, .. } = self;
        let says = match () {
            () if below.all == 0 || shortened.all == 0 => Says::Unclear,
            () if shortened.lost > 0 && below.lost == 0 => Says::Yes,
            () if shortened.lost == 0 => Says::No,
            () => Says::Unclear,
        };
        let measured = format!(
            "threads of {} at most: {} of {} rounds lost at 5 ms; of as many increments, at 50 µs: {} of {}",
            ms(below.longest),
            below.lost,
            below.all,
            shortened.lost,
            shortened.all
        );
        Figure { what: interpreter.label(), measured, says }
    }
}

fn ms(time: Duration) -> String {
    format!("{} ms", figure::ns(in_units(nanos(time), 1e6)))
}

/// What a tuple replaced under a lock lost, and how often a check and an append went wrong.
pub(super) fn check_then_act(asked: &mut Asked) -> Vec<Figure> {
    let mut figures = Vec::new();
    let subjects =
        ["py_replace_under_lock", "py_check_then_append"].map(|id| Subject::named(id).expect("it is on the list"));
    let can = |one: &&Interpreter| subjects.iter().all(|subject| one.can(subject));
    let interpreters: Vec<Interpreter> = asked.pythons.interpreters().iter().filter(can).cloned().collect();
    for interpreter in interpreters {
        let found = asked.pythons.with(&interpreter, "check, then act", |worker| {
            let replaced = round(worker, &fixed("py_replace_under_lock", 2, ITEMS, SHORTENED))?;
            let request = fixed("py_check_then_append", 2, ITEMS, SHORTENED);
            let (mut seen, mut chances) = (0, 0);
            for _ in 0..TRIES {
                let one = round(worker, &request)?;
                seen += one.anomalies.unwrap_or_default();
                chances += one.chances.unwrap_or_default();
                if seen > 0 {
                    break;
                }
            }
            Ok((replaced.lost().unwrap_or_default(), seen, chances))
        });
        let Some((lost, seen, chances)) = found else { continue };
        figures.push(Figure {
            what: format!("{}, {REPLACED}", interpreter.label()),
            measured: format!("lost {} of {}", figure::count(lost), figure::count(2 * ITEMS)),
            says: kept_all(lost > 0, true),
        });
        figures.push(Figure {
            what: format!("{}, {CHECKED}", interpreter.label()),
            measured: format!("{} of {} appended twice", figure::count(seen), figure::count(chances)),
            says: went_wrong(seen > 0),
        });
    }
    figures
}

/// What a lock adds in each interpreter, and whether that lies between two costs in ns.
pub(super) fn lock_costs(asked: &mut Asked, threads: usize, between: [f64; 2]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for interpreter in asked.pythons.interpreters().to_vec() {
        let cost = asked.pythons.with(&interpreter, "the cost of a lock", |worker| lock_cost(worker, threads, between));
        let what = format!("{}, {}", interpreter.label(), count(threads));
        figures.extend(cost.map(|(measured, says)| Figure { what, measured, says }));
    }
    figures
}

/// The cost of a lock to the thread that takes it, and whether that lies between two costs in ns. Threads line up, so
/// that they run at the same time.
fn lock_cost(worker: &mut Worker, threads: usize, [least, most]: [f64; 2]) -> Result<(String, Says), Error> {
    let requests = ["py_lock", "py_plain"].map(|id| {
        let subject = Subject::named(id).expect("it is on the list");
        Request::shared(subject, threads, LOCKED, Duration::from_secs(2), Vec::new())
    });
    let [mut locked, mut plain] = [Vec::new(), Vec::new()];
    let mut preempted = 0;
    for _ in 0..PAIRS {
        let [a, b] = [round(worker, &requests[0])?, round(worker, &requests[1])?];
        preempted += usize::from(was_preempted(&a) || was_preempted(&b));
        locked.push(a.ns_per_op_per_thread());
        plain.push(b.ns_per_op_per_thread());
    }
    let cost = stats::difference(&locked, &plain);
    let measured = format!("{} ns", figure::interval(cost, figure::ns));
    // As in cells, four of five rounds must be good.
    if preempted * 5 > PAIRS {
        return Ok((format!("{measured}, preempted"), Says::Unclear));
    }
    Ok((measured, within(cost, least, most)))
}

/// Whether a thread waited on a run queue for too long. Waiting for a lock does not count.
fn was_preempted(round: &Round) -> bool {
    let waited = |tally: &Tally| share_of(tally.waited.unwrap_or_default(), tally.span()) > PREEMPTED_ABOVE;
    round.tallies.iter().any(waited)
}

/// Whether each interpreter has a `threading.RWLock`.
pub(super) fn rwlock(asked: &mut Asked) -> Vec<Figure> {
    let figure = |interpreter: &Interpreter| {
        let has = interpreter.rwlock?;
        let says = match has {
            _ if interpreter.language_numbers() < (3, 13, 0) => Says::Unclear,
            true => Says::Yes,
            false => Says::No,
        };
        let measured = if has { "has one" } else { "has none" }.to_owned();
        Some(Figure { what: interpreter.label(), measured, says })
    };
    asked.pythons.interpreters().iter().filter_map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(below: (usize, usize), above: (usize, usize), shortened: (usize, usize)) -> [Says; 2] {
        let of = |(all, lost), ms| RoundCount { all, lost, longest: Duration::from_millis(ms) };
        let brief = IntervalRounds { below: of(below, 2), above: of(above, 60), shortened: of(shortened, 2) };
        let one = crate::python::experiments::published::tests::interpreter("3.9.18", true);
        [brief.outlasts(&one).says, brief.exposes(&one).says]
    }

    #[test]
    fn what_rounds_say_of_the_switch_interval() {
        assert_eq!(brief((50, 0), (5, 5), (50, 20)), [Says::Yes, Says::Yes]);
        assert_eq!(brief((50, 1), (5, 5), (50, 20)), [Says::No, Says::Unclear], "a brief one lost");
        assert_eq!(brief((50, 0), (5, 0), (50, 0)), [Says::Unclear, Says::No]);
        assert_eq!(brief((0, 0), (5, 5), (50, 20)), [Says::Unclear; 2], "none was brief");
        assert_eq!(brief((50, 0), (5, 5), (0, 0)), [Says::Yes, Says::Unclear], "none was longer than that");
    }
}
