//! Question: how many updates do two threads lose when they count with a plain `counter += 1`, and
//! how many with an atomic add?
//!
//! Run it with `cargo run --release --example 01_lose_an_update`. It measures once, records nothing
//! and takes less than a second. On two virtual CPUs of an AMD EPYC it printed:
//!
//! ```text
//! load_store by 2 threads, valid
//!   attempted     20000000
//!   kept          10696276
//!   lost           9303724  (46.5 %)
//!   time              1.36  ns/op per thread
//! fetch_add by 2 threads, valid
//!   attempted     20000000
//!   kept          20000000
//!   lost                 0  (0.0 %)
//!   time              8.15  ns/op per thread
//! ```
//!
//! The loss differs from round to round. It cannot be 0 on two CPUs that really contend. A
//! verdict other than `valid` says why a round does not show a loss.

use miscount::counter::Counter;
use miscount::counters::{atomic::FetchAdd, racy::LoadStore};
use miscount::kernel;
use miscount::team::{Failure, Limits, Plan, Team};
use miscount::topology::{self, Topology};
use miscount::workload::Placement;

/// Counting threads.
const THREADS: usize = 2;
/// Increments of each thread: enough that the round lasts longer than its start and end.
const ITERS: u64 = 10_000_000;

fn main() -> Result<(), Failure> {
    // Two pinned threads on two physical cores, if the machine has two. They stay for both rounds:
    // threads started inside a round would be timed, and the first might end before the second
    // begins.
    let cpus = Topology::detect().assign(Placement::Spread, THREADS);
    let mut team = Team::start(&cpus, Limits::default())?;
    // No think time: the round is saturated.
    let plan = Plan { iters: ITERS, pace: None, usable_cpus: topology::usable_count() };
    show::<LoadStore>(&mut team, &plan)?;
    show::<FetchAdd>(&mut team, &plan)
}

/// Runs one saturated round (no think time) of a fresh `C` and prints its figures.
fn show<C: Counter>(team: &mut Team, plan: &Plan) -> Result<(), Failure> {
    let round = kernel::round::<C>(team, plan)?;
    let (kept, lost) = (round.kept.unwrap_or_default(), round.lost().unwrap_or_default());
    let percent = 100.0 * round.loss_rate().unwrap_or_default();
    println!("{} by {} threads, {}", C::INFO.id, round.threads(), round.verdict().id());
    println!("  attempted {:>12}", round.attempted());
    println!("  kept      {kept:>12}");
    println!("  lost      {lost:>12}  ({percent:.1} %)");
    println!("  time      {:>12.2}  ns/op per thread", round.ns_per_op_per_thread());
    Ok(())
}
