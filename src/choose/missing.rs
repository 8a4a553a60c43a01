//! The message when a load was not measured: what was, and what would give an answer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Error;
use super::error::{level, typed};
use super::question::{LookUp, time};
use super::ranking::{Candidate, of_bench};
use crate::results::{Machine, Origin};
use crate::round::nanos;
use crate::workload::{LEVELS, Load, levels_of};

/// What would give an answer; for a machine of this suite, a command to run there.
pub(super) fn run(machine: &Machine, command: &str) -> String {
    match machine.origin {
        Origin::Measured => format!("run `{command}` there"),
        Origin::Published { .. } => {
            "it was published by others, so nothing can be added: ask a machine that this suite measured".into()
        }
    }
}

/// The error that names the measured loads and a command.
pub(super) fn not_measured(machine: &Machine, load: Load, threads: usize, candidates: &[Candidate<'_>]) -> Error {
    let bench = load.bench();
    let missing = |what: String, levels: &[String]| Error::NotMeasured {
        machine: machine.card.id.clone(),
        what,
        todo: match levels {
            [] => "no level of the bench would answer it: ask for one of these".into(),
            ids => run(
                machine,
                &format!("MISCOUNT_LEVELS={} MISCOUNT_THREADS={threads} cargo bench --bench {bench}", ids.join(",")),
            ),
        },
    };
    let mut measured: Vec<f64> = candidates.iter().flat_map(|r| r.cells.iter().map(|(at, _)| *at)).collect();
    measured.sort_by(f64::total_cmp);
    measured.dedup_by(|b, a| (*b - *a).abs() <= 0.01 * a.abs());
    let listed = |all: &[f64]| all.iter().map(|at| load.axis().text(*at)).collect::<Vec<_>>().join(", ");
    match load {
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
            let what = format!(
                "{} is neither measured at {threads} threads nor between two measured pairs of the same sum {} ({}){nearest}",
                load.words(),
                time(nanos(critical + parallel)),
                ids.join(", ")
            );
            missing(what, &would_answer(load))
        }
        Load::Mix { .. } => {
            let what = match measured.is_empty() {
                true => format!("{} is not measured at {threads} threads with that think time", load.words()),
                false => format!(
                    "{} is neither measured at {threads} threads nor between measured shares ({})",
                    load.words(),
                    listed(&measured)
                ),
            };
            missing(what, &would_answer(load))
        }
        _ => {
            let ns = load.wanted();
            let zero = if ns > 0.0 && measured.first() == Some(&0.0) && measured.iter().all(|p| *p == 0.0 || *p > ns) {
                "; between none and the least nothing says how the cost falls"
            } else {
                ""
            };
            let what = format!(
                "{} is neither measured at {threads} threads nor between measured ones ({}){zero}",
                load.words(),
                listed(&measured)
            );
            let think = load.outside();
            let below = levels_of(bench).rfind(|l| !l.load.outside().is_zero() && l.load.outside() <= think);
            let above = levels_of(bench).find(|l| l.load.outside() >= think);
            let mut ids: Vec<String> = match (below, above) {
                _ if ns == 0.0 => vec![LEVELS[0].id.into()],
                (Some(below), Some(above)) => vec![below.id.into(), above.id.into()],
                _ => Vec::new(),
            };
            ids.dedup();
            missing(what, &ids)
        }
    }
}

/// The bench's levels that give the load: one, or the two around it.
fn would_answer(load: Load) -> Vec<String> {
    let wanted = load.wanted();
    let measured = LEVELS.iter().filter_map(|level| match (load, level.load) {
        (Load::Work { critical: c, parallel: p }, Load::Work { critical, parallel }) => {
            (c + p == critical + parallel).then_some((nanos(critical), level.id))
        }
        (Load::Mix { think: asked, .. }, Load::Mix { share, think }) => (asked == think).then_some((share, level.id)),
        _ => None,
    });
    let measured: Vec<(f64, &str)> = measured.collect();
    let below = measured.iter().filter(|(at, _)| *at <= wanted).max_by(|a, b| a.0.total_cmp(&b.0));
    let above = measured.iter().filter(|(at, _)| *at >= wanted).min_by(|a, b| a.0.total_cmp(&b.0));
    let mut ids: Vec<String> = match (below, above) {
        (Some(below), Some(above)) => vec![below.1.into(), above.1.into()],
        _ => Vec::new(),
    };
    ids.dedup();
    ids
}
