use std::time::{Duration, Instant};

use super::*;

fn grown(counter: &Adaptive) -> usize {
    counter.more.iter().filter_map(OnceLock::get).map(|part| part.len()).sum()
}

#[test]
fn one_thread_never_grows_it() {
    let counter = Adaptive::default();
    (0..1000).for_each(|_| counter.increment());
    assert_eq!((Plain::total(&counter), grown(&counter)), (1000, 0));
}

#[test]
fn every_stripe_is_one_of_its_own_and_is_summed() {
    let counter = Adaptive::default();
    counter.used.store(MOST, Relaxed);
    for probe in 0..MOST {
        counter.stripe(probe).store(1 << (probe % 50), Relaxed);
    }
    assert_eq!(grown(&counter), MOST - 1);
    let expected = (0..MOST).fold(0_u64, |sum, probe| sum + (1 << (probe % 50)));
    assert_eq!(Plain::total(&counter), expected);
}

#[test]
fn a_failure_makes_a_second_stripe_and_no_more_than_are_of_use() {
    let counter = Adaptive::default();
    counter.increment_contended();
    assert_eq!(counter.used.load(Relaxed), most_useful().min(2));
    (0..20).for_each(|_| counter.grow());
    assert_eq!(counter.used.load(Relaxed), most_useful());
    assert_eq!(Plain::total(&counter), 1);
}

#[test]
fn threads_that_collide_make_it_grow() {
    let counter = Adaptive::default();
    let until = Instant::now() + Duration::from_secs(20);
    let mut expected = 0;
    while most_useful() > 1 && grown(&counter) == 0 {
        assert!(Instant::now() < until, "eight threads never collided in 20 s");
        thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| (0..200_000).for_each(|_| counter.increment()));
            }
        });
        expected += 8 * 200_000;
    }
    assert_eq!(Plain::total(&counter), expected);
}

#[test]
fn the_sum_wraps() {
    let counter = Adaptive::default();
    counter.base.store(u64::MAX, Relaxed);
    counter.increment();
    assert_eq!(Plain::total(&counter), 0);
    counter.used.store(2, Relaxed);
    counter.stripe(1).store(u64::MAX, Relaxed);
    assert_eq!(Plain::total(&counter), u64::MAX);
}
