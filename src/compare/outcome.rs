//! Result of a comparison.

use serde::Serialize;

use super::{Spread, Unit};
use crate::counter::Grade;
use crate::rank::Basis;
use crate::results::Interval;
use crate::topology::Placement;

/// How a cell of B stands to the same cell of A.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// In B it lost updates or saw an anomaly, which its grade forbids.
    Lost,
    /// It takes significantly longer in B.
    Slower,
    /// It takes significantly less time in B.
    Faster,
    /// No significant difference; a hidden one is at most 10 %.
    Same,
    /// No significant difference, but too noisy to be called the same.
    TooNoisy,
    /// Both have the cell, but their figures cannot be compared.
    NotCompared,
    /// Only A has it.
    OnlyA,
    /// Only B has it.
    OnlyB,
}

impl Standing {
    /// Every standing, in the order of display.
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

/// One cell on both sides. What was not measured or not compared is absent.
#[derive(Clone, Debug, Serialize)]
pub struct CellPair {
    /// Name of the cell: bench, level, subject with its variant, threads.
    pub name: String,
    /// Grade of the subject.
    pub grade: Grade,
    /// Counting threads.
    pub threads: usize,
    /// Placement in A, or in B where A has no such cell.
    pub placement: Placement,
    /// How B stands to A.
    pub standing: Standing,
    /// Why the cell was not compared, or what it lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Basis of the compared times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// A's time, in ns per operation and thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_ns: Option<Interval>,
    /// B's time, in ns per operation and thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b_ns: Option<Interval>,
    /// The ratio B / A, each in its own unit, with the 95 % interval expected for a further pair of runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Interval>,
    /// Probability of a ratio this far from 1 where nothing changed, in `[0, 1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The same, corrected for the number of cells compared (Benjamini-Hochberg).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
    /// Spread of A's time from run to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_spread: Option<Spread>,
    /// Spread of B's time from run to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b_spread: Option<Spread>,
    /// A's pooled loss rate, in `[0, 1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_loss: Option<f64>,
    /// B's pooled loss rate, in `[0, 1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b_loss: Option<f64>,
}

impl CellPair {
    /// Whether B is worse than A. A slower control means a slower machine and is no regression.
    pub fn is_regression(&self) -> bool {
        let worse = matches!(self.standing, Standing::Lost | Standing::Slower);
        worse && self.grade != Grade::Control
    }
}

/// One side of a finished comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Name of the side, as given.
    pub name: String,
    /// The machine's id.
    pub machine: String,
    /// Whether its figures were published by others.
    pub published: bool,
    /// Ids of the runs behind its cells.
    pub runs: Vec<String>,
    /// The unit, in ns.
    pub unit_ns: f64,
}

/// A finished comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The side compared with.
    pub a: Compared,
    /// The side compared.
    pub b: Compared,
    /// The unit of times.
    pub unit: Unit,
    /// Whether both sides are one machine.
    pub one_machine: bool,
    /// What makes the comparison unfair, a line each.
    pub mismatches: Vec<String>,
    /// Number of cells whose times were compared; the correction is for this number.
    pub compared: usize,
    /// Number of cells that are slower in B, or lost updates there against their grade.
    pub regressions: usize,
    /// The cells of both sides, worse ones first, then by probability.
    pub rows: Vec<CellPair>,
}
