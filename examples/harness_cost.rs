//! The cost of the harness: the empty loop, and `fetch_add` through trait, team and kernel, against a
//! bare loop over `AtomicU64::fetch_add`. All run in turn in one process, on one pinned thread.
//!
//! ```text
//! cargo run --release --example harness_cost
//! cargo run --release --example harness_cost -- 5 1000000   # fewer rounds, fewer increments
//! ```

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use miscount::counters::{atomic::FetchAdd, control::NoCounter};
use miscount::kernel;
use miscount::stats::median;
use miscount::team::{Failure, Job, Limits, Plan, Seat, Team};
use miscount::topology::{self, Topology};
use miscount::workload::Placement;

/// Default rounds of each of the three, and increments of a round.
const ROUNDS: u64 = 21;
const ITERS: u64 = 20_000_000;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let mut number = |or: u64| args.next().map_or(or, |text| text.parse().expect("a number"));
    let (rounds, iters) = (number(ROUNDS), number(ITERS));
    let mut team = Team::start(&Topology::detect().assign(Placement::Spread, 1), Limits::default())?;
    let plan = Plan { iters, pace: None, usable_cpus: topology::usable_count() };
    let (mut none, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        none.push(kernel::round::<NoCounter>(&mut team, &plan)?.ns_per_op_per_thread());
        ours.push(kernel::round::<FetchAdd>(&mut team, &plan)?.ns_per_op_per_thread());
        bare.push(bare_loop(&mut team, iters)?);
    }
    let ratios: Vec<f64> = ours.iter().zip(&bare).map(|(ours, bare)| ours / bare).collect();
    println!("none                {:.3} ns/op", median(&none));
    println!("fetch_add           {:.3} ns/op", median(&ours));
    println!("bare loop           {:.3} ns/op", median(&bare));
    println!("fetch_add / bare    {:.3} (median of {rounds} ratios of neighbouring rounds)", median(&ratios));
    Ok(())
}

/// The same number of increments, claimed at once and done in a loop of its own.
fn bare_loop(team: &mut Team, iters: u64) -> Result<f64, Failure> {
    let value = Arc::new(AtomicU64::new(0));
    let job: Job = Arc::new(move |seat: &mut Seat| {
        seat.line_up();
        for _ in 0..iters {
            value.fetch_add(1, Relaxed);
        }
        black_box(&value);
        seat.finish(0);
    });
    let tally = team.round(iters, &job)?.remove(0);
    Ok((tally.end - tally.start).as_nanos() as f64 / iters as f64)
}
