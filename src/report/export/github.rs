//! github-action-benchmark, its custom tools: <https://github.com/benchmark-action/github-action-benchmark>.

use serde_json::{Value, json};

use super::{name, watched};
use crate::figure;
use crate::results::{Cell, Machine};

/// The text of a point in the chart.
fn extra(cell: &Cell) -> String {
    let loss = cell.figures.loss_rate.map(|l| format!("lost {}", figure::percent(l.pooled)));
    let rounds = cell.figures.rounds_kept.map(|n| format!("{n} rounds"));
    let quick = cell.facts.quick.then(|| "taken with --quick".to_owned());
    let run = Some(format!("run {}", cell.facts.run));
    let all = [Some(cell.facts.verdict.id().to_owned()), loss, rounds, quick, run];
    all.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// `customSmallerIsBetter`: ns/op per thread.
pub(super) fn smaller(machines: &[&Machine]) -> String {
    let all = watched(machines).filter_map(|(machine, cell)| {
        let i = cell.figures.ns_per_op_per_thread?;
        Some(json!({
            "name": name(machine, cell),
            "unit": "ns/op per thread",
            "value": i.median,
            "range": format!("{} to {}", i.low, i.high),
            "extra": extra(cell),
        }))
    });
    super::json(&Value::Array(all.collect()))
}

/// `customBiggerIsBetter`: goodput, increments kept per second.
pub(super) fn bigger(machines: &[&Machine]) -> String {
    let all = watched(machines).filter_map(|(machine, cell)| {
        Some(json!({
            "name": name(machine, cell),
            "unit": "kept updates/s",
            "value": cell.figures.goodput?,
            "extra": extra(cell),
        }))
    });
    super::json(&Value::Array(all.collect()))
}
