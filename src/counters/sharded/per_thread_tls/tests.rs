use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Barrier};
use std::thread;

use super::registry::Registry;
use super::*;

fn count(counter: &PerThreadTls, times: u64) {
    (0..times).for_each(|_| counter.increment());
}

#[test]
fn counters_on_one_thread_do_not_share() {
    let all: Vec<PerThreadTls> = (0..100).map(|_| PerThreadTls::default()).collect();
    for (n, counter) in all.iter().enumerate() {
        count(counter, n as u64);
    }
    for (n, counter) in all.iter().enumerate() {
        assert_eq!(counter.total(), n as u64);
    }
    let mut slots: Vec<u8> = all.iter().map(|counter| counter.slot).collect();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), all.len());
}

#[test]
fn a_slot_is_used_again_from_zero() {
    // Other tests take slots too, so the same one may not come back at the first try.
    let again = (0..1000).any(|_| {
        let first = PerThreadTls::default();
        count(&first, 3);
        thread::scope(|s| {
            s.spawn(|| count(&first, 4));
        });
        assert_eq!(first.total(), 7);
        let slot = first.slot;
        drop(first);
        let second = PerThreadTls::default();
        assert_eq!(second.total(), 0);
        count(&second, 1);
        assert_eq!(second.total(), 1);
        second.slot == slot
    });
    assert!(again, "no slot was ever used again");
}

#[test]
fn what_ended_threads_counted_stays() {
    let (one, other) = (PerThreadTls::default(), PerThreadTls::default());
    for _ in 0..50 {
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    count(&one, 10);
                    count(&other, 1);
                });
            }
        });
    }
    assert_eq!((one.total(), other.total()), (2000, 200));
}

#[test]
fn ended_threads_leave_nothing_behind() {
    let counter = PerThreadTls::default();
    // Other tests have threads too, but not as many at once as this one has one after another.
    let before = registry().living();
    for _ in 0..300 {
        thread::scope(|s| s.spawn(|| count(&counter, 1)).join().unwrap());
    }
    assert!(registry().living() < before + 150, "{before} threads before, {} after", registry().living());
    assert_eq!(counter.total(), 300);
}

#[test]
fn sixty_four_threads_at_once() {
    let counters = Arc::new([(); 3].map(|()| PerThreadTls::default()));
    let together = Arc::new(Barrier::new(64));
    let threads: Vec<_> = (0..64)
        .map(|_| {
            let (counters, together) = (Arc::clone(&counters), Arc::clone(&together));
            thread::spawn(move || {
                counters.iter().for_each(|counter| count(counter, 1));
                // All cells are in use here.
                together.wait();
                (0..1000).for_each(|n| counters[n % 3].increment());
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(counters.each_ref().map(Plain::total), [335 * 64, 334 * 64, 334 * 64]);
}

#[test]
fn without_a_slot_nothing_is_lost() {
    // Not dropped: a slot was never taken.
    let counter = ManuallyDrop::new(PerThreadTls { slot: NOBODY, spilled: AtomicU64::new(0) });
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| count(&counter, 1000));
        }
    });
    assert_eq!(counter.total(), 4000);
    assert_eq!(counter.spilled.load(Relaxed), 4000);
}

#[test]
fn there_are_slots_for_255_counters() {
    let mut registry = Registry::empty();
    let taken: Vec<u8> = (0..258).map(|_| registry.take_slot()).collect();
    assert_eq!(taken[..255], (0..255).collect::<Vec<u8>>());
    assert_eq!(taken[255..], [NOBODY; 3]);
    [NOBODY, 200, 100].into_iter().for_each(|slot| registry.give_slot(slot));
    assert_eq!([(); 3].map(|()| registry.take_slot()), [100, 200, NOBODY]);
}

#[test]
fn counting_while_a_thread_is_torn_down_loses_nothing() {
    struct CountsLate(Arc<PerThreadTls>);
    impl Drop for CountsLate {
        fn drop(&mut self) {
            count(&self.0, 3);
        }
    }
    thread_local!(static LATE: RefCell<Vec<CountsLate>> = const { RefCell::new(Vec::new()) });
    let counter = Arc::new(PerThreadTls::default());
    for lease_first in [true, false] {
        let counter = Arc::clone(&counter);
        let thread = thread::spawn(move || {
            if lease_first {
                count(&counter, 1);
            }
            LATE.with_borrow_mut(|late| late.push(CountsLate(Arc::clone(&counter))));
            if !lease_first {
                count(&counter, 1);
            }
        });
        thread.join().unwrap();
    }
    assert_eq!(counter.total(), 8);
}

#[test]
fn a_cell_and_a_sum_that_wrap() {
    let counter = PerThreadTls::default();
    let cell = || CELLS.with(|cells| cells[usize::from(counter.slot)].load(Relaxed));
    let set = |count| CELLS.with(|cells| cells[usize::from(counter.slot)].store(count, Relaxed));
    count(&counter, 1);
    assert_eq!((cell(), counter.total()), (0, 1));
    set(u64::MAX - 1);
    assert_eq!(counter.total(), u64::MAX);
    count(&counter, 1);
    assert_eq!((cell(), counter.total()), (u64::MAX, 0));
    count(&counter, 1);
    assert_eq!((cell(), counter.total()), (0, 1));
    set(u64::MAX - 1);
    thread::scope(|s| {
        s.spawn(|| count(&counter, 3));
    });
    assert_eq!(counter.total(), 2);
}

#[test]
fn cells_of_two_threads_share_no_cache_line() {
    let line = align_of::<crossbeam_utils::CachePadded<u64>>();
    CELLS.with(|cells| {
        assert_eq!((std::ptr::from_ref(cells).addr() % line, size_of_val(cells) % line), (0, 0));
    });
}
