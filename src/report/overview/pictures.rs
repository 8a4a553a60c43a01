//! The pictures of the overview: lines over thread counts, one for each machine.
//!
//! Only thread counts within the CPUs are drawn: beyond them is another regime, not more contention.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::is_published;
use crate::figure;
use crate::results::{Cell, Machine};

/// The most machines in one picture: more lines would look alike.
const MOST: usize = 12;

/// Width of a picture, its height, and the height of the legend's lines, in pixels.
const SIZE: (u32, u32) = (960, 420);
const LEGEND: u32 = 20;

/// Colours that colour-blind people can tell apart (Okabe and Ito), dark enough for white; and their counterparts in dark mode.
const COLOURS: [[RGBColor; 2]; 7] = [
    [RGBColor(0, 114, 178), RGBColor(86, 180, 233)],
    [RGBColor(213, 94, 0), RGBColor(240, 140, 60)],
    [RGBColor(0, 128, 96), RGBColor(60, 190, 150)],
    [RGBColor(180, 70, 140), RGBColor(224, 140, 195)],
    [BLACK, RGBColor(230, 237, 243)],
    [RGBColor(150, 110, 0), RGBColor(215, 175, 70)],
    [RGBColor(115, 115, 115), RGBColor(165, 165, 165)],
];

/// The ground, and its counterpart. It is opaque, because a page may be dark where the reader's system is not.
const GROUND: [RGBColor; 2] = [WHITE, RGBColor(13, 17, 23)];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// One picture and its texts.
pub(super) struct Picture {
    /// Its file.
    pub(super) name: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// A description, for readers who cannot see it.
    pub(super) alt: String,
    /// The note below it.
    pub(super) note: String,
    /// Itself.
    pub(super) svg: String,
}

/// One machine's points: threads and a figure.
struct Line<'m> {
    machine: &'m Machine,
    /// Its place among all machines: its colour and marker.
    place: usize,
    points: Vec<(f64, f64)>,
}

/// The pictures of these machines; none without measured figures.
pub(super) fn all(machines: &[Machine]) -> Vec<Picture> {
    [loss(machines), cost(machines)].into_iter().flatten().collect()
}

fn loss(machines: &[Machine]) -> Option<Picture> {
    let (lines, note) = lines(machines, "load_store", |cell| Some(cell.figures.loss_rate?.pooled * 100.0));
    let ends = lines.iter().map(|line| {
        let (threads, percent) = line.points[line.points.len() - 1];
        format!("{} {} at {threads} threads", line.machine.card.id, figure::percent(percent / 100.0))
    });
    let alt = format!(
        "Line chart: share of updates that load_store loses, by threads. At the most threads: {}.",
        ends.collect::<Vec<String>>().join("; ")
    );
    let svg = picture(&[("load_store: updates lost, %", &lines)], None)?;
    let title = "Updates that a plain load, add and store loses";
    Some(Picture { name: "loss.svg", title, alt, note, svg })
}

fn cost(machines: &[Machine]) -> Option<Picture> {
    let subjects = ["fetch_add", "std_mutex", "per_thread"];
    let of = |subject| lines(machines, subject, |cell| Some(cell.figures.ns_per_op_per_thread?.median)).0;
    let [fetch_add, std_mutex, per_thread] = subjects.map(of);
    let spans = subjects.iter().zip([&fetch_add, &std_mutex, &per_thread]).filter(|(_, lines)| !lines.is_empty());
    let spans = spans.map(|(subject, lines)| {
        let ends = || lines.iter().map(|line| line.points[line.points.len() - 1].1);
        let (least, greatest) = (ends().fold(f64::INFINITY, f64::min), ends().fold(0.0, f64::max));
        format!("{subject} costs {} to {} ns, depending on the machine", figure::ns(least), figure::ns(greatest))
    });
    let alt = format!(
        "Three line charts: gross ns/op per thread of fetch_add, std_mutex and per_thread, by threads. At the most threads: {}.",
        spans.collect::<Vec<String>>().join("; ")
    );
    let panels = [
        ("fetch_add: ns/op per thread", &fetch_add[..]),
        ("std_mutex: ns/op per thread", &std_mutex[..]),
        ("per_thread: ns/op per thread", &per_thread[..]),
    ];
    let note = "Gross ns/op per thread, the middle of each cell; all axes are logarithmic, and the same in each panel.";
    let note = format!("{note} {WHOSE}");
    let points = || points_of(&panels).map(|point| point.1);
    // Whole powers of ten, and a hair more, so that the lowest has its line too.
    let least = 0.9999 * 10f64.powf(points().fold(1.0, f64::min).max(1e-3).log10().floor());
    let greatest = 10f64.powf(points().fold(10.0, f64::max).log10().ceil());
    let svg = picture(&panels, Some((least, greatest)))?;
    let title = "What one increment costs the thread that makes it";
    Some(Picture { name: "cost.svg", title, alt, note, svg })
}

/// What tells figures of others apart.
const WHOSE: &str = "Thick lines: measured by this suite. Thin lines: published by others.";

/// The lines of one counter, and a note on machines without one.
fn lines<'m>(machines: &'m [Machine], subject: &str, figure: impl Fn(&Cell) -> Option<f64>) -> (Vec<Line<'m>>, String) {
    let mut lines = Vec::new();
    for (place, machine) in machines.iter().enumerate() {
        let Some(view) = super::view(machine) else { continue };
        let within = view.entries().map(|entry| entry.cell).filter(|cell| {
            cell.key.subject == subject && cell.key.variant.is_empty() && cell.key.threads <= machine.card.usable_cpus
        });
        let points: Vec<(f64, f64)> =
            within.filter_map(|cell| Some((cell.key.threads as f64, figure(cell)?))).collect();
        if !points.is_empty() {
            lines.push(Line { machine, place, points });
        }
    }
    let mut note = WHOSE.to_owned();
    let without: Vec<&str> = machines
        .iter()
        .filter(|m| lines.iter().all(|line| line.machine.card.id != m.card.id))
        .map(|m| m.card.id.as_str())
        .collect();
    if !without.is_empty() {
        note.push_str(&format!(" Not recorded: {}.", without.join(", ")));
    }
    if lines.len() > MOST {
        note.push_str(&format!(" Drawn: the first {MOST} of {} machines.", lines.len()));
        lines.truncate(MOST);
    }
    (lines, note)
}

/// The points of all panels.
fn points_of<'p>(panels: &'p [(&str, &[Line<'_>])]) -> impl Iterator<Item = &'p (f64, f64)> {
    panels.iter().flat_map(|(_, lines)| *lines).flat_map(|line| &line.points)
}

/// Panels side by side over one legend, their figures as shares or on the logarithmic axis given; nothing where no panel has a line.
fn picture(panels: &[(&str, &[Line<'_>])], costs: Option<(f64, f64)>) -> Option<String> {
    let mut named: Vec<&Line<'_>> = panels.iter().flat_map(|(_, lines)| *lines).collect();
    named.sort_by_key(|line| line.place);
    named.dedup_by_key(|line| line.place);
    if named.is_empty() {
        return None;
    }
    let mut svg = String::new();
    let height = SIZE.1 + LEGEND * named.len().div_ceil(3) as u32 + 10;
    let drawn = draw(SVGBackend::with_string(&mut svg, (SIZE.0, height)).into_drawing_area(), panels, &named, costs);
    drawn.expect("a string takes all that is drawn");
    let first = svg.find('\n').expect("an element a line");
    svg.insert_str(first, &in_dark_mode());
    Some(svg)
}

/// The style that puts each colour's counterpart in its place.
fn in_dark_mode() -> String {
    let hex = |RGBColor(r, g, b): RGBColor| format!("#{r:02X}{g:02X}{b:02X}");
    let rule = |[light, dark]: &[RGBColor; 2]| {
        let [light, dark] = [*light, *dark].map(hex);
        format!("[fill=\"{light}\"]{{fill:{dark}}}[stroke=\"{light}\"]{{stroke:{dark}}}")
    };
    let rules: String = [GROUND].iter().chain(&COLOURS).map(rule).collect();
    format!("\n<style>@media(prefers-color-scheme:dark){{{rules}}}</style>")
}

fn draw(root: Area<'_>, panels: &[(&str, &[Line<'_>])], named: &[&Line<'_>], costs: Option<(f64, f64)>) -> Drawn {
    root.fill(&GROUND[0])?;
    let (above, below) = root.split_vertically(SIZE.1);
    let threads = points_of(panels).map(|point| point.0).fold(2.0, f64::max);
    for (area, (title, lines)) in above.split_evenly((1, panels.len())).iter().zip(panels) {
        panel(area, title, lines, threads, costs)?;
    }
    for (n, line) in named.iter().enumerate() {
        let at = (20 + (n % 3 * 310) as i32, 10 + (n / 3) as i32 * LEGEND as i32);
        let style = style(line);
        below.draw(&PathElement::new(vec![at, (at.0 + 28, at.1)], style))?;
        mark(&below, (at.0 + 14, at.1), line)?;
        let name = if is_published(line.machine) { " (published)" } else { "" };
        let text = format!("{}{name}", line.machine.card.id);
        below.draw(&Text::new(text, (at.0 + 36, at.1 - 7), ("sans-serif", 14)))?;
    }
    root.present()?;
    Ok(())
}

fn panel(area: &Area<'_>, title: &str, lines: &[Line<'_>], most: f64, costs: Option<(f64, f64)>) -> Drawn {
    let mut builder = ChartBuilder::on(area);
    builder.margin(10).caption(title, ("sans-serif", 16)).x_label_area_size(36).y_label_area_size(52);
    let threads = (1.0..most).log_scale().base(2.0);
    // Macro, because the two kinds of axis are two types.
    macro_rules! fill {
        ($costs:expr) => {{
            let mut chart = builder.build_cartesian_2d(threads, $costs)?;
            let mut mesh = chart.configure_mesh();
            mesh.x_desc("threads").max_light_lines(0).label_style(("sans-serif", 12));
            mesh.x_label_formatter(&|x: &f64| x.to_string()).y_label_formatter(&|y: &f64| y.to_string()).draw()?;
            // Figures of others below our own.
            let (theirs, own): (Vec<_>, Vec<_>) = lines.iter().partition(|line| is_published(line.machine));
            for line in theirs.into_iter().chain(own) {
                chart.draw_series(LineSeries::new(line.points.iter().copied(), style(line)))?;
                for at in &line.points {
                    let ((x, y), (left, top)) = (chart.backend_coord(at), area.get_base_pixel());
                    mark(area, (x - left, y - top), line)?;
                }
            }
        }};
    }
    match costs {
        Some((least, greatest)) => fill!((least..greatest).log_scale()),
        None => fill!(0.0..100.0),
    }
    Ok(())
}

fn colour(line: &Line<'_>) -> RGBColor {
    COLOURS[line.place % COLOURS.len()][0]
}

fn style(line: &Line<'_>) -> ShapeStyle {
    colour(line).stroke_width(if is_published(line.machine) { 1 } else { 3 })
}

/// A machine's mark, as thick as its line.
fn mark(area: &Area<'_>, (x, y): (i32, i32), line: &Line<'_>) -> Drawn {
    let (size, style) = (if is_published(line.machine) { 3 } else { 5 }, colour(line).filled());
    if (line.place / COLOURS.len()).is_multiple_of(2) {
        area.draw(&Circle::new((x, y), size, style))?;
    } else {
        area.draw(&Rectangle::new([(x - size, y - size), (x + size, y + size)], style))?;
    }
    Ok(())
}
