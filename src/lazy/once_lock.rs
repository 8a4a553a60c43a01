//! The standard library's cell that is written once.

use std::sync::OnceLock;

use super::{COMMON, Lazy};
use crate::counter::Info;

/// `OnceLock::get_or_init`: the maker is given with each access.
pub struct StdOnceLock {
    value: OnceLock<u64>,
    make: fn() -> u64,
}

impl Lazy for StdOnceLock {
    const INFO: Info =
        Info { id: "once_lock", summary: "OnceLock::get_or_init", source: "std::sync::OnceLock", ..COMMON };

    fn new(make: fn() -> u64) -> Self {
        StdOnceLock { value: OnceLock::new(), make }
    }

    #[inline]
    fn get(&self) -> u64 {
        *self.value.get_or_init(self.make)
    }
}
