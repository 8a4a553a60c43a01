//! The standard library's value that knows how to make itself.

use std::sync::LazyLock;

use super::{COMMON, Lazy};
use crate::counter::Info;

/// `LazyLock`: the maker is given once, at the beginning.
pub struct StdLazyLock(LazyLock<u64>);

impl Lazy for StdLazyLock {
    const INFO: Info =
        Info { id: "lazy_lock", summary: "a LazyLock, dereferenced", source: "std::sync::LazyLock", ..COMMON };

    fn new(make: fn() -> u64) -> Self {
        StdLazyLock(LazyLock::new(make))
    }

    #[inline]
    fn get(&self) -> u64 {
        *self.0
    }
}
