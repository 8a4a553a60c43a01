use super::*;
use crate::hazard::Anomalies;
use crate::results::{
    Holding, Interval, LoneWriter, LossRate, Noise, Outcome, Outcomes, Overlap, ReadError, Reading, Shares, Transfer,
    Turns, Waits,
};
use crate::samples;

fn cell() -> Cell {
    samples::cell("counters", "fetch_add", 2, "saturated")
}

/// A cell with everything that any bench records.
fn full() -> Cell {
    let interval = Some(Interval { low: -1.0, median: 0.0, high: 1.0 });
    let positive = Some(Interval { low: 0.0, median: 1.0, high: 2.0 });
    cell().with(|c| {
        c.key.variant = "seqcst".into();
        c.figures.attempted = Some(10);
        c.figures.kept = Some(7);
        c.figures.lost = Some(3);
        c.figures.loss_rate = Some(LossRate { min: 0.0, median: 0.3, max: 1.0, pooled: 0.3 });
        c.figures.anomalies = Some(Anomalies { kind: "x".repeat(64), seen: 3, of: 2 });
        c.figures.ns_per_op_per_thread = positive;
        c.figures.net_ns_per_op = interval;
        c.figures.throughput = Some(1.0);
        c.figures.goodput = Some(0.0);
        c.figures.overlap = Some(Overlap { median: 0.5, min: -0.5 });
        c.figures.jain = Some(1.0);
        c.figures.sample_ms = Some(40.0);
        c.figures.achieved_think_ns = Some(0.0);
        c.figures.cpu_ns_per_op = Some(1.0);
        c.figures.holding =
            Some(Holding { critical_ns: 1.0, parallel_ns: -0.1, overhead_ns: interval, hand_off_rate: 0.0 });
        c.figures.shares = Some(Shares { min: 0.0, max: 1.0, pass_ms: 1000.0 });
        c.figures.turns = Some(Turns { sections: vec![4, 5], hand_offs: 8, longest: 2 });
        c.figures.waits = Some(Waits {
            p50: 1.0,
            p90: 2.0,
            p99: 3.0,
            p999: 4.0,
            max: 5.0,
            longest: 6.0,
            open: 0,
            longest_open: Some(6.0),
            sampled: 9,
            one_in: 1,
            clock_ns: 0.0,
        });
        c.figures.reading = Some(Reading {
            share: 0.9,
            read_ns: interval,
            write_ns: interval,
            longest_write_ns: Some(-1.0),
            error: Some(ReadError { median: 0.0, p99: 1.0, max: 2.0, moved: 3.0, checked: 4 }),
        });
        c.figures.lone_writer = Some(LoneWriter {
            writes: 0,
            writes_per_s: 0.0,
            reads_per_s: 1.0,
            longest_ns: 2.0,
            open: true,
            pass_ms: 1000.0,
        });
        c.figures.transfer = Some(Transfer { cpus: [0, 1], pairs: 3, of: 3 });
        c.figures.outcomes = Some(Outcomes {
            of: 2,
            met: 2,
            list: vec![Outcome { outcome: "(0, 0)".into(), count: 2, allowed: true, weak: false }],
        });
        c.figures.noise = Some(Noise { steal: Some(0.0), waited: Some(1.0), other_load: Some(0.5), drift: Some(7.0) });
    })
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
    assert_eq!(cell().with(|c| c.figures.attempted = Some(10)).fault(), None, "a control keeps nothing");
    assert_eq!(cell().with(|c| c.key.threads = 1_000_000).fault(), None);
}

#[test]
fn ids_are_short_and_of_few_characters() {
    for good in ["a", "c0_p1000", &"x".repeat(64)] {
        assert!(is_id(good), "{good}");
    }
    for bad in ["", "A", "a b", "a-b", "é", "<b>", &"x".repeat(65)] {
        assert!(!is_id(bad), "{bad}");
        assert!(fault(|c| c.key.bench = bad.into()).starts_with("bench "));
        assert!(fault(|c| c.key.subject = bad.into()).starts_with("subject "));
        assert!(fault(|c| c.facts.family = bad.into()).starts_with("family "));
        assert!(fault(|c| c.key.level = bad.into()).starts_with("level "));
        assert!(bad.is_empty() || fault(|c| c.key.variant = bad.into()).starts_with("variant "));
    }
}

#[test]
fn counts_that_cannot_be_are_named() {
    assert!(fault(|c| c.key.threads = 0).contains("0 threads"));
    assert!(fault(|c| c.key.threads = 1_000_001).contains("1000001 threads"));
    assert!(fault(|c| c.figures.kept = Some(8)).contains("kept 8 + lost 3 is not attempted 10"));
    assert!(fault(|c| c.figures.kept = Some(u64::MAX)).contains("is not attempted"));
    assert!(fault(|c| c.figures.attempted = None).contains("without attempted"));
    assert!(fault(|c| (c.figures.attempted, c.figures.kept) = (None, None)).contains("without attempted"));
    assert!(fault(|c| (c.figures.attempted, c.figures.lost) = (None, None)).contains("without attempted"));
    assert!(fault(|c| c.figures.anomalies.as_mut().unwrap().kind.push('x')).contains("a kind of 65 bytes"));
    assert!(fault(|c| c.figures.transfer.as_mut().unwrap().cpus = [1, 1]).contains("between CPU 1 and CPU 1"));
    assert!(fault(|c| c.figures.transfer.as_mut().unwrap().cpus = [2, 1]).contains("a transfer"));
    assert!(fault(|c| c.figures.transfer.as_mut().unwrap().of = 2).contains("a transfer"));
    assert!(fault(|c| c.figures.outcomes.as_mut().unwrap().met = 3).contains("3 of them met"));
    assert!(fault(|c| c.figures.noise.as_mut().unwrap().steal = Some(1.1)).contains("a noise of 1.1"));
    assert!(fault(|c| c.figures.turns.as_mut().unwrap().hand_offs = 9).contains("9 hand-offs"));
}

#[test]
fn figures_out_of_their_range_are_named() {
    let changes: [fn(&mut Cell) -> &mut f64; 24] = [
        |c| &mut c.figures.ns_per_op_per_thread.as_mut().unwrap().low,
        |c| &mut c.figures.ns_per_op_per_thread.as_mut().unwrap().median,
        |c| &mut c.figures.ns_per_op_per_thread.as_mut().unwrap().high,
        |c| c.figures.throughput.as_mut().unwrap(),
        |c| c.figures.goodput.as_mut().unwrap(),
        |c| c.figures.sample_ms.as_mut().unwrap(),
        |c| c.figures.achieved_think_ns.as_mut().unwrap(),
        |c| c.figures.cpu_ns_per_op.as_mut().unwrap(),
        |c| &mut c.figures.waits.as_mut().unwrap().p50,
        |c| &mut c.figures.waits.as_mut().unwrap().p90,
        |c| &mut c.figures.waits.as_mut().unwrap().p99,
        |c| &mut c.figures.waits.as_mut().unwrap().p999,
        |c| &mut c.figures.waits.as_mut().unwrap().max,
        |c| &mut c.figures.waits.as_mut().unwrap().longest,
        |c| &mut c.figures.waits.as_mut().unwrap().clock_ns,
        |c| c.figures.waits.as_mut().unwrap().longest_open.as_mut().unwrap(),
        |c| &mut c.figures.reading.as_mut().unwrap().error.as_mut().unwrap().median,
        |c| &mut c.figures.reading.as_mut().unwrap().error.as_mut().unwrap().p99,
        |c| &mut c.figures.reading.as_mut().unwrap().error.as_mut().unwrap().max,
        |c| &mut c.figures.reading.as_mut().unwrap().error.as_mut().unwrap().moved,
        |c| &mut c.figures.lone_writer.as_mut().unwrap().writes_per_s,
        |c| &mut c.figures.lone_writer.as_mut().unwrap().reads_per_s,
        |c| &mut c.figures.lone_writer.as_mut().unwrap().longest_ns,
        |c| &mut c.figures.lone_writer.as_mut().unwrap().pass_ms,
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
        |c| &mut c.figures.loss_rate.as_mut().unwrap().min,
        |c| &mut c.figures.loss_rate.as_mut().unwrap().median,
        |c| &mut c.figures.loss_rate.as_mut().unwrap().max,
        |c| &mut c.figures.loss_rate.as_mut().unwrap().pooled,
        |c| &mut c.figures.shares.as_mut().unwrap().min,
        |c| &mut c.figures.shares.as_mut().unwrap().max,
        |c| &mut c.figures.holding.as_mut().unwrap().hand_off_rate,
        |c| &mut c.figures.reading.as_mut().unwrap().share,
        |c| c.figures.jain.as_mut().unwrap(),
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
        |c| &mut c.figures.net_ns_per_op.as_mut().unwrap().low,
        |c| &mut c.figures.net_ns_per_op.as_mut().unwrap().high,
        |c| &mut c.figures.holding.as_mut().unwrap().overhead_ns.as_mut().unwrap().median,
        |c| &mut c.figures.holding.as_mut().unwrap().critical_ns,
        |c| &mut c.figures.holding.as_mut().unwrap().parallel_ns,
        |c| &mut c.figures.reading.as_mut().unwrap().read_ns.as_mut().unwrap().low,
        |c| &mut c.figures.reading.as_mut().unwrap().write_ns.as_mut().unwrap().high,
        |c| c.figures.reading.as_mut().unwrap().longest_write_ns.as_mut().unwrap(),
        |c| &mut c.figures.overlap.as_mut().unwrap().median,
        |c| &mut c.figures.overlap.as_mut().unwrap().min,
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
