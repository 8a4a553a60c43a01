//! What a comparison found.

use serde::Serialize;

use super::{Spread, Unit};
use crate::counter::Grade;
use crate::rank::Basis;
use crate::results::Interval;
use crate::topology::Placement;

/// How a cell of B stands to the same one of A.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It lost updates in B, or saw an anomaly there, though it may not.
    Lost,
    /// It takes longer in B, beyond chance.
    Slower,
    /// It takes less time in B, beyond chance.
    Faster,
    /// Not told apart, and no more than 10 % can be hidden in that.
    Same,
    /// Not told apart, and too noisy to call that the same.
    TooNoisy,
    /// Both have it, but the two figures cannot be compared.
    NotCompared,
    /// Only A has it.
    OnlyA,
    /// Only B has it.
    OnlyB,
}

impl Standing {
    /// Every standing, in the order in which they are shown.
    pub const ALL: [Standing; 8] = [
        Standing::Lost,
        Standing::Slower,
        Standing::Faster,
        Standing::Same,
        Standing::TooNoisy,
        Standing::NotCompared,
        Standing::OnlyA,
        Standing::OnlyB,
    ];

    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Standing::Lost => "lost updates",
            Standing::Slower => "slower",
            Standing::Faster => "faster",
            Standing::Same => "same",
            Standing::TooNoisy => "too noisy",
            Standing::NotCompared => "not compared",
            Standing::OnlyA => "only in A",
            Standing::OnlyB => "only in B",
        }
    }
}

/// One cell on both sides. What was not measured, or was not compared, is absent.
#[derive(Clone, Debug, Serialize)]
pub struct CellPair {
    /// Its name: bench, level, subject with its variant, threads.
    pub name: String,
    /// What the subject promises.
    pub grade: Grade,
    /// Counting threads.
    pub threads: usize,
    /// Where they were put, in A, or in B where only that has it.
    pub placement: Placement,
    /// How B stands to A.
    pub standing: Standing,
    /// Why it was not compared, or what was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the compared times were taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// A's time, in ns per operation and thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_ns: Option<Interval>,
    /// B's time, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b_ns: Option<Interval>,
    /// B by A, each in its own unit, with the 95 % interval that a further pair of runs is expected within.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Interval>,
    /// How likely a ratio as far from 1 is where nothing changed, in `[0, 1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The same, corrected for the number of cells compared (Benjamini-Hochberg).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
    /// How A scatters from run to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_spread: Option<Spread>,
    /// How B does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b_spread: Option<Spread>,
    /// What A lost of what it attempted, pooled, in `[0, 1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_loss: Option<f64>,
    /// What B lost, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b_loss: Option<f64>,
}

impl CellPair {
    /// Whether B is worse than A. A control that is slower shows a slower machine: nothing of it can get worse.
    pub fn is_regression(&self) -> bool {
        let worse = matches!(self.standing, Standing::Lost | Standing::Slower);
        worse && self.grade != Grade::Control
    }
}

/// One side as it was compared.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// What it was called.
    pub name: String,
    /// The machine's id.
    pub machine: String,
    /// Whether others published its figures.
    pub published: bool,
    /// Ids of the runs behind its cells.
    pub runs: Vec<String>,
    /// One of the unit, in ns.
    pub unit_ns: f64,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The one compared with.
    pub a: Compared,
    /// The one compared.
    pub b: Compared,
    /// What times were divided by.
    pub unit: Unit,
    /// Whether both are one machine.
    pub one_machine: bool,
    /// What makes it unfair, a line each.
    pub mismatches: Vec<String>,
    /// Cells whose times were compared: what the correction is for.
    pub compared: usize,
    /// Cells that are slower in B, or lost there what they may not.
    pub regressions: usize,
    /// Every cell of either, those that are worse first; the least likely ones before others.
    pub rows: Vec<CellPair>,
}
