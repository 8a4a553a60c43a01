//! What the published counters of the bench `peers` really do, as their files in `benches/peers/published/` say. One test
//! in a program of its own, because it counts allocated bytes and the threads that the process ever had.

use std::sync::{Barrier, mpsc};
use std::thread;

use miscount::counter::Plain;
use miscount::topology::usable_count;

#[path = "support/counting.rs"]
mod counting;
#[path = "../benches/peers/published/mod.rs"]
#[allow(dead_code, reason = "the list is for the bench and for tests/bytes.rs")]
mod published;

use published::{Contatori, FastCounter, FastTelemetry, Hytra};

/// The result of `work`, and the bytes that this thread allocated for it and has not freed.
fn allocated<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = counting::by_this_thread();
    let result = work();
    (result, usize::try_from(counting::by_this_thread() - before).expect("it frees nothing older"))
}

/// A counter, and the bytes allocated for it, for its first add and for its second, by this thread.
fn steps<P: Plain>() -> (P, [usize; 3]) {
    let (counter, made) = allocated(P::default);
    let [first, second] = [(); 2].map(|()| allocated(|| counter.increment()).1);
    (counter, [made, first, second])
}

/// The counter's total after `threads` threads, one after another, added `times` each.
fn after_threads<P: Plain>(counter: &P, threads: u64, times: u64) -> u64 {
    for _ in 0..threads {
        thread::scope(|s| {
            s.spawn(|| (0..times).for_each(|_| counter.increment()));
        });
    }
    Plain::total(counter)
}

#[test]
fn published_counters_do_what_their_files_say() {
    hytra();
    contatori();
    cells_for_cpus::<FastCounter>(|counter| format!("{:?}", counter.0));
    cells_for_cpus::<FastTelemetry>(|counter| format!("{:?}", counter.0));
}

fn hytra() {
    let (counter, bytes) = steps::<Hytra>();
    assert_eq!(bytes, [0, 256, 0], "the first thread of the process that uses `thread_local`");
    assert_eq!(after_threads(&counter, 3, 5), 17, "the counts of ended threads stay");
    // This thread has number 0. The others start one after another, and live on.
    let (counter, warm_up) = (Hytra::default(), Hytra::default());
    counter.increment();
    let go_on = Barrier::new(255);
    let firsts: Vec<[usize; 2]> = thread::scope(|s| {
        let firsts = (1..255).map(|_| {
            let (say, hear) = mpsc::channel();
            let (counter, warm_up, go_on) = (&counter, &warm_up, &go_on);
            s.spawn(move || {
                warm_up.increment();
                let shared = allocated(|| counter.increment()).1;
                let (own, bytes) = steps::<Hytra>();
                drop(own);
                say.send([shared, bytes[1]]).unwrap();
                go_on.wait();
            });
            hear.recv().unwrap()
        });
        let firsts = firsts.collect();
        go_on.wait();
        firsts
    });
    let table = |number: usize| 256 << (number + 1).ilog2();
    let expected: Vec<[usize; 2]> =
        (1..255).map(|n: usize| [if (n + 1).is_power_of_two() { table(n) } else { 0 }, table(n)]).collect();
    assert_eq!(firsts, expected, "the first of a table makes it; a counter of its own needs a whole one");
    assert_eq!(expected.last(), Some(&[0, 32_768]));
    let all = 256 + firsts.iter().map(|[shared, _]| shared).sum::<usize>();
    assert_eq!((all, Plain::total(&counter)), (65_280, 255));
}

fn contatori() {
    let (counter, bytes) = steps::<Contatori>();
    assert_eq!((size_of::<Contatori>(), bytes), (16_512, [0, 0, 0]));
    // This thread has added 2 to its slot. A thread that finds them in its own shares it.
    let shares = || thread::scope(|s| s.spawn(|| counter.0.local_value() == 2).join().unwrap());
    let sharing: Vec<usize> = (1..=128).filter(|_| shares()).collect();
    assert_eq!(sharing, [128], "after 127 others, all ended");
    assert_eq!(after_threads(&counter, 200, 3), 602);
}

/// `fast-counter` and what was made from it.
fn cells_for_cpus<P: Plain>(shown: fn(&P) -> String) {
    let cells = usable_count().next_power_of_two();
    let (counter, bytes) = steps::<P>();
    assert_eq!((size_of::<P>(), bytes), (24, [128 * cells, 0, 0]));
    assert!(shown(&counter).contains(&format!("cells: {cells} ")), "{}", shown(&counter));
    assert_eq!(after_threads(&counter, 3 * cells as u64, 4), 2 + 12 * cells as u64);
}
