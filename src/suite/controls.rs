//! The controls that were measured, for the rows that are compared with them.

use std::collections::HashMap;
use std::rc::Rc;

use super::Row;
use super::measurement::Taken;
use crate::results::Interval;
use crate::round::Round;
use crate::stats;
use crate::workload::Placement;

/// A control by its id and variant, where and how it was measured.
type ControlKey = (&'static str, String, usize, &'static str, Placement);

/// The rounds of every control that was measured.
pub(super) type Baselines = HashMap<ControlKey, Vec<Rc<Round>>>;

/// The rounds of the controls at a row's threads, level and placement.
pub struct Controls<'r> {
    baselines: &'r Baselines,
    row: &'r Row,
}

impl<'r> Controls<'r> {
    pub(super) fn of(baselines: &'r Baselines, row: &'r Row) -> Controls<'r> {
        Controls { baselines, row }
    }

    /// ns/op per thread of each round of a control, in the order in which they were run; `None` when
    /// it was not measured.
    pub fn ns(&self, id: &'static str, variant: &str) -> Option<Vec<f64>> {
        let Row { threads, level, placement, .. } = *self.row;
        let rounds = self.baselines.get(&(id, variant.to_owned(), threads, level, placement))?;
        Some(rounds.iter().map(|round| round.ns_per_op_per_thread()).collect())
    }

    /// The cost of a row less that of its control: of the rounds right before its own where there
    /// were any, else of the control's row.
    pub(super) fn net(&self, kept: &[Taken], gross: &[f64]) -> Option<Interval> {
        let row = self.row;
        if row.info.id == row.control {
            return None;
        }
        let paired = kept.iter().zip(gross).map(|(taken, gross)| Some(gross - taken.none_ns?));
        if let Some(differences) = paired.collect::<Option<Vec<f64>>>() {
            return Some(stats::interval(&differences));
        }
        let none = self.ns(row.control, &row.variant).or_else(|| self.ns(row.control, ""))?;
        if row.set.is_some() && none.len() == gross.len() {
            // Measured in turn: what slows one round slows the one beside it.
            return Some(stats::interval(&gross.iter().zip(&none).map(|(a, b)| a - b).collect::<Vec<f64>>()));
        }
        Some(stats::difference(gross, &none))
    }
}
