//! Line transfers in tables and as a unit, on made-up machines of 1 to 128 CPUs: no figure
//! in them was measured.

use crate::folders;
use crate::page;
use crate::synthetic;

use std::collections::BTreeMap;

use miscount::counter::Grade;
use miscount::rank;
use miscount::report::sheet::Sheet;
use miscount::report::sheets;
use miscount::report::{level, page as web};
use miscount::results::{Cell, Interval, Machine, Transfer, read_machine};
use miscount::round::Verdict;
use miscount::topology::{Cpu, Topology};
use miscount::transfer::{self, Kind, LINE_TRANSFER, MOST_PAIRS, MOST_PAIRS_FULL, pairs};
use miscount::units;
use miscount::workload::Placement;

use folders::{committed, put};

/// The line transfer of the made-up machines, in ns.
fn cost(kind: Kind) -> f64 {
    match kind {
        Kind::Siblings => 10.0,
        Kind::SameL3 => 25.0,
        Kind::SamePackage => 80.0,
        Kind::OtherPackage => 200.0,
        Kind::SlowerCores => 40.0,
        Kind::UnlikeCores => 60.0,
    }
}

/// A machine of `packages` x 2 L3 caches x `cores` x 2 siblings, of which at most `most` pairs were measured.
fn machine(packages: usize, cores: usize, most: usize) -> Machine {
    let half = packages * 2 * cores;
    let cpu = |id: usize| Cpu { id, package: id % half / (2 * cores), core: id % half, ..Cpu::default() };
    let topology = Topology { cpus: (0..2 * half).map(cpu).collect() };
    let l3: Vec<Option<usize>> = (0..2 * half).map(|id| Some(id % half / cores)).collect();
    let all = pairs::all(&topology, &l3);
    let chosen = transfer::sample(&all, most);
    let mut machine = synthetic::machine("made_up", &synthetic::COUNTERS);
    (machine.card.cpus, machine.card.usable_cpus) = (2 * half, 2 * half);
    machine.cells.extend(chosen.iter().map(|pair| {
        let median = cost(pair.kind) + (pair.cpus[0] + pair.cpus[1]) as f64 / 1e3;
        synthetic::cell(LINE_TRANSFER.id, pair.kind.id(), 1.0, 2, "saturated", 2).with(|c| {
            c.key.bench = transfer::BENCH.into();
            c.key.variant = pair.id();
            c.key.level = "ping_pong".into();
            c.facts.verdict = Verdict::Valid;
            c.figures.ns_per_op_per_thread = Some(Interval { low: median - 0.5, median, high: median + 0.5 });
            c.figures.net_ns_per_op = None;
            c.figures.transfer = Some(Transfer { cpus: pair.cpus, pairs: chosen.len(), of: all.len() });
        })
    }));
    for cell in machine.cells.iter_mut().filter(|cell| cell.key.bench == transfer::BENCH) {
        (cell.facts.grade, cell.figures.kept, cell.figures.lost, cell.figures.loss_rate, cell.figures.goodput) =
            (Grade::Control, None, None, None, None);
    }
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}

fn sheets(machine: &Machine) -> Vec<Sheet> {
    sheets::sheets(machine, transfer::BENCH, "ping_pong", Placement::Spread, |_| true)
}

fn column(sheet: &Sheet, n: usize) -> BTreeMap<&str, &str> {
    sheet.rows.iter().map(|row| (row[0].as_str(), row[n].as_str())).collect()
}

#[test]
fn many_cpus_are_summed_up_by_kind_and_the_sample_says_so() {
    let machine = machine(2, 16, MOST_PAIRS);
    let shown = sheets(&machine);
    assert_eq!(shown.len(), 1, "no table of 128 columns");
    let kinds = column(&shown[0], 1);
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    assert_eq!(kinds["all pairs"], "28");
    assert_eq!(kinds["SMT siblings of one core"], "3");
    assert!(shown[0].note.contains("A sample: 28 of the 8,128 pairs"), "{}", shown[0].note);
    let least = column(&shown[0], 3);
    assert!(least["two packages"].starts_with("200"), "{least:?}");
    assert!(least["all pairs"].starts_with("10"), "{least:?}");
    let most = column(&shown[0], 4);
    assert!(most["all pairs"].starts_with("200"), "{most:?}");
    let text = level::document(&machine, "ping_pong", None).terminal();
    assert!(text.contains("A sample: 28 of the 8,128") && text.lines().count() < 20, "{text}");
    assert!(!text.contains("lost"), "{text}");
    assert!(level::document(&machine, "ping_pong", None).markdown().contains("| two packages |"));
}

#[test]
fn a_full_sample_is_larger_and_still_one() {
    let machine = machine(2, 16, MOST_PAIRS_FULL);
    let shown = sheets(&machine);
    assert!(shown[0].note.contains("A sample: 496 of the 8,128 pairs"), "{}", shown[0].note);
    assert_eq!(column(&shown[0], 1)["all pairs"], "496");
}

#[test]
fn few_cpus_are_shown_one_by_one() {
    let machine = machine(1, 2, MOST_PAIRS);
    let shown = sheets(&machine);
    assert_eq!(shown.len(), 2);
    assert!(shown[0].note.contains("All 28 pairs of CPUs were measured."), "{}", shown[0].note);
    let heat = &shown[1];
    assert_eq!(heat.head, ["CPU", "0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(heat.rows.len(), 8);
    for (a, row) in heat.rows.iter().enumerate() {
        assert_eq!(row[0], a.to_string());
        for b in 0..8 {
            assert_eq!(row[b + 1].is_empty(), a == b, "{row:?}");
            assert_eq!(row[b + 1], heat.rows[b][a + 1], "the same both ways");
        }
    }
    // Siblings are 4 apart, the other L3 cache begins at 2.
    assert_eq!([&heat.rows[0][5], &heat.rows[0][2], &heat.rows[0][3]], ["10.0", "25.0", "80.0"]);
    let shown = page::opened(&web::render(std::slice::from_ref(&machine), &[]));
    let pairs = shown["machines"][0]["cells"].as_array().unwrap().iter().filter(|cell| !cell["pair"].is_null());
    assert_eq!(pairs.count(), 28);
}

#[test]
fn two_cpus_have_one_pair() {
    let mut machine = machine(1, 2, MOST_PAIRS);
    machine.cells.retain(|cell| cell.key.bench != transfer::BENCH || cell.key.variant == "cpu0_cpu1");
    for cell in &mut machine.cells {
        cell.figures.transfer = cell.figures.transfer.map(|transfer| Transfer { pairs: 1, of: 1, ..transfer });
    }
    let shown = sheets(&machine);
    assert_eq!(column(&shown[0], 2)["two cores under one L3 cache"], "25.0 (24.5 to 25.5)");
    assert!(shown[0].note.contains("The only pair"), "{}", shown[0].note);
    assert_eq!(units::line_transfer(&machine), Some(Interval { low: 24.501, median: 25.001, high: 25.501 }));
}

#[test]
fn disturbed_pairs_are_marked_and_left_out_of_figures() {
    let mut machine = machine(1, 2, MOST_PAIRS);
    let clean = units::line_transfer_ns(&machine);
    for cell in machine.cells.iter_mut().filter(|cell| cell.facts.family == "siblings") {
        cell.facts.verdict = Verdict::Preempted;
    }
    let shown = sheets(&machine);
    let (figure, left_out) = (column(&shown[0], 2), column(&shown[0], 5));
    assert_eq!((figure["SMT siblings of one core"], left_out["SMT siblings of one core"]), ("", "4"));
    assert_eq!((left_out["all pairs"], left_out["two cores under one L3 cache"]), ("4", ""));
    assert_eq!(shown[1].rows[0][5], "10.0 [p]");
    assert!(units::line_transfer_ns(&machine) > clean, "the nearest pairs no longer count");
}

#[test]
fn transfers_are_ranked_nowhere_and_lose_nothing() {
    let machine = machine(2, 2, MOST_PAIRS);
    let views = miscount::report::matrix::views(&machine, |cell| cell.key.bench == transfer::BENCH);
    let parts: Vec<_> = views.iter().flat_map(|view| &view.sections).map(|section| section.part).collect();
    assert_eq!(parts, [miscount::report::matrix::Part::Unit]);
    assert!(views[0].entries().all(|entry| entry.mark.is_none() && entry.loss.is_none()));
    assert!(rank::wrong(&machine).iter().all(|(bench, ..)| *bench != transfer::BENCH));
}

#[test]
fn units_are_the_machines_own() {
    let machine = machine(2, 2, MOST_PAIRS_FULL);
    // 2.0 ns and the loop's 0.3.
    let add =
        machine.cells.iter().find(|c| c.key.subject == "fetch_add" && c.key.threads == 1 && c.key.level == "saturated");
    let add = add.unwrap().figures.ns_per_op_per_thread.unwrap().median;
    assert_eq!(units::fetch_add_ns(&machine), Some(add));
    // 120 pairs: 8 siblings, 16 of one L3 cache, 32 of one package, 64 across: the middle one lies across.
    let line = units::line_transfer(&machine).unwrap();
    assert!((200.0..200.1).contains(&line.median) && line.low <= line.median && line.median <= line.high, "{line:?}");
    assert_eq!(units::line_transfer_ns(&machine), Some(line.median));
}

#[test]
fn what_was_not_measured_is_no_unit() {
    let mut machine = machine(1, 2, MOST_PAIRS);
    machine.cells.retain(|cell| cell.key.bench != transfer::BENCH);
    assert_eq!(units::line_transfer_ns(&machine), None);
    let uncontended = |c: &Cell| c.key.subject == "fetch_add" && c.key.threads == 1 && c.key.level == "saturated";
    for (verdict, usable) in [(Verdict::Valid, true), (Verdict::Unpinned, true), (Verdict::Preempted, false)] {
        machine.cells.iter_mut().filter(|c| uncontended(c)).for_each(|c| c.facts.verdict = verdict);
        assert_eq!(units::fetch_add_ns(&machine).is_some(), usable, "{verdict:?}");
    }
    machine.cells.retain(|c| !uncontended(c));
    assert_eq!(units::fetch_add_ns(&machine), None);
}

#[test]
fn published_machines_have_a_fetch_add_and_no_transfer() {
    let published: Vec<&Machine> =
        committed().0.iter().filter(|m| m.origin != miscount::results::Origin::Measured).collect();
    assert!(!published.is_empty());
    for machine in published {
        let has = machine.cells.iter().any(|c| c.key.subject == "fetch_add" && c.key.threads == 1);
        assert_eq!(units::fetch_add_ns(machine).is_some(), has, "{}", machine.card.id);
        assert_eq!(units::line_transfer_ns(machine), None);
    }
}

#[test]
fn transfers_survive_the_disk_and_impossible_ones_are_refused() {
    let machine = machine(1, 2, MOST_PAIRS);
    let dir = tempfile::tempdir().unwrap();
    let read = read_machine(&put(dir.path(), &machine)).unwrap();
    assert_eq!(read.cells.len(), machine.cells.len());
    assert!(read.cells.iter().zip(&machine.cells).all(|(read, cell)| read.figures.transfer == cell.figures.transfer));
    let cell = machine.cells.iter().find(|cell| cell.figures.transfer.is_some()).unwrap();
    assert_eq!(cell.fault(), None);
    for (cpus, pairs, of) in [([1, 1], 1, 1), ([2, 1], 1, 1), ([0, 1], 3, 2)] {
        let bad = cell.clone().with(|c| c.figures.transfer = Some(Transfer { cpus, pairs, of }));
        assert!(bad.fault().is_some_and(|fault| fault.contains("CPU")), "{cpus:?} {pairs} of {of}");
    }
}
