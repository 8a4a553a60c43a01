//! Where counting threads are put.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::with_ids;

with_ids! {
    /// Where counting threads are put, the default first.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Placement {
        /// One thread per physical core first, then their SMT siblings.
        #[default]
        Spread = "spread",
        /// SMT siblings first.
        Siblings = "siblings",
        /// Wherever the system puts them.
        Unpinned = "unpinned",
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
