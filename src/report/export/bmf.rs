//! Bencher Metric Format: <https://bencher.dev/docs/reference/bencher-metric-format>.

use serde_json::{Map, Value, json};

use super::{name, watched};
use crate::results::{Interval, Machine};

/// A value and, where they are known, its bounds.
fn metric(value: f64, bounds: Option<(f64, f64)>) -> Value {
    match bounds {
        Some((lower, upper)) => json!({"value": value, "lower_value": lower, "upper_value": upper}),
        None => json!({"value": value}),
    }
}

fn of(i: Interval) -> Value {
    metric(i.median, Some((i.low, i.high)))
}

pub(super) fn text(machines: &[&Machine]) -> String {
    let mut all = Map::new();
    for (machine, cell) in watched(machines) {
        // `latency` and `throughput` are built in; the others are made when they are first sent.
        let measures = [
            ("latency", cell.figures.ns_per_op_per_thread.map(of)),
            ("net-latency", cell.figures.net_ns_per_op.map(of)),
            ("throughput", cell.figures.throughput.map(|x| metric(x, None))),
            ("goodput", cell.figures.goodput.map(|x| metric(x, None))),
            ("loss-rate", cell.figures.loss_rate.map(|l| metric(l.pooled, Some((l.min, l.max))))),
        ];
        let measures: Map<String, Value> =
            measures.into_iter().filter_map(|(measure, metric)| Some((measure.to_owned(), metric?))).collect();
        if !measures.is_empty() {
            all.insert(name(machine, cell), measures.into());
        }
    }
    super::json(&all.into())
}
