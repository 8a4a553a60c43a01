//! Where counting threads are put.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::with_ids;

with_ids! {
    /// Where counting threads are put, the default first.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Placement {
        /// One thread per physical core first, then their SMT siblings; of unlike cores the fastest kind.
        #[default]
        Spread = "spread",
        /// SMT siblings first; of unlike cores the fastest kind.
        Siblings = "siblings",
        /// Wherever the system puts them.
        Unpinned = "unpinned",
        /// As `spread`, on cores of three or more kinds those of the kind after the fastest.
        #[serde(rename = "spread@middle")]
        SpreadMiddle = "spread@middle",
        /// As `spread`, of unlike cores the slowest kind.
        #[serde(rename = "spread@efficiency")]
        SpreadEfficiency = "spread@efficiency",
        /// As `spread`, on cores of every kind, the fastest first: threads do unlike work in the same time.
        #[serde(rename = "spread@all")]
        SpreadAll = "spread@all",
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
