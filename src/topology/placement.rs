//! Where counting threads are put.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where counting threads are put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// One thread per physical core first, then their SMT siblings.
    #[default]
    Spread,
    /// SMT siblings first.
    Siblings,
    /// Wherever the system puts them.
    Unpinned,
}

impl Placement {
    /// Every placement, the default first.
    pub const ALL: [Placement; 3] = [Placement::Spread, Placement::Siblings, Placement::Unpinned];

    /// Its id in results, groups and `MISCOUNT_PLACEMENT`.
    pub fn id(self) -> &'static str {
        match self {
            Placement::Spread => "spread",
            Placement::Siblings => "siblings",
            Placement::Unpinned => "unpinned",
        }
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
