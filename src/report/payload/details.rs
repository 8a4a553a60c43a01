//! The list of figures that the page shows of one cell. One more entry here shows one more figure of the record.

use crate::figure;
use crate::rank::resolution::is_below;
use crate::report::distances::brief;
use crate::report::matrix;
use crate::results::{Cell, Interval};
use crate::round::ns_per_kept;
use Packed::{Like, Numbers, Whole};

/// One figure of a cell.
pub(super) struct Detail {
    /// Its name in the page's scripts.
    pub(super) id: &'static str,
    /// What people read.
    pub(super) name: &'static str,
    pub(super) packed: Packed,
    /// The figure as text, given the resolution in ns; `None` where it was not measured.
    pub(super) text: fn(&Cell, f64) -> Option<String>,
}

/// How a figure's column is packed.
pub(super) enum Packed {
    /// As texts that repeat as a whole.
    Whole,
    /// As texts with numbers in them.
    Numbers,
    /// The same, where the numbers are often those of the earlier figure with this id.
    Like(&'static str),
}

impl Detail {
    /// The figure whose numbers it often has.
    pub(super) fn like(&self) -> Option<&'static str> {
        match self.packed {
            Packed::Like(other) => Some(other),
            Packed::Whole | Packed::Numbers => None,
        }
    }
}

const fn detail(
    id: &'static str,
    name: &'static str,
    packed: Packed,
    text: fn(&Cell, f64) -> Option<String>,
) -> Detail {
    Detail { id, name, packed, text }
}

/// The place of the figure with this id.
pub(super) fn place(id: &str) -> usize {
    DETAILS.iter().position(|detail| detail.id == id).expect("an id of the list")
}

/// All figures, in the order in which the page lists them.
pub(super) const DETAILS: &[Detail] = &[
    detail("gross", "ns/op per thread, gross", Numbers, |c, _| {
        c.figures.ns_per_op_per_thread.map(|i| unit(figure::interval(i, figure::ns)))
    }),
    detail("net", "net cost, ns/op per thread", Numbers, |c, resolution| {
        c.figures.net_ns_per_op.map(|i| net(i, resolution))
    }),
    detail("per_kept", "ns per kept update, gross", Like("gross"), per_kept),
    detail("throughput", "throughput", Numbers, |c, _| c.figures.throughput.map(figure::per_second)),
    detail("goodput", "goodput", Like("throughput"), |c, _| c.figures.goodput.map(figure::per_second)),
    detail("attempted", "attempted", Numbers, |c, _| c.figures.attempted.map(figure::count)),
    detail("kept", "kept", Like("attempted"), |c, _| c.figures.kept.map(figure::count)),
    detail("lost", "lost", Numbers, |c, _| c.figures.lost.map(figure::count)),
    detail("loss", "loss rate", Numbers, loss),
    detail("overlap", "overlap", Numbers, |c, _| {
        c.figures.overlap.map(|o| format!("{} in the worst round", figure::plain(o.min)))
    }),
    detail("jain", "fairness (Jain)", Numbers, |c, _| c.figures.jain.map(figure::plain)),
    detail("rounds", "rounds", Numbers, rounds),
    detail("verdict", "verdict", Whole, verdict),
    detail("think", "think time", Numbers, |c, _| c.figures.achieved_think_ns.map(|x| unit(figure::ns(x)))),
    detail("cpu", "CPU time per op, all threads", Numbers, |c, _| c.figures.cpu_ns_per_op.map(|x| unit(figure::ns(x)))),
    detail("cpus", "CPUs seen", Whole, cpus),
    detail("run", "run", Whole, |c, _| Some(c.facts.run.clone())),
    detail("recorded", "recorded", Numbers, |c, _| Some(minute(&c.facts.recorded))),
    detail("anomalies", "anomalies", Numbers, |c, _| {
        c.figures.anomalies.as_ref().map(|a| format!("{} {} of {}", figure::count(a.seen), a.kind, figure::count(a.of)))
    }),
    detail("near", "near CPUs", Numbers, |c, r| c.figures.distances.first().map(|d| brief(c.facts.grade, d, r))),
    detail("far", "distant CPUs", Numbers, |c, r| c.figures.distances.last().map(|d| brief(c.facts.grade, d, r))),
    detail("noise", "noise", Whole, noise),
];

fn unit(text: String) -> String {
    format!("{text} ns")
}

/// A net cost with its interval, unless all of it is below the resolution.
fn net(i: Interval, resolution: f64) -> String {
    let one = |x| figure::net(x, resolution);
    if [i.low, i.median, i.high].iter().all(|x| is_below(*x, resolution)) {
        return format!("{} ns, its whole interval", one(i.median));
    }
    unit(figure::interval(i, one))
}

fn per_kept(c: &Cell, _: f64) -> Option<String> {
    let (gross, loss) = (c.figures.ns_per_op_per_thread?, c.figures.loss_rate?);
    Some(unit(figure::ns(ns_per_kept(gross.median, loss.pooled))))
}

fn loss(c: &Cell, _: f64) -> Option<String> {
    let loss = c.figures.loss_rate?;
    let [pooled, median, min, max] = [loss.pooled, loss.median, loss.min, loss.max].map(figure::percent);
    Some(format!("{pooled} in all; rounds: median {median}, {min} to {max}"))
}

fn rounds(c: &Cell, _: f64) -> Option<String> {
    let text = match (c.figures.rounds_kept?, c.figures.rounds_tried) {
        (kept, Some(tried)) => format!("{kept} kept of {tried} tried"),
        (kept, None) => format!("{kept} kept"),
    };
    let quick = if c.facts.quick { "; taken with --quick: poor for loss" } else { "" };
    Some(format!("{text}{quick}"))
}

fn verdict(c: &Cell, _: f64) -> Option<String> {
    Some(match c.facts.verdict.id() {
        "valid" => "valid".to_owned(),
        id => format!("{id}: {}", matrix::explain(c.facts.verdict)),
    })
}

fn cpus(c: &Cell, _: f64) -> Option<String> {
    let seen: Vec<String> = c.figures.cpus_seen.iter().map(usize::to_string).collect();
    (!seen.is_empty()).then(|| seen.join(", "))
}

/// The noise of a cell above the limits.
fn noise(c: &Cell, _: f64) -> Option<String> {
    c.figures.noise?;
    let found: Vec<String> =
        c.too_noisy().into_iter().map(|(kind, share)| format!("{kind} {}", figure::percent(share))).collect();
    Some(if found.is_empty() { "below the limits".into() } else { found.join(", ") })
}

/// An RFC 3339 time without its seconds, which no reader needs and which would take 60 kB.
fn minute(time: &str) -> String {
    match (time.get(..16), time.get(16..)) {
        (Some(start), Some(rest)) if rest.starts_with(':') => format!("{start}Z"),
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::hazard::Anomalies;
    use crate::results::{LossRate, Noise, Overlap};
    use crate::round::Verdict;
    use crate::samples;

    #[test]
    fn ids_are_unique_and_what_is_like_another_comes_after_it() {
        let ids: BTreeSet<&str> = DETAILS.iter().map(|detail| detail.id).collect();
        assert_eq!(ids.len(), DETAILS.len());
        for (n, detail) in DETAILS.iter().enumerate() {
            assert!(detail.like().is_none_or(|other| place(other) < n), "the page unpacks {} too early", detail.id);
        }
    }

    #[test]
    fn every_figure_that_a_script_asks_for_is_listed() {
        let scripts =
            [include_str!("../data.js"), include_str!("../charts.js"), include_str!("../compare.js")].concat();
        let words = |before: &str| -> BTreeSet<String> {
            let word = |text: &str| text.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default().to_owned();
            scripts.split(before).skip(1).map(word).collect()
        };
        let mut asked = &words("places.") | &words("this.place(\"");
        assert!(asked.contains("gross") && asked.contains("loss"), "{asked:?}");
        // Other things of that name are lists.
        asked.retain(|word| !["map", "includes"].contains(&word.as_str()));
        // Picked by name in the view of one counter.
        asked.extend(["throughput", "goodput", "loss", "jain"].map(str::to_owned));
        let known = |id: &str| DETAILS.iter().any(|detail| detail.id == id);
        let unknown: Vec<&String> = asked.iter().filter(|id| !known(id)).collect();
        assert!(unknown.is_empty(), "no figure {unknown:?}");
    }

    fn cell() -> Cell {
        samples::cell("counters", "load_store", 2, "saturated").with(|c| {
            (c.facts.run, c.facts.recorded) = ("r1".into(), "2026-01-02T03:04:05Z".into());
        })
    }

    /// The details of a cell that has them, by name.
    fn shown(cell: &Cell, resolution: f64) -> Vec<(&'static str, String)> {
        DETAILS.iter().filter_map(|detail| Some((detail.name, (detail.text)(cell, resolution)?))).collect()
    }

    #[test]
    fn every_figure_is_written_under_its_name() {
        let full = cell().with(|c| {
            c.facts.verdict = Verdict::Preempted;
            c.figures.ns_per_op_per_thread = Some(Interval { low: 9.0, median: 10.0, high: 11.0 });
            c.figures.net_ns_per_op = Some(Interval { low: 8.5, median: 9.5, high: 10.5 });
            c.figures.throughput = Some(2e8);
            c.figures.goodput = Some(1.5e8);
            c.figures.attempted = Some(4000);
            c.figures.kept = Some(3000);
            c.figures.lost = Some(1000);
            c.figures.loss_rate = Some(LossRate { min: 0.1, median: 0.2, max: 0.3, pooled: 0.25 });
            c.figures.overlap = Some(Overlap { median: 0.99, min: 0.95 });
            c.figures.jain = Some(0.875);
            c.figures.rounds_kept = Some(10);
            c.figures.rounds_tried = Some(11);
            c.facts.quick = true;
            c.figures.sample_ms = Some(40.0);
            c.figures.achieved_think_ns = Some(101.0);
            c.figures.cpu_ns_per_op = Some(10.5);
            c.figures.cpus_seen = vec![0, 12];
            c.figures.anomalies = Some(Anomalies { kind: "torn".into(), seen: 1234, of: 5000 });
            c.figures.noise = Some(Noise { steal: Some(0.5), drift: Some(0.25), ..Noise::default() });
        });
        let expected = [
            ("ns/op per thread, gross", "10.0 (9.00 to 11.0) ns"),
            ("net cost, ns/op per thread", "9.5 (8.5 to 10.5) ns"),
            ("ns per kept update, gross", "13.3 ns"),
            ("throughput", "200 M/s"),
            ("goodput", "150 M/s"),
            ("attempted", "4,000"),
            ("kept", "3,000"),
            ("lost", "1,000"),
            ("loss rate", "25.0 % in all; rounds: median 20.0 %, 10.0 % to 30.0 %"),
            ("overlap", "0.95 in the worst round"),
            ("fairness (Jain)", "0.88"),
            ("rounds", "10 kept of 11 tried; taken with --quick: poor for loss"),
            ("verdict", "preempted: a thread waited for a CPU"),
            ("think time", "101 ns"),
            ("CPU time per op, all threads", "10.5 ns"),
            ("CPUs seen", "0, 12"),
            ("run", "r1"),
            ("recorded", "2026-01-02T03:04Z"),
            ("anomalies", "1,234 torn of 5,000"),
            ("noise", "steal 50.0 %, drift 25.0 %"),
        ];
        assert_eq!(shown(&full, 0.3), expected.map(|(name, text)| (name, text.to_owned())));
    }

    #[test]
    fn what_was_not_measured_is_not_written() {
        let names = |cell: &Cell| shown(cell, 0.3).iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(names(&cell()), ["verdict", "run", "recorded"]);
        let kept = cell().with(|c| c.figures.rounds_kept = Some(3));
        assert!(shown(&kept, 0.3).contains(&("rounds", "3 kept".into())));
        let quiet = cell().with(|c| c.figures.noise = Some(Noise { steal: Some(0.0), ..Noise::default() }));
        assert!(shown(&quiet, 0.3).contains(&("noise", "below the limits".into())));
    }

    #[test]
    fn an_interval_below_the_resolution_is_no_figure() {
        let i = |low, median, high| net(Interval { low, median, high }, 3.0);
        assert_eq!(i(-2.9, 1.0, 2.9), "< 3 ns, its whole interval");
        assert_eq!(i(-2.9, 1.0, 3.0), "< 3 (< 3 to 3) ns");
        assert_eq!(i(-3.0, 1.0, 2.9), "< 3 (-3 to < 3) ns");
    }

    #[test]
    fn a_time_is_shown_without_its_seconds() {
        let times = [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.678Z",
            "2026",
            "",
            "é".repeat(20).as_str(),
            "2026-01-02T03:04Z",
        ]
        .map(minute);
        let expected = ["2026-01-02T03:04Z", "2026-01-02T03:04Z", "2026", "", &"é".repeat(20), "2026-01-02T03:04Z"]
            .map(str::to_owned);
        assert_eq!(times, expected);
    }

    #[test]
    fn a_figure_is_found_by_its_id() {
        assert_eq!(["gross", "net", "noise"].map(place), [0, 1, DETAILS.len() - 1]);
    }
}
