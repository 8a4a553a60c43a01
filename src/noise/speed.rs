//! How fast the workers' CPUs are right now.
//!
//! Timed, not asked for: what a system calls the current frequency is that of a CPU that idles by the
//! time somebody asks, and a virtual machine has no such figure. A chain of dependent multiplications
//! takes the same number of cycles every time, and an SMT sibling hardly slows it down.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::round::nanos;
use crate::team::{Failure, Job, Seat, Team};

/// Steps of a try: some 5 us.
const STEPS: u64 = 4_000;
/// Tries, of which the fastest counts: whatever disturbs one only makes it slower.
const TRIES: usize = 5;

/// The fixed piece of work.
#[inline(never)]
fn work() {
    let mut chain = black_box(1_u64);
    for _ in 0..STEPS {
        // Not a sum and a product alone: the optimiser makes one step of eight of those.
        chain = (chain ^ (chain >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
    black_box(chain);
}

/// What the work takes each worker while all of them do it, in ns.
pub(super) fn of_workers(team: &mut Team) -> Result<Vec<f64>, Failure> {
    let fastest: Arc<Vec<AtomicU64>> = Arc::new((0..team.threads()).map(|_| AtomicU64::new(u64::MAX)).collect());
    let job: Job = {
        let fastest = Arc::clone(&fastest);
        Arc::new(move |seat: &mut Seat| {
            seat.line_up();
            for _ in 0..TRIES {
                let began = Instant::now();
                work();
                fastest[seat.worker()].fetch_min(nanos(began.elapsed()) as u64, Relaxed);
            }
            seat.finish(0);
        })
    };
    team.round(1, &job)?;
    Ok(fastest.iter().map(|ns| ns.load(Relaxed).max(1) as f64).collect())
}
