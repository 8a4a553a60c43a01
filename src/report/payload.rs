//! What the page's script is given: every figure already written as text, so that the rules of
//! rounding and ranking live in Rust alone, and plain numbers only where two machines are divided.
//!
//! One compressed block a machine, opened when it is first looked at: sixty machines are 36,000 cells.

mod cells;
mod details;
mod machine;
mod tables;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::claims::claims;
use super::columns::{Packer, Patterns, block};
use super::python::{self, Found, PythonView};
use super::race::{self, RaceView};
use super::scaling;
use super::sheet::Sheet;
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
    /// What the texts of all machines' columns look like, as a block.
    patterns: String,
    /// [`Pairs`], as a block.
    pairs: String,
    /// [`Beside`] of each machine, as one block: they say much alike.
    beside: String,
}

/// What some views show of a machine beside its cells.
#[derive(Serialize)]
struct Beside {
    python: Option<PythonView>,
    race: Option<Sheet>,
}

/// What is known of a machine before its block is opened.
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
    /// The machine with all that is known of it, as a block.
    block: String,
    /// What its columns hold, as a block of bytes.
    columns: String,
}

/// What makes comparisons of two machines unfair.
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
        python: Found::of(m).is_some(),
        race: race::beside(m).is_some(),
        line_transfer_ns: units::line_transfer_ns(m),
        block,
        columns: packer.block(),
    }
}

fn beside(m: &Machine) -> Beside {
    Beside { python: python::view(m), race: race::beside(m) }
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
