//! An immutable value that is replaced as a whole: a reader keeps the value that it loaded.

mod arc_swap_rcu;
mod copy_on_write;
mod left_right;
mod racy_replace;

pub use arc_swap_rcu::ArcSwapRcu;
pub use copy_on_write::CopyOnWrite;
pub use left_right::LeftRight;
pub use racy_replace::RacyReplace;
