//! The data of the page's script. Every figure is already text, so that only Rust has the rules of
//! rounding and ranking. There are plain numbers only where two machines are divided.
//!
//! Each machine has one compressed block, opened when it is first shown: sixty machines are 36,000 cells.

mod cells;
mod details;
mod machine;
mod tables;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::columns::{Packer, Patterns, block};
use super::python::view::{PythonView, view as python};
use super::race::{self, RaceView};
use super::scaling;
use super::sheet::Sheet;
use crate::claims::claims;
use crate::python::record::Record;
use crate::results::mismatch::differences;
use crate::results::{Machine, Origin};
use crate::units;
use details::DETAILS;
use machine::{RowName, RowNames, machine};

#[derive(Serialize)]
pub(super) struct Payload<'m> {
    /// Names of the figures in a cell's detail, in their order.
    details: Vec<&'static str>,
    /// Their places, by id.
    places: BTreeMap<&'static str, usize>,
    scaling_columns: [&'static str; 5],
    /// Each claim and how it is checked, in the order in which machines have them.
    claims: Vec<(&'static str, &'static str)>,
    rows: Vec<RowName<'m>>,
    machines: Vec<Head<'m>>,
    race: RaceView,
    /// The patterns of all machines' columns, as a block.
    patterns: String,
    /// [`Pairs`], as a block.
    pairs: String,
    /// [`Beside`] of each machine, as one block: they say much alike.
    beside: String,
}

/// Facts of a machine that some views show beside its cells.
#[derive(Serialize)]
struct Beside {
    python: Option<PythonView>,
    race: Option<Sheet>,
}

/// The facts of a machine that are known before its block is opened.
#[derive(Serialize)]
struct Head<'m> {
    id: &'m str,
    title: String,
    cpu: &'m str,
    published: bool,
    usable: usize,
    /// Its own uncontended `fetch_add`, in ns.
    fetch_add_ns: Option<f64>,
    /// Whether it has interpreters to show.
    python: bool,
    /// Whether it has counters that lose.
    race: bool,
    /// Its own transfer of a cache line, in ns.
    line_transfer_ns: Option<f64>,
    /// All other facts of the machine, as a block.
    block: String,
    /// The contents of its columns, as a block of bytes.
    columns: String,
}

/// The differences that make comparisons of two machines unfair.
#[derive(Serialize)]
struct Pairs {
    texts: Vec<String>,
    /// Places in `texts` for each pair of machines, the first with those after it, then the second.
    pairs: Vec<Vec<usize>>,
}

pub(super) fn payload(machines: &[Machine]) -> Payload<'_> {
    let mut rows = RowNames::default();
    let mut patterns = Patterns::default();
    let heads = machines.iter().map(|m| head(m, &mut rows, &mut patterns)).collect();
    Payload {
        details: DETAILS.iter().map(|detail| detail.name).collect(),
        places: DETAILS.iter().enumerate().map(|(place, detail)| (detail.id, place)).collect(),
        scaling_columns: scaling::COLUMNS,
        claims: machines.first().map_or(Vec::new(), |m| claims(m).iter().map(|c| (c.text, c.check)).collect()),
        rows: rows.all,
        machines: heads,
        race: race::view(),
        patterns: patterns.block(),
        pairs: block(&pairs(machines)),
        beside: block(&machines.iter().map(beside).collect::<Vec<Beside>>()),
    }
}

fn head<'m>(m: &'m Machine, rows: &mut RowNames<'m>, patterns: &mut Patterns) -> Head<'m> {
    let published = m.origin != Origin::Measured;
    let mut packer = Packer::new(patterns);
    let block = block(&machine(m, rows, &mut packer));
    Head {
        id: &m.card.id,
        title: if published { format!("{} (published by others)", m.card.id) } else { m.card.id.clone() },
        cpu: &m.card.cpu,
        published,
        usable: m.card.usable_cpus,
        fetch_add_ns: units::fetch_add_ns(m),
        python: Record::of(m).is_some(),
        race: race::beside(m).is_some(),
        line_transfer_ns: units::line_transfer_ns(m),
        block,
        columns: packer.block(),
    }
}

fn beside(m: &Machine) -> Beside {
    Beside { python: python(m), race: race::beside(m) }
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
    use serde_json::{Value, json};

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
    fn figures_of_others_are_called_so() {
        let head = |machine: &Machine| {
            serde_json::to_value(super::head(machine, &mut RowNames::default(), &mut Patterns::default())).unwrap()
        };
        let mut machine = named("a", 2);
        let own = head(&machine);
        let of = |head: &Value, names: &[&str]| names.iter().map(|name| head[name].clone()).collect::<Value>();
        let names = ["id", "title", "cpu", "published", "usable", "fetch_add_ns", "line_transfer_ns", "python", "race"];
        assert_eq!(of(&own, &names), json!(["a", "a", "A CPU", false, 2, 3.0, null, false, false]));
        machine = published(machine);
        assert_eq!(of(&head(&machine), &["title", "published"]), json!(["a (published by others)", true]));
    }

    #[test]
    fn the_page_is_told_where_each_figure_stands() {
        let machines = [named("a", 2), named("b", 2)];
        let found = serde_json::to_value(payload(&machines)).unwrap();
        for (place, detail) in DETAILS.iter().enumerate() {
            assert_eq!((&found["details"][place], &found["places"][detail.id]), (&json!(detail.name), &json!(place)));
        }
        assert_eq!((found["rows"].as_array().unwrap().len(), found["machines"].as_array().unwrap().len()), (1, 2));
        assert_eq!(found["claims"][0][0], claims(&machines[0])[0].text);
        assert_eq!(serde_json::to_value(payload(&[])).unwrap()["claims"], json!([]));
        assert!(beside(&machines[0]).python.is_none() && beside(&machines[0]).race.is_none());
    }
}
