//! All views: they fit every window, have no fault that axe-core knows, follow old links, ask no network, and print.

use std::path::Path;

use miscount::report::page;
use miscount::results::Origin;
use serde_json::{Value, json};

use super::chromium::{Chromium, Reader};
use super::{machines, many, shared, written};

/// Every view, and "Here" with each bench.
const VIEWS: [&str; 12] = [
    "bench=counters",
    "bench=locks",
    "bench=reads",
    "bench=lazy_init",
    "bench=ordering",
    "bench=async",
    "bench=peers",
    "bench=core_to_core",
    "view=cpus",
    "view=python&models=1",
    "view=how",
    "view=method",
];

const FITS: &str = "const wide = [], heights = [];
    for (const fragment of given) {
        await visit(fragment);
        wide.push(fits());
        heights.push(root.scrollHeight);
        all('#panel details').forEach((box) => { box.open = true; });
        await again();
        wide.push(fits());
        all('#panel details').forEach((box) => { box.open = false; });
    }
    return { wide: wide.filter(Boolean), heights };";

#[test]
fn views_fit_every_window() {
    let Some(chromium) = Chromium::find() else { return };
    let widths = [360, 390, 1280, 1920];
    let readers = widths.map(|width| Reader { width, given: json!(VIEWS), ..Reader::new(shared(), "", FITS) });
    for (width, found) in widths.iter().zip(chromium.read(&readers)) {
        assert_eq!(found["wide"], json!([]), "{width} px");
        let heights: Vec<u64> =
            found["heights"].as_array().expect("heights").iter().filter_map(Value::as_u64).collect();
        let most = if *width < 500 { 5100 } else { 3400 };
        assert!(
            heights.len() == VIEWS.len() && heights.iter().all(|height| *height <= most),
            "{width} px: {heights:?}"
        );
    }
}

const OLD: &str = "const found = [];
    for (const fragment of given) { await visit(fragment); found.push([fragment, current(), document.querySelector('#benches [aria-current=page]')?.textContent ?? '']); }
    return found;";

/// What leaves the page is refused; what comes of a broken page is said. The reader puts both right again.
const CLOSED: &str = "const loaded = performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith('data:'));
    const refused = await fetch('https://example.com/').then(() => 'fetched', () => 'refused');
    const image = new Image(); await new Promise((go) => { image.onload = image.onerror = go; image.src = 'https://example.com/x.png'; });
    await later(100);
    const said = root.dataset.errors ?? '', shown = !find('#broken').hidden;
    delete root.dataset.errors; find('#broken').hidden = true;
    return { loaded, refused, said, shown, skip: find('a.skip').getAttribute('href') };";

#[test]
fn old_links_lead_on_and_nothing_leaves_the_page() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let empty = written(dir.path(), "empty.html", &[]);
    let old = ["machines", "counter", "pair", "loss", "crossover", "collapse", "fairness", "race", "nothing such"];
    let mut old: Vec<String> = old.iter().map(|view| format!("view={view}")).collect();
    old.push("machine=made_up_2&level=high&sort=-4".into());
    let found = chromium.read(&[
        Reader { given: json!(old), ..Reader::new(shared(), "", OLD) },
        Reader::new(shared(), "view=method", CLOSED),
        Reader::new(&empty, "view=cpus", "return text('main');"),
    ]);
    let to: Vec<[&Value; 2]> = found[0].as_array().expect("views").iter().map(|view| [&view[1], &view[2]]).collect();
    let expected = [
        ["CPUs", ""],
        ["CPUs", ""],
        ["CPUs", ""],
        ["CPUs", ""],
        ["CPUs", ""],
        ["Here", "Counters"],
        ["Here", "Locks"],
        ["How it happens", ""],
        ["Here", "Counters"],
        ["Here", "Counters"],
    ];
    assert_eq!(json!(to), json!(expected));
    let closed = &found[1];
    assert_eq!(
        (&closed["loaded"], &closed["refused"], &closed["shown"]),
        (&json!([]), &json!("refused"), &json!(true))
    );
    for directive in ["connect-src", "img-src"] {
        assert!(closed["said"].as_str().expect("text").contains(&format!("blocked: {directive}")), "{closed}");
    }
    assert_eq!(closed["skip"], "#main");
    assert!(found[2].as_str().expect("text").contains("Nothing measured yet"), "{}", found[2]);
}

/// Counts how many blocks of data are opened.
const COUNTED: &str = "<head><script>window.openings = 0; window.DecompressionStream = class extends DecompressionStream { constructor(of) { super(of); openings++; } };</script>";

#[test]
fn of_sixty_machines_one_is_opened() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let real = machines().iter().find(|m| m.origin == Origin::Measured).expect("a measured machine");
    let html = page::render(&many::machines(real, 60, 60, 1), &[]);
    let path = dir.path().join("index.html");
    std::fs::write(&path, html.replace("<head>", COUNTED)).expect("the page is written");
    let script = "const here = openings, id = find('#machine').value;
        await visit('view=cpus');
        return { here, id, cpus: openings, drawn: all('#cost-fetch_add text.end').length, pressed: all('button.key[aria-pressed=true]').length, rows: rows('table.machines').length };";
    let found = chromium.read(&[Reader::new(&path, "machine=synthetic-40", script)]).remove(0);
    // Its columns and their numbers, and the names and facts of all.
    assert_eq!((&found["here"], &found["id"]), (&json!(4), &json!("synthetic-40")));
    // Those of the other 59, and what differs in pairs.
    assert_eq!((&found["cpus"], &found["rows"]), (&json!(4 + 2 * 59 + 1), &json!(60)), "{found}");
    assert_eq!(found["pressed"], 12, "no more are drawn at once: {found}");
}

/// Pages of A4 that "Here" may take.
const MOST_PAGES: usize = 5;

#[test]
fn here_prints_on_a_few_pages() {
    let Some(chromium) = Chromium::find() else { return };
    let pdf = chromium.printed(shared(), "");
    let text = String::from_utf8_lossy(&pdf);
    let pages = text.matches("/Type /Page").count() - text.matches("/Type /Pages").count();
    assert!((1..=MOST_PAGES).contains(&pages), "{pages} pages");
}

const AXE: &str = "const found = [], checked = [];
    for (const fragment of given) {
        await visit(fragment);
        all('#panel details').forEach((box) => { box.open = true; });
        await again();
        const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] });
        checked.push(passes.length);
        found.push(...violations.map((v) => `${fragment}: ${v.id}, ${v.help}: ` + v.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | ')));
    }
    return { found, checked };";

#[test]
fn axe_core_finds_nothing() {
    let Some(axe) = std::env::var_os("MISCOUNT_AXE").filter(|path| !path.is_empty()) else {
        println!("skipped: MISCOUNT_AXE names no axe.min.js");
        return;
    };
    let Some(chromium) = Chromium::find() else { return };
    let axe = std::fs::read_to_string(Path::new(&axe)).expect("MISCOUNT_AXE names a file that can be read");
    let script = format!("{axe};\n{AXE}");
    let readers = [false, true].map(|dark| Reader { dark, given: json!(VIEWS), ..Reader::new(shared(), "", &script) });
    for (dark, found) in ["light", "dark"].iter().zip(chromium.read(&readers)) {
        assert_eq!(found["found"], json!([]), "{dark}");
        let checked = found["checked"].as_array().expect("numbers");
        assert!(checked.len() == VIEWS.len() && checked.iter().all(|rules| rules.as_u64() > Some(10)), "{checked:?}");
    }
}
