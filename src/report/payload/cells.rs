//! The figures of a machine's cells as columns of numbers.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::details::{DETAILS, Shown};
use super::numbers::Bytes;
use crate::figure;
use crate::headline::doubt;
use crate::machine::Card;
use crate::matrix::{Cost, Entry, Mark, Part, Row, View};
use crate::parallel;

/// A cell, and where it stands.
struct Place<'v, 'm> {
    view: usize,
    part: Part,
    row: usize,
    column: usize,
    resolution: f64,
    entry: &'v Entry<'m>,
}

/// All cells of a machine as columns, each as long as there are cells, in the order of views, rows and thread counts; and
/// the numbers in them, as bytes. `name` gives a row's place among the names of rows.
pub(super) fn cells<'m>(views: &[View<'m>], card: &Card, name: impl Fn(&Row<'m>) -> usize) -> (Value, Vec<u8>) {
    let mut places = Vec::new();
    for (view, of) in views.iter().enumerate() {
        for (section, row) in of.sections.iter().flat_map(|s| s.rows.iter().map(move |row| (s, row))) {
            let name = name(row);
            for (column, entry) in row.entries.iter().enumerate() {
                let Some(entry) = entry else { continue };
                let resolution = of.columns[column].resolution;
                places.push(Place { view, part: section.part, row: name, column, resolution, entry });
            }
        }
    }
    let shown =
        DETAILS.par_iter().map(|detail| places.iter().map(|p| (detail.of)(p.entry.cell, p.resolution)).collect());
    let shown: Vec<Vec<Option<Shown>>> = parallel::on_all_cpus(|| shown.collect());
    let mut bytes = Bytes::default();
    let details = DETAILS.iter().zip(&shown).filter_map(|(detail, shown)| {
        let column = figures(shown, &mut bytes)?;
        Some((detail.id.to_owned(), column))
    });
    let details = Map::from_iter(details);
    let all = |of: fn(&Place) -> Value| places.iter().map(of).collect::<Value>();
    let columns = json!({
        "view": all(|p| p.view.into()),
        "row": all(|p| p.row.into()),
        "column": all(|p| p.column.into()),
        "part": all(|p| part(p.part).into()),
        "cost": all(|p| cost(p.entry.cost).into()),
        "verdict": all(|p| p.entry.cell.facts.verdict.id().into()),
        "mark": all(|p| p.entry.mark.map(Mark::text).into()),
        // What speaks against its figures.
        "doubt": words(&places.iter().map(|p| doubt(p.entry.cell, card.usable(p.entry.cell.key.placement)).map(Shown::Words)).collect::<Vec<_>>()),
        "quick": all(|p| u8::from(p.entry.cell.facts.quick).into()),
        "noisy": all(|p| u8::from(p.entry.cell.is_noisy()).into()),
        "details": details,
    });
    (columns, bytes.0)
}

/// The column of one figure: where its numbers begin, those of the middle, the lower and the upper end for intervals, or
/// words with their places. `None` where no cell has it.
fn figures(shown: &[Option<Shown>], bytes: &mut Bytes) -> Option<Value> {
    let each = |of: fn(&Shown) -> Option<f64>| shown.iter().map(|one| one.as_ref().and_then(of)).collect::<Vec<_>>();
    Some(match shown.iter().flatten().next()? {
        Shown::Words(_) => words(shown),
        Shown::Interval(_) | Shown::ExactInterval(_) => {
            let ends: [fn(&Shown) -> Option<f64>; 3] = [|i| end(i, 1), |i| end(i, 0), |i| end(i, 2)];
            let [middle, low, high] = ends.map(each);
            json!([bytes.column(&middle), bytes.column_near(&low, &middle), bytes.column_near(&high, &middle)])
        }
        Shown::Number(_) | Shown::Exact(_) => json!(bytes.column(&each(|shown| match shown {
            Shown::Number(x) => Some(figure::shown(*x)),
            Shown::Exact(x) => Some(*x),
            _ => None,
        }))),
    })
}

/// One end of an interval, or its middle, which is divided.
fn end(shown: &Shown, n: usize) -> Option<f64> {
    match shown {
        Shown::Interval(i) if n == 1 => Some(figure::divisible(i[n])),
        Shown::Interval(i) => Some(figure::shown(i[n])),
        Shown::ExactInterval(i) => Some(i[n]),
        _ => None,
    }
}

fn words(shown: &[Option<Shown>]) -> Value {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut words: Vec<&str> = Vec::new();
    let at = shown.iter().map(|shown| {
        let Some(Shown::Words(text)) = shown else { return Value::Null };
        let place = known.entry(text).or_insert_with(|| {
            words.push(text);
            words.len() - 1
        });
        (*place).into()
    });
    let at: Value = at.collect();
    json!({"words": words, "at": at})
}

fn part(part: Part) -> &'static str {
    match part {
        Part::Floor | Part::Unit => "floor",
        Part::Ranked => "ranked",
        Part::Wrong => "wrong",
        Part::Hazard => "hazard",
    }
}

fn cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Net => "net",
        Cost::Below => "below",
        Cost::Gross => "gross",
        Cost::Absent => "absent",
    }
}
