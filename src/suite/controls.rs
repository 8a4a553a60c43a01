//! The controls of a block, for the cases that are compared with them.

use super::Case;
use super::measured::Measured;

/// The controls measured in a case's block, pass by pass beside it.
pub struct Controls<'r> {
    block: &'r [&'r Measured<'r>],
    of: &'r Measured<'r>,
}

impl<'r> Controls<'r> {
    pub(super) fn of(block: &'r [&'r Measured<'r>], of: &'r Measured<'r>) -> Controls<'r> {
        Controls { block, of }
    }

    /// ns/op per thread of a control beside each round of the case: in the same pass and block. `None` when it
    /// was not measured; an entry is `None` where it has no round in that pass, or one that is no figure itself
    /// ([`Round::is_figure`](crate::round::Round::is_figure)).
    pub fn ns(&self, id: &str, variant: &str) -> Option<Vec<Option<f64>>> {
        let control = self.block.iter().find(|cell| cell.case.info.id == id && cell.case.variant == variant)?;
        let beside = |pass: usize| {
            let round = &control.of_pass(pass)?.round;
            round.is_figure().then(|| round.ns_per_op_per_thread())
        };
        Some(self.of.taken.iter().map(|taken| beside(taken.pass)).collect())
    }

    /// The cost of each round of the case less that of its control beside it; `None` for the control itself, and where
    /// it was not measured.
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
