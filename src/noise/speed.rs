//! How fast the workers' CPUs are right now.
//!
//! The speed is timed, not read. A system reports the frequency of a CPU that idles at that moment, and a virtual
//! machine reports none. A chain of dependent multiplications
//! takes the same number of cycles every time, and an SMT sibling hardly slows it down.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::round::nanos;
use crate::team::{Failure, Job, Seat, Team};

/// Steps of a try: some 5 us.
const STEPS: u64 = 4_000;
/// Tries, of which the fastest counts: a disturbance only makes a try slower.
const TRIES: usize = 5;

/// The fixed piece of work.
#[inline(never)]
fn work() {
    let mut chain = black_box(1_u64);
    for _ in 0..STEPS {
        // The shift is needed: the optimiser turns eight sums and products into one step.
        chain = (chain ^ (chain >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
    black_box(chain);
}

/// Time of the work for each worker while all of them do it, in ns.
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
