//! What the harness adds: the empty loop, and `fetch_add` through trait, team and kernel against a
//! bare loop over `AtomicU64::fetch_add`, in turn in one process, on one pinned thread.
//!
//! ```text
//! cargo run --release --example harness_cost
//! ```

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use miscount::counters::{atomic::FetchAdd, control::NoCounter};
use miscount::kernel;
use miscount::stats::median;
use miscount::team::{Failure, Job, Limits, Seat, Team};
use miscount::topology::{self, Topology};
use miscount::workload::Placement;

const ITERS: u64 = 20_000_000;
const ROUNDS: usize = 21;

fn main() -> Result<(), Failure> {
    let mut team = Team::start(&Topology::detect().assign(Placement::Spread, 1), Limits::default())?;
    let usable = topology::usable_count();
    let (mut none, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        none.push(kernel::round::<NoCounter>(&mut team, ITERS, None, usable)?.ns_per_op_per_thread());
        ours.push(kernel::round::<FetchAdd>(&mut team, ITERS, None, usable)?.ns_per_op_per_thread());
        bare.push(bare_loop(&mut team)?);
    }
    let ratios: Vec<f64> = ours.iter().zip(&bare).map(|(ours, bare)| ours / bare).collect();
    println!("none                {:.3} ns/op", median(&none));
    println!("fetch_add           {:.3} ns/op", median(&ours));
    println!("bare loop           {:.3} ns/op", median(&bare));
    println!("fetch_add / bare    {:.3} (median of {ROUNDS} ratios of neighbouring rounds)", median(&ratios));
    Ok(())
}

/// The same number of increments, claimed at once and done in a loop of its own.
fn bare_loop(team: &mut Team) -> Result<f64, Failure> {
    let value = Arc::new(AtomicU64::new(0));
    let job: Job = Arc::new(move |seat: &mut Seat| {
        seat.line_up();
        for _ in 0..ITERS {
            value.fetch_add(1, Relaxed);
        }
        black_box(&value);
        seat.finish(0);
    });
    let tally = team.round(ITERS, &job)?.remove(0);
    Ok((tally.end - tally.start).as_nanos() as f64 / ITERS as f64)
}
