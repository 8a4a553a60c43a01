use super::*;

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

fn machine(cells: Vec<Cell>) -> Machine {
    let card = crate::machine::Card { id: "m".into(), cpus: 2, usable_cpus: 2, ..Default::default() };
    Machine { card, origin: Origin::Measured, runs: BTreeMap::new(), cells, resolution: Vec::new() }
}

/// A cell that costs so much, as tight as a nanosecond.
fn cell(bench: &str, subject: &str, threads: usize, level: &str, net: Option<f64>, gross: f64) -> Cell {
    let family = if subject == "fetch_add" { "atomic" } else { "blocking" };
    let text = format!(
        r#"{{"bench":"{bench}","subject":"{subject}","label":"","family":"{family}","grade":"exact","threads":{threads},
        "level":"{level}","placement":"spread","verdict":"valid","run":"r","recorded":""}}"#
    );
    let around = |median: f64| Interval { low: median - 0.4, median, high: median + 0.4 };
    let blank: Cell = serde_json::from_str(&text).unwrap();
    Cell { net_ns_per_op: net.map(around), ns_per_op_per_thread: Some(around(gross)), ..blank }
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
    noisy[1].net_ns_per_op = Some(Interval { low: 10.0, median: 22.0, high: 40.0 });
    assert_eq!(figures(4, &machine(noisy))[0].says, Says::Unclear, "what nobody can place contradicts nothing");
    assert!(with(&[]).is_empty(), "no lock to hold it against");
    // What was taken off of the one and not of the other is not compared; nor is another load.
    let mut others = vec![lock("fetch_add", 20.0), lock("a", 30.0), lock("b", 30.0), lock("c", 30.0)];
    others[1].net_ns_per_op = None;
    others[2].level = "high".into();
    others[3].threads = 1;
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
        |c| c.grade = crate::counter::Grade::Control,
        |c| c.family = "hazard".into(),
        |c| c.family = "atomic".into(),
        |c| c.variant = "again".into(),
        |c| c.threads = 3,
        |c| c.verdict = crate::round::Verdict::Preempted,
        |c| c.anomalies = Some(crate::hazard::Anomalies { kind: "k".into(), seen: 1, of: 2 }),
        |c| c.lost = Some(1),
        |c| c.level = "c100_p900".into(),
    ];
    for (n, change) in unfit.into_iter().enumerate() {
        assert_eq!(count(change), 0, "change {n}");
    }
    let seen = |c: &mut Cell| c.anomalies = Some(crate::hazard::Anomalies { kind: "k".into(), seen: 0, of: 2 });
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
    assert_eq!(growth(i(0.1, 0.2, 0.3), i(1.0, 2.0, 3.0), 1.0), None, "below the resolution");
}
