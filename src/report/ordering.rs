//! Tables of the bench `ordering`: the cost of each memory order, and the outcomes that it allows by the memory model,
//! on an x86, here, and in loom's model.

use super::matrix::letter;
use super::sheet::{Sheet, by_subject};
use crate::figure::{count, net, ns, percent};
use crate::ordering::{self, Kind, Test, Variant};
use crate::rank::resolution;
use crate::results::{Cell, Machine, Outcomes};
use crate::round::share;

/// At most this many outcomes are named one by one; of more outcomes, those that are not weak are summed up.
const NAMED: usize = 4;

/// The outcomes with their counts; of many outcomes only the weak ones, then the sum of the others.
pub(crate) fn list(outcomes: &Outcomes) -> String {
    let is_named = |weak: bool, allowed: bool| outcomes.list.len() <= NAMED || weak || !allowed;
    let (named, others): (Vec<_>, Vec<_>) = outcomes.list.iter().partition(|one| is_named(one.weak, one.allowed));
    let mut texts: Vec<String> = named
        .into_iter()
        .map(|one| match (one.allowed, one.count) {
            (true, 0) => format!("{} not seen", one.outcome),
            (true, seen) if one.weak => format!("{} {} weak", one.outcome, count(seen)),
            (true, seen) => format!("{} {}", one.outcome, count(seen)),
            (false, 0) => format!("{} forbidden", one.outcome),
            (false, seen) => format!("{} {} FORBIDDEN", one.outcome, count(seen)),
        })
        .collect();
    if !others.is_empty() {
        let seen = others.iter().filter(|one| one.count > 0).count();
        let all = others.iter().fold(0_u64, |all, one| all.saturating_add(one.count));
        texts.push(format!("{seen} of {} others {}", others.len(), count(all)));
    }
    texts.join("; ")
}

/// The number of instances in which threads are known to have met.
pub(crate) fn met(outcomes: &Outcomes) -> String {
    percent(share(outcomes.met, outcomes.of))
}

/// The tables: the tests in each variant, then a description of the tests. A test that needs more CPUs than the machine
/// has is named.
pub(super) fn sheets(cells: &[&Cell], machine: &Machine) -> Vec<Sheet> {
    let measured: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.figures.outcomes.is_some()).collect();
    if measured.is_empty() {
        return Vec::new();
    }
    let tests = ordering::tests();
    let place = |cell: &Cell| {
        let test = tests.iter().position(|test| test.id == cell.key.subject).unwrap_or(tests.len());
        let variant = Variant::ALL.iter().position(|variant| variant.id() == cell.key.variant);
        (test, variant.unwrap_or(Variant::ALL.len()))
    };
    let mut sorted = measured.clone();
    sorted.sort_by_key(|cell| place(cell));
    let too_large: Vec<String> = tests
        .iter()
        .filter(|test| {
            test.threads() > machine.card.usable_cpus && sorted.iter().all(|cell| cell.key.subject != test.id)
        })
        .map(|test| format!("{} was not run: it takes {} CPUs.", test.id, test.threads()))
        .collect();
    let (rows, _) = by_subject(&sorted);
    let rows = rows.into_iter().map(|(name, cells)| row(name, cells[0], machine)).collect();
    vec![outcomes(rows, &too_large), programs(&tests)]
}

fn row(name: String, cell: &Cell, machine: &Machine) -> Vec<String> {
    let name = match letter(cell.facts.verdict) {
        Some(letter) => format!("{name} [{letter}]"),
        None => name,
    };
    let cost = cell.figures.ns_per_op_per_thread.map_or(String::new(), |i| ns(i.median));
    let resolution = resolution::of(machine, &cell.key.level, cell.key.threads);
    let above = cell.figures.net_ns_per_op.map_or(String::new(), |i| net(i.median, resolution));
    let mut fields = vec![name, cost, above];
    fields.extend(verdicts(cell));
    fields.extend(cell.figures.outcomes.as_ref().map_or([String::new(), String::new()], |all| [met(all), list(all)]));
    fields
}

/// The outcome that the test asks for: which one, and what the model, an x86, this machine and loom say of it. Empty for
/// a test that this version does not know.
pub(super) fn verdicts(cell: &Cell) -> [String; 5] {
    let test = ordering::tests().into_iter().find(|test| test.id == cell.key.subject);
    let variant = Variant::ALL.into_iter().find(|variant| variant.id() == cell.key.variant);
    let asked = test.and_then(|test| test.outcomes.iter().find(|outcome| outcome.registers == test.asked));
    let (Some(test), Some(variant), Some(asked)) = (test, variant, asked) else { return Default::default() };
    let seen = cell.figures.outcomes.as_ref().and_then(|all| all.list.iter().find(|one| one.outcome == asked.text()));
    let seen = match (seen, &cell.figures.outcomes) {
        (Some(one), Some(all)) if one.count > 0 => format!("seen, {}", percent(share(one.count, all.of))),
        _ => "not seen".to_owned(),
    };
    let loom = match test.loom_reaches(variant, asked) {
        None => "not modelled",
        Some(true) => "reached",
        Some(false) => "never",
    };
    let says = |can: bool, yes: &str, no: &str| if can { yes.to_owned() } else { no.to_owned() };
    [
        asked.text(),
        says(test.allows(variant, asked), "allowed", "forbidden"),
        says(test.possible_on_x86(variant, asked), "possible", "never"),
        seen,
        loom.to_owned(),
    ]
}

fn outcomes(rows: Vec<Vec<String>>, too_large: &[String]) -> Sheet {
    let note =
        "ns per instance and thread, gross, and net of empty batches. “Asked” is the outcome that the test looks for. \
                    The next columns say whether the memory model of Rust and C++ allows it, whether an x86 can show it, \
                    whether it was seen here, and whether loom reaches it (seqcst: with fences). “Met”: the share of \
                    instances in which threads are known to have met, a lower bound. Weak: no interleaving gives it."
            .to_owned();
    let note = [&[note], too_large].concat().join(" ");
    let heads = ["test", "ns/op", "net", "asked", "model", "x86", "here", "loom", "met", "all outcomes"];
    Sheet { title: "Memory order".into(), note, head: heads.map(str::to_owned).into(), rows }
}

pub(super) fn programs(tests: &[&Test]) -> Sheet {
    let row = |test: &&Test| {
        let weak = test.outcomes.iter().any(|one| one.registers == test.asked && one.kind == Kind::Weak);
        let takes = if weak { "a reordering" } else { "interleaving" };
        vec![test.id.into(), test.name.into(), test.program.join(" ‖ "), test.asked(), takes.into()]
    };
    Sheet {
        title: "Litmus tests".into(),
        note: "One thread's part, then the others'. All variables are 0 at the start. An outcome is the values of the registers r0, r1 ... at the end. \
               event: the reader waits for an event instead of looking at the flag."
            .into(),
        head: ["test", "name", "program", "asked", "which takes"].map(str::to_owned).into(),
        rows: tests.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheets;
    use crate::results::Outcome;
    use crate::round::Verdict;
    use crate::samples::{around, cell, costing, machine};
    use crate::workload::Placement;

    fn outcome(name: &str, count: u64, allowed: bool, weak: bool) -> Outcome {
        Outcome { outcome: name.into(), count, allowed, weak }
    }

    fn outcomes(list: Vec<Outcome>) -> Outcomes {
        Outcomes { of: list.iter().map(|one| one.count).sum(), met: 500, list }
    }

    #[test]
    fn every_outcome_of_a_few_is_named_and_of_many_the_weak_and_the_forbidden() {
        let mut all = vec![
            outcome("a", 1_234, true, false),
            outcome("b", 0, true, false),
            outcome("c", 7, true, true),
            outcome("d", 0, false, false),
        ];
        assert_eq!(list(&outcomes(all.clone())), "a 1,234; b not seen; c 7 weak; d forbidden");
        all[3].count = 2;
        all.extend([outcome("e", 0, true, true), outcome("f", 1_000, true, false)]);
        assert_eq!(list(&outcomes(all)), "c 7 weak; d 2 FORBIDDEN; e not seen; 2 of 3 others 2,234");
        assert_eq!(met(&outcomes(vec![outcome("a", 2_000, true, false)])), "25.0 %");
    }

    #[test]
    fn a_litmus_test_has_a_row_for_each_variant() {
        let tests = ordering::tests();
        let test = tests.iter().find(|test| test.id == "sb").expect("store buffering");
        let asked = test.outcomes.iter().find(|one| one.registers == test.asked).expect("what it asks for").text();
        let of = |variant: Variant, weak: u64| {
            let all = outcomes(vec![outcome(&asked, weak, true, true), outcome("other", 1_000 - weak, true, false)]);
            let cell = costing(50.0, cell(ordering::BENCH, "sb", 2, "litmus"));
            let net_ns_per_op = Some(around(20.0, 0.1));
            cell.with(|c| {
                c.key.variant = variant.id().into();
                c.figures.outcomes = Some(all);
                c.figures.net_ns_per_op = net_ns_per_op;
            })
        };
        let [first, second] = [Variant::ALL[0], Variant::ALL[1]];
        let mut machine = machine(vec![
            of(second, 0).with(|c| c.facts.verdict = Verdict::Preempted),
            of(first, 10),
            of(first, 10).with(|c| c.figures.outcomes = None),
        ]);
        let shown = |machine: &Machine| sheets::sheets(machine, ordering::BENCH, "litmus", Placement::Spread, |_| true);
        let [found, programs] = shown(&machine).try_into().expect("what came, and what the tests are");
        let names = [format!("sb {}", first.id()), format!("sb {} [p]", second.id())];
        assert_eq!(found.rows.iter().map(|row| &row[0]).collect::<Vec<_>>(), [&names[0], &names[1]]);
        assert_eq!(found.rows[0][1..4], ["50.0", "20", &asked]);
        assert_eq!([&found.rows[0][6], &found.rows[1][6]], ["seen, 1.0 %", "not seen"]);
        assert_eq!(found.rows[0][8..], ["50.0 %".to_owned(), format!("{asked} 10 weak; other 990")]);
        assert_eq!(programs.rows.len(), tests.len());
        // A test that this version does not know comes last, without a word on the model.
        machine.cells[0].key.subject = "zz".into();
        let found = shown(&machine).remove(0);
        assert!(
            found.rows[1][0].starts_with("zz ") && found.rows[1][3..8].iter().all(String::is_empty),
            "{:?}",
            found.rows
        );
        machine.cells.iter_mut().for_each(|cell| cell.figures.outcomes = None);
        assert!(shown(&machine).is_empty());
    }
}
