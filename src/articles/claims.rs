//! What articles say of Python, put to the interpreters themselves.
//!
//! The claims are those of the report ([`report::python`](crate::report::python)), which answers them from recorded
//! cells where it can; these answers need no record.

use std::time::Duration;

use super::pythons::{longest, round};
use super::{PATIENCE, Pythons, Scenario};
use crate::figure;
use crate::interpreters::{Error, Interpreter, Order, Subject, Worker};
use crate::report::claims::{Claim, Figure, Finding, Says, threads as count, within};
use crate::round::{PREEMPTED_ABOVE, Round, Tally, in_units, nanos, share_of};
use crate::stats;

/// The switch interval that the articles name.
const ARTICLES: Duration = Duration::from_millis(5);
/// A much shorter one.
const SHORTENED: Duration = Duration::from_micros(50);
/// Threads of the rounds that are held against the switch interval, and how long each runs.
const THREADS: usize = 10;
const BRIEF: Duration = Duration::from_millis(2);
const LONG: Duration = Duration::from_millis(50);
/// So many rounds of brief threads, and of long ones.
const BRIEF_ROUNDS: usize = 50;
const LONG_ROUNDS: usize = 5;
/// Items that two threads check and append, and how often at most until one is there twice.
const ITEMS: u64 = 200_000;
const TRIES: usize = 10;
/// Increments of each thread under a lock, and rounds with and without it.
const LOCKED: u64 = 100_000;
const PAIRS: usize = 10;

/// Puts the claims to interpreters; those that fail are left out. Takes some seconds for each, and runs the scenarios
/// it needs unless they were run before.
pub fn claims(pythons: &mut Pythons) -> Vec<Claim> {
    let interval = pythons.losing().and_then(|one| {
        let found = pythons.with(&one, "the switch interval", Brief::measure)?;
        Some((one, found))
    });
    let [alone, contended] = lock_costs(pythons);
    vec![
        claim(
            "With the GIL an unlocked increment loses nothing in practice",
            "each interpreter with a GIL, the articles' 10 threads x 1,000,000: no if an update was lost, yes if all were kept",
            never_races(pythons),
            "no interpreter with a GIL",
        ),
        claim(
            "Threads race only if they run for longer than the switch interval of 5 ms",
            "self.val += 1 in the oldest interpreter that loses, 10 threads: yes if rounds in which every thread runs for less lose nothing, and longer ones do",
            interval.iter().map(|(one, brief)| brief.outlasts(one)).collect(),
            "no interpreter with a switch interval that loses with self.val += 1 (CPython 3.6 to 3.9)",
        ),
        claim(
            "A shorter switch interval brings races to light",
            "the same short rounds at 50 µs: yes if they lose there only",
            interval.iter().map(|(one, brief)| brief.exposes(one)).collect(),
            "no interpreter with a switch interval that loses with self.val += 1 (CPython 3.6 to 3.9)",
        ),
        claim(
            "Assigning is atomic, checking and then acting is not",
            "2 threads, switch interval 50 µs; a tuple replaced under a lock and read without one: yes if nothing was lost; a check and an append without a lock: yes if a number was appended twice, cannot be told if not",
            check_then_act(pythons),
            "no interpreter",
        ),
        claim(
            "In Python a lock costs 100 to 500 ns uncontended",
            "with lock: self.val += 1 less self.val += 1, in turn, at 1 thread; yes if the whole interval lies within, cannot be told where threads had to wait for a CPU",
            alone,
            "no interpreter",
        ),
        claim(
            "In Python a lock costs 1 to 10 µs contended",
            "the same at 2 threads, per thread; yes if the whole interval lies within",
            contended,
            "no interpreter",
        ),
        claim(
            "Python 3.13 has a threading.RWLock",
            "each interpreter is asked for the name; only 3.13 and newer say anything of the claim",
            rwlock(pythons),
            "no interpreter",
        ),
    ]
}

fn claim(text: &'static str, check: &'static str, figures: Vec<Figure>, absent: &str) -> Claim {
    let finding = Finding::of(&figures);
    let verdict = match finding {
        Finding::NotMeasured => format!("not run: {absent}"),
        Finding::Unclear => "cannot be told here".to_owned(),
        found => found.text().to_owned(),
    };
    Claim { text, check, finding, verdict, figures }
}

fn scenario(id: &str) -> &'static Scenario {
    Scenario::named(id).expect("it is on the list")
}

fn fixed(subject: &str, threads: usize, iters: u64, switch: Duration) -> Order {
    let subject = Subject::named(subject).expect("it is on the list");
    Order { patience: PATIENCE, switch: Some(switch), ..Order::as_in_articles(subject, threads, iters) }
}

/// What each scenario without a lock lost in each interpreter with a GIL.
fn never_races(pythons: &mut Pythons) -> Vec<Figure> {
    let rounds = ["plain_10x1m", "int_10x1m"].map(|id| (scenario(id), pythons.each(scenario(id))));
    let figure = |interpreter: &Interpreter| {
        let of = |(scenario, rounds): &(&Scenario, Vec<(Interpreter, Round)>)| {
            let (_, round) = rounds.iter().find(|(of, _)| of == interpreter)?;
            let (lost, of) = (round.lost()?, figure::count(scenario.expected()));
            Some((lost, format!("{} lost {} of {of}", scenario.code, figure::count(lost))))
        };
        let found: Vec<(u64, String)> = rounds.iter().filter_map(of).collect();
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        let says = if found.iter().any(|(lost, _)| *lost > 0) { Says::No } else { Says::Yes };
        (!found.is_empty()).then(|| Figure { what: interpreter.label(), measured: texts.join("; "), says })
    };
    pythons.interpreters().iter().filter(|one| one.gil).filter_map(figure).collect()
}

impl Pythons {
    /// The oldest interpreter with a GIL and a switch interval that lost with `self.val += 1`.
    fn losing(&mut self) -> Option<Interpreter> {
        let rounds = self.each(scenario("plain_10x1m"));
        let loses = |(one, round): &(Interpreter, Round)| one.gil && one.switch.is_some() && round.lost() > Some(0);
        rounds.into_iter().find(loses).map(|(one, _)| one)
    }
}

/// Rounds of one kind: how many there were, how many lost, and the thread that ran longest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rounds {
    all: usize,
    lost: usize,
    longest: Duration,
}

impl Rounds {
    fn of<'r>(rounds: impl Iterator<Item = &'r Round>) -> Rounds {
        rounds.fold(Rounds::default(), |sum, round| Rounds {
            all: sum.all + 1,
            lost: sum.lost + usize::from(round.lost() > Some(0)),
            longest: sum.longest.max(longest(round)),
        })
    }
}

/// Rounds whose threads ran for less than the switch interval, for longer, and for longer than a shortened one.
struct Brief {
    below: Rounds,
    above: Rounds,
    shortened: Rounds,
}

impl Brief {
    fn measure(worker: &mut Worker) -> Result<Brief, Error> {
        // The fastest of some: one that had to wait for a CPU would make threads briefer than they were meant to be.
        let mut pace = f64::INFINITY;
        for _ in 0..PAIRS {
            pace = pace.min(round(worker, &fixed("py_plain", 1, LOCKED, ARTICLES))?.ns_per_op_per_thread());
        }
        let mut rounds = |count: usize, each: Duration, switch: Duration| -> Result<Vec<Round>, Error> {
            let iters = in_units(nanos(each), pace).max(1.0) as u64;
            let order = fixed("py_plain", THREADS, iters, switch);
            (0..count).map(|_| round(worker, &order)).collect()
        };
        let (brief, long) = (rounds(BRIEF_ROUNDS, BRIEF, ARTICLES)?, rounds(LONG_ROUNDS, LONG, ARTICLES)?);
        let shortened = rounds(BRIEF_ROUNDS, BRIEF, SHORTENED)?;
        // Threads that had to wait for a CPU may have run for longer than they were meant to.
        Ok(Brief {
            below: Rounds::of(brief.iter().filter(|round| longest(round) < ARTICLES)),
            above: Rounds::of(long.iter().filter(|round| longest(round) > ARTICLES)),
            shortened: Rounds::of(shortened.iter().filter(|round| longest(round) > SHORTENED)),
        })
    }

    fn outlasts(&self, interpreter: &Interpreter) -> Figure {
        let Brief { below, above, .. } = self;
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
        let Brief { below, shortened, .. } = self;
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

fn check_then_act(pythons: &mut Pythons) -> Vec<Figure> {
    let mut figures = Vec::new();
    for interpreter in pythons.interpreters().to_vec() {
        let found = pythons.with(&interpreter, "check, then act", |worker| {
            let replaced = round(worker, &fixed("py_replace_under_lock", 2, ITEMS, SHORTENED))?;
            let order = fixed("py_check_then_append", 2, ITEMS, SHORTENED);
            let (mut seen, mut chances) = (0, 0);
            for _ in 0..TRIES {
                let one = round(worker, &order)?;
                seen += one.anomalies.unwrap_or_default();
                chances += one.chances.unwrap_or_default();
                if seen > 0 {
                    break;
                }
            }
            Ok((replaced.lost().unwrap_or_default(), seen, chances))
        });
        let Some((lost, seen, chances)) = found else { continue };
        let says = if lost == 0 { Says::Yes } else { Says::No };
        figures.push(Figure {
            what: format!("{}, a tuple replaced under a lock", interpreter.label()),
            measured: format!("lost {} of {}", figure::count(lost), figure::count(2 * ITEMS)),
            says,
        });
        figures.push(Figure {
            what: format!("{}, check, then append", interpreter.label()),
            measured: format!("{} of {} appended twice", figure::count(seen), figure::count(chances)),
            // What was not seen may still be possible.
            says: if seen > 0 { Says::Yes } else { Says::Unclear },
        });
    }
    figures
}

/// What a lock adds in each interpreter, at one thread and at two.
fn lock_costs(pythons: &mut Pythons) -> [Vec<Figure>; 2] {
    let mut figures = [Vec::new(), Vec::new()];
    for interpreter in pythons.interpreters().to_vec() {
        let found = pythons.with(&interpreter, "the cost of a lock", |worker| {
            Ok([lock_cost(worker, 1, 100.0, 500.0)?, lock_cost(worker, 2, 1_000.0, 10_000.0)?])
        });
        for (n, (measured, says)) in found.into_iter().flatten().enumerate() {
            let what = format!("{}, {}", interpreter.label(), count(n + 1));
            figures[n].push(Figure { what, measured, says });
        }
    }
    figures
}

/// The cost of a lock to the thread that takes it, and whether that is from `least` to `most` ns. Threads line up, so
/// that they meet.
fn lock_cost(worker: &mut Worker, threads: usize, least: f64, most: f64) -> Result<(String, Says), Error> {
    let orders = ["py_lock", "py_plain"].map(|id| {
        let subject = Subject::named(id).expect("it is on the list");
        Order::shared(subject, threads, LOCKED, Duration::from_secs(2), Vec::new())
    });
    let [mut locked, mut plain] = [Vec::new(), Vec::new()];
    let mut preempted = 0;
    for _ in 0..PAIRS {
        let [a, b] = [round(worker, &orders[0])?, round(worker, &orders[1])?];
        preempted += usize::from(was_preempted(&a) || was_preempted(&b));
        locked.push(a.ns_per_op_per_thread());
        plain.push(b.ns_per_op_per_thread());
    }
    let cost = stats::difference(&locked, &plain);
    let measured = format!("{} ns", figure::interval(cost, figure::ns));
    // As for cells: four of five rounds must be good.
    if preempted * 5 > PAIRS {
        return Ok((format!("{measured}, preempted"), Says::Unclear));
    }
    Ok((measured, within(cost, least, most)))
}

/// Whether a thread stood on a run queue for too long; what it waits for a lock is none of that.
fn was_preempted(round: &Round) -> bool {
    let waited = |tally: &Tally| share_of(tally.waited.unwrap_or_default(), tally.span()) > PREEMPTED_ABOVE;
    round.tallies.iter().any(waited)
}

fn rwlock(pythons: &Pythons) -> Vec<Figure> {
    let figure = |interpreter: &Interpreter| {
        let has = interpreter.rwlock?;
        let says = match has {
            _ if interpreter.numbers < (3, 13, 0) => Says::Unclear,
            true => Says::Yes,
            false => Says::No,
        };
        let measured = if has { "has one" } else { "has none" }.to_owned();
        Some(Figure { what: interpreter.label(), measured, says })
    };
    pythons.interpreters().iter().filter_map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::python;
    use crate::results::Machine;

    #[test]
    fn the_claims_are_those_of_the_report() {
        let texts = |claims: Vec<Claim>| claims.iter().map(|claim| claim.text).collect::<Vec<_>>();
        let found = claims(&mut Pythons::new(Vec::new()));
        assert!(found.iter().all(|claim| claim.finding == Finding::NotMeasured), "{found:?}");
        assert!(found.iter().all(|claim| claim.verdict.starts_with("not run: no interpreter")), "{found:?}");
        let card = crate::machine::Card::detect().unwrap();
        let machine = Machine { card, ..Machine::default() };
        assert_eq!(texts(found), texts(python::claims(&machine)));
    }

    fn brief(below: (usize, usize), above: (usize, usize), shortened: (usize, usize)) -> [Says; 2] {
        let of = |(all, lost), ms| Rounds { all, lost, longest: Duration::from_millis(ms) };
        let brief = Brief { below: of(below, 2), above: of(above, 60), shortened: of(shortened, 2) };
        let one = crate::articles::published::tests::interpreter("3.9.18", true);
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
