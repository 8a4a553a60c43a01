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

/// Colours that colour-blind people can tell apart (Okabe and Ito), dark enough for white.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 128, 96),
    RGBColor(180, 70, 140),
    RGBColor(0, 0, 0),
    RGBColor(150, 110, 0),
];

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
    let svg = picture(&[("load_store: updates lost, %", &lines)], false)?;
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
    let note = "Gross ns/op per thread, the middle of each cell; both axes are logarithmic. Hollow marks: published by others.";
    let svg = picture(&panels, true)?;
    let title = "What one increment costs the thread that makes it";
    Some(Picture { name: "cost.svg", title, alt, note: note.into(), svg })
}

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
    let mut note = "Hollow marks: published by others.".to_owned();
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

/// Panels side by side over one legend; nothing where no panel has a line.
fn picture(panels: &[(&str, &[Line<'_>])], log: bool) -> Option<String> {
    let mut named: Vec<&Line<'_>> = panels.iter().flat_map(|(_, lines)| *lines).collect();
    named.sort_by_key(|line| line.place);
    named.dedup_by_key(|line| line.place);
    if named.is_empty() {
        return None;
    }
    let mut svg = String::new();
    let height = SIZE.1 + LEGEND * named.len().div_ceil(3) as u32 + 10;
    let drawn = draw(SVGBackend::with_string(&mut svg, (SIZE.0, height)).into_drawing_area(), panels, &named, log);
    drawn.expect("a string takes all that is drawn");
    Some(svg)
}

fn draw(root: Area<'_>, panels: &[(&str, &[Line<'_>])], named: &[&Line<'_>], log: bool) -> Drawn {
    // Opaque, so that it can be read on a dark page too.
    root.fill(&WHITE)?;
    let (above, below) = root.split_vertically(SIZE.1);
    for (area, (title, lines)) in above.split_evenly((1, panels.len())).iter().zip(panels) {
        panel(area, title, lines, log)?;
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

fn panel(area: &Area<'_>, title: &str, lines: &[Line<'_>], log: bool) -> Drawn {
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = points().map(|p| p.0).fold(2.0, f64::max);
    let mut builder = ChartBuilder::on(area);
    builder.margin(10).caption(title, ("sans-serif", 16)).x_label_area_size(36).y_label_area_size(52);
    let threads = (1.0..most).log_scale().base(2.0);
    // Macro, because the two kinds of axis are two types.
    macro_rules! fill {
        ($costs:expr) => {{
            let mut chart = builder.build_cartesian_2d(threads, $costs)?;
            let mut mesh = chart.configure_mesh();
            mesh.x_desc("threads").light_line_style(WHITE).label_style(("sans-serif", 12));
            mesh.x_label_formatter(&|x: &f64| x.to_string()).y_label_formatter(&|y: &f64| y.to_string()).draw()?;
            for line in lines {
                chart.draw_series(LineSeries::new(line.points.iter().copied(), style(line)))?;
                for at in &line.points {
                    let ((x, y), (left, top)) = (chart.backend_coord(at), area.get_base_pixel());
                    mark(area, (x - left, y - top), line)?;
                }
            }
        }};
    }
    if log {
        let least = points().map(|p| p.1).fold(1.0, f64::min).max(1e-3);
        let greatest = points().map(|p| p.1).fold(10.0, f64::max);
        // Whole powers of ten, and a hair more, so that the lowest has its line too.
        fill!((0.9999 * 10f64.powf(least.log10().floor())..10f64.powf(greatest.log10().ceil())).log_scale());
    } else {
        fill!(0.0..100.0);
    }
    Ok(())
}

fn style(line: &Line<'_>) -> ShapeStyle {
    COLOURS[line.place % COLOURS.len()].stroke_width(if is_published(line.machine) { 1 } else { 3 })
}

/// A machine's mark: hollow for published figures.
fn mark(area: &Area<'_>, (x, y): (i32, i32), line: &Line<'_>) -> Drawn {
    let colour = COLOURS[line.place % COLOURS.len()];
    let style = if is_published(line.machine) { colour.stroke_width(2) } else { colour.filled() };
    if (line.place / COLOURS.len()).is_multiple_of(2) {
        area.draw(&Circle::new((x, y), 4, style))?;
    } else {
        area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], style))?;
    }
    Ok(())
}
