#!/usr/bin/env bash
# arc-swap 1.9.3: one thread's `rcu` gets several times slower when other threads have loaded any ArcSwap once and then sleep.
#
# A guess: a thread that has let go of its guard and waits for something else costs nobody anything. In fact each thread
# that ever loaded keeps a node of debts for as long as it lives, in one list of the process, and every store and every `rcu`, of whatever ArcSwap,
# walks that whole list.
#
# A benchmark of one thread depends so on which threads the process has had before: measured first it looks cheap, and in a program
# with a pool of sleeping threads it is not.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
cd "$place"
mkdir src
cat > Cargo.toml <<'T'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
arc-swap = "=1.9.3"
T
cat > src/main.rs <<'T'
use arc_swap::ArcSwap;
use std::sync::mpsc::channel;
use std::time::Instant;

/// The fastest of many tries, in ns.
fn rcu_ns() -> f64 {
    let shared = ArcSwap::from_pointee(0_u64);
    let one = || {
        let began = Instant::now();
        (0..2_000).for_each(|_| drop(shared.rcu(|value| **value + 1)));
        began.elapsed().as_nanos() as f64 / 2_000.0
    };
    (0..50).map(|_| one()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let alone = rcu_ns();
    // Each loads another ArcSwap once, lets go of it, and sleeps until the end.
    let (ready, come) = channel();
    for _ in 0..64 {
        let ready = ready.clone();
        std::thread::spawn(move || {
            drop(ArcSwap::from_pointee(0_u64).load());
            ready.send(()).unwrap();
            std::thread::park();
        });
    }
    (0..64).for_each(|_| come.recv().unwrap());
    let beside = rcu_ns();
    println!("alone {alone:.0} ns, beside 64 sleeping threads {beside:.0} ns: {:.1} times", beside / alone);
    assert!(beside > 3.0 * alone, "sleeping threads cost little: this has changed");
}
T
cargo run --quiet --release
