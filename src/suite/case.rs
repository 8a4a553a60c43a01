//! A case: one cell to be measured, and how one round of it is run.

use std::hash::Hash;
use std::time::Duration;

use super::Controls;
use crate::counter::{Counter, Info};
use crate::counters::control::NoCounter;
use crate::hazard::Hazard;
use crate::kernel::{self, Pace};
use crate::results::{Cell, Key};
use crate::round::summary::Series;
use crate::round::{Round, SHORT};
use crate::team::{Failure, Team};
use crate::workload::{GridPoint, Placement};

/// How a case runs one round: on a team that ends it when its time is up, with so many iterations at most.
pub type RunRound = dyn Fn(&mut Team, u64, Option<Pace>, usize) -> Result<Round, Failure>;

/// What a case does once, after its rounds, which it is given; what it found is written into the cell.
pub type RunAfter = dyn Fn(&mut Team, Option<Pace>, &Series<'_>) -> Result<After, Failure>;

/// What comes of that: figures for the cell, or what may not be, for the gate.
pub struct After {
    /// Writes the figures.
    pub write: Box<dyn Fn(&mut Cell)>,
    /// What went wrong that may not, in a few words.
    pub fault: Option<String>,
}

/// Figures that follow from a case's rounds and those of the controls measured beside them.
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
    /// Mean think time; zero for none.
    pub think: Duration,
    /// Mean work inside an operation; zero for none.
    pub inside: Duration,
    /// Where the threads are put.
    pub placement: Placement,
    /// The CPU of each thread, where the case is about these CPUs; `None` for those of the placement.
    pub cpus: Option<Vec<usize>>,
    /// What a hazard's anomaly is; none for counters.
    pub anomaly: Option<&'static str>,
    /// The control, of this variant or of none, whose time is taken off for the net cost.
    pub control: &'static str,
    /// How long a round lasts at least; the run's own length where that is more.
    pub least: Duration,
    /// Whether rounds run in another process, whose CPU time is theirs then, and nobody's noise.
    pub elsewhere: bool,
    /// What is noted of the run, once, when a cell of this case is recorded.
    pub note: Option<String>,
    /// Runs one round.
    pub round: Box<RunRound>,
    /// What follows from the rounds, beyond the figures of every cell.
    pub derive: Option<Box<Derive>>,
    /// What is run once after the rounds, and about how long that takes.
    pub after: Option<(Duration, Box<RunAfter>)>,
}

impl Case {
    /// A case of `info` at one point of the sweep, whose net cost is net of `none`.
    pub fn new(
        info: Info,
        at: GridPoint,
        round: impl Fn(&mut Team, u64, Option<Pace>, usize) -> Result<Round, Failure> + 'static,
    ) -> Case {
        Case {
            info,
            variant: String::new(),
            threads: at.threads,
            level: at.level.id,
            think: at.level.load.outside(),
            inside: at.level.load.inside(),
            placement: at.placement,
            cpus: None,
            anomaly: None,
            control: NoCounter::INFO.id,
            least: SHORT,
            elsewhere: false,
            note: None,
            round: Box::new(round),
            derive: None,
            after: None,
        }
    }

    /// The case of counter `C` at one point of the sweep.
    pub fn counter<C: Counter>(at: GridPoint) -> Case {
        Case::new(C::INFO, at, kernel::round::<C>)
    }

    /// The case of hazard `H` at one point of the sweep.
    pub fn hazard<H: Hazard>(at: GridPoint) -> Case {
        Case {
            variant: H::VARIANT.to_owned(),
            anomaly: Some(H::KIND),
            ..Case::new(H::INFO, at, kernel::hazard_round::<H>)
        }
    }

    /// What cases of one block have in common: they are compared with each other, and measured one right after the other
    /// in each pass, on one team.
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

    /// The name of its group, the part for a ninth subject left out.
    pub(super) fn group(&self, bench: &str) -> String {
        let placement = match self.placement {
            Placement::Spread => String::new(),
            other => format!("/{other}"),
        };
        format!("{bench}/{}/{}{placement}", self.level, self.info.family)
    }
}
