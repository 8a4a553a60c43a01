//! Counters that lose updates: a load and a store with nothing, or nothing that works, between
//! the threads.

mod busted_lock;
mod hoisted;
mod load_store;
mod wide_window;

pub use busted_lock::BustedLock;
pub use hoisted::Hoisted;
pub use load_store::LoadStore;
pub use wide_window::WideWindow;
