//! Published counter crates, a file each, which says what the crate really does; `tests/peers.rs` holds it to that. To add
//! one: its type in a file here, and a line in `visit`.

use miscount::catalogue::Visitor;

/// A published counter as one of ours: its type and how it is made, its id, the crate with its version, its bytes for
/// some threads, one increment, the sum.
macro_rules! peer {
    ($name:ident($inner:ty) = $new:expr, $id:literal, $what:literal, |$threads:ident| $bytes:expr, |$counter:ident| $add:expr, $sum:expr) => {
        pub(crate) struct $name(pub(crate) $inner);

        impl Default for $name {
            fn default() -> Self {
                $name($new)
            }
        }

        impl miscount::counter::Plain for $name {
            const INFO: miscount::counter::Info = miscount::counter::Info {
                id: $id,
                family: "peers",
                grade: miscount::counter::Grade::Exact,
                helpers: 0,
                summary: concat!("peer: ", $what),
                source: $what,
            };

            #[inline]
            fn increment(&self) {
                let $counter = &self.0;
                $add;
            }

            fn total(&self) -> u64 {
                let $counter = &self.0;
                $sum
            }

            fn bytes($threads: usize) -> usize {
                $bytes
            }
        }
    };
}

mod contatori;
mod fast_counter;
mod fast_telemetry;
mod hytra;

pub(crate) use contatori::Contatori;
pub(crate) use fast_counter::FastCounter;
pub(crate) use fast_telemetry::FastTelemetry;
pub(crate) use hytra::Hytra;

/// Shows every published counter to `visitor`.
pub(crate) fn visit(visitor: &mut impl Visitor) {
    visitor.visit::<Hytra>();
    visitor.visit::<Contatori>();
    visitor.visit::<FastCounter>();
    visitor.visit::<FastTelemetry>();
}
