//! The controls of a block.

use super::Case;
use super::measured::Measured;

/// The controls measured in the block of one case.
pub struct Controls<'r> {
    block: &'r [&'r Measured<'r>],
    of: &'r Measured<'r>,
}

impl<'r> Controls<'r> {
    pub(super) fn of(block: &'r [&'r Measured<'r>], of: &'r Measured<'r>) -> Controls<'r> {
        Controls { block, of }
    }

    /// ns/op per thread of a control, one entry for each round of the case: from the control's round in the same pass.
    /// `None` where the control was not measured; an entry is `None` where the control has no round in that pass, or
    /// one that is no figure ([`Round::is_figure`](crate::round::Round::is_figure)).
    pub fn ns(&self, id: &str, variant: &str) -> Option<Vec<Option<f64>>> {
        let control = self.block.iter().find(|cell| cell.case.info.id == id && cell.case.variant == variant)?;
        let beside = |pass: usize| {
            let round = &control.of_pass(pass)?.round;
            round.is_figure().then(|| round.ns_per_op_per_thread())
        };
        Some(self.of.taken.iter().map(|taken| beside(taken.pass)).collect())
    }

    /// The net cost of each round; `None` for the control itself, and where the control was not measured.
    pub(super) fn net(&self) -> Option<Vec<Option<f64>>> {
        let case: &Case = self.of.case;
        if case.info.id == case.control {
            return None;
        }
        let none = self.ns(case.control, &case.variant).or_else(|| self.ns(case.control, ""))?;
        let gross = self.of.taken.iter().map(|taken| taken.round.ns_per_op_per_thread());
        Some(gross.zip(none).map(|(gross, none)| Some(gross - none?)).collect())
    }
}
