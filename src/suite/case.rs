//! A case: one cell to be measured, and how one round of it is run.

use std::hash::Hash;
use std::time::Duration;

use super::Controls;
use crate::counter::{Counter, Info, Total};
use crate::counters::control::NoCounter;
use crate::kernel;
use crate::results::{Cell, Key};
use crate::round::Series;
use crate::round::{Round, SHORT};
use crate::team::{Failure, Plan, Team};
use crate::topology;
use crate::workload::{GridPoint, Placement};

/// Runs one round; the team ends it when its time is up.
pub type RunRound = dyn Fn(&mut Team, &Plan) -> Result<Round, Failure>;

/// Runs once after the rounds of a case, which it is given.
pub type RunAfter = dyn Fn(&mut Team, &Plan, &Series<'_>) -> Result<After, Failure>;

/// Result of a [`RunAfter`].
pub struct After {
    /// Writes figures into the cell.
    pub write: Box<dyn Fn(&mut Cell)>,
    /// Description of a fault that fails the gate.
    pub fault: Option<String>,
}

/// Writes figures into the cell that follow from the case's rounds and those of its controls.
pub type Derive = dyn Fn(&Series<'_>, &Controls<'_>, &mut Cell);

/// One cell to be measured.
pub struct Case {
    /// Facts of the subject.
    pub info: Info,
    /// A further id where the bench needs one, else empty.
    pub variant: String,
    /// Counting threads.
    pub threads: usize,
    /// The level's id.
    pub level: &'static str,
    /// Mean work between two operations; zero for none.
    pub think: Duration,
    /// Mean work inside an operation; zero for none.
    pub inside: Duration,
    /// Where the threads are put.
    pub placement: Placement,
    /// The CPU of each thread, where the case measures these CPUs; `None` for the CPUs of the placement.
    pub cpus: Option<Vec<usize>>,
    /// Bytes that one counter takes after that many threads; `None` where the subject is no counter.
    pub bytes: Option<usize>,
    /// Why it cannot be measured on this machine; it is left out then, with this word.
    pub missing: Option<&'static str>,
    /// The kind of its anomalies; `None` where increments are counted.
    pub anomaly: Option<&'static str>,
    /// Id of the control whose time is taken off for the net cost; its variant is that of the case, else empty.
    pub control: &'static str,
    /// Least time of a round; the run's own round length where that is longer.
    pub least: Duration,
    /// Whether one round is enough. It is run in the first pass; of one round there is no interval, so the case has no cost.
    pub once: bool,
    /// Whether rounds run in another process. The CPU time of that process is then not counted as noise.
    pub elsewhere: bool,
    /// A fact about what is measured, such as an interpreter's version; recorded once with the first cell of it.
    pub fact: Option<String>,
    /// Runs one round.
    pub round: Box<RunRound>,
    /// Writes figures into the cell that follow from its rounds.
    pub derive: Option<Box<Derive>>,
    /// What runs once after the rounds, and about how long that takes.
    pub after: Option<(Duration, Box<RunAfter>)>,
}

impl Case {
    /// A case of `info` at one point of the sweep; its control is `none`.
    pub fn new(
        info: Info,
        at: GridPoint,
        round: impl Fn(&mut Team, &Plan) -> Result<Round, Failure> + 'static,
    ) -> Case {
        Case::of(info, at, Box::new(round))
    }

    pub(super) fn of(info: Info, at: GridPoint, round: Box<RunRound>) -> Case {
        Case {
            info,
            variant: String::new(),
            threads: at.threads,
            level: at.level.id,
            think: at.level.load.outside(),
            inside: at.level.load.inside(),
            placement: at.placement,
            cpus: None,
            bytes: None,
            missing: None,
            anomaly: None,
            control: NoCounter::INFO.id,
            least: SHORT,
            once: false,
            elsewhere: false,
            fact: None,
            round,
            derive: None,
            after: None,
        }
    }

    /// The case of counter `C` at one point of the sweep.
    pub fn counter<C: Counter>(at: GridPoint) -> Case {
        let mut case = Case::new(C::INFO, at, kernel::round::<C>);
        C::VARIANT.clone_into(&mut case.variant);
        (case.bytes, case.missing) = (Some(C::bytes(at.threads)), C::missing());
        if let Total::Anomalies(kind) = C::TOTAL {
            case.anomaly = C::INFO.grade.counts().then_some(kind);
        }
        case
    }

    /// CPUs that its threads may use: of unlike cores those of one kind, unless the placement or the case names more.
    pub(super) fn usable(&self) -> usize {
        let placement = if self.cpus.is_some() { Placement::SpreadAll } else { self.placement };
        topology::usable_count_at(placement)
    }

    /// The key of the case's block. The cases of a block are compared with each other: each pass measures them one
    /// right after the other, on one team.
    pub(super) fn block(&self) -> impl Hash + Eq + '_ {
        (self.level, self.threads, self.placement, self.think, self.inside, &self.cpus, self.elsewhere)
    }

    /// The key of its cell in a bench.
    pub(super) fn key(&self, bench: &str) -> Key {
        Key {
            bench: bench.to_owned(),
            subject: self.info.id.to_owned(),
            variant: self.variant.clone(),
            threads: self.threads,
            level: self.level.to_owned(),
            placement: self.placement,
        }
    }

    /// Its part of a cell's name: subject and variant.
    pub(super) fn function(&self) -> String {
        if self.variant.is_empty() { self.info.id.to_owned() } else { format!("{}:{}", self.info.id, self.variant) }
    }

    /// Name of its group, without the number of a further part.
    pub(super) fn group(&self, bench: &str) -> String {
        let placement = match self.placement {
            Placement::Spread => String::new(),
            other => format!("/{other}"),
        };
        format!("{bench}/{}/{}{placement}", self.level, self.info.family)
    }
}
