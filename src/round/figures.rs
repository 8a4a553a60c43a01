//! The divisions behind the figures: of a round, of a thread's share of it, of a row.

use std::time::Duration;

/// Nanoseconds as a float.
pub fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}

/// `a / b`, and 0 where there is nothing to divide by.
pub(super) fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// `part / whole`, and 0 where there is no whole.
pub fn share(part: u64, whole: u64) -> f64 {
    ratio(part as f64, whole as f64)
}

/// `part / whole` of two times, and 0 where there is no whole.
pub fn share_of(part: Duration, whole: Duration) -> f64 {
    ratio(nanos(part), nanos(whole))
}

/// Operations per second of `threads` threads that each spend `ns` on one.
pub fn per_second(threads: usize, ns: f64) -> f64 {
    ratio(threads as f64 * 1e9, ns)
}

/// What a lock costs beyond what no lock could save: ns/op per thread less the greater of the loop
/// without a lock, `c + p`, and of a queue that is never empty, `threads x c`. Sign kept.
pub fn overhead_ns(ns_per_op_per_thread: f64, alone_ns: f64, threads: usize, critical_ns: f64) -> f64 {
    ns_per_op_per_thread - alone_ns.max(threads as f64 * critical_ns)
}

/// How many times as long an operation takes at one thread count as at another, each in ns/op per
/// thread.
pub fn collapse(ns_there: f64, ns_here: f64) -> f64 {
    ratio(ns_there, ns_here)
}

/// A cost in units of another cost, both in ns; 0 where the unit is none.
pub fn in_units(ns: f64, unit_ns: f64) -> f64 {
    ratio(ns, unit_ns)
}

/// Jain's index of what each thread did, `(sum x)^2 / (n sum x^2)`, in `[1/n, 1]`; 1 when nobody did
/// anything. *Source:* Jain, Chiu and Hawe, DEC-TR-301 (1984).
pub fn jain(done: &[u64]) -> f64 {
    let sum: f64 = done.iter().map(|&x| x as f64).sum();
    let squares: f64 = done.iter().map(|&x| x as f64 * x as f64).sum();
    let threads = done.len() as f64;
    // The last digit can come out on the wrong side.
    if squares > 0.0 { (sum * sum / (threads * squares)).clamp(1.0 / threads, 1.0) } else { 1.0 }
}

/// The least and the greatest share of what all threads did together; 0 where there is nothing.
pub fn shares(done: &[u64]) -> (f64, f64) {
    let sum = done.iter().sum();
    let least = done.iter().min().map_or(0.0, |&x| share(x, sum));
    (least, done.iter().max().map_or(0.0, |&x| share(x, sum)))
}

/// What one update that stays costs the thread that makes it: `ns / (1 - loss)`; infinite when all
/// is lost.
pub fn ns_per_kept(ns_per_op_per_thread: f64, loss_rate: f64) -> f64 {
    ns_per_op_per_thread / (1.0 - loss_rate)
}

/// What a load+store counter would lose at saturation if any running thread were as likely as
/// another to store next: `1 - 1/min(threads, cpus)`. What a thread loses that is interrupted between its load and its
/// store comes on top, where there are more threads than CPUs.
pub fn expected_racy_loss(threads: usize, cpus: usize) -> f64 {
    1.0 - ratio(1.0, threads.min(cpus).max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_not_charged_for_queueing_that_none_could_save() {
        // Two threads, 100 ns inside and 900 outside: nobody need ever wait.
        assert_eq!(overhead_ns(1030.0, 1000.0, 2, 100.0), 30.0);
        // 500 and 500: always one inside, exactly.
        assert_eq!(overhead_ns(1100.0, 1000.0, 2, 500.0), 100.0);
        // 1000 and 0: each waits for the other.
        assert_eq!(overhead_ns(2100.0, 1000.0, 2, 1000.0), 100.0);
        assert_eq!(overhead_ns(990.0, 1000.0, 1, 0.0), -10.0);
    }

    #[test]
    fn fairness_of_equal_and_of_starved_threads() {
        assert_eq!((jain(&[5, 5, 5, 5]), shares(&[5, 5, 5, 5])), (1.0, (0.25, 0.25)));
        assert_eq!((jain(&[10, 0]), shares(&[10, 0])), (0.5, (0.0, 1.0)));
        assert_eq!((jain(&[0, 0]), shares(&[0, 0])), (1.0, (0.0, 0.0)));
        assert_eq!(jain(&[u64::MAX, 0, 0, 0]), 0.25);
        assert_eq!(jain(&[145_306_663_397_582; 14]), 1.0, "not 1.0000000000000002");
    }

    #[test]
    fn parts_have_a_share_and_costs_a_unit() {
        let ms = Duration::from_millis;
        assert_eq!((share(1, 4), share(3, 0)), (0.25, 0.0));
        assert_eq!((share_of(ms(1), ms(4)), share_of(ms(3), ms(0))), (0.25, 0.0));
        assert_eq!((in_units(30.0, 4.0), in_units(30.0, 0.0)), (7.5, 0.0));
        assert_eq!((collapse(2550.0, 10.0), collapse(5.0, 10.0)), (255.0, 0.5));
        assert_eq!((per_second(4, 2.0), per_second(4, 0.0)), (2e9, 0.0));
        assert_eq!((ns_per_kept(3.0, 0.25), ns_per_kept(3.0, 1.0)), (4.0, f64::INFINITY));
    }

    #[test]
    fn what_racy_counters_should_lose() {
        assert_eq!(expected_racy_loss(1, 8), 0.0);
        assert_eq!(expected_racy_loss(2, 8), 0.5);
        assert_eq!(expected_racy_loss(16, 8), 0.875);
        assert_eq!((expected_racy_loss(0, 8), expected_racy_loss(2, 0)), (0.0, 0.0));
    }
}
