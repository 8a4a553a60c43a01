//! Work on all CPUs at once, also where the system refuses threads.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Does `work`, whose parallel iterators use all CPUs. Where the system refuses threads, the calling thread does it
/// alone: rayon's own threads would end the program with a panic then.
pub fn on_all_cpus<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    if rayon::current_thread_index().is_none() {
        if let Some(pool) = POOL.get_or_init(|| ThreadPoolBuilder::new().build().ok()) {
            return pool.install(work);
        }
        // This makes the calling thread a pool of one for the rest of its life, so no pool need be kept.
        let _ = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    }
    work()
}
