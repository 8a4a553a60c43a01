//! Does the page work in a browser? Charts are drawn, tables are there, and nothing is broken or
//! too wide. Needs Chromium. Without it the tests are skipped with a line, or fail under `MISCOUNT_REQUIRE_BROWSER=1`.

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "support/many.rs"]
mod many;
#[path = "support/page.rs"]
mod payload;
#[path = "browser/python.rs"]
mod python;
#[path = "support/pythons.rs"]
mod pythons;
#[path = "support/synthetic.rs"]
mod synthetic;

use std::path::{Path, PathBuf};

use chromium::Chromium;
use miscount::figure;
use miscount::report::page;
use miscount::results::{Distance, Interval, Origin, read_all};

/// A page of the published machines and a made-up one of our own.
fn page(dir: &Path) -> PathBuf {
    let (mut machines, _) = read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results"));
    machines.retain(|m| m.origin != Origin::Measured);
    machines.push(synthetic::machine("made_up_2", &synthetic::COUNTERS));
    let path = dir.join("index.html");
    std::fs::write(&path, page::render(&machines, &[])).expect("the page is written");
    path
}

/// The number of rows in a part of the matrix: those that name a counter.
fn rows(dom: &str, part: &str) -> usize {
    dom.matches(&format!("<tr class=\"{part}-row\" data-row=")).count()
}

/// The root element's `data-` attribute.
fn root<'a>(dom: &'a str, name: &str) -> Option<&'a str> {
    let tag = dom.split_once("<html")?.1.split_once('>')?.0;
    Some(tag.split_once(&format!("data-{name}=\""))?.1.split_once('"')?.0)
}

fn sound(dom: &str) {
    assert_eq!(root(dom, "errors"), None, "the page reports errors");
    assert_eq!(root(dom, "ready"), Some("1"), "the page never finished drawing");
    assert_eq!(root(dom, "overflow"), Some("false"), "the page is wider than its window");
    assert!(dom.contains("id=\"broken\" hidden"), "the banner of errors shows");
}

fn charts(dom: &str) -> usize {
    dom.matches("<svg class=\"main-svg\"").count().min(dom.matches("data-chart=\"").count())
}

#[test]
fn charts_and_tables_are_drawn() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());

    let dom = chromium.dom(&path, "machine=xeon-platinum-8176-8s", 1280);
    sound(&dom);
    assert_eq!(charts(&dom), 4, "cost, throughput, goodput and loss");
    assert_eq!((rows(&dom, "floor"), rows(&dom, "ranked"), rows(&dom, "wrong")), (0, 2, 1));
    assert!(dom.contains("id=\"published\""), "published figures carry no mark");
    assert_eq!(dom.matches("role=\"tab\"").count(), 1);
    assert_eq!(dom.matches("<details class=\"data\"").count(), 4, "each chart has its data beside it");

    let dom = chromium.dom(&path, "machine=made_up_2&level=high", 1280);
    sound(&dom);
    assert_eq!(charts(&dom), 4);
    assert_eq!((rows(&dom, "floor"), rows(&dom, "ranked"), rows(&dom, "wrong")), (2, 12, 2));
    assert_eq!(dom.matches("role=\"tab\"").count(), 4);
    assert!(dom.contains("id=\"warnings\""), "the canary's word is not shown");
    let chosen = dom.split("role=\"tab\"").find(|tab| tab.contains("aria-selected=\"true\"")).expect("a chosen tab");
    assert!(chosen.contains("high"), "the fragment's level is not the one shown: {chosen:.200}");
    assert!(dom.contains("&lt; 11</span>"), "no cost is below the resolution");
    let wrong = dom
        .split_once("<tbody data-part=\"wrong\"")
        .expect("the wrong counts")
        .1
        .split_once("</tbody>")
        .expect("its end")
        .0;
    assert!(wrong.contains("load_store") && !wrong.contains("cheapest") && !wrong.contains("shaded"));
}

#[test]
fn figures_are_shown_by_distance_where_cpus_were_moved() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let mut machine = synthetic::machine("made_up_2", &synthetic::COUNTERS);
    let around = |ns: f64| Interval { low: ns - 0.5, median: ns, high: ns + 0.5 };
    let at = |transfer_ns, ns, loss_rate| Distance {
        transfer_ns,
        rounds: 10,
        ns_per_op_per_thread: around(ns + 100.0),
        net_ns_per_op: Some(around(ns)),
        loss_rate: Some(loss_rate),
    };
    for cell in machine.cells.iter_mut().filter(|cell| cell.key.subject == "load_store" && cell.key.threads == 2) {
        cell.figures.distances = vec![at(27.0, 33.25, 0.125), at(158.0, 77.75, 0.375)];
    }
    let path = dir.path().join("index.html");
    std::fs::write(&path, page::render(&[machine], &[])).expect("the page is written");
    let figure = |distance: &str, text: &str| {
        let dom = chromium.dom(&path, &format!("machine=made_up_2&level=high{distance}"), 1280);
        sound(&dom);
        assert!(dom.contains("<label for=\"distance\">") || dom.contains("id=\"distance\""), "no switch");
        let row = dom.split_once("data-row=\"load_store\"").expect("the row").1.split_once("</tr>").expect("its end").0;
        assert!(row.contains(&format!("<span class=\"figure\">{text}</span>")), "{distance}: {row}");
        row.to_owned()
    };
    assert!(figure("&distance=near", "33").contains("lost 12.5 %"));
    assert!(figure("&distance=far", "78").contains("lost 37.5 %"));
    // What was measured at one distance has no figure under either: whose it would be nobody could tell.
    let dom = chromium.dom(&path, "machine=made_up_2&level=high&distance=far", 1280);
    let row = dom.split_once("data-row=\"fetch_add\"").expect("the row").1.split_once("</tr>").expect("its end").0;
    assert_eq!(row.matches("not split").count(), 2, "of 2 and 4 threads: {row}");
    assert_eq!(row.matches("<span class=\"figure\"></span>").count(), 2, "{row}");
    assert!(dom.contains("shows only the rounds between distant CPUs"));
    // Without cells at two distances there is no switch.
    let dom = chromium.dom(&page(dir.path()), "machine=made_up_2&level=high", 1280);
    assert!(!dom.contains("id=\"distance\""));
}

#[test]
fn a_source_without_losses_says_so() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let dom = chromium.dom(&page(dir.path()), "machine=graviton2-16c", 1280);
    sound(&dom);
    assert_eq!(charts(&dom), 2, "cost and throughput");
    assert!(dom.contains("so the kept updates are unknown"));
    assert!(dom.contains("loss not recorded"));
    assert!(dom.contains("cheapest") || dom.contains(">tie<"), "pinned rows are ranked");
}

#[test]
fn the_page_fits_every_window() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    let views = ["machines", "counter", "pair", "loss", "crossover", "fairness", "collapse"];
    let views = views.map(|view| format!("view={view}"));
    let pages: Vec<&str> =
        ["machine=made_up_2", "machine=epyc-milan-2024"].into_iter().chain(views.iter().map(String::as_str)).collect();
    let widths = [360, 1280, 1920];
    let roots = chromium.roots(&path, &pages, &widths);
    assert_eq!(roots.len(), pages.len() * widths.len(), "not every view became ready");
    for (dom, (page, width)) in roots.iter().zip(pages.iter().flat_map(|page| widths.map(|width| (page, width)))) {
        sound(dom);
        assert_eq!(root(dom, "width"), Some(width.to_string().as_str()), "{page}: not the window asked for");
    }
}

/// The page with a script at its end that acts like a reader and leaves the results in
/// `data-` attributes of the root.
fn with_reader(page: &Path, doing: &str) {
    let html = std::fs::read_to_string(page).expect("the page is there");
    let script = format!(
        "<script>\"use strict\"; const out = document.documentElement.dataset;
        const later = (ms) => new Promise((go) => setTimeout(go, ms));
        const press = (node, key) => node.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true, cancelable: true }}));
        const ready = async () => {{ while (out.ready !== '1') await later(20); }};
        (async () => {{ await ready(); {doing} }})().catch((e) => report(String(e)));</script></body>"
    );
    std::fs::write(page, html.replace("</body>", &script)).expect("the page is written");
}

#[test]
fn a_reader_gets_along() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    with_reader(
        &path,
        "const tab = () => document.querySelector('[role=tab][aria-selected=true]');
        tab().focus(); press(tab(), 'ArrowRight'); await ready();
        out.tab = tab().textContent; out.focus = String(document.activeElement === tab()); out.hash = location.hash;
        const cell = document.querySelector('td[tabindex=\"0\"]');
        cell.focus(); press(cell, 'ArrowRight'); press(document.activeElement, 'ArrowDown');
        out.moved = document.activeElement.closest('tr').dataset.row + ' ' + document.activeElement.cellIndex;
        document.activeElement.dispatchEvent(new MouseEvent('mouseenter'));
        out.tip = document.getElementById('tip').textContent;
        press(document.activeElement, 'Enter');
        out.detail = document.querySelector('.detail').textContent;
        const plots = [...document.querySelectorAll('.live')];
        const off = () => plots.slice(0, 3).map((p) => p.data.filter((t) => t.visible === 'legendonly').map((t) => t.legendgroup)[0]).join();
        const lines = () => document.querySelector('.sketch').querySelectorAll('path').length;
        const key = document.querySelector('.keys button[data-row=cas_loop]'), all = lines();
        key.click(); await later(50);
        out.off = off() + ' ' + key.ariaPressed + ' ' + (lines() < all);
        key.click(); await later(50);
        out.on = off() + ' ' + key.ariaPressed + ' ' + (lines() === all);
        out.svg = (await Plotly.toImage(plots[0], { format: 'svg', width: 800, height: 400 })).slice(0, 30);
        const box = document.querySelector('#pickers select'); box.value = 'graviton1-16c';
        box.dispatchEvent(new Event('change')); await ready();
        out.title = document.querySelector('#machine h2').textContent;",
    );
    let dom = chromium.dom(&path, "machine=made_up_2&level=saturated", 1280);
    sound(&dom);
    assert_eq!(root(&dom, "tab"), Some("high100 ns think time"), "an arrow key moves between tabs");
    assert_eq!(root(&dom, "focus"), Some("true"), "and takes the focus along");
    assert_eq!(root(&dom, "hash"), Some("#machine=made_up_2&amp;level=high"));
    assert_eq!(root(&dom, "moved"), Some("none 2"), "arrow keys move between cells");
    assert!(root(&dom, "tip").expect("a tip").contains("none, 2 threads, high, spread"));
    assert!(root(&dom, "detail").expect("details").contains("10 kept of 11 tried"));
    assert_eq!(
        root(&dom, "off"),
        Some("cas_loop,cas_loop,cas_loop false true"),
        "a row is hidden in all charts at once"
    );
    assert_eq!(root(&dom, "on"), Some(",, true true"), "and shown again");
    assert!(root(&dom, "svg").expect("an image").starts_with("data:image/svg+xml"));
    assert_eq!(root(&dom, "title"), Some("graviton1-16c (published by others)"));
}

/// The rows of a table as their texts.
const ROWS: &str = "const rows = (id) => [...document.querySelectorAll('#' + id + ' tbody tr')].map((tr) => [...tr.cells].map((td) => td.textContent));
    const set = (id, value) => { const box = document.getElementById(id); box.value = value; box.dispatchEvent(new Event(id === 'filter' ? 'input' : 'change')); return again(id === 'filter' ? 300 : 30); };
    const again = async (ms = 30) => { await later(ms); await ready(); };";

#[test]
fn machines_are_compared() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    let doing = "out.crossovers = rows('crossovers').map((r) => r[0].split(' ')[0] + ' ' + r[3]).join('|');
        document.querySelector('#views a[href*=machines]').click(); await again();
        out.cards = rows('cards').length; out.unfair = document.querySelector('.pairs').textContent;
        document.getElementById('cards-sort-5').focus(); document.activeElement.click(); await again();
        out.sorted = rows('cards').map((r) => r[4]).join(); out.hash = location.hash;
        out.order = document.querySelector('#cards [aria-sort=ascending]').textContent;
        out.focus = document.activeElement.id;
        document.getElementById('cards-sort-5').click(); await again();
        out.reversed = rows('cards').map((r) => r[4]).join();
        document.getElementById('picker').open = true;
        document.getElementById('pick-skylake-4c').click(); await again();
        out.picked = rows('cards').length; out.still = String(document.getElementById('picker').open);
        location.hash = '#view=counter&row=ticket&pick=graviton1-16c,graviton2-16c&filter=graviton2'; await again();
        out.counter = rows('across').map((r) => r[0]).join(); out.traces = document.querySelector('.live').data.filter((t) => t.showlegend !== false).length;
        await set('filter', 'nothing such'); out.none = document.getElementById('panel').textContent;
        location.hash = '#view=pair&a=graviton1-16c&b=graviton2-16c'; await again();
        const find = (name) => rows('ratios').find((r) => r[0] === name);
        out.ratio = find('fetch_add')[2];
        await set('unit', 'fetch_add'); out.unit = find('fetch_add')[2]; out.unithash = location.hash;
        await set('unit', 'line'); out.line = document.getElementById('panel').textContent;
        location.hash = '#view=collapse&pick=graviton2-16c&filter=ticket'; await again();
        out.collapse = rows('collapses').map((r) => r.join()).join('|');
        location.hash = '#view=fairness'; await again(); out.fair = document.getElementById('panel').textContent;
        location.hash = '#view=loss'; await again(); out.loss = rows('across').map((r) => r[0].split(' ')[0]).join();";
    with_reader(&path, &format!("{ROWS} {doing}"));
    let dom = chromium.dom(&path, "view=crossover", 1280);
    sound(&dom);
    let is = |name: &str| root(&dom, name).unwrap_or_default();
    let crossovers = is("crossovers");
    for found in ["epyc-milan-2024 from 5 threads", "xeon-platinum-8176-8s from 128 threads"] {
        assert!(crossovers.split('|').any(|line| line == found), "{found} is not in {crossovers}");
    }
    assert!(crossovers.contains("graviton1-16c not measured here"), "{crossovers}");
    assert_eq!(is("cards"), "7");
    assert!(is("unfair").contains("Not a fair comparison") && is("unfair").contains("unpinned"), "{}", is("unfair"));
    assert_eq!(is("sorted"), "2,4,4,16,16,166,448", "by number, not by text");
    assert_eq!(is("reversed"), "448,166,16,16,4,4,2");
    assert_eq!((is("order"), is("focus")), ("CPUs online", "cards-sort-5"), "the head says so and keeps the focus");
    assert_eq!(is("hash"), "#view=machines&amp;sort=5");
    assert_eq!((is("picked"), is("still")), ("6", "true"));
    assert_eq!((is("counter"), is("traces")), ("graviton2-16c (published by others)", "1"), "pick and filter");
    assert!(is("none").contains("No row matches"), "{}", is("none"));
    assert_eq!(is("ratio"), "1.66 (1.66 to 1.66)", "8.8 ns by 5.3 ns");
    assert_eq!(is("unit"), "1.00 (1.00 to 1.00)not told apart", "each is one fetch_add of its own");
    assert!(is("unithash").contains("unit=fetch_add"));
    assert!(is("line").contains("The unit was not measured on graviton1-16c and graviton2-16c"), "{}", is("line"));
    assert!(is("collapse").starts_with("graviton2-16c (published by others),ticket,spinning,spread,16,17,× "));
    assert!(is("fair").contains("Not measured here"), "{}", is("fair"));
    assert_eq!(is("loss"), "epyc-milan-2024,xeon-platinum-8176-8s,made_up_2");
}

#[test]
fn a_link_opens_a_filtered_and_sorted_matrix() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    let doing = "const names = () => [...document.querySelectorAll('.matrix [data-row]')].map((tr) => tr.dataset.row).join();
        out.names = names(); const box = document.getElementById('filter'); box.focus(); await set('filter', 'lock'); await later(50);
        out.filtered = names(); out.focus = document.activeElement.id; out.hash = location.hash;
        const data = document.querySelector('details.data'); data.open = true; await later(50); out.table = data.textContent;
        out.level = [...document.querySelectorAll('[role=tab]')].find((t) => t.ariaSelected === 'true').textContent;";
    with_reader(&path, &format!("{ROWS} {doing}"));
    let dom = chromium.dom(&path, "machine=made_up_2&level=saturated&filter=atomic&sort=-4", 1280);
    sound(&dom);
    let is = |name: &str| root(&dom, name).unwrap_or_default();
    assert_eq!(is("names"), "cas_loop,fetch_add,fetch_add_relaxed", "costliest at 4 threads first");
    assert_eq!((is("filtered"), is("focus")), ("rw_lock,parking_lot,std_mutex", "filter"));
    assert!(is("level").starts_with("saturated"));
    assert!(is("hash").contains("filter=lock") && is("hash").contains("sort=-4"), "{}", is("hash"));
    assert!(is("table").contains(" ns (") || is("table").contains(" to "), "{}", is("table"));
}

#[test]
fn of_sixty_machines_one_is_opened_and_seen_before_the_chart_library_runs() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut real, _) = read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results"));
    real.retain(|m| m.origin == Origin::Measured);
    let path = dir.path().join("index.html");
    let html = page::render(&many::machines(&real[0], 60, 600, 1), &[]);
    assert!(payload::data(&html).len() < 2_000_000, "{} bytes", payload::data(&html).len());
    let Some(chromium) = Chromium::find() else { return };
    std::fs::write(&path, html).expect("the page is written");
    with_reader(
        &path,
        "out.all = Data.machines.length + ' ' + Data.opened.size;
        location.hash = '#view=counter'; await later(30); await ready(); out.picked = Data.opened.size;
        out.traces = document.querySelector('.live').data.filter((t) => t.showlegend !== false).length;",
    );
    let dom = chromium.dom(&path, "machine=synthetic-40", 1280);
    sound(&dom);
    let first = root(&dom, "first-chart").expect("a first chart");
    assert!(first.ends_with(" ms, 1 opened, without plotly.js"), "{first}");
    assert_eq!(root(&dom, "all"), Some("60 1"), "nothing but the machine that is looked at");
    assert_eq!((root(&dom, "picked"), root(&dom, "traces")), (Some("9"), Some("8")), "the first eight, and that one");
}

#[test]
fn typing_draws_once_when_it_pauses() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    with_reader(
        &path,
        "let calls = 0; const plot = Plotly.newPlot; Plotly.newPlot = (...all) => { calls += 1; return plot(...all); };
        const box = document.getElementById('filter'); box.focus();
        const type = (all) => { const now = document.activeElement; now.value += all; now.dispatchEvent(new Event('input')); };
        for (const letter of 'mutex') { type(letter); await later(40); }
        out.soon = calls + ' ' + document.querySelectorAll('.ranked-row').length;
        await later(300); await ready();
        out.late = calls + ' ' + document.querySelectorAll('.ranked-row').length + ' ' + document.activeElement.id + ' ' + document.activeElement.value;
        type(' '); document.querySelector('#views a[href*=crossover]').click(); await later(300); await ready();
        out.left = location.hash;",
    );
    let dom = chromium.dom(&path, "machine=made_up_2", 1280);
    sound(&dom);
    assert_eq!(root(&dom, "soon"), Some("0 12"), "nothing is drawn between two letters");
    assert_eq!(root(&dom, "late"), Some("3 2 filter mutex"), "three charts of what is left, once each");
    assert_eq!(
        root(&dom, "left"),
        Some("#view=crossover&amp;level=saturated"),
        "what was typed elsewhere does not come along"
    );
}

#[test]
fn paper_gets_the_data_and_no_buttons() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    with_reader(
        &path,
        "dispatchEvent(new Event('beforeprint'));
        out.tables = [...document.querySelectorAll('details.data')].filter((d) => d.open && d.querySelector('td')).length;
        dispatchEvent(new Event('afterprint'));
        out.sketches = document.querySelectorAll('.plot.drawn > .sketch').length;",
    );
    let dom = chromium.dom(&path, "machine=made_up_2", 1280);
    sound(&dom);
    assert_eq!((root(&dom, "tables"), root(&dom, "sketches")), (Some("4"), Some("4")));
}

#[test]
fn ratios_are_written_as_figures_are() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    let mut random = fastrand::Rng::with_seed(7);
    let edges =
        [0.0, 0.125, 0.375, 2.5, 9.995, 99.95, 999.5, 1000.5, 0.0995, 0.001, 0.0009, 1e15, 2.5e17, 123_456.5, 9.985];
    let some = (0..3000).map(|_| 10f64.powf(random.f64() * 20.0 - 4.0)).chain((0..500).map(|n| f64::from(n) / 8.0));
    let all: Vec<f64> = edges.into_iter().chain(some).flat_map(|x| [x, -x]).collect();
    let table: Vec<(f64, String)> = all.into_iter().map(|x| (x, figure::ns(x))).collect();
    let table = serde_json::to_string(&table).expect("JSON").replace('<', "\\u003c");
    with_reader(
        &path,
        &format!(
            "const table = {table}; out.table = table.length;
            out.bad = table.filter(([x, text]) => Figure.write(x) !== text).slice(0, 9).map(([x, text]) => x + ': ' + text + ' or ' + Figure.write(x)).join('; ');"
        ),
    );
    let dom = chromium.dom(&path, "view=crossover", 1280);
    sound(&dom);
    assert_eq!(root(&dom, "table"), Some("7030"));
    assert_eq!(root(&dom, "bad"), Some(""));
}

#[test]
fn hostile_names_stay_text() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let mut machine = synthetic::machine("made_up_2", &synthetic::COUNTERS);
    machine.card.cpu = "</script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>".into();
    for cell in &mut machine.cells {
        cell.facts.label = "<a href=\"https://example.com\">x</a><img src=x onerror=alert(1)>".into();
    }
    let path = dir.path().join("index.html");
    std::fs::write(&path, page::render(&[machine], &[])).expect("the page is written");
    let dom = chromium.dom(&path, "", 1280);
    sound(&dom);
    assert!(dom.contains("<title>miscount"), "a name ran as a script");
    assert!(!dom.contains("<img src"), "a name became an element");
    assert!(!dom.contains("<a href=\"https://example.com"), "a name became a link");
}
