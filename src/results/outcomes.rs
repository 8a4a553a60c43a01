//! What a cell records of a litmus test.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The most outcomes that a test may have: four registers of four values.
const MOST: usize = 256;

/// One outcome of a litmus test, seen or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the registers hold in the end, such as `(0, 2)`.
    pub outcome: String,
    /// Instances that ended so; 0 for one that was not seen.
    pub count: u64,
    /// Whether the memory model allows it.
    pub allowed: bool,
    /// Whether no interleaving of the threads' steps gives it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
}

/// What came of all instances of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Instances run.
    pub of: u64,
    /// Of those, the ones in which threads are known to have met; at least so many did.
    pub met: u64,
    /// Every outcome there could be.
    pub list: Vec<Outcome>,
}

impl Outcomes {
    /// Says what makes them impossible, if anything does.
    pub(super) fn fault(&self) -> Option<String> {
        if self.list.len() > MOST {
            return Some(format!("{} outcomes cannot be", self.list.len()));
        }
        if let Some(long) = self.list.iter().find(|one| one.outcome.len() > 64) {
            return Some(format!("an outcome of {} bytes", long.outcome.len()));
        }
        let names: BTreeSet<&str> = self.list.iter().map(|one| one.outcome.as_str()).collect();
        if names.len() < self.list.len() {
            return Some("an outcome that comes twice".into());
        }
        let all = self.list.iter().try_fold(0_u64, |all, one| all.checked_add(one.count));
        if all != Some(self.of) || self.met > self.of {
            let of = self.of;
            return Some(format!("outcomes that are not those of {of} instances, {} of them met", self.met));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes() -> Outcomes {
        let one = |outcome: &str, count| Outcome { outcome: outcome.into(), count, allowed: true, weak: false };
        Outcomes { of: 10, met: 3, list: vec![one("(0, 0)", 7), one("(0, 1)", 3), one("(1, 1)", 0)] }
    }

    #[test]
    fn counts_that_do_not_add_up_are_faults() {
        assert_eq!(outcomes().fault(), None);
        let mut most = outcomes();
        let names = (0..MOST - 3).map(|n| format!("{n:064}"));
        most.list.extend(names.map(|outcome| Outcome { outcome, ..outcomes().list.remove(2) }));
        most.met = most.of;
        assert_eq!((most.list.len(), most.fault()), (MOST, None), "as many, as long and all met");
        let mut wrong = [outcomes(), outcomes(), outcomes(), outcomes(), outcomes(), outcomes()];
        wrong[0].of = 11;
        wrong[1].met = 11;
        wrong[2].list[1].outcome = "(0, 0)".into();
        wrong[3].list[1].outcome = "0".repeat(65);
        wrong[4].list[1].count = u64::MAX;
        wrong[5].list = vec![wrong[5].list[2].clone(); MOST + 1];
        for wrong in wrong {
            assert!(wrong.fault().is_some(), "{wrong:?}");
        }
    }
}
