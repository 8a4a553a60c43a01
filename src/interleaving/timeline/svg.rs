//! The timeline as a picture: time goes right, a row is a thread.

use std::fmt::Write;

use super::super::{Event, Run};
use super::{detail, loss, outcome, title};

/// Steps beside each other, before the picture goes on below.
const STEPS_A_BAND: usize = 14;
/// Room for the names of the rows.
const LEFT: usize = 84;
const COLUMN_HEIGHT: usize = 46;
const NUMBERS: usize = 22;
const VALUES: usize = 26;
const BAND_GAP: usize = 18;
const TOP: usize = 62;
/// The width of a character, about.
const CHARACTER: usize = 8;

/// The colours, for light and for dark pages; nothing is told by colour alone. Each rule is for pictures of this
/// kind only, so that one can stand inside a page.
const STYLE: &str = "\
.miscount-run text{font:13px system-ui,sans-serif;fill:#1b1f24}\
.miscount-run .mono{font:12px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle}\
.miscount-run .head{font-weight:600;font-size:15px}\
.miscount-run .quiet{fill:#57606a}\
.miscount-run .page{fill:#fff}\
.miscount-run .lane{stroke:#d0d7de;stroke-width:1}\
.miscount-run .step{fill:#eef2f7;stroke:#8c959f}\
.miscount-run .store{fill:#ddf0e0;stroke:#2a7f3f}\
.miscount-run .lost{fill:#fde0dd;stroke:#b3261e;stroke-width:2;stroke-dasharray:4 3}\
.miscount-run .word{fill:#b3261e;font-weight:700}\
@media (prefers-color-scheme:dark){\
.miscount-run text{fill:#e6edf3}\
.miscount-run .quiet{fill:#9da7b1}\
.miscount-run .page{fill:#0d1117}\
.miscount-run .lane{stroke:#30363d}\
.miscount-run .step{fill:#1c2430;stroke:#6e7681}\
.miscount-run .store{fill:#12301b;stroke:#57ab5a}\
.miscount-run .lost{fill:#3d1513;stroke:#ff8078}\
.miscount-run .word{fill:#ff8078}}";

/// The timeline as a standalone SVG document, readable on light and dark pages, with a title and the whole
/// run in words for those who do not see it. A store that did not last has a dashed red frame and the
/// word "lost", with the step that stored over it.
pub fn svg(run: &Run) -> String {
    let threads = run.schedule.race().threads();
    let events = &run.events;
    let longest = events.iter().map(|event| event.step.name.len().max(detail(event).len())).max().unwrap_or_default();
    let column = (longest.max("lost to 000".len()) * CHARACTER) + 10;
    let band = NUMBERS + threads * COLUMN_HEIGHT + VALUES;
    let bands = events.len().div_ceil(STEPS_A_BAND).max(1);
    let lines = wrapped(&run.schedule.to_string(), 100);
    let foot = 24 + lines.len() * 16;
    let width = (LEFT + events.len().min(STEPS_A_BAND) * column + 16).max(LEFT + 100 * CHARACTER);
    let height = TOP + bands * (band + BAND_GAP) + foot;

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" class=\"miscount-run\">\n<title>{}</title>\n<desc>{}</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n",
        escaped(&format!("{}: {}", title(run), outcome(run))),
        escaped(&told(run)),
    );
    label(&mut out, "head", 16, 26, &title(run));
    label(&mut out, "", 16, 46, &outcome(run));
    for (band_at, part) in events.chunks(STEPS_A_BAND).enumerate() {
        let top = TOP + band_at * (band + BAND_GAP);
        let first = band_at * STEPS_A_BAND;
        label(&mut out, "quiet", 16, top + 14, "step");
        label(&mut out, "quiet", 16, top + band - 8, "value");
        for thread in 0..threads {
            let middle = top + NUMBERS + thread * COLUMN_HEIGHT + COLUMN_HEIGHT / 2;
            label(&mut out, "", 16, middle + 4, &format!("thread {thread}"));
            let end = LEFT + part.len() * column;
            let _ = writeln!(out, "<line class=\"lane\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{middle}\" y2=\"{middle}\"/>");
        }
        for (at, event) in part.iter().enumerate() {
            let (x, center) = (LEFT + at * column, LEFT + at * column + column / 2);
            label(&mut out, "mono quiet", center, top + 14, &(first + at + 1).to_string());
            step(&mut out, event, x, top + NUMBERS + event.thread * COLUMN_HEIGHT, column);
            label(&mut out, "mono", center, top + band - 8, &event.value.to_string());
        }
    }
    for (at, line) in lines.iter().enumerate() {
        label(&mut out, "quiet", 16, height - foot + 24 + at * 16, line);
    }
    out.push_str("</svg>\n");
    out
}

/// One step: a box with its name and what it left in the register.
fn step(out: &mut String, event: &Event, x: usize, y: usize, column: usize) {
    let lost = loss(event);
    let class = match (&lost, event.adds) {
        (Some(_), _) => "lost",
        (None, 0) => "step",
        (None, _) => "store",
    };
    let (left, wide, high) = (x + 3, column - 6, COLUMN_HEIGHT - 8);
    let _ = write!(
        out,
        "<g><rect class=\"{class}\" x=\"{left}\" y=\"{}\" width=\"{wide}\" height=\"{high}\" rx=\"4\">",
        y + 4
    );
    let _ = writeln!(out, "<title>{}</title></rect>", escaped(&words(event)));
    let center = x + column / 2;
    label(out, "mono", center, y + 19, event.step.name);
    match event.fate {
        Some(super::Fate::Lost { by }) => label(out, "mono word", center, y + 35, &format!("lost to {}", by + 1)),
        _ => label(out, "mono", center, y + 35, &detail(event)),
    }
    out.push_str("</g>\n");
}

/// One step in words.
fn words(event: &Event) -> String {
    let mut words = format!("thread {}: {}", event.thread, event.step.name);
    for part in [Some(detail(event)).filter(|detail| !detail.is_empty()), loss(event)].into_iter().flatten() {
        words.push_str(", ");
        words.push_str(&part);
    }
    words
}

/// The whole run in words.
fn told(run: &Run) -> String {
    let steps = run.events.iter().enumerate();
    let steps = steps.map(|(at, event)| format!("Step {}, {}; the value is {}.", at + 1, words(event), event.value));
    format!("Threads are rows, time goes right. {}", steps.collect::<Vec<_>>().join(" "))
}

fn label(out: &mut String, class: &str, x: usize, y: usize, text: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(out, "<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(text));
}

/// Lines of at most so many characters.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(most).map(|line| line.iter().collect()).collect()
}

/// Text that is no markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::super::{Grain, Race, Schedule, draw, programs};
    use super::*;

    #[test]
    fn the_picture_says_which_store_was_lost() {
        let picture = svg(&Schedule::parse("load_store.1:2x1:010101").unwrap().run());
        assert_eq!(picture.matches("class=\"lost\"").count(), 1);
        assert_eq!(picture.matches("class=\"store\"").count(), 1);
        assert_eq!(picture.matches("class=\"step\"").count(), 4);
        assert!(picture.contains(">lost to 6</text>"), "{picture}");
        assert!(picture.contains("<title>load_store: 2 threads, 1 increment each: 2 attempted, 1 kept"));
        assert!(picture.contains("Step 5, thread 0: store, v=1, LOST: step 6 stores over it; the value is 1."));
        assert!(picture.contains(">load_store.1:2x1:010101</text>"));
    }

    #[test]
    fn long_runs_go_on_below_and_nothing_is_left_out() {
        for program in programs() {
            let race = Race::new(program.id, 3, 4).unwrap();
            let run = draw(&race, 1, Grain::Every).run();
            let picture = svg(&run);
            let boxes =
                ["lost", "store", "step"].map(|class| picture.matches(&format!("<rect class=\"{class}\"")).count());
            assert_eq!(boxes.iter().sum::<usize>(), run.events.len());
            let bands = run.events.len().div_ceil(STEPS_A_BAND);
            assert_eq!(picture.matches(">value</text>").count(), bands);
            assert_eq!(picture.matches("class=\"lane\"").count(), 3 * bands);
        }
    }

    /// The first number of that name.
    fn at(tag: &str, name: &str) -> usize {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {tag}"));
        rest.split('"').next().expect("a value").parse().expect("a number")
    }

    /// The tags of a picture that begin so, and the text after each.
    fn tags<'p>(picture: &'p str, start: &str) -> Vec<(&'p str, &'p str)> {
        let after = |(from, _): (usize, &str)| {
            let (tag, rest) = picture[from..].split_once('>').expect("its end");
            (tag, rest.split('<').next().expect("a text"))
        };
        picture.match_indices(start).map(after).collect()
    }

    #[test]
    fn steps_stand_in_their_lanes_one_after_another_and_nothing_sticks_out() {
        for (id, threads, increments) in [("std_mutex", 3, 12), ("gil_3_9_int", 2, 3), ("load_store", 2, 1)] {
            let run = draw(&Race::new(id, threads, increments).unwrap(), 1, Grain::Every).run();
            let picture = svg(&run);
            let (page, _) = tags(&picture, "<rect class=\"page\"")[0];
            let (width, height) = (at(page, "width"), at(page, "height"));
            let lanes = tags(&picture, "<line");
            let labels = tags(&picture, "<text");
            let y = |n: usize| at(labels[n].0, "y");
            // Title and outcome; then of each band its two names, those of its lanes, and four labels a step.
            assert!(y(0) < y(1) && labels[1].1 == outcome(&run));
            let most = lanes.iter().map(|(tag, _)| at(tag, "x2")).max().expect("a lane");
            assert_eq!(width, (most + 16).max(LEFT + 100 * CHARACTER));
            let mut next = 2;
            let mut before: Option<(usize, usize)> = None;
            for (n, one) in picture.split("<g>").skip(1).enumerate() {
                let event = &run.events[n];
                let band = n / STEPS_A_BAND;
                if n % STEPS_A_BAND == 0 {
                    assert!(y(next - 1) < y(next) && y(next) < y(next + 1), "under the last");
                    let (above, first) = (&labels[next..next + 2 + threads], next + 2 + threads);
                    assert_eq!((above[0].1, above[1].1), ("step", "value"));
                    assert_eq!((y(next), y(next + 1)), (y(first), y(first + 3)), "beside the numbers and the values");
                    for thread in 0..threads {
                        let (lane, (name, text)) = (at(lanes[band * threads + thread].0, "y1"), above[2 + thread]);
                        assert_eq!(text, format!("thread {thread}"));
                        assert!((lane..lane + 9).contains(&at(name, "y")), "beside its lane");
                    }
                    next = first;
                    before = None;
                }
                let (x, top, wide, high) = (at(one, "x"), at(one, "y"), at(one, "width"), at(one, "height"));
                let lane = lanes[band * threads + event.thread].0;
                assert_eq!((at(lane, "y1"), at(lane, "y2")), (top + high / 2, top + high / 2), "{id}: step {n}");
                assert!(at(lane, "x1") < x && x + wide < at(lane, "x2") && at(lane, "x2") < width);
                assert!(before.is_none_or(|(x_before, wide)| x_before + wide < x && x < x_before + wide + 20));
                before = Some((x, wide));
                assert!(wide <= 20 * CHARACTER, "no wider than its texts");
                let [number, name, detail, value] = [0, 1, 2, 3].map(|k| labels[next + k]);
                next += 4;
                assert_eq!((number.1, value.1), (&*(n + 1).to_string(), &*event.value.to_string()));
                assert_eq!(name.1, event.step.name);
                for (tag, text) in [number, name, detail, value] {
                    assert_eq!(at(tag, "x"), x + wide / 2, "{id}: step {n}: {text}");
                    assert!(text.len() * CHARACTER <= wide, "{id}: {text} is wider than its step");
                }
                let [number, name, detail, value] = [number, name, detail, value].map(|(tag, _)| at(tag, "y"));
                assert!(top < name && name + 12 <= detail && detail < top + high, "{id}: step {n}");
                let ends = [at(lanes[band * threads].0, "y1"), at(lanes[(band + 1) * threads - 1].0, "y1")];
                assert!(number < ends[0] - high / 2 && value > ends[1] + high / 2, "{id}: step {n}");
            }
            let written: String = labels[next..].iter().map(|(_, text)| *text).collect();
            assert_eq!(written, run.schedule.to_string());
            assert!(y(next) < y(next - 1) + 60, "right below");
            for (n, (tag, text)) in labels.iter().enumerate().skip(next) {
                assert!(y(n) >= y(n - 1) + 16 && y(n) < height && at(tag, "x") + text.len() * CHARACTER <= width);
            }
            assert!(y(labels.len() - 1) + 24 > height, "nothing below");
        }
    }

    #[test]
    fn text_is_no_markup() {
        assert_eq!(escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
    }
}
