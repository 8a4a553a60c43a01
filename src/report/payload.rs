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
use serde_json::{Value, json};

use super::columns::{Packer, Patterns, block};
use super::python::view::view as python;
use super::{race, scaling};
use crate::claims::claims;
use crate::python::record::Record;
use crate::results::mismatch::differences;
use crate::results::{Machine, Origin};
use crate::units;
use details::DETAILS;
use machine::{RowNames, machine};

/// The differences that make comparisons of two machines unfair.
#[derive(Serialize)]
struct Pairs {
    texts: Vec<String>,
    /// Places in `texts` for each pair of machines, the first with those after it, then the second.
    pairs: Vec<Vec<usize>>,
}

pub(super) fn payload(machines: &[Machine], criterion: Option<&str>) -> Value {
    let mut rows = RowNames::default();
    let mut patterns = Patterns::default();
    let heads: Vec<Value> = machines.iter().map(|m| head(m, &mut rows, &mut patterns)).collect();
    let places: BTreeMap<&str, usize> = DETAILS.iter().enumerate().map(|(place, detail)| (detail.id, place)).collect();
    let claims = machines.first().map_or(Vec::new(), claims);
    json!({
        // The way to Criterion's own pages.
        "criterion": criterion,
        // Names of the figures in a cell's detail, in their order, and their places by id.
        "details": DETAILS.iter().map(|detail| detail.name).collect::<Vec<_>>(),
        "places": places,
        "scaling_columns": scaling::COLUMNS,
        // Each claim and how it is checked, in the order in which machines have them.
        "claims": claims.iter().map(|c| (c.text, c.check)).collect::<Vec<_>>(),
        "rows": rows.all,
        "machines": heads,
        "race": race::view(),
        // The patterns of all machines' columns, as a block.
        "patterns": patterns.block(),
        // [`Pairs`], as a block.
        "pairs": block(&pairs(machines)),
        // What some views show of each machine beside its cells, as one block: machines say much alike.
        "beside": block(&machines.iter().map(beside).collect::<Vec<_>>()),
    })
}

/// The facts of a machine that are known before its block is opened.
fn head<'m>(m: &'m Machine, rows: &mut RowNames<'m>, patterns: &mut Patterns) -> Value {
    let published = m.origin != Origin::Measured;
    let mut packer = Packer::new(patterns);
    let block = block(&machine(m, rows, &mut packer));
    json!({
        "id": m.card.id,
        "title": format!("{}{}", m.card.id, if published { " (published by others)" } else { "" }),
        "cpu": m.card.cpu,
        "published": published,
        "usable": m.card.usable_cpus,
        // Its own uncontended `fetch_add` and transfer of a cache line, in ns.
        "fetch_add_ns": units::fetch_add_ns(m),
        "line_transfer_ns": units::line_transfer_ns(m),
        // Whether it has interpreters to show, and counters that lose.
        "python": Record::of(m).is_some(),
        "race": race::beside(m).is_some(),
        // All other facts of the machine, as a block, and the contents of its columns, as one of bytes.
        "block": block,
        "columns": packer.block(),
    })
}

fn beside(m: &Machine) -> Value {
    json!({"python": python(m), "race": race::beside(m)})
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
        let head = |machine: &Machine| super::head(machine, &mut RowNames::default(), &mut Patterns::default());
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
        let found = payload(&machines, None);
        for (place, detail) in DETAILS.iter().enumerate() {
            assert_eq!((&found["details"][place], &found["places"][detail.id]), (&json!(detail.name), &json!(place)));
        }
        assert_eq!((found["rows"].as_array().unwrap().len(), found["machines"].as_array().unwrap().len()), (1, 2));
        assert_eq!(found["claims"][0][0], claims(&machines[0])[0].text);
        assert_eq!(payload(&[], None)["claims"], json!([]));
        assert_eq!(beside(&machines[0]), json!({"python": null, "race": null}));
    }
}
