use std::thread;

use super::*;

fn count(counter: &PerCpu, times: u64) {
    let mut adder = counter.handle();
    (0..times).for_each(|_| adder.increment());
}

#[test]
fn counters_do_not_share() {
    // More than a row has columns.
    let all: Vec<PerCpu> = (0..150).map(|_| PerCpu::new(1)).collect();
    for (n, counter) in all.iter().enumerate() {
        count(counter, n as u64);
        thread::scope(|s| {
            s.spawn(|| count(counter, 1));
        });
    }
    for (n, counter) in all.iter().enumerate() {
        assert_eq!(counter.total(), n as u64 + 1);
    }
}

#[test]
fn a_number_is_used_again_from_zero() {
    if let Some(why) = PerCpu::missing() {
        return println!("not tested: {why}");
    }
    // Other tests take numbers too, so the same one may not come back at the first try.
    let again = (0..1000).any(|_| {
        let first = PerCpu::new(1);
        count(&first, 3);
        assert_eq!((first.total(), first.spilled.load(Relaxed)), (3, 0), "it has a cell");
        let number = first.number;
        drop(first);
        let second = PerCpu::new(1);
        assert_eq!(second.total(), 0);
        count(&second, 1);
        assert_eq!(second.total(), 1);
        second.number == number
    });
    assert!(again, "no number was ever used again");
}

#[test]
fn without_a_row_nothing_is_lost() {
    let counter = PerCpu::new(1);
    let no_row = Adder { sequence: here().ok().map(|here| here.rseq.sequence(&[], 0)), ..counter.handle() };
    let no_rseq = Adder { sequence: None, ..counter.handle() };
    thread::scope(|s| {
        for mut adder in [no_row, no_rseq, no_row, no_rseq] {
            s.spawn(move || (0..1000).for_each(|_| adder.increment()));
        }
    });
    assert_eq!((counter.total(), counter.spilled.load(Relaxed)), (4000, 4000));
}

#[test]
fn a_sum_that_wraps() {
    let at = |spilled: u64| {
        let counter = PerCpu::new(1);
        counter.spilled.store(spilled, Relaxed);
        counter
    };
    crate::counters::assert_wraps(at(u64::MAX - 1));
    let counter = at(0);
    let Some(row) = counter.rows.first() else { return };
    row.cell(counter.number).store(u64::MAX, Relaxed);
    assert_eq!(counter.total(), u64::MAX);
    counter.rows.iter().for_each(|row| row.cell(counter.number).store(u64::MAX, Relaxed));
    count(&counter, counter.rows.len() as u64);
    assert_eq!(counter.total(), 0);
}

#[test]
fn rows_share_no_cache_line() {
    let line = align_of::<crossbeam_utils::CachePadded<u64>>();
    let counter = PerCpu::new(1);
    assert_eq!((counter.rows.as_ptr().addr() % line, size_of::<Row>() % line), (0, 0));
}

#[cfg(target_os = "linux")]
mod moved {
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    use rustix::thread::{CpuSet, Pid, gettid, sched_setaffinity};

    use super::*;

    /// Threads that count.
    const THREADS: usize = 2;

    /// Two threads add `each` time, while a third moves them about: to one CPU, both to another, to one each. Says how often it
    /// moved a thread.
    fn storm(each: u64, add: impl Fn() + Copy + Send) -> u64 {
        let cpus = topology::usable_cpus();
        let left = AtomicUsize::new(THREADS);
        let (say, hear) = std::sync::mpsc::channel::<Pid>();
        thread::scope(|s| {
            for _ in 0..THREADS {
                let (say, left) = (say.clone(), &left);
                s.spawn(move || {
                    say.send(gettid()).unwrap();
                    (0..each).for_each(|_| add());
                    left.fetch_sub(1, Relaxed);
                });
            }
            let threads: Vec<Pid> = hear.iter().take(THREADS).collect();
            let mut random = fastrand::Rng::with_seed(17);
            let mut moves = 0;
            while left.load(Relaxed) > 0 {
                let together = random.bool();
                let first = cpus[random.usize(..cpus.len())];
                for thread in &threads {
                    let mut to = CpuSet::new();
                    to.set(if together { first } else { cpus[random.usize(..cpus.len())] });
                    // A thread that has ended cannot be moved.
                    moves += u64::from(sched_setaffinity(Some(*thread), &to).is_ok());
                }
                let pause = Duration::from_micros(random.u64(..50));
                let began = Instant::now();
                while began.elapsed() < pause {
                    std::hint::spin_loop();
                }
            }
            moves
        })
    }

    fn nothing_is_lost(each: u64) {
        if let Some(why) = PerCpu::missing() {
            return println!("not tested: {why}");
        }
        let counter = PerCpu::new(THREADS);
        let began = Instant::now();
        let adder = counter.handle();
        let moves = storm(each, || { adder }.increment());
        let parts: Vec<u64> = counter.rows.iter().map(|row| row.cell(counter.number).load(Relaxed)).collect();
        println!("{} increments while threads were moved {moves} times, in {:?}: {parts:?}", 2 * each, began.elapsed());
        assert_eq!((counter.total(), counter.spilled.load(Relaxed)), (THREADS as u64 * each, 0));
    }

    #[test]
    fn nothing_is_lost_while_cpus_change() {
        nothing_is_lost(5_000_000);
    }

    #[test]
    #[ignore = "with optimisation: cargo test --profile bench --lib -- per_cpu --ignored --nocapture"]
    fn nothing_of_a_thousand_million_is_lost_while_cpus_change() {
        nothing_is_lost(500_000_000);
    }

    /// The same steps without a sequence: the storm must make this one lose.
    #[test]
    fn a_counter_without_a_sequence_loses() {
        let Ok(Here { rseq, .. }) = here() else { return };
        let counter = PerCpu::new(THREADS);
        let add = || {
            let row = &counter.rows[rseq.cpu().expect("this thread is registered")];
            let cell = row.cell(counter.number);
            cell.store(cell.load(Relaxed) + 1, Relaxed);
        };
        let mut attempted = 0;
        let lost = (0..50).any(|_| {
            storm(1_000_000, add);
            attempted += THREADS as u64 * 1_000_000;
            counter.total() < attempted
        });
        assert!(lost, "{attempted} increments without a sequence, and none was lost");
    }
}
