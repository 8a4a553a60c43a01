//! The list of figures that the page shows of one cell. One more entry here shows one more figure of the record.

use serde_json::{Value, json};

use crate::counter::Grade;
use crate::figure;
use crate::matrix;
use crate::python::agreement::Prediction;
use crate::rank::lost;
use crate::rank::waiting::Waiting;
use crate::report::{ordering, reads};
use crate::results::{Cell, Distance, Interval, Turns};
use crate::round::{ns_per_kept, per_second};
use crate::workload::Load;
use Kind::{Count, Net, Ns, Percent, Plain, Rate, Words};

/// One figure of a cell.
pub(super) struct Detail {
    /// Its name in the page's scripts.
    pub(super) id: &'static str,
    /// What people read.
    name: &'static str,
    kind: Kind,
    /// The figure, given the resolution in ns; `None` where it was not measured.
    pub(super) of: fn(&Cell, f64) -> Option<Shown>,
}

/// A figure on its way to the page.
pub(super) enum Shown {
    /// One that is written with three digits.
    Number(f64),
    /// One of which every digit counts.
    Exact(f64),
    /// Low, middle, high, written with three digits each.
    Interval([f64; 3]),
    /// The same of which every digit counts.
    ExactInterval([f64; 3]),
    Words(String),
}

/// How the page writes a figure: [`figure`] has the rules, `page/figures.js` follows them.
#[derive(Clone, Copy)]
enum Kind {
    /// Times in ns.
    Ns,
    /// Net times in ns, of which nothing below the resolution is written.
    Net,
    Percent,
    /// Events per second.
    Rate,
    Count,
    Plain,
    Words,
}

impl Kind {
    fn id(self) -> &'static str {
        match self {
            Ns => "ns",
            Net => "net",
            Percent => "percent",
            Rate => "rate",
            Count => "count",
            Plain => "plain",
            Words => "words",
        }
    }
}

const fn detail(id: &'static str, name: &'static str, kind: Kind, of: fn(&Cell, f64) -> Option<Shown>) -> Detail {
    Detail { id, name, kind, of }
}

/// The turns of a lock that is held long. Elsewhere they say no more than the shares, and pages are to stay small.
fn turns(cell: &Cell) -> Option<&Turns> {
    cell.figures.turns.as_ref().filter(|_| Load::of(&cell.key.level).is_some_and(Load::is_held_long))
}

/// Ids, names and kinds of all figures, for the page.
pub(super) fn list() -> Value {
    DETAILS.iter().map(|detail| json!([detail.id, detail.name, detail.kind.id()])).collect()
}

/// All figures, in the order in which the page lists them.
pub(super) const DETAILS: &[Detail] = &[
    detail("gross", "ns/op per thread, gross", Ns, |c, _| interval(c.figures.ns_per_op_per_thread)),
    detail("net", "net cost, ns/op per thread", Net, |c, r| above(c.figures.net_ns_per_op, r)),
    detail("overhead", "lock overhead, ns/op per thread", Net, |c, r| above(c.figures.holding?.overhead_ns, r)),
    detail("per_kept", "ns per kept update, gross", Ns, per_kept),
    detail("loss", "loss rate, all rounds", Percent, |c, _| exact(c.figures.loss_rate.map(|l| as_written(l.pooled)))),
    detail("loss_rounds", "loss rate by round, least to most", Percent, |c, _| {
        c.figures.loss_rate.map(|l| Shown::ExactInterval([l.min, l.median, l.max].map(as_written)))
    }),
    detail("attempted", "attempted", Count, |c, _| count(c.figures.attempted)),
    // The page subtracts.
    detail("kept", "kept", Count, |_, _| None),
    detail("predicted", "loss rate predicted by looks at threads", Percent, |c, _| {
        exact(Prediction::of(c).map(|one| one.by_looks))
    }),
    detail("predicted_by_time", "loss rate predicted by the window's time", Percent, |c, _| {
        exact(Prediction::of(c).and_then(|one| one.by_time))
    }),
    detail("lost", "lost", Count, |c, _| count(c.figures.lost)),
    detail("throughput", "throughput", Rate, throughput),
    detail("goodput", "goodput", Rate, |c, _| exact(c.figures.goodput.filter(|_| lost(c)))),
    detail("bytes", "bytes of one counter", Count, |c, _| count(c.figures.bytes.filter(|_| c.key.bench == "peers"))),
    detail("read", "ns per read", Ns, |c, _| interval(c.figures.reading?.read_ns)),
    detail("write", "ns per write", Ns, |c, _| interval(c.figures.reading?.write_ns)),
    detail("longest_write", "longest run of writes", Ns, |c, _| number(c.figures.reading?.longest_write_ns)),
    detail("off", "reads off by, middle", Plain, |c, _| number(c.figures.reading?.error.map(|e| plain(e.median)))),
    detail("off_most", "reads off by, most", Plain, |c, _| number(c.figures.reading?.error.map(|e| plain(e.max)))),
    detail("lone_writer", "one writer beside readers", Words, |c, _| {
        Some(Shown::Words(reads::told(&c.figures.lone_writer?)))
    }),
    detail("p50", "wait, half no longer", Ns, |c, _| number(c.figures.waits.map(|w| w.p50))),
    detail("p90", "wait, 90 % no longer", Ns, |c, _| number(c.figures.waits.map(|w| w.p90))),
    detail("p99", "wait, 99 % no longer", Ns, |c, _| number(c.figures.waits.map(|w| w.p99))),
    detail("p999", "wait, 99.9 % no longer", Ns, |c, _| number(c.figures.waits.map(|w| w.p999))),
    detail("longest", "longest wait", Ns, |c, _| number(c.figures.waits.map(|w| w.longest))),
    detail("open", "waits still open at the end", Count, |c, _| count(c.figures.waits.map(|w| w.open))),
    detail("still_open", "longest of those still open", Ns, |c, _| {
        number(c.figures.waits.filter(|w| w.open > 0)?.longest_open)
    }),
    detail("waiting", "a wait", Words, |c, _| Some(Shown::Words(Waiting::of(c)?.text().to_owned()))),
    detail("hand_offs", "hand-overs in the second", Count, |c, _| count(Some(turns(c)?.hand_offs))),
    detail("longest_turn", "sections of the longest turn", Count, |c, _| count(Some(turns(c)?.longest))),
    detail("hand_off", "hand-overs to another thread", Percent, |c, _| {
        exact(c.figures.holding.map(|h| as_written(h.hand_off_rate)))
    }),
    detail("least_share", "least share of a thread", Percent, |c, _| {
        exact(c.figures.shares.map(|s| as_written(s.min)))
    }),
    detail("most_share", "greatest share of a thread", Percent, |c, _| {
        exact(c.figures.shares.map(|s| as_written(s.max)))
    }),
    detail("jain", "fairness (Jain)", Plain, |c, _| number(c.figures.jain.map(plain))),
    detail("anomalies", "anomalies", Percent, |c, _| {
        exact(c.figures.anomalies.as_ref().map(crate::hazard::Anomalies::rate))
    }),
    detail("anomaly", "kind of anomaly", Words, |c, _| Some(Shown::Words(c.figures.anomalies.as_ref()?.kind.clone()))),
    detail("seen", "anomalies seen", Count, |c, _| count(c.figures.anomalies.as_ref().map(|a| a.seen))),
    detail("outcomes", "outcomes", Words, |c, _| Some(Shown::Words(ordering::list(c.figures.outcomes.as_ref()?)))),
    detail("asked", "outcome asked for", Words, |c, _| verdicts(c, 0)),
    detail("model", "by the memory model", Words, |c, _| verdicts(c, 1)),
    detail("x86", "on an x86", Words, |c, _| verdicts(c, 2)),
    detail("here", "here", Words, |c, _| verdicts(c, 3)),
    detail("loom", "in loom's model", Words, |c, _| verdicts(c, 4)),
    detail("met", "threads met", Words, |c, _| Some(Shown::Words(ordering::met(c.figures.outcomes.as_ref()?)))),
    detail("pair", "pair of CPUs", Words, |c, _| {
        c.figures.transfer.map(|t| Shown::Words(format!("{} {}", t.cpus[0], t.cpus[1])))
    }),
    detail("near_transfer", "near CPUs: line transfer", Ns, |c, _| number(near(c).map(|d| d.transfer_ns))),
    detail("near_gross", "near CPUs: gross", Ns, |c, _| gross(c, near(c)?)),
    detail("near_net", "near CPUs: net cost", Net, |c, r| net(c, near(c)?, r)),
    detail("near_loss", "near CPUs: loss rate", Percent, |c, _| exact(near(c)?.loss_rate.map(as_written))),
    detail("far_transfer", "distant CPUs: line transfer", Ns, |c, _| number(far(c).map(|d| d.transfer_ns))),
    detail("far_gross", "distant CPUs: gross", Ns, |c, _| gross(c, far(c)?)),
    detail("far_net", "distant CPUs: net cost", Net, |c, r| net(c, far(c)?, r)),
    detail("far_loss", "distant CPUs: loss rate", Percent, |c, _| exact(far(c)?.loss_rate.map(as_written))),
    detail("overlap", "overlap, worst round", Plain, |c, _| number(c.figures.overlap.map(|o| plain(o.min)))),
    detail("rounds", "rounds", Words, rounds),
    detail("judged", "verdict", Words, verdict),
    detail("think", "think time", Ns, |c, _| number(c.figures.achieved_think_ns)),
    detail("cpu", "CPU time per op, all threads", Ns, |c, _| number(c.figures.cpu_ns_per_op)),
    detail("cpus", "CPUs seen", Words, cpus),
    detail("run", "run", Words, |c, _| Some(Shown::Words(c.facts.run.clone()))),
    detail("recorded", "recorded", Words, |c, _| Some(Shown::Words(minute(&c.facts.recorded)))),
    detail("noise", "noise", Words, noise),
];

fn interval(i: Option<Interval>) -> Option<Shown> {
    i.map(|i| Shown::Interval([i.low, i.median, i.high]))
}

/// The interval as it is written, with 0 for what is below the resolution: the page is not given what it may not show.
fn above(i: Option<Interval>, resolution: f64) -> Option<Shown> {
    i.map(|i| Shown::ExactInterval([i.low, i.median, i.high].map(|x| figure::shown_net(x, resolution))))
}

fn number(x: Option<f64>) -> Option<Shown> {
    x.map(Shown::Number)
}

fn exact(x: Option<f64>) -> Option<Shown> {
    x.map(Shown::Exact)
}

fn count(n: Option<u64>) -> Option<Shown> {
    exact(n.map(|n| n as f64))
}

/// The share that [`figure::percent`] writes of this one.
fn as_written(share: f64) -> f64 {
    let percent = figure::percent(share).strip_suffix(" %").and_then(|text| text.parse::<f64>().ok());
    percent.map_or(share, |percent| percent / 100.0)
}

/// The number that [`figure::plain`] writes of this one.
fn plain(x: f64) -> f64 {
    format!("{x:.2}").parse().unwrap_or(x)
}

/// Only where the page would write another: it divides the threads by the gross cost.
fn throughput(c: &Cell, _: f64) -> Option<Shown> {
    let of_gross = c.figures.ns_per_op_per_thread.map(|i| per_second(c.key.threads, figure::divisible(i.median)));
    let written = |x: Option<f64>| x.map(figure::per_second);
    // Not one of more digits: it would be rounded twice.
    exact(c.figures.throughput.filter(|x| written(of_gross) != written(Some(*x))).map(figure::shown_per_second))
}

fn near(c: &Cell) -> Option<&Distance> {
    c.figures.distances.first()
}

fn far(c: &Cell) -> Option<&Distance> {
    c.figures.distances.last()
}

/// The net cost at a distance. A control is never net.
fn net(c: &Cell, distance: &Distance, resolution: f64) -> Option<Shown> {
    above(distance.net_ns_per_op.filter(|_| c.facts.grade != Grade::Control), resolution)
}

/// The gross cost at a distance, where there is no net cost.
fn gross(c: &Cell, distance: &Distance) -> Option<Shown> {
    if net(c, distance, 0.0).is_some() { None } else { interval(Some(distance.ns_per_op_per_thread)) }
}

/// What is said of the outcome that a litmus test asks for.
fn verdicts(c: &Cell, n: usize) -> Option<Shown> {
    c.figures.outcomes.as_ref()?;
    let text = ordering::verdicts(c)[n].clone();
    (!text.is_empty()).then_some(Shown::Words(text))
}

/// Only where it is another figure than the gross cost.
fn per_kept(c: &Cell, _: f64) -> Option<Shown> {
    let (gross, loss) = (c.figures.ns_per_op_per_thread?, c.figures.loss_rate?);
    number((loss.pooled > 0.0).then(|| ns_per_kept(gross.median, loss.pooled)))
}

fn rounds(c: &Cell, _: f64) -> Option<Shown> {
    let text = match (c.figures.rounds_kept?, c.figures.rounds_tried) {
        (kept, Some(tried)) => format!("{kept} kept of {tried} tried"),
        (kept, None) => format!("{kept} kept"),
    };
    let quick = if c.facts.quick { "; taken with --quick: poor for loss" } else { "" };
    Some(Shown::Words(format!("{text}{quick}")))
}

fn verdict(c: &Cell, _: f64) -> Option<Shown> {
    Some(Shown::Words(match c.facts.verdict.id() {
        "valid" => "valid".to_owned(),
        id => format!("{id}: {}", matrix::explain(c.facts.verdict)),
    }))
}

fn cpus(c: &Cell, _: f64) -> Option<Shown> {
    let seen: Vec<String> = c.figures.cpus_seen.iter().map(usize::to_string).collect();
    (!seen.is_empty()).then(|| Shown::Words(seen.join(", ")))
}

/// The noise of a cell above the limits.
fn noise(c: &Cell, _: f64) -> Option<Shown> {
    c.figures.noise?;
    let found: Vec<String> =
        c.too_noisy().into_iter().map(|(kind, share)| format!("{kind} {}", figure::percent(share))).collect();
    Some(Shown::Words(if found.is_empty() { "below the limits".into() } else { found.join(", ") }))
}

/// An RFC 3339 time without its seconds, which no reader needs and which would take 60 kB.
pub(super) fn minute(time: &str) -> String {
    match (time.get(..16), time.get(16..)) {
        (Some(start), Some(rest)) if rest.starts_with(':') => format!("{start}Z"),
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::results::{LossRate, Noise, Outcome, Outcomes};
    use crate::round::{Overlap, Verdict};
    use crate::samples;

    fn cell() -> Cell {
        samples::cell("counters", "load_store", 2, "saturated").with(|c| {
            (c.facts.run, c.facts.recorded) = ("r1".into(), "2026-01-02T03:04:05Z".into());
        })
    }

    /// The figures of a cell that has them, by id.
    fn shown(cell: &Cell) -> Value {
        let of = |detail: &Detail| {
            Some((
                detail.id.to_owned(),
                match (detail.of)(cell, 0.3)? {
                    Shown::Number(x) | Shown::Exact(x) => json!(x),
                    Shown::Interval(i) | Shown::ExactInterval(i) => json!(i),
                    Shown::Words(text) => json!(text),
                },
            ))
        };
        Value::Object(DETAILS.iter().filter_map(of).collect())
    }

    #[test]
    fn every_figure_has_an_id_and_a_name_of_its_own() {
        let ids: BTreeSet<&str> = DETAILS.iter().map(|detail| detail.id).collect();
        let names: BTreeSet<&str> = DETAILS.iter().map(|detail| detail.name).collect();
        assert_eq!((ids.len(), names.len()), (DETAILS.len(), DETAILS.len()));
        assert_eq!(list()[0], json!(["gross", "ns/op per thread, gross", "ns"]));
    }

    #[test]
    fn every_figure_of_a_counter_is_shown() {
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
            c.figures.achieved_think_ns = Some(101.0);
            c.figures.cpu_ns_per_op = Some(10.5);
            c.figures.cpus_seen = vec![0, 12];
            c.figures.noise = Some(Noise { steal: Some(0.5), drift: Some(0.25), ..Noise::default() });
        });
        let expected = json!({
            "gross": [9.0, 10.0, 11.0], "net": [8.5, 9.5, 10.5], "per_kept": 10.0 / 0.75, "loss": 0.25,
            "loss_rounds": [0.1, 0.2, 0.3], "attempted": 4000.0, "lost": 1000.0,
            "goodput": 1.5e8, "jain": 0.88, "overlap": 0.95, "rounds": "10 kept of 11 tried; taken with --quick: poor for loss",
            "judged": "preempted: a thread waited for a CPU", "think": 101.0, "cpu": 10.5, "cpus": "0, 12", "run": "r1",
            "recorded": "2026-01-02T03:04Z", "noise": "steal 50.0 %, drift 25.0 %",
        });
        assert_eq!(shown(&full), expected);
    }

    #[test]
    fn every_figure_of_a_lock_that_is_held_long_is_shown() {
        let shown = shown(&samples::held_long("std_mutex", 2, "c500000_p0", 670.0));
        let expected = json!({
            "p50": 30.0, "p90": 40.0, "p99": 50.0, "p999": 335e6, "longest": 670e6, "open": 1.0, "still_open": 1e3,
            "waiting": "starves", "hand_offs": 40.0, "longest_turn": 900.0, "least_share": 0.25, "most_share": 0.75,
            "jain": 0.9, "judged": "valid", "run": "r", "recorded": "",
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_was_not_measured_is_not_shown() {
        let names = |cell: &Cell| shown(cell).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&cell()), ["judged", "recorded", "run"]);
        let none_lost = cell().with(|c| {
            c.figures.ns_per_op_per_thread = Some(samples::around(10.0, 0.1));
            c.figures.loss_rate = Some(LossRate { min: 0.0, median: 0.0, max: 0.0, pooled: 0.0 });
        });
        assert_eq!(shown(&none_lost)["per_kept"], Value::Null, "it is the gross cost");
        let quiet = cell().with(|c| c.figures.noise = Some(Noise { steal: Some(0.0), ..Noise::default() }));
        assert_eq!(shown(&quiet)["noise"], "below the limits");
    }

    #[test]
    fn a_control_has_no_net_cost_at_a_distance() {
        let distance = |transfer_ns| Distance {
            transfer_ns,
            rounds: 5,
            ns_per_op_per_thread: samples::around(7.0, 0.5),
            net_ns_per_op: Some(samples::around(6.0, 0.5)),
            loss_rate: Some(0.5),
        };
        let split = cell().with(|c| c.figures.distances = vec![distance(27.0), distance(158.0)]);
        let of = |cell: &Cell, id: &str| shown(cell)[id].clone();
        assert_eq!(["near_transfer", "far_transfer"].map(|id| of(&split, id)), [json!(27.0), json!(158.0)]);
        assert_eq!([of(&split, "far_net")[1].clone(), of(&split, "far_loss")], [json!(6.0), json!(0.5)]);
        let control = split.with(|c| c.facts.grade = Grade::Control);
        assert_eq!([of(&control, "far_net"), of(&control, "far_gross")[1].clone()], [Value::Null, json!(7.0)]);
    }

    #[test]
    fn a_litmus_test_says_what_came_of_it() {
        let list = vec![Outcome { outcome: "(0, 0)".into(), count: 8, allowed: true, weak: true }];
        let test = samples::cell("ordering", "unknown", 2, "litmus")
            .with(|c| c.figures.outcomes = Some(Outcomes { of: 8, met: 4, list }));
        let found = shown(&test);
        assert_eq!(
            [&found["outcomes"], &found["met"], &found["asked"]],
            [&json!("(0, 0) 8 weak"), &json!("50.0 %"), &Value::Null]
        );
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
}
