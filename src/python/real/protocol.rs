//! The line protocol: an order goes out, an answer comes back, one line of JSON each.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::{Error, Subject};
use crate::round::{Round, Setting, Tally};

/// The most bytes of a line that are taken for an answer: room for 4096 threads.
pub(super) const LONGEST_LINE: usize = 1 << 20;
/// How much of garbage is shown.
const SHOWN: usize = 80;

/// How the increments of a round are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A budget of iterations x threads from which each thread claims chunks, so that none runs alone at the end;
    /// threads stop claiming after this time. Threads line up first.
    Shared {
        /// When threads stop claiming.
        stop: Duration,
    },
    /// Each thread makes as many as were ordered in one loop, and begins when it is started, as in the articles.
    Fixed,
}

/// What a worker is asked to do: one round.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What counts.
    pub subject: &'static Subject,
    /// Counting threads, at least 1.
    pub threads: usize,
    /// Increments by each thread.
    pub iters: u64,
    /// How they are shared out.
    pub work: Work,
    /// The switch interval; `None` for the interpreter's own. Python 2 has none and takes no notice.
    pub switch: Option<Duration>,
    /// The CPU of each thread; empty leaves them where the system puts them.
    pub cpus: Vec<usize>,
    /// After this long without an answer the worker is killed.
    pub patience: Duration,
}

impl Order {
    /// A round of native form: threads that line up, on their `cpus`, and share a budget of `iters` each.
    pub fn shared(subject: &'static Subject, threads: usize, iters: u64, stop: Duration, cpus: Vec<usize>) -> Order {
        // What a thread claimed before must still be done: some 64 of its chunks make a round.
        let patience = stop * 4 + Duration::from_secs(10);
        Order { subject, threads, iters, work: Work::Shared { stop }, switch: None, cpus, patience }
    }

    /// A round as the articles ran it: threads nowhere in particular, started one after the other, that make
    /// `iters` increments each in one loop; at most five minutes.
    pub fn as_in_articles(subject: &'static Subject, threads: usize, iters: u64) -> Order {
        let patience = Duration::from_secs(300);
        Order { subject, threads, iters, work: Work::Fixed, switch: None, cpus: Vec::new(), patience }
    }

    /// The line that asks for it, as round `number` of its worker.
    pub fn line(&self, number: u64) -> String {
        let stop_ms = match self.work {
            Work::Shared { stop } => Some(stop.as_millis() as u64),
            Work::Fixed => None,
        };
        let line = json!({
            "round": number,
            "subject": self.subject.info.id,
            "threads": self.threads,
            "iters": self.iters,
            "shared": stop_ms.is_some(),
            "stop_ms": stop_ms,
            "switch_us": self.switch.map(|switch| switch.as_micros() as u64),
            "cpus": self.cpus,
        });
        format!("{line}\n")
    }
}

/// One thread's part, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    attempted: u64,
    start_ns: u64,
    end_ns: u64,
    waited_ns: Option<u64>,
    pinned: bool,
}

/// An answer, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    round: u64,
    kept: Option<u64>,
    seen: Option<u64>,
    chances: Option<u64>,
    cpu_ns: Option<u64>,
    switch_us: Option<u64>,
    tallies: Vec<Part>,
}

/// Our script could not do what was ordered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Excuse {
    round: u64,
    error: String,
}

/// What a worker answered: one round.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The round's number.
    pub number: u64,
    /// What the counter held at the end; `None` for the control, and for what is no counter.
    pub kept: Option<u64>,
    /// Anomalies seen, by what is no counter.
    pub seen: Option<u64>,
    /// How many there could have been.
    pub chances: Option<u64>,
    /// CPU time of the interpreter meanwhile; `None` where the system does not say.
    pub cpu: Option<Duration>,
    /// The switch interval it ran with; `None` in Python 2.
    pub switch: Option<Duration>,
    /// What each thread did; times since the first one's start.
    pub tallies: Vec<Tally>,
}

impl Answer {
    /// Reads one line.
    ///
    /// # Errors
    /// [`Error::Garbage`] unless it is exactly what our script writes, [`Error::Failed`] when that says the round
    /// failed, [`Error::Nonsense`] for counts that do not add up or a thread that ends before it begins.
    pub fn parse(line: &str) -> Result<Answer, Error> {
        let Written { round, kept, seen, chances, cpu_ns, switch_us, tallies } = match serde_json::from_str(line) {
            Ok(written) => written,
            Err(_) => {
                let excuse: Excuse = serde_json::from_str(line).map_err(|_| garbage(line))?;
                return Err(Error::Failed(format!("{} (round {})", printable(&excuse.error), excuse.round)));
            }
        };
        let nonsense = |what: String| Err(Error::Nonsense(what));
        let attempted = tallies.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.attempted));
        let Some(attempted) = attempted else { return nonsense("more increments than can be counted".into()) };
        if let Some(kept) = kept.filter(|&kept| kept > attempted) {
            return nonsense(format!("kept {kept} of only {attempted} attempted"));
        }
        if let Some(seen) = seen.filter(|&seen| seen > attempted) {
            return nonsense(format!("saw {seen} anomalies in {attempted} attempts"));
        }
        if chances.is_some_and(|chances| chances > attempted) {
            return nonsense("more chances than attempts".into());
        }
        let Some(epoch) = tallies.iter().map(|part| part.start_ns).min() else {
            return nonsense("no thread took part".into());
        };
        if tallies.iter().any(|part| part.end_ns < part.start_ns) {
            return nonsense("a thread ended before it began".into());
        }
        let tallies = tallies.iter().map(|part| Tally {
            attempted: part.attempted,
            start: Duration::from_nanos(part.start_ns - epoch),
            end: Duration::from_nanos(part.end_ns - epoch),
            waited: part.waited_ns.map(Duration::from_nanos),
            pinned: part.pinned,
            ..Tally::default()
        });
        Ok(Answer {
            number: round,
            kept,
            seen,
            chances,
            cpu: cpu_ns.map(Duration::from_nanos),
            switch: switch_us.map(Duration::from_micros),
            tallies: tallies.collect(),
        })
    }

    /// Increments completed by all threads.
    pub fn attempted(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.attempted).sum()
    }

    /// Whether it can be the answer to `order`, which was given `took` ago.
    pub(super) fn fits(self, order: &Order, number: u64, took: Duration) -> Result<Answer, Error> {
        let nonsense = |what: String| Err(Error::Nonsense(what));
        if self.number != number || self.tallies.len() != order.threads {
            let (round, threads) = (self.number, self.tallies.len());
            return nonsense(format!("round {round} of {threads} threads, not {number} of {}", order.threads));
        }
        let (attempted, asked) = (self.attempted(), order.iters.saturating_mul(order.threads as u64));
        if attempted > asked || (order.work == Work::Fixed && attempted < asked) {
            return nonsense(format!("{attempted} increments, not {asked}"));
        }
        let counts = order.subject.info.grade.counts() && order.subject.anomaly.is_none();
        if self.kept.is_some() != counts || self.seen.is_some() != order.subject.anomaly.is_some() {
            return nonsense("a count where there is none, or none where there is one".into());
        }
        let wall = self.tallies.iter().map(|tally| tally.end).max().unwrap_or_default();
        if wall > took {
            return nonsense(format!("a round of {wall:?} that took {took:?}"));
        }
        match (self.switch, order.switch) {
            (Some(has), Some(asked)) if has != asked => {
                nonsense(format!("a switch interval of {has:?}, not {asked:?}"))
            }
            _ => Ok(self),
        }
    }

    /// The round it tells of, for a machine with `usable_cpus`; `cpus` are those its threads were to be tied to.
    pub fn into_round(self, order: &Order, usable_cpus: usize) -> Round {
        let mut tallies = self.tallies;
        for (tally, &cpu) in tallies.iter_mut().zip(&order.cpus).filter(|(tally, _)| tally.pinned) {
            tally.cpus = vec![cpu];
        }
        let setting = Setting { usable_cpus, helpers: order.subject.info.helpers };
        Round {
            kept: self.kept,
            anomalies: self.seen,
            chances: self.chances,
            cpu: self.cpu,
            ..Round::of(order.iters, tallies, setting)
        }
    }
}

/// Part of a foreign text that can be shown.
pub(super) fn printable(text: &str) -> String {
    let line = text.trim().chars().map(|c| if matches!(c, ' '..='~') { c } else { '.' });
    line.take(SHOWN).collect()
}

/// What is no answer.
pub(super) fn garbage(line: &str) -> Error {
    Error::Garbage(format!("{:?}", printable(line)))
}
