//! The data of the page's script: figures as columns of numbers, everything else as text.
//!
//! Only Rust decides: what may be compared, what is cheapest, what is said. The script writes figures by the rules of
//! [`figure`](crate::figure), and divides one machine's cost by another's.
//! Each machine has one compressed block, opened when it is first shown: sixty machines are 36,000 cells.

mod cells;
mod details;
mod machine;
mod numbers;
mod others;

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ordering::programs;
use super::{race, scaling};
use crate::claims::claims;
use crate::figure;
use crate::machine::Card;
use crate::matrix::{View, explain, views};
use crate::noise::{DRIFT_ABOVE, OTHER_LOAD_ABOVE, STEAL_ABOVE, WAITED_ABOVE};
use crate::ordering;
use crate::parallel;
use crate::results::mismatch::differences;
use crate::results::published::core_to_core::Others;
use crate::results::{Machine, Origin};
use crate::round::Verdict;
use crate::units::locked_add::SOURCE;
use crate::workload::{LEVELS, Load, Watch, Yields};
use machine::{Parts, RowName, machine, row_names};

/// The differences that make comparisons of two machines unfair.
#[derive(Serialize)]
struct Pairs {
    texts: Vec<String>,
    /// Places in `texts` for each pair of machines, the first with those after it, then the second.
    pairs: Vec<Vec<usize>>,
}

/// The data of these machines; the one to open is that of the newest run made on the computer of `card`.
pub(super) fn payload(machines: &[Machine], others: &Others, card: Option<&Card>, criterion: Option<&str>) -> Value {
    let claims = machines.first().map_or(Vec::new(), claims);
    let views = machines.par_iter().map(|m| views(m, |_| true));
    let views: Vec<Vec<View<'_>>> = parallel::on_all_cpus(|| views.collect());
    let names = row_names(&views);
    let heads = machines.par_iter().zip(&views).map(|(m, views)| head(m, others, views, &names));
    let (heads, facts): (Vec<Value>, Vec<Value>) = parallel::on_all_cpus(|| heads.unzip());
    json!({
        // The way to Criterion's own pages.
        "criterion": criterion,
        "here": here(machines, card),
        // Ids, names and kinds of the figures of a cell.
        "details": details::list(),
        "levels": LEVELS.iter().map(|level| (level.id, words(level.load))).collect::<HashMap<_, _>>(),
        // Levels at which nothing but the operation takes time, so that gross costs may be divided.
        "bare": LEVELS.iter().filter(|level| is_bare(level.load)).map(|level| level.id).collect::<Vec<_>>(),
        // Shares above which a cell is noisy.
        "noise": [("steal", STEAL_ABOVE), ("waited", WAITED_ABOVE), ("other_load", OTHER_LOAD_ABOVE), ("drift", DRIFT_ABOVE)],
        "verdicts": Verdict::ALL.map(|verdict| (verdict.id(), explain(verdict))),
        // Name, label, family and grade of each row.
        "rows": block(&names),
        "scaling_columns": scaling::COLUMNS,
        // Each claim and how it is checked, in the order in which machines have them.
        "claims": claims.iter().map(|c| (c.text, c.check)).collect::<Vec<_>>(),
        "machines": heads,
        "facts": block(&by_name(&facts)),
        // Line transfers of others, as a block; absent without any.
        "others": others.machines().next().map(|_| block(&others::view(others))),
        // What a locked add costs, by family of CPUs, and where that comes from.
        "locked": {"rows": others::locked_adds(), "source": SOURCE},
        "race": race::view(),
        "programs": programs(&ordering::tests()),
        // [`Pairs`], as a block.
        "pairs": block(&pairs(machines)),
    })
}

fn is_bare(load: Load) -> bool {
    let yields = matches!(load, Load::Tasks { yields, .. } if yields != Yields::Never);
    load.inside().is_zero() && load.outside().is_zero() && load.switch_interval().is_none() && !yields
}

/// A load in a few words; empty where it does not vary.
fn words(load: Load) -> String {
    let time = |time: std::time::Duration| if time.is_zero() { "nothing".to_owned() } else { figure::duration(time) };
    match load {
        Load::Think(think) if think.is_zero() => "no think time".to_owned(),
        Load::Think(think) => format!("{} think time", figure::duration(think)),
        Load::Work { critical, parallel } => format!("{} inside, {} outside", time(critical), time(parallel)),
        Load::Mix { share, think } => {
            let think =
                if think.is_zero() { String::new() } else { format!(", {} think time", figure::duration(think)) };
            format!("{} % reads{think}", 100.0 * share)
        }
        Load::Switch(interval) => format!("switch interval {}", figure::duration(interval)),
        Load::Watched(Watch::Trace) => "threads under a line tracer".to_owned(),
        Load::Watched(Watch::Profile) => "threads under a profiler".to_owned(),
        Load::Tasks { each, yields } => {
            let tasks = if each == 1 { "one task a worker".to_owned() } else { format!("{each} tasks a worker") };
            let place = match yields {
                Yields::Never => "",
                Yields::Outside => ", which yield between operations",
                Yields::Inside => ", which yield inside",
            };
            tasks + place
        }
        Load::Litmus(_) | Load::Fixed => String::new(),
    }
}

/// The place of the machine to open: the newest run made on this computer, else the newest of a measured one.
fn here(machines: &[Machine], card: Option<&Card>) -> usize {
    let newest = |machine: &Machine| machine.runs.values().map(|run| run.started.clone()).max();
    let mine = |machine: &Machine| card.is_some_and(|card| card.is_of_same_computer(&machine.card));
    let measured = machines.iter().enumerate().filter(|(_, machine)| machine.origin == Origin::Measured);
    let best = measured.max_by_key(|(_, machine)| (mine(machine), newest(machine)));
    best.map_or(0, |(place, _)| place)
}

/// The facts of a machine that are known before its block is opened, and all others.
fn head(m: &Machine, others: &Others, views: &[View<'_>], names: &[RowName]) -> (Value, Value) {
    let Parts { facts, cells, numbers } = machine(m, others, views, names);
    let (block, numbers) = rayon::join(|| block(&cells), || compressed(&numbers));
    let head = json!({
        "id": m.card.id,
        "cpu": m.card.name(),
        "published": m.origin != Origin::Measured,
        "usable": m.card.usable_cpus,
        // Columns of its cells, and the bytes of the numbers in them.
        "block": block,
        "numbers": numbers,
    });
    (head, facts)
}

/// All other facts of the machines, one name after the other: what is alike lies near each other, and compresses well.
fn by_name(facts: &[Value]) -> Value {
    let names = facts.first().and_then(Value::as_object).into_iter().flat_map(Map::keys);
    Value::Object(names.map(|name| (name.clone(), facts.iter().map(|of| of[name].clone()).collect())).collect())
}

/// A value as JSON, compressed, in base64; the page opens it with `DecompressionStream("deflate-raw")`.
fn block(what: &impl Serialize) -> String {
    compressed(&serde_json::to_vec(what).expect("all keys are text"))
}

fn compressed(bytes: &[u8]) -> String {
    STANDARD.encode(miniz_oxide::deflate::compress_to_vec(bytes, 9))
}

fn pairs(machines: &[Machine]) -> Pairs {
    let mut all = Pairs { texts: Vec::new(), pairs: Vec::new() };
    let mut known = HashMap::new();
    for (n, a) in machines.iter().enumerate() {
        for b in &machines[n + 1..] {
            let mut place = |text: String| {
                let next = all.texts.len();
                *known.entry(text).or_insert_with_key(|text| {
                    all.texts.push(text.clone());
                    next
                })
            };
            let texts = differences(a, b).into_iter().map(|d| format!("{}: {} against {}", d.what, d.of[0], d.of[1]));
            let places = texts.map(&mut place).collect();
            all.pairs.push(places);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Run;
    use crate::samples::{cell, costing, machine, published};

    fn named(id: &str, usable: usize) -> Machine {
        let mut machine = machine(vec![costing(3.0, cell("counters", "fetch_add", 1, "saturated"))]);
        (machine.card.id, machine.card.usable_cpus, machine.card.cpu) = (id.into(), usable, "A CPU".into());
        machine
    }

    #[test]
    fn each_pair_of_machines_says_what_differs_each_text_once() {
        let found = pairs(&[named("a", 2), named("b", 4), named("c", 2), named("d", 4)]);
        assert_eq!(found.texts, ["usable CPUs: 2 against 4", "usable CPUs: 4 against 2"]);
        // a with b, c and d, then b with c and d, then c with d.
        assert_eq!(found.pairs, [vec![0], vec![], vec![0], vec![1], vec![], vec![0]]);
        let mut quick = named("e", 4);
        quick.cells[0].facts.quick = true;
        let found = pairs(&[named("a", 2), quick]);
        assert_eq!(found.texts, ["usable CPUs: 2 against 4", "rounds: all of full length against taken with --quick"]);
        assert_eq!(found.pairs, [[0, 1]]);
        assert!(pairs(&[named("a", 2)]).pairs.is_empty());
    }

    #[test]
    fn the_machine_to_open_is_this_computers_whatever_its_name() {
        let run = |started: &str| Run { started: started.into(), ..Run::default() };
        let of = |id: &str, cpu: &str, started: &str| {
            let mut machine = named(id, 2);
            machine.card.cpu = cpu.into();
            machine.runs.insert("r".into(), run(started));
            machine
        };
        let all = [
            published(named("a", 2)),
            of("b", "X", "2026-01-01"),
            of("z", "Y", "2026-01-02"),
            of("own-name", "X", "2026-01-03"),
            of("c", "Z", "2027"),
        ];
        assert_eq!(here(&all, Some(&all[1].card)), 3, "the newest of this computer");
        assert_eq!(here(&all, Some(&named("q", 2).card)), 4, "the newest of any");
        assert_eq!(here(&all, None), 4);
        assert_eq!(here(&all[..1], None), 0, "published ones only");
    }

    #[test]
    fn levels_are_words() {
        let of = |id: &str| words(Load::of(id).unwrap());
        let ids = ["saturated", "high", "c0_p1000", "c100_p900", "r90", "r90_moderate", "t1", "t4_inside", "fast_path"];
        let expected = [
            "no think time",
            "100 ns think time",
            "nothing inside, 1 µs outside",
            "100 ns inside, 900 ns outside",
            "90 % reads",
            "90 % reads, 1 µs think time",
            "one task a worker",
            "4 tasks a worker, which yield inside",
            "",
        ];
        assert_eq!(ids.map(of), expected);
    }
}
