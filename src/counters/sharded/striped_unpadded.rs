//! The stripes of `striped` side by side, several to a cache line: false sharing on purpose.
//! *Source:* Torrellas, Lam and Hennessy, *False Sharing and Spatial Locality in Multiprocessor
//! Caches* (1994).

use std::ops::Deref;

use super::striped::{Layout, StripedOf};
use crate::counter::{Grade, Info};
use crate::sync::atomic::AtomicU64;

/// [`Striped`](super::Striped) with nothing between the stripes: threads that share no stripe still
/// share cache lines.
pub type StripedUnpadded = StripedOf<Bare>;

/// An atomic with nothing around it.
#[derive(Default)]
pub struct Bare(AtomicU64);

impl Deref for Bare {
    type Target = AtomicU64;

    #[inline]
    fn deref(&self) -> &AtomicU64 {
        &self.0
    }
}

impl Layout for Bare {
    const INFO: Info = Info {
        id: "striped_unpadded",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "the stripes of `striped` side by side: false sharing",
        source: "Torrellas, Lam, Hennessy, False Sharing and Spatial Locality (1994)",
    };
}
