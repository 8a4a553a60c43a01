//! The figures of a machine's cells as columns of texts.

use rayon::prelude::*;
use serde::Serialize;

use super::details::{DETAILS, Packed, place};
use crate::figure;
use crate::parallel;
use crate::report::columns::{Column, Packer, Split};
use crate::report::matrix::{self, Cost, Entry, Mark, View};
use crate::results::Interval;

/// Significant digits of gross costs that are divided.
const DIGITS: i32 = 4;

/// All cells of a machine, in the order of its views, their rows and columns.
#[derive(Serialize)]
pub(super) struct Cells {
    details: Vec<Column>,
    /// For each detail the one it is like; the page needs it to unpack.
    like: Vec<Option<usize>>,
    cost: Column,
    verdict: Column,
    letter: Column,
    quick: Column,
    noisy: Column,
    mark: Column,
    shade: Column,
    anomalies: Column,
    /// The cost as the matrix shows it; like the net cost.
    text: Column,
    /// The loss as the matrix shows it; like the loss rate.
    loss: Column,
    /// Gross cost for dividing, only without think time; like the gross cost. A net cost is divided as it is written.
    gross: Column,
}

impl Cells {
    pub(super) fn of(views: &[View<'_>], packer: &mut Packer<'_>) -> Cells {
        // Views list their entries in the order of rows and columns.
        let entries: Vec<(&Entry<'_>, f64)> = views
            .iter()
            .flat_map(|view| view.sections.iter().flat_map(|s| &s.rows).map(move |row| (view, row)))
            .flat_map(|(view, row)| row.entries.iter().zip(&view.columns))
            .filter_map(|(entry, column)| Some((entry.as_ref()?, column.resolution)))
            .collect();
        let gross = |entry: &Entry<'_>| {
            let saturated = matrix::think(&entry.cell.key.level).is_some_and(|think| think.is_zero());
            entry.cell.figures.ns_per_op_per_thread.filter(|_| saturated).map(exact)
        };
        // A column is written and taken apart on its own: all at once.
        let texts = DETAILS.par_iter().map(|detail| {
            let texts = entries.iter().map(|(entry, resolution)| (detail.text)(entry.cell, *resolution));
            match detail.packed {
                Packed::Whole => Texts::Whole(texts.collect()),
                Packed::Numbers | Packed::Like(_) => Texts::Split(Split::of(texts)),
            }
        });
        let texts: Vec<Texts> = parallel::on_all_cpus(|| texts.collect());
        let of = |id: &str| match &texts[place(id)] {
            Texts::Split(split) => Some(split),
            Texts::Whole(_) => None,
        };
        let packed = DETAILS.iter().zip(&texts).map(|(detail, texts)| match texts {
            Texts::Whole(texts) => packer.whole(texts.iter().cloned()),
            Texts::Split(texts) => packer.split(texts, detail.like().and_then(of)),
        });
        let details = packed.collect();
        let mut whole = |of: &dyn Fn(&Entry<'_>) -> Option<String>| packer.whole(entries.iter().map(|(e, _)| of(e)));
        let each = |of: &dyn Fn(&Entry<'_>) -> Option<String>| Split::of(entries.iter().map(|(e, _)| of(e)));
        Cells {
            details,
            like: DETAILS.iter().map(|detail| detail.like().map(place)).collect(),
            cost: whole(&|e| Some(cost(e.cost).into())),
            verdict: whole(&|e| Some(e.cell.facts.verdict.id().into())),
            letter: whole(&|e| matrix::letter(e.cell.facts.verdict).map(String::from)),
            quick: whole(&|e| e.cell.facts.quick.then(|| "quick".into())),
            noisy: whole(&|e| e.cell.is_noisy().then(|| matrix::NOISY.to_string())),
            mark: whole(&|e| e.mark.map(|mark| Mark::text(mark).into())),
            shade: packer.split(&each(&|e| e.shade.map(|x| format!("{x:.2}"))), None),
            anomalies: packer.split(&each(&|e| e.anomalies.clone()), None),
            text: packer.split(&each(&|e| Some(e.text.clone())), of("net")),
            loss: packer.split(&each(&|e| e.loss.clone()), of("loss")),
            gross: packer.split(&each(&gross), of("gross")),
        }
    }
}

/// The texts of a detail, as they are packed.
enum Texts {
    Whole(Vec<Option<String>>),
    Split(Split),
}

fn cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Net => "net",
        Cost::Below => "below",
        Cost::Gross => "gross",
        Cost::Absent => "absent",
    }
}

/// An interval for dividing: the middle to [`DIGITS`] significant digits at least, the ends as written.
fn exact(i: Interval) -> String {
    format!("{} ({} to {})", digits(i.median), figure::ns(i.low), figure::ns(i.high))
}

/// A number to [`DIGITS`] significant digits, whole digits kept.
fn digits(x: f64) -> String {
    let whole = if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 };
    format!("{x:.*}", (DIGITS - 1 - whole).clamp(0, 12) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_divided_keeps_four_digits() {
        let shown = [0.0, 0.012_345_6, 1.23456, 98.766, 123_456.7, -0.5].map(digits);
        assert_eq!(shown, ["0.000", "0.01235", "1.235", "98.77", "123457", "-0.5000"]);
        assert_eq!(exact(Interval { low: 1.0, median: 1.23456, high: 2.0 }), "1.235 (1.00 to 2.00)");
    }

    #[test]
    fn every_cost_has_an_id() {
        assert_eq!([Cost::Net, Cost::Below, Cost::Gross, Cost::Absent].map(cost), ["net", "below", "gross", "absent"]);
    }
}
