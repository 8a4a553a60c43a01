//! The interpreters that run scenarios, and their results.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use super::{Published, Scenario};
use crate::figure;
use crate::python::real::{Error, Interpreter, Request, Worker};
use crate::round::{OVERLAP_BELOW, Round, in_units, nanos};
use crate::topology;

/// What rounds that were too short show.
const SHORT: &str = "that shows that the round was short, not that nothing can be lost";
/// A round with fewer switches than this says little if it lost nothing.
const FEW: u64 = 20;

/// The interpreters of a run. One that fails is left out of the rest of the run.
pub struct Pythons {
    interpreters: Vec<Interpreter>,
    left: Vec<LeftOut>,
    /// The rounds that were run, by variant and scenario.
    rounds: HashMap<(String, &'static str), Round>,
}

/// An interpreter that was left out of the rest of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name for people.
    pub label: String,
    /// Why, and what it was doing when it failed.
    pub why: String,
}

/// What one interpreter did in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InterpreterResult {
    /// The interpreter's id, such as `cpython_3_9_18`.
    pub variant: String,
    /// Its name for people.
    pub label: String,
    /// What the counter should have held at the end.
    pub expected: u64,
    /// What it held.
    pub actual: u64,
    /// Share of increments that were lost, in `[0, 1]`.
    pub loss_rate: f64,
    /// What an article published.
    pub published: Option<Published>,
    /// From the first thread's start to the last one's end, in seconds.
    pub seconds: f64,
    /// The thread that took longest, in ms.
    pub longest_thread_ms: f64,
    /// How often threads can have switched at most: never, if no thread ran for a switch interval. Absent without a
    /// global lock, and in Python 2, which has no switch interval.
    pub most_switches: Option<u64>,
    /// Whether it runs with a global lock.
    pub gil: bool,
    /// The overlap of the threads, at most 1; negative if they never met.
    pub overlap: f64,
}

/// What all interpreters did in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioResult {
    /// The scenario.
    #[serde(flatten)]
    pub scenario: Scenario,
    /// What the counter should have held at the end.
    pub expected: u64,
    /// A result for each interpreter, the oldest first.
    pub rows: Vec<InterpreterResult>,
    /// Why it was not run, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_run: Option<&'static str>,
    /// What the figures cannot show, one line each.
    pub notes: Vec<String>,
}

impl Pythons {
    /// A run with `interpreters`, in that order.
    pub fn new(interpreters: Vec<Interpreter>) -> Pythons {
        Pythons { interpreters, left: Vec::new(), rounds: HashMap::new() }
    }

    /// The interpreters that have not failed.
    pub fn interpreters(&self) -> &[Interpreter] {
        &self.interpreters
    }

    /// The interpreters that have failed.
    pub fn left(&self) -> &[LeftOut] {
        &self.left
    }

    /// Has every interpreter that a scenario needs do one round of it.
    pub fn run(&mut self, scenario: &'static Scenario) -> ScenarioResult {
        let rows: Vec<InterpreterResult> =
            self.each(scenario).iter().map(|(of, round)| row(scenario, of, round)).collect();
        let not_run = rows.is_empty().then(|| match self.left.is_empty() {
            true => scenario.needs.absent(),
            false => "no interpreter that it needs is left",
        });
        let notes = notes(scenario, &rows);
        ScenarioResult { scenario: *scenario, expected: scenario.expected(), rows, not_run, notes }
    }

    /// The round of a scenario in each interpreter that it needs. A round that was run before is not run again.
    pub(in crate::python) fn each(&mut self, scenario: &'static Scenario) -> Vec<(Interpreter, Round)> {
        let mut rounds = Vec::new();
        for interpreter in self.interpreters.clone().into_iter().filter(|one| scenario.needs.met_by(one)) {
            let key = (interpreter.variant(), scenario.id);
            if !self.rounds.contains_key(&key) {
                let request = scenario.request();
                let Some(round) = self.with(&interpreter, scenario.id, |worker| round(worker, &request)) else {
                    continue;
                };
                self.rounds.insert(key.clone(), round);
            }
            rounds.push((interpreter, self.rounds[&key].clone()));
        }
        rounds
    }

    /// What `ask` returns for a newly started interpreter. `None` if that failed; it is then left out from now on.
    pub(in crate::python) fn with<T>(
        &mut self,
        interpreter: &Interpreter,
        what: &str,
        ask: impl FnOnce(&mut Worker) -> Result<T, Error>,
    ) -> Option<T> {
        // Tried twice: on a busy machine it may have been too slow the first time.
        let started = Worker::start(interpreter).or_else(|_| Worker::start(interpreter));
        match started.and_then(|mut worker| ask(&mut worker)) {
            Ok(got) => Some(got),
            Err(error) => {
                self.interpreters.retain(|one| one != interpreter);
                self.left
                    .push(LeftOut { label: interpreter.label(), why: format!("{} ({what})", error.publishable()) });
                None
            }
        }
    }
}

/// Has a worker do a round on this machine.
pub(in crate::python) fn round(worker: &mut Worker, request: &Request) -> Result<Round, Error> {
    Ok(worker.round(request)?.into_round(request, topology::usable_count()))
}

/// The time of the thread that took longest.
pub(in crate::python) fn longest(round: &Round) -> Duration {
    round.tallies.iter().map(|tally| tally.span()).max().unwrap_or_default()
}

/// How often threads can have switched at most: a thread that takes the lock keeps it for a switch interval.
fn most_switches(interpreter: &Interpreter, round: &Round) -> Option<u64> {
    let switch = interpreter.switch.filter(|switch| interpreter.gil && !switch.is_zero())?;
    if longest(round) < switch { Some(0) } else { Some(in_units(nanos(round.wall()), nanos(switch)) as u64) }
}

fn row(scenario: &Scenario, interpreter: &Interpreter, round: &Round) -> InterpreterResult {
    InterpreterResult {
        variant: interpreter.variant(),
        label: interpreter.label(),
        expected: scenario.expected(),
        actual: round.kept.unwrap_or_default(),
        loss_rate: round.loss_rate().unwrap_or_default(),
        published: Published::nearest(scenario, interpreter),
        seconds: round.wall().as_secs_f64(),
        longest_thread_ms: in_units(nanos(longest(round)), 1e6),
        most_switches: most_switches(interpreter, round),
        gil: interpreter.gil,
        overlap: round.overlap(),
    }
}

/// A line for rounds that lost nothing and could hardly lose: they had too few switches, or their threads hardly met.
fn notes(scenario: &Scenario, rows: &[InterpreterResult]) -> Vec<String> {
    if scenario.subject().info.grade.gated() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    let kept = || rows.iter().filter(|row| row.actual == row.expected);
    let short: Vec<&InterpreterResult> = kept().filter(|row| row.most_switches.is_some_and(|n| n < FEW)).collect();
    if let Some(most) = short.iter().filter_map(|row| row.most_switches).max() {
        let names: Vec<&str> = short.iter().map(|row| row.label.as_str()).collect();
        let which = if names.len() == kept().count() { "where all was kept".to_owned() } else { names.join(", ") };
        let switches = match most {
            0 => "no thread ran for a whole switch interval, so none was interrupted".to_owned(),
            1 => "there was time for one switch of threads at most".to_owned(),
            n => format!("there was time for {n} switches of threads at most"),
        };
        notes.push(format!("{which}, {switches}: {SHORT}"));
    }
    for row in kept().filter(|row| !row.gil && row.overlap < OVERLAP_BELOW) {
        let met = figure::percent(row.overlap.max(0.0));
        notes.push(format!("{}: its threads counted at once for {met} of the time: {SHORT}", row.label));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::published::tests::interpreter;
    use super::*;
    use crate::round::{Setting, Tally};

    /// A round of two threads, one after the other, `ms` each.
    fn two(ms: u64, kept: u64) -> Round {
        let tally = |start: u64| Tally {
            attempted: 100_000,
            start: Duration::from_millis(start),
            end: Duration::from_millis(start + ms),
            ..Tally::default()
        };
        let setting = Setting { usable_cpus: 2, helpers: 0 };
        Round { kept: Some(kept), ..Round::of(100_000, vec![tally(0), tally(ms)], setting) }
    }

    fn note_of(id: &str, rounds: &[(&str, bool, Round)]) -> Option<String> {
        let scenario = Scenario::named(id).unwrap();
        let rows: Vec<InterpreterResult> =
            rounds.iter().map(|(version, gil, round)| row(scenario, &interpreter(version, *gil), round)).collect();
        notes(scenario, &rows).pop()
    }

    #[test]
    fn a_round_that_kept_all_because_it_was_short_is_said_to_be() {
        let said = |ms| note_of("global_2x100k", &[("3.9.18", true, two(ms, 200_000))]);
        assert!(said(4).unwrap().contains("no thread ran for a whole switch interval"), "{:?}", said(4));
        assert!(said(6).unwrap().contains("where all was kept, there was time for 2 switches"), "{:?}", said(6));
        assert_eq!(said(50), None, "20 switches");
        assert_eq!(note_of("global_2x100k", &[("3.9.18", true, two(4, 199_999))]), None, "it lost");
        assert_eq!(note_of("global_lock_2x100k", &[("3.9.18", true, two(4, 200_000))]), None, "a lock loses nothing");
        let free = |kept| note_of("global_free_2x100k", &[("3.13.5", false, two(4, kept))]);
        let never_met = "CPython 3.13.5 free-threaded: its threads counted at once for 0 % of the time: that shows";
        assert!(free(200_000).unwrap().starts_with(never_met), "{:?}", free(200_000));
        assert_eq!(free(199_999), None);
        let some = [("3.8.18", true, two(50, 200_000)), ("3.9.18", true, two(6, 200_000))];
        assert!(note_of("global_2x100k", &some).unwrap().starts_with("CPython 3.9.18, there was time for 2"));
    }
}
