//! The message when a load was not measured: what was, and what would give an answer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Error;
use super::error::{level, typed};
use super::question::time;
use super::ranking::{Candidate, of_bench};
use crate::results::{Machine, Origin};
use crate::round::nanos;
use crate::workload::{Load, levels_of};

/// What would give an answer; for a machine of this suite, a command to run there with these variables.
pub(super) fn run(machine: &Machine, variables: &str, bench: &str) -> String {
    match machine.origin {
        Origin::Measured => format!("run `{variables} cargo bench --bench {bench}` there"),
        Origin::Published { .. } => {
            "it was published by others, so nothing can be added: ask a machine that this suite measured".into()
        }
    }
}

/// The error that names the measured loads and a command.
pub(super) fn not_measured(machine: &Machine, load: Load, threads: usize, candidates: &[Candidate<'_>]) -> Error {
    let mut measured: Vec<f64> = candidates.iter().flat_map(|r| r.cells.iter().map(|(at, _)| *at)).collect();
    measured.sort_by(f64::total_cmp);
    measured.dedup_by(|b, a| (*b - *a).abs() <= 0.01 * a.abs());
    let listed = measured.iter().map(|at| load.axis().text(*at)).collect::<Vec<_>>().join(", ");
    let between = match load {
        Load::Work { critical, parallel } => {
            let pairs: BTreeSet<(Duration, Duration)> = of_bench(machine, load)
                .filter(|c| c.key.threads == threads)
                .filter_map(|c| match Load::of(&c.key.level)? {
                    Load::Work { critical, parallel } => Some((critical, parallel)),
                    _ => None,
                })
                .collect();
            let off = |(c, p): &(Duration, Duration)| c.abs_diff(critical) + p.abs_diff(parallel);
            let nearest = pairs.iter().min_by_key(|pair| off(pair));
            let nearest = nearest.map_or(String::new(), |(c, p)| {
                format!("; the nearest is --critical {} --parallel {}", typed(*c), typed(*p))
            });
            let ids: Vec<String> = pairs.iter().map(|(c, p)| level(*c, *p)).collect();
            let sum = time(nanos(critical + parallel));
            format!("two measured pairs of the same sum {sum} ({}){nearest}", ids.join(", "))
        }
        Load::Mix { .. } => format!("measured shares ({listed})"),
        _ => {
            let ns = load.wanted();
            let zero = if ns > 0.0 && measured.first() == Some(&0.0) && measured.iter().all(|p| *p == 0.0 || *p > ns) {
                "; between none and the least nothing says how the cost falls"
            } else {
                ""
            };
            format!("measured ones ({listed}){zero}")
        }
    };
    let why = match load {
        Load::Mix { .. } if measured.is_empty() => format!("not measured at {threads} threads with that think time"),
        _ => format!("neither measured at {threads} threads nor between {between}"),
    };
    let todo = match &would_answer(load)[..] {
        [] => "no level of the bench would answer it: ask for one of these".into(),
        ids => {
            let variables = format!("MISCOUNT_LEVELS={} MISCOUNT_THREADS={threads}", ids.join(","));
            run(machine, &variables, load.bench())
        }
    };
    let what = format!("{} is {why}", load.words());
    Error::NotMeasured { machine: machine.card.id.clone(), what, todo }
}

/// The bench's levels that give the load: one, or the two around it.
fn would_answer(load: Load) -> Vec<&'static str> {
    let wanted = load.wanted();
    let measured = levels_of(load.bench()).filter_map(|level| match (load, level.load) {
        (Load::Think(wanted), Load::Think(think)) => {
            (wanted.is_zero() == think.is_zero()).then_some((nanos(think), level.id))
        }
        (Load::Work { critical: c, parallel: p }, Load::Work { critical, parallel }) => {
            (c + p == critical + parallel).then_some((nanos(critical), level.id))
        }
        (Load::Mix { think: asked, .. }, Load::Mix { share, think }) => (asked == think).then_some((share, level.id)),
        _ => None,
    });
    let measured: Vec<(f64, &str)> = measured.collect();
    let below = measured.iter().filter(|(at, _)| *at <= wanted).max_by(|a, b| a.0.total_cmp(&b.0));
    let above = measured.iter().filter(|(at, _)| *at >= wanted).min_by(|a, b| a.0.total_cmp(&b.0));
    let mut ids: Vec<&str> = below.zip(above).map_or(Vec::new(), |(below, above)| vec![below.1, above.1]);
    ids.dedup();
    ids
}
