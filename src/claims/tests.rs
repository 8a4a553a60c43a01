use super::*;
use crate::samples::{self, machine, published};

fn says(all: &[Says]) -> Finding {
    let figure = |says: &Says| Figure { what: String::new(), measured: String::new(), says: *says };
    Finding::of(&all.iter().map(figure).collect::<Vec<_>>())
}

#[test]
fn a_verdict_is_what_the_figures_agree_on() {
    use Says::{No, Partly, Unclear, Yes};
    assert_eq!(says(&[]), Finding::NotMeasured);
    assert_eq!(says(&[Unclear, Unclear]), Finding::Unclear);
    assert_eq!(says(&[Yes, Unclear]), Finding::Holds);
    assert_eq!(says(&[No, No, Unclear]), Finding::DoesNotHold);
    assert_eq!(says(&[Yes, No]), Finding::Mixed);
    assert_eq!(says(&[Partly]), Finding::Mixed);
}

#[test]
fn a_cost_lies_within_only_as_a_whole() {
    let i = |low: f64, high: f64| within(Interval { low, median: (low + high) / 2.0, high }, 100.0, 500.0);
    assert_eq!([i(100.0, 500.0), i(99.0, 200.0), i(200.0, 501.0)], [Says::Yes, Says::Unclear, Says::Unclear]);
    assert_eq!([i(1.0, 99.0), i(501.0, 600.0)], [Says::No, Says::No]);
    assert_eq!([i(1.0, 100.0), i(500.0, 600.0), i(1.0, 600.0)], [Says::Unclear; 3], "at the edge, or across");
}

/// A cell of this cost, with an interval of a nanosecond.
fn cell(bench: &str, subject: &str, threads: usize, level: &str, net: Option<f64>, gross: f64) -> Cell {
    let family = if subject == "fetch_add" { "atomic" } else { "blocking" };
    let around = |median: f64| samples::around(median, 0.4);
    let (net_ns_per_op, ns_per_op_per_thread) = (net.map(around), Some(around(gross)));
    samples::cell(bench, subject, threads, level).with(|c| {
        c.facts.family = family.into();
        c.figures.net_ns_per_op = net_ns_per_op;
        c.figures.ns_per_op_per_thread = ns_per_op_per_thread;
    })
}

fn figures(number: usize, machine: &Machine) -> Vec<Figure> {
    claims(machine).swap_remove(number).figures
}

#[test]
fn an_atomic_is_held_against_each_lock() {
    let lock = |subject: &str, net: f64| cell("counters", subject, 2, "saturated", Some(net), net + 1.0);
    let with = |locks: &[(&str, f64)]| {
        let mut cells = vec![lock("fetch_add", 20.0)];
        cells.extend(locks.iter().map(|(subject, net)| lock(subject, *net)));
        figures(4, &machine(cells))
    };
    let says = |locks: &[(&str, f64)]| with(locks)[0].says;
    assert_eq!(says(&[("a", 30.0), ("b", 40.0)]), Says::Yes);
    assert_eq!(says(&[("a", 10.0), ("b", 40.0)]), Says::Partly);
    assert_eq!(says(&[("a", 10.0), ("b", 20.1)]), Says::No);
    let found = &with(&[("b", 40.0), ("a", 10.0), ("c", 20.1)])[0];
    assert_eq!(found.what, "fetch_add and 3 locks, 2 threads, counters saturated, spread");
    assert_eq!(
        found.measured,
        "fetch_add 20 (20 to 20) ns net; the cheapest lock a 10 (10 to 10) ns net, the costliest b 40 (40 to 40) ns net; \
         cheaper than 1 of 3, 1 not told apart, 0 too noisy"
    );
    let mut noisy = vec![lock("fetch_add", 20.0), lock("a", 22.0)];
    noisy[1].figures.net_ns_per_op = Some(Interval { low: 10.0, median: 22.0, high: 40.0 });
    assert_eq!(figures(4, &machine(noisy))[0].says, Says::Unclear, "what nobody can place contradicts nothing");
    assert!(with(&[]).is_empty(), "no lock to hold it against");
    // What was taken off of the one and not of the other is not compared; nor is another load.
    let mut others = vec![lock("fetch_add", 20.0), lock("a", 30.0), lock("b", 30.0), lock("c", 30.0)];
    others[1].figures.net_ns_per_op = None;
    others[2].key.level = "high".into();
    others[3].key.threads = 1;
    assert!(figures(4, &machine(others)).is_empty());
}

#[test]
fn the_smallest_section_is_held_against_the_largest() {
    let at = |level: &str, gross: f64| cell("locks", "a", 2, level, None, gross);
    let says = |small: f64, middle: f64, large: f64| {
        figures(3, &machine(vec![at("c0_p1000", small), at("c500_p500", middle), at("c1000_p0", large)])).remove(0)
    };
    let found = says(1000.0, 9000.0, 2000.0);
    assert_eq!((found.says, found.what.as_str()), (Says::Yes, "a, 2 threads, 1,000 ns of work, spread"));
    assert_eq!(found.measured, "critical section of 1,000 to 500 to 0 ns: 2,000 to 9,000 to 1,000 ns/op per thread");
    assert_eq!(says(2000.0, 1.0, 1000.0).says, Says::No);
    assert_eq!(says(1000.0, 1.0, 1000.5).says, Says::No, "a tie does not help");
    let alone =
        machine(vec![at("c0_p1000", 1.0), at("c1000_p5000", 2.0), cell("locks", "a", 1, "c1000_p0", None, 3.0)]);
    assert!(figures(3, &alone).is_empty(), "other work, or one thread");
}

#[test]
fn what_cannot_be_compared_is_no_figure() {
    let good = cell("locks", "a", 1, "c0_p0", Some(200.0), 200.0);
    let count = |change: fn(&mut Cell)| {
        let mut cells = vec![good.clone()];
        change(&mut cells[0]);
        figures(0, &machine(cells)).len()
    };
    assert_eq!(count(|_| ()), 1);
    let unfit: [fn(&mut Cell); 9] = [
        |c| c.facts.grade = crate::counter::Grade::Control,
        |c| c.facts.family = "hazard".into(),
        |c| c.facts.family = "atomic".into(),
        |c| c.key.variant = "again".into(),
        |c| c.key.threads = 3,
        |c| c.facts.verdict = crate::round::Verdict::Preempted,
        |c| c.figures.anomalies = Some(crate::hazard::Anomalies { kind: "k".into(), seen: 1, of: 2 }),
        |c| c.figures.lost = Some(1),
        |c| c.key.level = "c100_p900".into(),
    ];
    for (n, change) in unfit.into_iter().enumerate() {
        assert_eq!(count(change), 0, "change {n}");
    }
    let seen = |c: &mut Cell| c.figures.anomalies = Some(crate::hazard::Anomalies { kind: "k".into(), seen: 0, of: 2 });
    assert_eq!(count(seen), 1);
    // Where the locks bench was not run, an increment under the lock.
    let counter = cell("counters", "a", 1, "saturated", Some(300.0), 301.0);
    let found = figures(0, &machine(vec![counter.clone()])).remove(0);
    assert_eq!((found.what.as_str(), found.says), ("a, 1 thread, counters saturated, spread", Says::Yes));
    assert_eq!(figures(0, &machine(vec![counter, good])).len(), 1, "not both");
}

#[test]
fn growth_reaches_as_far_as_the_intervals_allow() {
    let i = |low, median, high| Interval { low, median, high };
    let g = growth(i(9.0, 10.0, 11.0), i(27.0, 30.0, 33.0), 0.1).unwrap();
    assert!((g.low - 27.0 / 11.0).abs() < 1e-9 && g.median == 3.0 && (g.high - 33.0 / 9.0).abs() < 1e-9);
    assert_eq!(growth(i(-1.0, 10.0, 11.0), i(1.0, 2.0, 3.0), 0.1), None);
    assert_eq!(growth(i(0.0, 10.0, 11.0), i(1.0, 2.0, 3.0), 0.1), None, "it may be nothing");
    assert_eq!(growth(i(0.1, 0.2, 0.3), i(1.0, 2.0, 3.0), 1.0), None, "below the resolution");
}

#[test]
fn a_claim_says_what_was_found_or_what_to_run() {
    use Finding::{DoesNotHold, Holds, Mixed, NotMeasured, Unclear};
    let texts = [Holds, DoesNotHold, Mixed, Unclear, NotMeasured].map(Finding::text);
    assert_eq!(texts, ["holds", "does not hold", "mixed", "too noisy to say", "not measured"]);
    let verdicts = |machine: &Machine| claims(machine).into_iter().map(|claim| claim.verdict).collect::<Vec<_>>();
    let mut nothing = machine(Vec::new());
    let run = |bench: &str| format!("not measured: run `cargo bench --bench {bench}`");
    assert_eq!(verdicts(&nothing), ["locks", "locks", "reads", "locks", "counters"].map(run));
    nothing = published(nothing);
    assert_eq!(verdicts(&nothing), ["not measured there"; 5]);
    let lock = |threads, ns: f64| cell("locks", "a", threads, "c0_p0", Some(ns), ns);
    let verdicts = verdicts(&machine(vec![lock(1, 300.0), lock(2, 300.0)]));
    assert_eq!(verdicts[..2], ["holds", "does not hold"]);
}

#[test]
fn a_cost_is_written_with_what_was_taken_off() {
    let i = Interval { low: 19.0, median: 20.0, high: 21.5 };
    assert_eq!(written(Basis::Net, i, 1.0), "20 (19 to 22) ns net");
    assert_eq!(written(Basis::Gross, i, 100.0), "20.0 (19.0 to 21.5) ns gross");
    assert_eq!([written(Basis::Net, i, 20.0), written(Basis::Net, i, 20.1)], ["20 (< 20 to 22) ns net", "< 21 ns net"]);
    assert_eq!([threads(1), threads(2)], ["1 thread", "2 threads"]);
}

/// A read-write lock and its crate's mutex at 1 and 2 threads, net.
fn shared_and_alone(shared: [f64; 2], alone: [f64; 2]) -> Vec<Cell> {
    let row = |subject: &'static str, net: [f64; 2]| {
        [1, 2].map(|n| cell("reads", subject, n, "r90", Some(net[n - 1]), net[n - 1] + 5.0))
    };
    [row("std_rwlock", shared), row("std_mutex", alone)].concat()
}

#[test]
fn a_read_write_lock_is_held_against_the_mutex_of_its_crate() {
    let of = |shared, alone| figures(2, &machine(shared_and_alone(shared, alone))).remove(0);
    let found = of([100.0, 200.0], [50.0, 500.0]);
    assert_eq!(
        (found.what.as_str(), found.says),
        ("std_rwlock and std_mutex, 1 to 2 threads, reads r90, spread", Says::Yes)
    );
    let measured = "std_rwlock 100 to 200 ns (x 2.00); std_mutex 50.0 to 500 ns (x 10.0); std_rwlock costs less there";
    assert_eq!(found.measured, measured);
    let found = of([100.0, 1000.0], [50.0, 100.0]);
    assert_eq!(found.says, Says::No);
    assert!(found.measured.ends_with("; std_mutex costs less there"), "{}", found.measured);
    let found = of([100.0, 200.0], [100.0, 200.0]);
    assert_eq!(found.says, Says::No, "no better is not better");
    assert!(found.measured.ends_with("; a tie there"), "{}", found.measured);
    // The cost of one thread cannot be told from 0, so the growth is not known.
    let found = of([0.05, 200.0], [50.0, 500.0]);
    assert_eq!(found.says, Says::Unclear);
    assert!(found.measured.starts_with("std_rwlock < 0.1 to 200 ns (x ?); std_mutex 50.0"), "{}", found.measured);
    let mut noisy = shared_and_alone([100.0, 200.0], [50.0, 500.0]);
    noisy[3].figures.net_ns_per_op = Some(Interval { low: 50.0, median: 500.0, high: 950.0 });
    let found = figures(2, &machine(noisy)).remove(0);
    assert_eq!(found.says, Says::Unclear);
    assert!(found.measured.ends_with("; too noisy to say which costs less there"), "{}", found.measured);
}

#[test]
fn read_write_locks_are_compared_at_nine_reads_in_ten_and_more() {
    let level = |level: &str| {
        let mut cells = shared_and_alone([100.0, 200.0], [50.0, 500.0]);
        cells.iter_mut().for_each(|c| c.key.level = level.into());
        figures(2, &machine(cells)).len()
    };
    assert_eq!(["r89", "r90", "r99", "r99_moderate", "r100", "r50", "saturated"].map(level), [0, 1, 1, 1, 0, 0, 0]);
    let mut others = shared_and_alone([100.0, 200.0], [50.0, 500.0]);
    others.iter_mut().for_each(|c| c.key.subject = c.key.subject.replace("std", "parking_lot"));
    assert!(
        figures(2, &machine(others)).remove(0).what.starts_with("parking_lot_rwlock and parking_lot_mutex, 1 to 2")
    );
}

#[test]
fn only_what_differs_in_threads_alone_is_how_a_cost_grows() {
    let right = shared_and_alone([100.0, 200.0], [50.0, 500.0]);
    let measured = figures(2, &machine(right.clone())).remove(0).measured;
    // Cells that are found first, each right but for one thing.
    let decoy = |n: usize, change: fn(&mut Cell)| {
        let mut decoy = right[n].clone();
        decoy.figures.net_ns_per_op = Some(Interval { low: 7_776.0, median: 7_777.0, high: 7_778.0 });
        change(&mut decoy);
        decoy
    };
    let mut cells: Vec<Cell> = (0..4).map(|n| decoy(n, |c| c.key.bench = "counters".into())).collect();
    for n in [0, 2, 3] {
        cells.push(decoy(n, |c| c.key.level = "r99".into()));
        cells.push(decoy(n, |c| c.key.placement = crate::workload::Placement::Siblings));
    }
    cells.extend(right.clone());
    let found = figures(2, &machine(cells));
    assert_eq!(found.iter().map(|f| f.measured.as_str()).collect::<Vec<_>>(), [measured]);
    // One of the four was not measured, or nothing was taken off of it.
    for n in 0..4 {
        let mut three = right.clone();
        three.remove(n);
        assert!(figures(2, &machine(three)).is_empty(), "without {n}");
        let mut gross = right.clone();
        gross[n].figures.net_ns_per_op = None;
        assert!(figures(2, &machine(gross)).is_empty(), "{n} gross");
    }
    let mut others = right.clone();
    others.push(cell("reads", "ticket", 2, "r90", Some(1.0), 2.0));
    assert_eq!(figures(2, &machine(others)).len(), 1, "no read-write lock");
    let mut gross = right.clone();
    gross.iter_mut().for_each(|c| c.figures.net_ns_per_op = None);
    assert_eq!(figures(2, &machine(gross)).len(), 1, "gross against gross");
}

#[test]
fn two_sections_of_a_contended_lock_are_enough_to_see_it_shrink() {
    let line = |change: fn(&mut Cell)| {
        let mut cells =
            vec![cell("locks", "a", 2, "c0_p1000", None, 10.0), cell("locks", "a", 2, "c1000_p0", None, 20.0)];
        cells.iter_mut().for_each(change);
        figures(3, &machine(cells)).len()
    };
    assert_eq!(line(|_| ()), 1);
    let others: [fn(&mut Cell); 5] = [
        |c| c.key.threads = 1,
        |c| c.facts.family = "atomic".into(),
        |c| c.key.bench = "between".into(),
        |c| c.figures.ns_per_op_per_thread = None,
        |c| c.key.level = c.key.level.replace("1000_p0", "2000_p0"),
    ];
    assert_eq!(others.map(line), [0; 5]);
    let figure = |level: &str, gross: f64| cell("locks", "a", 2, level, None, gross);
    let mut noisy = [figure("c0_p1000", 10.0), figure("c1000_p0", 20.0)];
    noisy[1].figures.ns_per_op_per_thread = Some(Interval { low: 5.0, median: 20.0, high: 40.0 });
    assert_eq!(figures(3, &machine(noisy.into())).remove(0).says, Says::Unclear);
}

#[test]
fn atomics_stand_by_threads_then_by_level() {
    let mut cells = Vec::new();
    for (threads, level) in [(2, "saturated"), (1, "low"), (1, "high"), (1, "saturated")] {
        cells.extend(["fetch_add", "a"].map(|subject| cell("counters", subject, threads, level, None, 5.0)));
    }
    let whats: Vec<String> = figures(4, &machine(cells)).into_iter().map(|f| f.what).collect();
    let expected = [(1, "saturated"), (1, "high"), (1, "low"), (2, "saturated")];
    assert_eq!(
        whats,
        expected.map(|(n, level)| format!("fetch_add and 1 locks, {}, counters {level}, spread", threads(n)))
    );
}
