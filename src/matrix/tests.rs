use super::*;
use crate::results::{LossRate, Noise};
use crate::samples::{around, cell, costing, losing, machine};

/// A cell of the counters bench at saturation with its net and gross cost, in ns.
fn counter(subject: &str, threads: usize, net: Option<f64>, gross: f64) -> Cell {
    let net_ns_per_op = net.map(|ns| around(ns, 0.1));
    costing(gross, cell("counters", subject, threads, "saturated")).with(|c| c.figures.net_ns_per_op = net_ns_per_op)
}

/// The only view of these cells on a machine with 2 CPUs.
fn only<T>(cells: Vec<Cell>, look: impl FnOnce(&View<'_>) -> T) -> T {
    let machine = machine(cells);
    let [view] = views(&machine, |_| true).try_into().expect("one view");
    look(&view)
}

#[test]
fn every_verdict_has_a_letter_and_words() {
    use Verdict::{Oversubscribed, Preempted, Serialised, Short, Unpinned, Valid};
    let all = [Valid, Unpinned, Oversubscribed, Short, Preempted, Serialised];
    assert_eq!(all.map(letter), [None, Some('u'), Some('o'), Some('s'), Some('p'), Some('z')]);
    let begins = [
        "all threads were counting",
        "threads were not tied",
        "more threads than usable",
        "rounds were shorter than 10 ms",
        "a thread waited",
        "the threads hardly ran",
    ];
    for (verdict, begin) in all.into_iter().zip(begins) {
        assert!(explain(verdict).starts_with(begin), "{verdict:?}: {}", explain(verdict));
    }
}

#[test]
fn every_part_has_its_heading() {
    let titles = [Part::Floor, Part::Unit, Part::Ranked, Part::Wrong, Part::Hazard].map(Part::title);
    let expected = [
        "What the harness and the floor cost (gross)",
        "ns per line transfer, by pair of CPUs",
        "Exact counters",
        "Wrong counts: not ranked",
        "Not counters: anomalies seen, not ranked",
    ];
    assert_eq!(titles, expected);
}

#[test]
fn think_times_are_those_of_the_counters_bench() {
    let times = ["saturated", "high", "low", "c0_p0"].map(|level| think(level).map(|time| time.as_nanos()));
    assert_eq!(times, [Some(0), Some(100), Some(10_000), None]);
}

#[test]
fn views_stand_counters_first_most_contended_first() {
    let placed = |placement, cell: Cell| cell.with(|c| c.key.placement = placement);
    let machine = machine(vec![
        cell("locks", "a", 1, "c0_p0"),
        cell("counters", "a", 1, "zzz"),
        cell("counters", "a", 1, "aaa"),
        cell("counters", "a", 1, "high"),
        placed(Placement::Unpinned, cell("counters", "a", 1, "saturated")),
        placed(Placement::Siblings, cell("counters", "a", 1, "saturated")),
        cell("counters", "a", 1, "saturated"),
        cell("between", "a", 1, "saturated"),
        cell("counters", "left_out", 1, "low"),
    ]);
    let found = views(&machine, |cell| cell.key.subject != "left_out");
    let ids: Vec<_> = found.iter().map(|view| format!("{} {} {}", view.bench, view.level, view.placement)).collect();
    let expected = [
        "counters saturated spread",
        "counters saturated siblings",
        "counters saturated unpinned",
        "counters high spread",
        "counters aaa spread",
        "counters zzz spread",
        "between saturated spread",
        "locks c0_p0 spread",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn rows_stand_in_their_parts_by_family_and_number() {
    let of = |family: &str, grade, cell: Cell| {
        cell.with(|c| {
            c.facts.family = family.into();
            c.facts.grade = grade;
        })
    };
    let hazard = crate::hazard::Anomalies { kind: "torn".into(), seen: 1, of: 4 };
    let cells = vec![
        of("strange", Grade::Exact, counter("a", 1, None, 1.0)),
        of("spinning", Grade::Exact, counter("s_10", 1, None, 1.0)),
        of("spinning", Grade::Exact, counter("s_9", 1, None, 1.0)),
        of("blocking", Grade::Eventual, counter("z", 1, None, 1.0)),
        of("racy", Grade::Racy, counter("r", 1, None, 1.0)),
        of("control", Grade::Control, counter("none", 1, None, 1.0)),
        of("hazard", Grade::Racy, counter("h", 1, None, 1.0)).with(|c| c.figures.anomalies = Some(hazard)),
        of("spinning", Grade::Exact, counter("s_9", 1, None, 1.0)).with(|c| c.key.variant = "v".into()),
        // It lost elsewhere, so it is wrong here.
        of("atomic", Grade::Exact, counter("loser", 1, None, 1.0)),
        counter("loser", 1, None, 1.0).with(|c| {
            c.key.level = "high".into();
            c.figures.lost = Some(1);
        }),
    ];
    let machine = machine(cells);
    let views = views(&machine, |cell| cell.key.level == "saturated");
    let parts: Vec<(Part, Vec<String>)> =
        views[0].sections.iter().map(|s| (s.part, s.rows.iter().map(Row::name).collect())).collect();
    let expected = [
        (Part::Floor, vec!["none"]),
        (Part::Ranked, vec!["z", "s_9", "s_9 v", "s_10", "a"]),
        (Part::Wrong, vec!["loser", "r"]),
        (Part::Hazard, vec!["h"]),
    ];
    assert_eq!(parts, expected.map(|(part, names)| (part, names.into_iter().map(str::to_owned).collect())));
    assert_eq!(views[0].sections[3].rows[0].entries[0].as_ref().unwrap().anomalies.as_deref(), Some("25.0 %"));
    assert_eq!(views[0].runs.iter().copied().collect::<Vec<_>>(), ["r"]);
    let unit = cell(BENCH, "same_l3", 2, "ping_pong").with(|c| c.facts.grade = Grade::Control);
    assert_eq!(only(vec![unit], |view| view.sections[0].part), Part::Unit);
}

#[test]
fn a_column_is_another_regime_beyond_the_cpus() {
    let cells = [4, 1, 2, 3].map(|n| counter("a", n, Some(50.0), 60.0)).to_vec();
    only(cells, |view| {
        let columns: Vec<_> = view.columns.iter().map(|c| (c.threads, c.oversubscribed, c.resolution)).collect();
        assert_eq!(columns, [(1, false, 0.1), (2, false, 1.0), (3, true, 3.0), (4, true, 3.0)]);
        let threads: Vec<_> = view.entries().map(|e| e.cell.key.threads).collect();
        assert_eq!(threads, [1, 2, 3, 4]);
    });
}

#[test]
fn a_cost_is_net_where_it_can_be() {
    let control = |cell: Cell| cell.with(|c| c.facts.grade = Grade::Control);
    let none = counter("a", 2, None, 0.0).with(|c| c.figures.ns_per_op_per_thread = None);
    let cases = [
        (counter("a", 2, Some(20.0), 21.0), Cost::Net, "20", Some(20.0), true),
        (counter("a", 2, Some(-1.0), 21.0), Cost::Net, "-1", Some(-1.0), true),
        (counter("a", 2, Some(0.99), 21.0), Cost::Below, "< 1", Some(0.99), true),
        (counter("a", 2, None, 21.0), Cost::Gross, "21.0", Some(21.0), false),
        (control(counter("a", 2, Some(20.0), 21.0)), Cost::Gross, "21.0", Some(21.0), false),
        (none, Cost::Absent, "-", None, false),
    ];
    for (cell, cost, text, value, net) in cases {
        only(vec![cell], |view| {
            let entry = view.entries().next().unwrap();
            assert_eq!((entry.cost, entry.text.as_str(), entry.value()), (cost, text, value));
            assert_eq!(view.has_net(), net, "{cost:?}");
        });
    }
}

#[test]
fn a_loss_is_shown_for_rows_that_lose() {
    let loss = |grade: Grade, lost: Option<u64>, rate: Option<f64>| {
        let loss_rate = rate.map(|x| LossRate { min: x, median: x, max: x, pooled: x });
        only(
            vec![counter("a", 2, None, 1.0).with(|c| {
                c.facts.grade = grade;
                c.figures.lost = lost;
                c.figures.loss_rate = loss_rate;
            })],
            |view| view.entries().next().unwrap().loss.clone().unwrap_or_default(),
        )
    };
    use Grade::{Exact, Racy};
    assert_eq!(loss(Racy, None, Some(0.0)), "0 %");
    assert_eq!(loss(Racy, Some(1234), None), "1,234");
    assert_eq!(loss(Racy, Some(0), None), "0");
    assert_eq!(loss(Racy, None, None), UNRECORDED);
    assert_eq!([loss(Exact, None, Some(0.0)), loss(Exact, Some(0), None), loss(Exact, None, None)], [""; 3]);
    assert_eq!(loss(Exact, Some(7), Some(0.25)), "25.0 %", "and is a wrong count");
    // A row that lost in another part is still shown.
    let entry = |cell: Cell| entry(&cell, Part::Ranked, 1.0).loss;
    assert_eq!(entry(losing([0.5, 0.5, 0.5], counter("a", 2, None, 1.0))).as_deref(), Some("50.0 %"));
    let lost = |lost: u64| counter("a", 2, None, 1.0).with(|c| c.figures.lost = Some(lost));
    assert_eq!([entry(lost(2)).as_deref(), entry(lost(0)).as_deref()], [Some("2"), None]);
}

/// Mark of each entry, row by row.
fn marks(cells: Vec<Cell>) -> Vec<Option<Mark>> {
    only(cells, |view| view.entries().map(|e| e.mark).collect())
}

#[test]
fn a_column_is_ranked() {
    let three = |net: [f64; 3]| {
        let cells = ["a", "b", "c"].into_iter().zip(net);
        marks(cells.map(|(subject, net)| counter(subject, 2, Some(net), 500.0)).collect())
    };
    assert_eq!(three([10.0, 100.0, 1000.0]), [Some(Mark::Cheapest), None, None]);
    // Below the resolution of 1 ns nothing is cheaper than anything.
    assert_eq!(three([0.01, 10.0, 100.0]), [Some(Mark::Cheapest), None, None]);
    assert_eq!(three([5.0; 3]), [Some(Mark::Tie); 3]);
    // Gross for all where one has no net cost.
    let mut gross = vec![counter("a", 2, Some(1000.0), 10.0), counter("b", 2, None, 1000.0)];
    assert_eq!(marks(gross.clone()), [Some(Mark::Cheapest), None]);
    // Alone there is nothing to rank.
    gross[1].figures.ns_per_op_per_thread = None;
    assert_eq!(marks(gross), [None, None]);
    // Counts that are wrong are not ranked.
    let racy = counter("c", 2, Some(1.0), 1.0).with(|c| c.facts.grade = Grade::Racy);
    assert_eq!(marks(vec![counter("a", 2, Some(5.0), 6.0), racy]), [None, None]);
}

#[test]
fn only_cells_that_are_what_their_threads_make_them_are_ranked() {
    let judged = |threads: usize, verdicts: [Verdict; 3]| {
        let cells = ["a", "b", "c"].into_iter().zip([10.0, 20.0, 30.0]).zip(verdicts);
        let cells = cells.map(|((subject, net), verdict)| {
            counter(subject, threads, Some(net), 50.0).with(|c| c.facts.verdict = verdict)
        });
        marks(cells.collect())
    };
    use Verdict::{Oversubscribed, Preempted, Valid};
    assert_eq!(judged(2, [Preempted, Valid, Valid]), [None, Some(Mark::Cheapest), None]);
    assert_eq!(judged(2, [Oversubscribed, Valid, Valid]), [None, Some(Mark::Cheapest), None]);
    assert_eq!(judged(3, [Valid, Oversubscribed, Oversubscribed]), [None, Some(Mark::Cheapest), None]);
    // A noisy cell may be ranked: its interval says how wide it is.
    let noise = Some(Noise { steal: Some(0.5), ..Noise::default() });
    let cells =
        vec![counter("a", 2, Some(10.0), 1.0).with(|c| c.figures.noise = noise), counter("b", 2, Some(20.0), 1.0)];
    assert_eq!(marks(cells)[0], Some(Mark::Cheapest));
    // The model of an interpreter is not one.
    let model = counter("m", 2, Some(1.0), 1.0).with(|c| c.facts.family = MODEL.into());
    let cells = vec![counter("a", 2, Some(10.0), 1.0), counter("b", 2, Some(20.0), 1.0), model];
    assert_eq!(marks(cells), [Some(Mark::Cheapest), None, None]);
}
