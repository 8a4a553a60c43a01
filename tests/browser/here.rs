//! The view "Here": the answer in the first screen, marks of the dot plot, which one to take, claims; pictures by keyboard and as files.

use miscount::choose::{Question, sentence};
use miscount::results::{Machine, Noise, Origin};
use miscount::workload::Load;
use serde_json::{Value, json};

use super::chromium::{Chromium, Reader};
use super::{machines, pythons, shared, synthetic, written};

/// Figures of the first screen: those of the line on the machine and of the cards, and the fields of the dot plot; and how many cards and rows are seen.
const FIRST: &str = "const seen = (node) => node.getBoundingClientRect().bottom <= 900;
    const shown = (selector) => all(selector).filter(seen);
    const figures = [...shown('.about'), ...shown('.cards a'), ...shown('#dots text.field')].flatMap((node) => node.textContent.match(/[0-9][0-9.,]*/g) ?? []);
    return { figures: figures.length, cards: shown('.cards li').length, rows: shown('#dots text.name').length, machine: find('#machine').value, here: Data.machines[Data.here].id };";

#[test]
fn the_first_screen_is_the_answer() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let mut noisy = pythons::machine("noisy");
    for cell in noisy.cells.iter_mut().filter(|c| c.key.subject == "fetch_add") {
        cell.figures.noise = Some(Noise { steal: Some(0.5), ..Noise::default() });
    }
    let noisy = written(dir.path(), "noisy.html", &[noisy]);
    let path = shared();
    let found = chromium.read(&[
        Reader::new(path, "", FIRST),
        Reader { width: 390, ..Reader::new(path, "", FIRST) },
        Reader::new(path, "machine=graviton2-16c", "return { machine: find('#machine').value, about: text('.about'), published: text('.callout:not(.bad)') };"),
        Reader::new(
            &noisy,
            "",
            "return all('.cards li').map((card) => [card.className, card.querySelector('strong').textContent, card.querySelector('a').hash]);",
        ),
    ]);
    assert!(found[0]["figures"].as_u64() >= Some(60), "{}", found[0]);
    assert_eq!(found[0]["cards"], 4);
    assert_eq!(found[0]["machine"], found[0]["here"], "the machine to open");
    assert_eq!(found[1]["cards"], 4, "on a phone");
    assert!(found[1]["rows"].as_u64() >= Some(8), "{}", found[1]);
    assert_eq!(found[2]["machine"], "graviton2-16c", "the fragment's machine");
    assert!(found[2]["published"].as_str().expect("text").starts_with("Published by others"), "{}", found[2]);
    let cards = found[3].as_array().expect("cards");
    let says = |n: usize| cards[n][1].as_str().expect("text");
    assert_eq!((cards.len(), &cards[1][0], says(1)), (4, &json!("unsure"), "too noisy to say"), "{cards:?}");
    assert!(says(2).contains("ns") && says(3).contains('%'), "the others have theirs: {cards:?}");
    assert!(cards[1][2].as_str().expect("a link").contains("cell=fetch_add"), "each leads to its proof: {cards:?}");
}

/// Of each row of the dot plot its name, the classes of its marks from left to right, its fields and the length of its bar.
const ROWS: &str = "const svg = find('#dots svg'), middle = (node) => { const box = node.getBBox(); return box.y + box.height / 2; };
    const rule = all('line.rule', svg).map(middle);
    const rows = all('text.name', svg).map((name) => {
        const y = Number(name.getAttribute('y')) - 4, at = (selector) => all(selector, svg).filter((node) => Math.abs(middle(node) - y) < 3);
        return { name: name.textContent, marks: at('.mark').map((mark) => mark.getAttribute('class').replace('mark ', '').split(' ').filter(Boolean).join(' ')),
            fields: at('text.field').map((field) => field.textContent), bar: at('rect.bar').map((bar) => bar.getBBox().width)[0] ?? 0, below: rule.length === 1 && y > rule[0] };
    });
    const words = texts('.choices[aria-label^=Think] button');
    await click('#level-saturated');
    return { rows, words, level: find('[aria-pressed=true]').textContent, hash: location.hash, focus: document.activeElement.id };";

#[test]
fn marks_say_what_a_cell_is() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let machine = synthetic::machine("made_up_2", &synthetic::COUNTERS);
    let page = written(dir.path(), "marks.html", &[machine]);
    let found = chromium
        .read(&[Reader::new(&page, "level=high", &format!("find('#level-saturated').focus(); {ROWS}"))])
        .remove(0);
    let rows = found["rows"].as_array().expect("rows");
    let of = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}: {found}"));
    assert_eq!(rows.len(), 14, "all counters that are no controls: {found}");
    // Nearer to 0 than can be told: a triangle at one and at two threads, and no figure.
    assert_eq!(of("per_thread")["marks"], json!(["triangle hollow", "triangle", "triangle over hollow"]));
    assert_eq!(of("per_thread")["fields"], json!(["< 11", "0 %"]));
    assert_eq!(of("std_mutex")["marks"], json!(["ring", "dot", "triangle over hollow"]));
    assert_eq!(of("std_mutex")["fields"], json!(["11", "0 %"]), "11.4 ns: as near as can be told");
    let wrong: Vec<&Value> = rows.iter().filter(|row| row["below"] == true).collect();
    assert_eq!(wrong.len(), 2, "below the line: {found}");
    for row in &wrong {
        assert!(row["name"].as_str().expect("a name").starts_with("load_store"), "{row}");
        assert!(row["bar"].as_f64() > Some(5.0) && row["fields"][1] != "0 %", "{row}");
        assert!(
            row["marks"].as_array().expect("marks").iter().all(|m| m.as_str().expect("classes").contains("wrong")),
            "{row}"
        );
    }
    assert!(rows.iter().filter(|row| row["below"] == false).all(|row| row["bar"] == 0), "a bar of no loss: {found}");
    let words = ["no think time", "100 ns think time", "1 µs think time", "10 µs think time"];
    assert_eq!(found["words"], json!(words));
    assert_eq!((&found["level"], &found["focus"]), (&json!("no think time"), &json!("level-saturated")));
    assert_eq!(found["hash"], "#level=saturated&view=here");
}

#[test]
fn pictures_are_for_the_keyboard_and_stand_alone() {
    let Some(chromium) = Chromium::find() else { return };
    let path = shared();
    let walk = "const svg = find('#dots svg'), tips = [];
        svg.focus();
        const tip = () => (find('#tip').hidden ? 'none' : text('#tip'));
        for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowUp']) { await press(svg, key); tips.push(tip()); }
        const rings = all('.here', svg).length;
        await press(svg, 'Escape'); tips.push(tip());
        await press(svg, 'ArrowDown');
        await press(svg, 'Enter'); await later(100);
        return { tips, rings, hash: location.hash, detail: text('tr.detail'), expanded: texts('button.cell[aria-expanded=true]') };";
    // Everything that has a name can be reached by the tabulator.
    let reach = "const reachable = (node) => node.tabIndex >= 0 && !node.closest('[hidden]');
        return all('#panel button, #panel select, #panel input, #panel summary, #panel a, #panel svg.chart[role=group]').filter((node) => !reachable(node)).map((node) => node.outerHTML.slice(0, 80));";
    // A download never ends in a browser without a window.
    let save = "HTMLAnchorElement.prototype.click = () => {};
        const href = Charts.save(find('#dots svg'), 'dots'), svg = decodeURIComponent(href.slice(href.indexOf(',') + 1));
        const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
        const image = new Image(); await new Promise((go) => { image.onload = image.onerror = go; image.src = href; });
        const shapes = all('circle, path, rect, line, text', parsed);
        return { type: href.split(';')[0], wrong: parsed.querySelectorAll('parsererror').length, width: image.naturalWidth, shapes: shapes.length,
            plain: shapes.filter((shape) => !shape.hasAttribute('fill') || !shape.hasAttribute('stroke')).length, refers: ['var(', 'url(', 'href', '<script'].filter((word) => svg.includes(word)) };";
    let found = chromium.read(&[
        Reader::new(path, "machine=made_up_2", walk),
        Reader::new(path, "machine=made_up_2", reach),
        Reader::new(path, "machine=made_up_2", save),
    ]);
    let tips: Vec<&str> =
        found[0]["tips"].as_array().expect("tips").iter().map(|t| t.as_str().expect("text")).collect();
    assert!(tips[..4].iter().all(|tip| tip.contains(" thread") && tip.contains(" ns")), "{tips:?}");
    assert!(tips[0] != tips[1] && tips[1] != tips[2] && tips[3] == tips[1], "{tips:?}");
    assert_eq!((tips[4], &found[0]["rings"]), ("none", &json!(1)));
    assert!(found[0]["hash"].as_str().expect("a fragment").contains("cell="), "Enter follows: {}", found[0]);
    assert!(found[0]["detail"].as_str().expect("text").contains("10 kept of 11 tried"), "{}", found[0]);
    assert_eq!(found[0]["expanded"].as_array().expect("texts").len(), 1);
    assert_eq!(found[1], json!([]));
    assert_eq!(found[2]["type"], "data:image/svg+xml");
    assert_eq!((&found[2]["wrong"], &found[2]["plain"], &found[2]["refers"]), (&json!(0), &json!(0), &json!([])));
    assert!(found[2]["width"].as_u64() > Some(500) && found[2]["shapes"].as_u64() > Some(100), "{}", found[2]);
}

#[test]
fn the_counter_to_take_is_the_one_that_choose_names() {
    let Some(chromium) = Chromium::find() else { return };
    let machine: &Machine = machines().iter().find(|m| m.origin == Origin::Measured).expect("a measured machine");
    let answer = |level: &str, threads: usize| {
        let question = Question { threads, load: Load::of(level).expect("a level"), placement: None, now: None };
        sentence(machine, &question).expect("measured").replace('`', "")
    };
    let of = format!("machine={}&", machine.card.id);
    let script = "const answers = [], note = () => answers.push(text('.answer[aria-live]'));
        note();
        await set('need', 'locks'); note();
        await set('for', '1'); note();
        const claims = all('#panel .finding').length, claim = await open('claim-0');
        return { answers, load: options('load').length, hash: location.hash, claims, of: Data.claims.length, heads: texts('th[scope=col]', claim) };";
    let found =
        chromium.read(&[Reader::new(shared(), &format!("{of}need=counters&load=high&for=2"), script)]).remove(0);
    assert_eq!(found["answers"][0], answer("high", 2));
    assert!(found["hash"].as_str().expect("a fragment").contains("need=locks"), "{found}");
    assert_ne!(found["answers"][1], found["answers"][2], "{found}");
    assert!(found["load"].as_u64() > Some(2), "{found}");
    assert_eq!((&found["claims"], &found["heads"]), (&found["of"], &json!(["cells", "measured", "agrees"])));
}
