//! What the page's script is given: every figure already written as text, so that the rules of
//! rounding and ranking live in Rust alone, and plain numbers only where a chart needs a place.

use serde::Serialize;

use super::claims::{Claim, claims};
use super::matrix::{self, Column, Cost, Entry, Mark, Part, View};
use super::sheet::{self, Sheet};
use super::{figure, resolution, scaling};
use crate::machine::{Card, Run};
use crate::results::{Cell, Interval, Machine, Origin};
use crate::round::{expected_racy_loss, ns_per_kept};

/// Names of the figures in a cell's detail, in their order.
pub(super) const DETAILS: [&str; 20] = [
    "ns/op per thread, gross",
    "net cost, ns/op per thread",
    "ns per kept update, gross",
    "throughput",
    "goodput",
    "attempted",
    "kept",
    "lost",
    "loss rate",
    "overlap",
    "fairness (Jain)",
    "rounds",
    "round length",
    "verdict",
    "think time",
    "CPU time per op, all threads",
    "CPUs seen",
    "run",
    "recorded",
    "anomalies",
];

/// Places in [`DETAILS`] that charts show on hover.
#[derive(Serialize)]
pub(super) struct Places {
    gross: usize,
    net: usize,
    throughput: usize,
    goodput: usize,
    loss: usize,
}

#[derive(Serialize)]
pub(super) struct Payload<'m> {
    details: [&'static str; 20],
    places: Places,
    scaling_columns: [&'static str; 5],
    machines: Vec<MachineView<'m>>,
}

#[derive(Serialize)]
struct MachineView<'m> {
    id: &'m str,
    title: String,
    published: Option<[(&'static str, &'m str); 3]>,
    card: Vec<(&'static str, String)>,
    warnings: Vec<String>,
    runs: Vec<Vec<(&'static str, String)>>,
    usable: usize,
    views: Vec<ViewView<'m>>,
    claims: Vec<Claim>,
}

#[derive(Serialize)]
struct ViewView<'m> {
    bench: &'m str,
    level: &'m str,
    placement: &'static str,
    /// Think time in words; none for levels the counters bench does not know.
    think: Option<String>,
    notes: Vec<String>,
    legend: Vec<(String, &'static str, &'static str)>,
    columns: Vec<ColumnView>,
    sections: Vec<SectionView<'m>>,
    sheets: Vec<Sheet>,
    scaling: scaling::ScalingView,
}

#[derive(Serialize)]
struct ColumnView {
    threads: usize,
    over: bool,
    /// What a load+store counter would lose there.
    expected: f64,
    expected_text: String,
}

#[derive(Serialize)]
struct SectionView<'m> {
    part: &'static str,
    title: &'static str,
    rows: Vec<RowView<'m>>,
}

#[derive(Serialize)]
struct RowView<'m> {
    name: String,
    label: &'m str,
    family: &'m str,
    grade: &'static str,
    entries: Vec<Option<EntryView>>,
}

#[derive(Serialize)]
struct EntryView {
    text: String,
    cost: &'static str,
    loss: Option<String>,
    anomalies: Option<String>,
    verdict: &'static str,
    letter: Option<char>,
    quick: bool,
    mark: Option<&'static str>,
    shade: Option<f64>,
    details: Vec<Option<String>>,
    /// Where a chart draws what is below the resolution, in ns.
    resolution: f64,
    net: Option<f64>,
    gross: Option<f64>,
    throughput: Option<f64>,
    goodput: Option<f64>,
    /// Pooled, least and most, in percent.
    lost: Option<[f64; 3]>,
}

pub(super) fn payload(machines: &[Machine]) -> Payload<'_> {
    Payload {
        details: DETAILS,
        places: Places { gross: 0, net: 1, throughput: 3, goodput: 4, loss: 8 },
        scaling_columns: scaling::COLUMNS,
        machines: machines.iter().map(machine).collect(),
    }
}

fn machine(m: &Machine) -> MachineView<'_> {
    let views = matrix::views(m, |_| true);
    let published = match &m.origin {
        Origin::Measured => None,
        Origin::Published { source, method, figures } => {
            Some([("source", source.as_str()), ("method", method.as_str()), ("figures", figures.as_str())])
        }
    };
    let used = |id: &str| m.cells.iter().filter(|c| c.run == id).count();
    MachineView {
        id: &m.card.id,
        title: match published {
            Some(_) => format!("{} (published by others)", m.card.id),
            None => m.card.id.clone(),
        },
        card: card(&m.card),
        warnings: m.runs.iter().filter(|(id, _)| used(id) > 0).flat_map(|(id, r)| warnings(id, r)).collect(),
        runs: m.runs.iter().map(|(id, r)| run(id, r, used(id))).collect(),
        usable: m.card.usable_cpus,
        views: views.iter().map(|v| view(m, v, published.is_some())).collect(),
        claims: claims(m),
        published,
    }
}

fn card(c: &Card) -> Vec<(&'static str, String)> {
    let text = |s: &str| if s.trim().is_empty() { "unknown".to_string() } else { s.to_string() };
    let maybe = |s: &Option<String>| s.as_deref().map_or("unknown".into(), text);
    let number = |n: Option<usize>| n.map_or("unknown".into(), |n| figure::count(n as u64));
    vec![
        ("CPU", text(&c.cpu)),
        ("CPUs", figure::count(c.cpus as u64)),
        ("usable CPUs", figure::count(c.usable_cpus as u64)),
        ("cores", number(c.cores)),
        ("packages", number(c.packages)),
        ("architecture", text(&c.arch)),
        ("family / model / stepping", [&c.family, &c.model, &c.stepping].map(maybe).join(" / ")),
        ("hypervisor", maybe(&c.hypervisor)),
        ("memory", c.memory_gib.map_or("unknown".into(), |g| format!("{} GiB", figure::ns(g)))),
        ("system", maybe(&c.os)),
    ]
}

fn warnings(id: &str, run: &Run) -> Vec<String> {
    let mut all: Vec<String> = run.notes.iter().map(|note| format!("Run {id}: {note}")).collect();
    if !run.pinned {
        all.push(format!("Run {id}: threads could not be pinned, so nobody knows whether they met."));
    }
    if let Some(load) = run.load.filter(|load| *load >= 0.5) {
        all.push(format!("Run {id}: the machine was busy (load {}) when it began.", figure::plain(load)));
    }
    all
}

fn run(id: &str, run: &Run, cells: usize) -> Vec<(&'static str, String)> {
    vec![
        ("run", id.to_string()),
        ("began", run.started.clone()),
        ("cells", figure::count(cells as u64)),
        ("rustc", run.rustc.clone()),
        ("flags", run.flags.clone()),
        ("kernel", run.kernel.clone()),
        ("miscount", run.version.clone()),
        ("load", run.load.map_or("unknown".into(), figure::plain)),
        ("pinned", if run.pinned { "yes" } else { "no" }.into()),
        ("notes", if run.notes.is_empty() { "none".into() } else { run.notes.join(" ") }),
    ]
}

fn view<'m>(machine: &'m Machine, view: &View<'m>, published: bool) -> ViewView<'m> {
    let entries = || view.entries();
    let ranked = || view.sections.iter().filter(|s| s.part == Part::Ranked).flat_map(|s| &s.rows);
    let mut notes = Vec::new();
    if view.runs.len() > 1 {
        notes.push(format!("These cells come from {} runs: compare across them with care.", view.runs.len()));
    }
    let undescribed = view.runs.iter().filter(|id| !machine.runs.contains_key(**id)).count();
    if undescribed > 0 && !published {
        notes.push(format!("{undescribed} of the runs behind these cells are not described."));
    }
    if entries().any(|e| e.cost == Cost::Below) {
        let whose = if resolution::is_own(machine, view.level) {
            "this machine's null study found".to_string()
        } else {
            "assumed for this level (this machine has no null study)".to_string()
        };
        notes.push(format!("“< r” is below the resolution of r ns, {whose}: not to be told from nothing."));
    }
    if ranked().count() > 1 && ranked().flat_map(|r| r.entries.iter().flatten()).all(|e| e.mark.is_none()) {
        notes.push("Nothing is ranked here: at no thread count are there two cells fit for it.".into());
    }
    let mut verdicts: Vec<_> = entries().map(|e| e.cell.verdict).collect();
    verdicts.sort();
    verdicts.dedup();
    let legend = verdicts
        .into_iter()
        .filter_map(|v| matrix::letter(v).map(|letter| (letter.to_string(), v.id(), matrix::explain(v))))
        .collect();
    ViewView {
        sheets: sheet::sheets(machine, view.bench, view.level, view.placement, |_| true),
        scaling: scaling::view(machine, view),
        bench: view.bench,
        level: view.level,
        placement: view.placement.id(),
        think: matrix::think(view.level).map(|t| match t.is_zero() {
            true => "no think time".into(),
            false => format!("{} think time", figure::duration(t)),
        }),
        notes,
        legend,
        columns: view.columns.iter().map(|c| column(machine, *c)).collect(),
        sections: view
            .sections
            .iter()
            .map(|s| SectionView {
                part: match s.part {
                    Part::Floor | Part::Unit => "floor",
                    Part::Ranked => "ranked",
                    Part::Wrong => "wrong",
                    Part::Hazard => "hazard",
                },
                title: s.part.title(),
                rows: s
                    .rows
                    .iter()
                    .map(|r| RowView {
                        name: r.name(),
                        label: r.label,
                        family: r.family,
                        grade: r.grade.id(),
                        entries: r
                            .entries
                            .iter()
                            .zip(&view.columns)
                            .map(|(e, column)| e.as_ref().map(|e| entry(e, column.resolution)))
                            .collect(),
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn column(machine: &Machine, column: Column) -> ColumnView {
    let expected = expected_racy_loss(column.threads, machine.card.usable_cpus);
    ColumnView {
        threads: column.threads,
        over: column.oversubscribed,
        expected: expected * 100.0,
        expected_text: figure::percent(expected),
    }
}

fn entry(e: &Entry<'_>, resolution: f64) -> EntryView {
    let c = e.cell;
    EntryView {
        text: e.text.clone(),
        cost: match e.cost {
            Cost::Net => "net",
            Cost::Below => "below",
            Cost::Gross => "gross",
            Cost::Absent => "absent",
        },
        loss: e.loss.clone(),
        anomalies: e.anomalies.clone(),
        verdict: c.verdict.id(),
        letter: matrix::letter(c.verdict),
        quick: c.quick,
        mark: e.mark.map(Mark::text),
        shade: e.shade,
        details: details(c, resolution),
        resolution,
        // A chart gets no precise place for what is below the resolution.
        net: c.net_ns_per_op.map(|i| i.median).filter(|x| !figure::is_below(*x, resolution)),
        gross: c.ns_per_op_per_thread.map(|i| i.median),
        throughput: c.throughput,
        goodput: c.goodput,
        lost: c.loss_rate.map(|l| [l.pooled, l.min, l.max].map(|x| x * 100.0)),
    }
}

fn details(c: &Cell, resolution: f64) -> Vec<Option<String>> {
    let unit = |text: String| format!("{text} ns");
    let gross = c.ns_per_op_per_thread;
    let kept = gross.zip(c.loss_rate).map(|(i, l)| ns_per_kept(i.median, l.pooled));
    let verdict = match c.verdict.id() {
        "valid" => "valid".to_string(),
        id => format!("{id}: {}", matrix::explain(c.verdict)),
    };
    let quick = if c.quick { "; taken with --quick: poor for loss" } else { "" };
    let rounds = match (c.rounds_kept, c.rounds_tried) {
        (Some(kept), Some(tried)) => Some(format!("{kept} kept of {tried} tried")),
        (Some(kept), None) => Some(format!("{kept} kept")),
        (None, _) => None,
    };
    let all: [Option<String>; 20] = [
        gross.map(|i| unit(figure::interval(i, figure::ns))),
        c.net_ns_per_op.map(|i| net(i, resolution)),
        kept.map(|x| unit(figure::ns(x))),
        c.throughput.map(figure::per_second),
        c.goodput.map(figure::per_second),
        c.attempted.map(figure::count),
        c.kept.map(figure::count),
        c.lost.map(figure::count),
        c.loss_rate.map(|l| {
            let [pooled, median, min, max] = [l.pooled, l.median, l.min, l.max].map(figure::percent);
            format!("{pooled} in all; rounds: median {median}, {min} to {max}")
        }),
        c.overlap.map(|o| format!("{} median, {} worst", figure::plain(o.median), figure::plain(o.min))),
        c.jain.map(figure::plain),
        rounds.map(|text| format!("{text}{quick}")),
        c.sample_ms.map(|x| format!("{} ms", figure::ns(x))),
        Some(verdict),
        c.achieved_think_ns.map(|x| unit(figure::ns(x))),
        c.cpu_ns_per_op.map(|x| unit(figure::ns(x))),
        (!c.cpus_seen.is_empty()).then(|| c.cpus_seen.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
        Some(c.run.clone()),
        Some(c.recorded.clone()),
        c.anomalies.as_ref().map(|a| format!("{} {} of {}", figure::count(a.seen), a.kind, figure::count(a.of))),
    ];
    all.into()
}

/// A net cost with its interval, unless all of it is below the resolution.
fn net(i: Interval, resolution: f64) -> String {
    let one = |x| figure::net(x, resolution);
    if [i.low, i.median, i.high].iter().all(|x| figure::is_below(*x, resolution)) {
        return format!("{} ns, its whole interval", one(i.median));
    }
    format!("{} ns", figure::interval(i, one))
}
