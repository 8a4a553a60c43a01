//! The benches of a machine, below "Here".

use serde_json::json;

use super::chromium::{Chromium, Reader};
use super::shared;

/// Each tab in turn: its sentence, its pictures, and the table that is made when it is opened.
const TABS: &str = "const tabs = [];
    for (const id of all('#benches a[id]').map((a) => a.id)) {
        if (id === 'bench-interpreters') continue;
        await click('#' + id);
        const figures = find('#figures'), before = figures.children.length;
        await open('figures');
        tabs.push({ id, chosen: find('#benches [aria-current=page]').id, sentence: all('.answer').at(-1).textContent, marks: all('#panel figure svg').flatMap((svg) => svg.marks ?? []).length,
            orders: all('table.orders button.cell').length, before, cells: all('button.cell', figures).length, rows: all('tbody tr:not(.group)', figures).length });
        figures.open = false;
    }
    return tabs;";

/// A table of figures: filtered, and a cell's details.
const TABLE: &str = "await open('figures');
    const shown = () => all('#figures tr:is(.ranked, .wrong, .floor)').filter((tr) => !tr.hidden).map((tr) => tr.cells[0].textContent);
    const every = shown(), cells = (name) => { const tr = all('#figures tbody tr').find((tr) => tr.cells[0].textContent === name); return [...tr.cells].slice(1, -1).map((td) => td.textContent); };
    const fetch = cells('std_mutex'), wrong = cells('load_store'), beside = all('#figures tr.wrong td').filter((td) => ['cheapest', 'tie'].some((mark) => td.textContent.includes(mark))).length;
    await set('filter', 'spinning ti'); const filtered = shown(), hash = location.hash, focus = document.activeElement.id;
    await set('filter', ''); const again = shown().length;
    const button = all('#figures button.cell').find((b) => b.ariaLabel.startsWith('std_mutex, 2 threads'));
    button.focus(); button.click();
    const detail = { inside: button.closest('tr').nextElementSibling.className, text: text('tr.detail'), expanded: button.ariaExpanded, hash: location.hash };
    button.click();
    return { every: every.length, fetch, wrong, beside, filtered, hash, focus, again, detail, closed: all('tr.detail').length + ' ' + location.hash };";

/// The same row by the distance of the CPUs.
const DISTANCES: &str = "await open('figures');
    const cells = (name) => { const tr = all('#figures tbody tr').find((tr) => tr.cells[0].textContent === name); return [...tr.cells].slice(1, -1).map((td) => td.textContent); };
    const found = {};
    for (const id of ['near', 'far']) { await click('#bench-cpus-' + id); found[id] = { split: cells('load_store')[1], one: cells('fetch_add'), hash: location.hash, open: find('#figures').open, says: text('#figures > .caption') }; }
    await visit('machine=loner'); await open('figures');
    return { ...found, loner: all('#bench-cpus-near').length };";

/// The strip of line transfers: its marks, what keys and the pointer show, and its table; and the table of locked adds.
const AMONG: &str = "const svg = find('#among svg'), tip = () => (find('#tip').hidden ? 'none' : text('#tip'));
    const tips = svg.marks.map((mark) => mark.tip), own = svg.marks.find((mark) => mark.tip.includes('on this page'));
    await press(svg, 'ArrowRight'); const first = tip(); await press(svg, 'ArrowRight'); const next = tip(); await press(svg, 'Escape');
    const box = svg.getBoundingClientRect(), size = box.width / svg.viewBox.baseVal.width;
    svg.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + own.x * size, clientY: box.top + own.y * size, bubbles: true })); const hovered = tip();
    await open('among-table');
    const found = { tips, first, next, hovered, caption: text('#among figcaption'), said: text('#among-table'), rows: rows('#among-table').length, ranks: text('#ranks') };
    await visit('view=cpus'); await open('locked');
    return { ...found, families: rows('#locked').length, locked: text('#locked') };";

#[test]
fn the_line_transfer_stands_among_those_of_others() {
    let Some(chromium) = Chromium::find() else { return };
    let found = chromium.read(&[Reader::new(shared(), "bench=core_to_core", AMONG)]).remove(0);
    let says = |name: &str| found[name].as_str().expect("text").to_owned();
    let tips: Vec<&str> =
        found["tips"].as_array().expect("tips").iter().map(|tip| tip.as_str().expect("text")).collect();
    let own: Vec<&&str> = tips.iter().filter(|tip| tip.contains("on this page")).collect();
    assert_eq!((tips.len(), own.len()), (108, 1));
    let milan = tips.iter().find(|tip| tip.starts_with("amd-epyc-7773x-")).expect("a machine");
    for words in [
        "128 CPUs, 8,128 pairs",
        "median 115 ns, quartiles 103 and 122 ns",
        "least 9.93 ns, most 140 ns",
        "8 × 16 CPUs: 26.1 ns",
    ] {
        assert!(milan.contains(words), "no {words}: {milan}");
    }
    assert!(tips.iter().any(|tip| tip.contains("apple") && tip.contains("not tied to CPUs")));
    assert!(tips.iter().any(|tip| tip.contains("coarse clock: each time is a multiple of 3.333 ns")));
    assert!(
        tips.contains(&says("first").as_str())
            && tips.contains(&says("next").as_str())
            && found["first"] != found["next"],
        "{found}"
    );
    assert_eq!(says("hovered"), **own[0]);
    assert!(says("caption").contains(" of 108 machines, from near to far"), "{found}");
    assert_eq!(found["rows"], 108);
    assert!(says("said").contains("264ea0a") && says("said").contains("licence: MIT"), "{found}");
    assert!(says("ranks").contains("do not carry over"), "{found}");
    assert!(found["families"].as_u64() > Some(26) && says("locked").contains("InstLatx64"), "{found}");
}

/// Locks that are held long: who starves.
const HELD: &str = "const names = (id, kind) => texts('#' + id + ' svg text.name' + kind), tips = (id) => find('#' + id + ' svg').marks.map((mark) => mark.tip);
    await open('figures');
    const heads = texts('#figures thead th'), cells = all('#figures tbody tr:not(.group)').map((tr) => tr.cells[0].textContent + ' ' + tr.cells[1].textContent);
    all('#figures button.cell')[0].click(); const detail = text('tr.detail');
    return { says: all('.answer').at(-1).textContent, waits: names('waits', ''), red: names('waits', '.wrong'), shares: names('shares', ''), tips: tips('shares'),
        longest: tips('waits').filter((tip) => tip.includes('longest')), heads, cells, detail, marks: all('#dumbbell').length };";

#[test]
fn locks_that_are_held_long_show_who_starves() {
    let Some(chromium) = Chromium::find() else { return };
    let held = "machine=made_up_2&bench=locks&level=c500000_p0";
    let found = &chromium.read(&[Reader::new(shared(), held, HELD)])[0];
    let says = found["says"].as_str().expect("text");
    assert!(says.contains("parking_lot_fair_mutex bounds a wait, at most 3.20 ms of a second"), "{says}");
    assert!(says.contains("std_mutex and parking_lot_mutex let a thread starve, for 670 to 712 ms"), "{says}");
    let all = json!(["parking_lot_fair_mutex", "std_mutex", "parking_lot_mutex"]);
    assert_eq!((&found["waits"], &found["shares"]), (&all, &all), "the shortest wait first");
    assert_eq!(found["red"], json!(["std_mutex", "parking_lot_mutex"]));
    let longest = &found["longest"][1];
    assert_eq!(
        longest, "std_mutex, 2 threads\nThe longest wait: 670 ms, 1 still open at the end",
        "it was another one"
    );
    assert_eq!(found["tips"].as_array().map(Vec::len), Some(6));
    assert_eq!(found["tips"][0], "parking_lot_fair_mutex, 2 threads\nleast share of a thread: 25.0 %");
    assert_eq!((&found["heads"][0], &found["marks"]), (&json!("longest wait"), &json!(0)), "no cost is shown");
    assert_eq!(found["cells"][1], "std_mutex 670 msstarves, 25.0 %");
    let detail = found["detail"].as_str().expect("text");
    assert!(
        detail.contains("a wait") && detail.contains("bounded") && detail.contains("sections of the longest turn120"),
        "{detail}"
    );
}

#[test]
fn each_bench_has_a_sentence_a_picture_and_a_folded_table() {
    let Some(chromium) = Chromium::find() else { return };
    let path = shared();
    let found = chromium.read(&[
        Reader::new(path, "", TABS),
        Reader::new(path, "machine=made_up_2&level=high", TABLE),
        Reader::new(path, "machine=made_up_2&level=high", DISTANCES),
    ]);

    let tabs = found[0].as_array().expect("tabs");
    let ids = ["counters", "locks", "reads", "lazy_init", "ordering", "async", "peers", "core_to_core"];
    assert_eq!(
        tabs.iter().map(|tab| tab["id"].clone()).collect::<Vec<_>>(),
        ids.map(|id| json!(format!("bench-{id}")))
    );
    for tab in tabs {
        assert_eq!(tab["chosen"], tab["id"]);
        assert!(tab["sentence"].as_str().expect("text").len() > 30, "{tab}");
        assert_eq!(tab["before"], 1, "the table is made before it is opened: {tab}");
        assert!(tab["cells"].as_u64() > Some(0) && tab["rows"].as_u64() > Some(0), "{tab}");
        let picture = if tab["id"] == "bench-ordering" { "orders" } else { "marks" };
        assert!(tab[picture].as_u64() > Some(1), "no picture: {tab}");
    }

    let table = &found[1];
    assert_eq!(table["every"], 16, "{table}");
    assert_eq!(table["fetch"], json!(["4", "11", "tie < 55"]));
    let wrong = table["wrong"].as_array().expect("cells");
    assert!(wrong[1].as_str().expect("text").contains("lost ") && table["beside"] == 0, "{table}");
    assert_eq!(table["filtered"], json!(["ticket"]), "by family and name: {table}");
    assert_eq!((&table["focus"], &table["again"]), (&json!("filter"), &json!(16)));
    assert!(table["hash"].as_str().expect("a fragment").contains("filter=spinning+ti"), "{table}");
    let detail = &table["detail"];
    assert_eq!((&detail["inside"], &detail["expanded"]), (&json!("detail"), &json!("true")));
    assert!(detail["text"].as_str().expect("text").contains("10 kept of 11 tried"), "{detail}");
    assert!(detail["hash"].as_str().expect("a fragment").contains("cell=std_mutex&threads=2"), "{detail}");
    assert_eq!(table["closed"], "0 #machine=made_up_2&level=high&view=here");

    let distances = &found[2];
    assert_eq!(
        (&distances["near"]["split"], &distances["far"]["split"]),
        (&json!("33lost 12.5 %"), &json!("78lost 37.5 %"))
    );
    assert_eq!(distances["far"]["one"], json!(["2", "not split", "not split"]), "whose it would be nobody could tell");
    assert!(
        distances["far"]["says"].as_str().expect("text").contains("only the rounds between distant CPUs"),
        "{distances}"
    );
    assert_eq!(
        (&distances["far"]["open"], &distances["loner"]),
        (&json!(true), &json!(0)),
        "no switch without two distances"
    );
}
