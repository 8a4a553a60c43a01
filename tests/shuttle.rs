//! Three and four threads, on schedules drawn at random: more threads than loom can take. Every
//! access is sequentially consistent here, so wrong orderings go unseen. Empty without the flag:
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test --test shuttle --target-dir target/shuttle
//! ```
#![cfg(shuttle)]

mod models;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Grade, Handle};
use models::locks::{Right, SpinLocked, UnlocksTooEarly};
use shuttle::thread;

/// Schedules a model; the same ones each time.
const SCHEDULES: usize = 2_000;
const SEED: u64 = 20_261_121;

/// The most that was lost by `threads` that take a handle, count twice, and do all of it again.
fn lost<C: Counter>(threads: u64) -> u64 {
    let most = Arc::new(AtomicU64::new(0));
    let record = Arc::clone(&most);
    let model = move || {
        let counter = Arc::new(C::new(2));
        let part = |counter: &C| {
            for _ in 0..2 {
                let mut handle = counter.handle();
                handle.increment();
                // Room for others between two increments, and while a handle is held.
                thread::yield_now();
                handle.increment();
            }
        };
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || part(&counter))
            })
            .collect();
        part(&counter);
        others.into_iter().for_each(|other| other.join().unwrap());
        let (attempted, kept) = (4 * threads, counter.total());
        assert!(kept <= attempted, "{} kept {kept} of {attempted}", C::INFO.id);
        record.fetch_max(attempted - kept, Relaxed);
    };
    shuttle::check_random_with_seed(model, SEED, SCHEDULES);
    most.load(Relaxed)
}

fn model<C: Counter>() {
    for threads in [3, 4] {
        let lost = lost::<C>(threads);
        println!("{}: lost {lost} of {} at most, {threads} threads", C::INFO.id, 4 * threads);
        match C::INFO.grade {
            Grade::Exact | Grade::Eventual => assert_eq!(lost, 0, "{} loses {lost}", C::INFO.id),
            Grade::Racy => assert!(lost > 0, "{} is called racy, but loses nothing", C::INFO.id),
            Grade::Control => unreachable!("a control is not modelled"),
        }
    }
}

#[test]
fn what_is_exact_never_loses_and_what_is_racy_does() {
    struct Models;
    impl Visitor for Models {
        fn visit<C: Counter>(&mut self) {
            if models::seen(&C::INFO) {
                model::<C>();
            }
        }
    }
    catalogue::visit(&mut Models);
}

#[test]
fn the_right_lock_passes() {
    model::<SpinLocked<Right>>();
}

#[test]
#[should_panic(expected = "unlocks_too_early loses")]
fn unlock_before_write_is_caught() {
    model::<UnlocksTooEarly>();
}
