use super::*;
use crate::results::{Outcome, ReadError};

fn cell() -> Cell {
    let key = Key {
        bench: "counters".into(),
        subject: "fetch_add".into(),
        variant: String::new(),
        threads: 2,
        level: "saturated".into(),
        placement: Placement::Spread,
    };
    Cell::blank(key, "atomic".into(), Grade::Exact, Verdict::Valid)
}

/// A cell with everything that any bench records.
fn full() -> Cell {
    let interval = Some(Interval { low: -1.0, median: 0.0, high: 1.0 });
    let positive = Some(Interval { low: 0.0, median: 1.0, high: 2.0 });
    Cell {
        variant: "seqcst".into(),
        attempted: Some(10),
        kept: Some(7),
        lost: Some(3),
        loss_rate: Some(LossRate { min: 0.0, median: 0.3, max: 1.0, pooled: 0.3 }),
        anomalies: Some(Anomalies { kind: "x".repeat(64), seen: 3, of: 2 }),
        ns_per_op_per_thread: positive,
        net_ns_per_op: interval,
        throughput: Some(1.0),
        goodput: Some(0.0),
        overlap: Some(Overlap { median: 0.5, min: -0.5 }),
        jain: Some(1.0),
        sample_ms: Some(40.0),
        achieved_think_ns: Some(0.0),
        cpu_ns_per_op: Some(1.0),
        holding: Some(Holding { critical_ns: 1.0, parallel_ns: -0.1, overhead_ns: interval, hand_off_rate: 0.0 }),
        shares: Some(Shares { min: 0.0, max: 1.0, pass_ms: 1000.0 }),
        waits: Some(Waits {
            p50: 1.0,
            p90: 2.0,
            p99: 3.0,
            p999: 4.0,
            max: 5.0,
            longest: 6.0,
            open: 0,
            sampled: 9,
            one_in: 1,
            clock_ns: 0.0,
        }),
        reading: Some(Reading {
            share: 0.9,
            read_ns: interval,
            write_ns: interval,
            longest_write_ns: Some(-1.0),
            error: Some(ReadError { median: 0.0, p99: 1.0, max: 2.0, moved: 3.0, checked: 4 }),
        }),
        transfer: Some(Transfer { cpus: [0, 1], pairs: 3, of: 3 }),
        outcomes: Some(Outcomes {
            of: 2,
            met: 2,
            list: vec![Outcome { outcome: "(0, 0)".into(), count: 2, allowed: true, weak: false }],
        }),
        noise: Some(Noise { steal: Some(0.0), waited: Some(1.0), other_load: Some(0.5), drift: Some(7.0) }),
        ..cell()
    }
}

/// What is wrong with a full cell once it is changed.
fn fault(change: impl FnOnce(&mut Cell)) -> String {
    let mut cell = full();
    change(&mut cell);
    cell.fault().expect("a fault")
}

#[test]
fn what_can_be_has_no_fault() {
    assert_eq!((cell().fault(), full().fault()), (None, None));
    assert_eq!(Cell { attempted: Some(10), ..cell() }.fault(), None, "a control keeps nothing");
    assert_eq!(Cell { threads: 1_000_000, ..cell() }.fault(), None);
}

#[test]
fn ids_are_short_and_of_few_characters() {
    for good in ["a", "c0_p1000", &"x".repeat(64)] {
        assert!(is_id(good), "{good}");
    }
    for bad in ["", "A", "a b", "a-b", "é", "<b>", &"x".repeat(65)] {
        assert!(!is_id(bad), "{bad}");
        assert!(fault(|c| c.bench = bad.into()).starts_with("bench "));
        assert!(fault(|c| c.subject = bad.into()).starts_with("subject "));
        assert!(fault(|c| c.family = bad.into()).starts_with("family "));
        assert!(fault(|c| c.level = bad.into()).starts_with("level "));
        assert!(bad.is_empty() || fault(|c| c.variant = bad.into()).starts_with("variant "));
    }
}

#[test]
fn counts_that_cannot_be_are_named() {
    assert!(fault(|c| c.threads = 0).contains("0 threads"));
    assert!(fault(|c| c.threads = 1_000_001).contains("1000001 threads"));
    assert!(fault(|c| c.kept = Some(8)).contains("kept 8 + lost 3 is not attempted 10"));
    assert!(fault(|c| c.kept = Some(u64::MAX)).contains("is not attempted"));
    assert!(fault(|c| c.attempted = None).contains("without attempted"));
    assert!(fault(|c| (c.attempted, c.kept) = (None, None)).contains("without attempted"));
    assert!(fault(|c| (c.attempted, c.lost) = (None, None)).contains("without attempted"));
    assert!(fault(|c| c.anomalies.as_mut().unwrap().kind.push('x')).contains("a kind of 65 bytes"));
    assert!(fault(|c| c.transfer.as_mut().unwrap().cpus = [1, 1]).contains("between CPU 1 and CPU 1"));
    assert!(fault(|c| c.transfer.as_mut().unwrap().cpus = [2, 1]).contains("a transfer"));
    assert!(fault(|c| c.transfer.as_mut().unwrap().of = 2).contains("a transfer"));
    assert!(fault(|c| c.outcomes.as_mut().unwrap().met = 3).contains("3 of them met"));
    assert!(fault(|c| c.noise.as_mut().unwrap().steal = Some(1.1)).contains("a noise of 1.1"));
}

#[test]
fn figures_out_of_their_range_are_named() {
    let changes: [fn(&mut Cell) -> &mut f64; 19] = [
        |c| &mut c.ns_per_op_per_thread.as_mut().unwrap().low,
        |c| &mut c.ns_per_op_per_thread.as_mut().unwrap().median,
        |c| &mut c.ns_per_op_per_thread.as_mut().unwrap().high,
        |c| c.throughput.as_mut().unwrap(),
        |c| c.goodput.as_mut().unwrap(),
        |c| c.sample_ms.as_mut().unwrap(),
        |c| c.achieved_think_ns.as_mut().unwrap(),
        |c| c.cpu_ns_per_op.as_mut().unwrap(),
        |c| &mut c.waits.as_mut().unwrap().p50,
        |c| &mut c.waits.as_mut().unwrap().p90,
        |c| &mut c.waits.as_mut().unwrap().p99,
        |c| &mut c.waits.as_mut().unwrap().p999,
        |c| &mut c.waits.as_mut().unwrap().max,
        |c| &mut c.waits.as_mut().unwrap().longest,
        |c| &mut c.waits.as_mut().unwrap().clock_ns,
        |c| &mut c.reading.as_mut().unwrap().error.as_mut().unwrap().median,
        |c| &mut c.reading.as_mut().unwrap().error.as_mut().unwrap().p99,
        |c| &mut c.reading.as_mut().unwrap().error.as_mut().unwrap().max,
        |c| &mut c.reading.as_mut().unwrap().error.as_mut().unwrap().moved,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for bad in [-1.0, 1e18, f64::NAN, f64::INFINITY] {
            let line = fault(|c| *change(c) = bad);
            assert!(line.contains(&format!(" of {bad} cannot be")), "figure {n}: {line}");
        }
    }
}

#[test]
fn shares_are_from_none_to_all() {
    let changes: [fn(&mut Cell) -> &mut f64; 9] = [
        |c| &mut c.loss_rate.as_mut().unwrap().min,
        |c| &mut c.loss_rate.as_mut().unwrap().median,
        |c| &mut c.loss_rate.as_mut().unwrap().max,
        |c| &mut c.loss_rate.as_mut().unwrap().pooled,
        |c| &mut c.shares.as_mut().unwrap().min,
        |c| &mut c.shares.as_mut().unwrap().max,
        |c| &mut c.holding.as_mut().unwrap().hand_off_rate,
        |c| &mut c.reading.as_mut().unwrap().share,
        |c| c.jain.as_mut().unwrap(),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for bad in [-0.1, 1.1, f64::NAN] {
            assert!(fault(|c| *change(c) = bad).contains(&format!(" of {bad} cannot be")), "share {n}");
        }
        let mut cell = full();
        *change(&mut cell) = 1.0;
        assert_eq!(cell.fault(), None, "share {n}");
    }
}

#[test]
fn what_something_was_taken_off_may_be_negative_but_not_without_end() {
    let changes: [fn(&mut Cell) -> &mut f64; 10] = [
        |c| &mut c.net_ns_per_op.as_mut().unwrap().low,
        |c| &mut c.net_ns_per_op.as_mut().unwrap().high,
        |c| &mut c.holding.as_mut().unwrap().overhead_ns.as_mut().unwrap().median,
        |c| &mut c.holding.as_mut().unwrap().critical_ns,
        |c| &mut c.holding.as_mut().unwrap().parallel_ns,
        |c| &mut c.reading.as_mut().unwrap().read_ns.as_mut().unwrap().low,
        |c| &mut c.reading.as_mut().unwrap().write_ns.as_mut().unwrap().high,
        |c| c.reading.as_mut().unwrap().longest_write_ns.as_mut().unwrap(),
        |c| &mut c.overlap.as_mut().unwrap().median,
        |c| &mut c.overlap.as_mut().unwrap().min,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for bad in [f64::NAN, f64::NEG_INFINITY, 1e18, -1e18] {
            assert!(fault(|c| *change(c) = bad).contains("a figure of "), "figure {n}: {bad}");
        }
        let mut cell = full();
        *change(&mut cell) = -9e17;
        assert_eq!(cell.fault(), None, "figure {n}");
    }
}
