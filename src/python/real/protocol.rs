//! The line protocol: a request goes out, a reply comes back. Each is one line of JSON.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::{Error, Subject, Window};
use crate::round::{Round, Setting, Tally};
use crate::workload::Watch;

/// The longest line that is read, in bytes: room for 4096 threads.
pub(super) const LONGEST_LINE: usize = 1 << 20;
/// How many characters of a foreign text are shown.
const SHOWN: usize = 80;

/// How the increments of a round are split between threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Threads line up, then claim chunks of one budget of iterations x threads, so that none runs alone at the end.
    Shared {
        /// When threads stop claiming.
        stop: Duration,
    },
    /// As in the articles: each thread begins when it is started, and makes all its increments in one loop.
    Fixed,
}

/// What a worker is asked to do: one round.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is counted with.
    pub subject: &'static Subject,
    /// Counting threads, at least 1.
    pub threads: usize,
    /// Increments by each thread.
    pub iters: u64,
    /// How they are split between threads.
    pub split: Split,
    /// The switch interval; `None` for the interpreter's own. Python 2 has none and ignores it.
    pub switch: Option<Duration>,
    /// What watches the counting threads.
    pub watch: Option<Watch>,
    /// The CPU of each thread. If empty, the system decides.
    pub cpus: Vec<usize>,
    /// The worker is killed when it has not replied after this time.
    pub patience: Duration,
}

impl Request {
    /// A round like those of native counters: threads are tied to `cpus`, line up, and share a budget of `iters` each.
    pub fn shared(subject: &'static Subject, threads: usize, iters: u64, stop: Duration, cpus: Vec<usize>) -> Request {
        // A thread finishes the chunk that it has claimed: about a 64th of its round.
        let patience = stop * 4 + Duration::from_secs(10);
        Request { subject, threads, iters, split: Split::Shared { stop }, switch: None, watch: None, cpus, patience }
    }

    /// A round as the articles ran it: threads are tied to no CPU, start one after the other, and make `iters`
    /// increments each in one loop. The worker may take five minutes.
    pub fn as_in_articles(subject: &'static Subject, threads: usize, iters: u64) -> Request {
        let patience = Duration::from_secs(300);
        Request { subject, threads, iters, split: Split::Fixed, switch: None, watch: None, cpus: Vec::new(), patience }
    }

    /// The line that asks for round `number` of a worker.
    pub fn line(&self, number: u64) -> String {
        let stop_ms = match self.split {
            Split::Shared { stop } => Some(stop.as_millis() as u64),
            Split::Fixed => None,
        };
        let line = json!({
            "round": number,
            "subject": self.subject.info.id,
            "threads": self.threads,
            "iters": self.iters,
            "shared": stop_ms.is_some(),
            "stop_ms": stop_ms,
            "switch_us": self.switch.map(|switch| switch.as_micros() as u64),
            "watch": self.watch.map(Watch::id),
            "cpus": self.cpus,
        });
        format!("{line}\n")
    }
}

/// The line that asks a worker to look for `time` at a thread that counts with `subject`, as its `number`th request.
pub(super) fn look_line(number: u64, subject: &Subject, time: Duration) -> String {
    let line = json!({ "round": number, "look_at": subject.info.id, "ms": time.as_millis() as u64 });
    format!("{line}\n")
}

/// What a worker saw, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookLine {
    round: u64,
    looks: u64,
    inside: u64,
    turn_ns: f64,
    window_ns: Option<f64>,
}

/// Reads the answer to [`look_line`].
pub(super) fn window(line: &str, number: u64) -> Result<Window, Error> {
    let LookLine { round, looks, inside, turn_ns, window_ns } = parsed(line)?;
    let window = Window { looks, inside, turn_ns, window_ns };
    if round != number {
        return nonsense(format!("looks of request {round} instead of {number}"));
    }
    window.fault().map_or(Ok(window), nonsense)
}

/// Reads one line of our script: an answer, or that the round failed.
fn parsed<'l, L: Deserialize<'l>>(line: &'l str) -> Result<L, Error> {
    serde_json::from_str(line).or_else(|_| {
        let failed: FailedLine = serde_json::from_str(line).map_err(|_| garbage(line))?;
        Err(Error::Failed(format!("{} (round {})", printable(&failed.error), failed.round)))
    })
}

/// One thread's part of a round, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThreadPart {
    attempted: u64,
    start_ns: u64,
    end_ns: u64,
    waited_ns: Option<u64>,
    pinned: bool,
}

/// A reply, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyLine {
    round: u64,
    kept: Option<u64>,
    seen: Option<u64>,
    chances: Option<u64>,
    cpu_ns: Option<u64>,
    switch_us: Option<u64>,
    tallies: Vec<ThreadPart>,
}

/// What our script writes when the round failed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailedLine {
    round: u64,
    error: String,
}

/// What a worker replied: one round.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The round's number.
    pub number: u64,
    /// What the counter held at the end; `None` for the control, and for a subject that is no counter.
    pub kept: Option<u64>,
    /// Anomalies seen; `None` for a counter.
    pub seen: Option<u64>,
    /// How many there could have been.
    pub chances: Option<u64>,
    /// CPU time of the interpreter during the round; `None` where the system does not say.
    pub cpu: Option<Duration>,
    /// The switch interval of the round; `None` in Python 2.
    pub switch: Option<Duration>,
    /// What each thread did. Times count from the start of the first thread.
    pub tallies: Vec<Tally>,
}

impl Reply {
    /// Reads one line.
    ///
    /// # Errors
    /// [`Error::Garbage`] if our script does not write such a line, [`Error::Failed`] if the script says that the round
    /// failed, [`Error::Nonsense`] if counts do not add up or a thread ends before it begins.
    pub fn parse(line: &str) -> Result<Reply, Error> {
        let ReplyLine { round, kept, seen, chances, cpu_ns, switch_us, tallies } = parsed(line)?;
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
        Ok(Reply {
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

    /// The same, if it can be the reply to `request`, which was sent `took` ago.
    pub(super) fn fits(self, request: &Request, number: u64, took: Duration) -> Result<Reply, Error> {
        if self.number != number || self.tallies.len() != request.threads {
            let (round, threads) = (self.number, self.tallies.len());
            return nonsense(format!("round {round} of {threads} threads, not {number} of {}", request.threads));
        }
        let (attempted, asked) = (self.attempted(), request.iters.saturating_mul(request.threads as u64));
        if attempted > asked || (request.split == Split::Fixed && attempted < asked) {
            return nonsense(format!("{attempted} increments, not {asked}"));
        }
        let counts = request.subject.info.grade.counts() && request.subject.anomaly.is_none();
        if self.kept.is_some() != counts || self.seen.is_some() != request.subject.anomaly.is_some() {
            return nonsense("a count where there is none, or none where there is one".into());
        }
        let wall = self.tallies.iter().map(|tally| tally.end).max().unwrap_or_default();
        if wall > took {
            return nonsense(format!("a round of {wall:?} that took {took:?}"));
        }
        match (self.switch, request.switch) {
            (Some(has), Some(asked)) if has != asked => {
                nonsense(format!("a switch interval of {has:?}, not {asked:?}"))
            }
            _ => Ok(self),
        }
    }

    /// The round, as one of a machine with `usable_cpus`.
    pub fn into_round(self, request: &Request, usable_cpus: usize) -> Round {
        let mut tallies = self.tallies;
        for (tally, &cpu) in tallies.iter_mut().zip(&request.cpus).filter(|(tally, _)| tally.pinned) {
            tally.cpus = vec![cpu];
        }
        let setting = Setting { usable_cpus, helpers: request.subject.info.helpers };
        Round {
            kept: self.kept,
            anomalies: self.seen,
            chances: self.chances,
            cpu: self.cpu,
            ..Round::of(request.iters, tallies, setting)
        }
    }
}

/// The error for a reply that cannot be.
fn nonsense<T>(what: String) -> Result<T, Error> {
    Err(Error::Nonsense(what))
}

/// The start of a foreign text, safe to show.
pub(super) fn printable(text: &str) -> String {
    let line = text.trim().chars().map(|c| if matches!(c, ' '..='~') { c } else { '.' });
    line.take(SHOWN).collect()
}

/// The error for a line that is not of our protocol.
pub(super) fn garbage(line: &str) -> Error {
    Error::Garbage(format!("{:?}", printable(line)))
}
