//! Does the page work in a browser: are the charts drawn, the tables there, and nothing broken or
//! too wide? Needs Chromium; without one it says so, or fails under `MISCOUNT_REQUIRE_BROWSER=1`.

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/synthetic.rs"]
mod synthetic;

use std::path::{Path, PathBuf};

use chromium::Chromium;
use miscount::report::page;
use miscount::results::{Origin, read_all};

/// A page of the published machines and a made-up one of our own.
fn page(dir: &Path) -> PathBuf {
    let (mut machines, _) = read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results"));
    machines.retain(|m| m.origin != Origin::Measured);
    machines.push(synthetic::machine("made_up_2", &synthetic::COUNTERS));
    let path = dir.join("index.html");
    std::fs::write(&path, page::render(&machines, &[])).expect("the page is written");
    path
}

/// How many rows of the matrix a part has: those that name a counter.
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
fn a_source_without_losses_says_so() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let dom = chromium.dom(&page(dir.path()), "machine=graviton2-16c", 1280);
    sound(&dom);
    assert_eq!(charts(&dom), 2, "cost and throughput");
    assert!(dom.contains("so what was kept is unknown"));
    assert!(dom.contains("loss not recorded"));
    assert!(dom.contains("cheapest") || dom.contains(">tie<"), "pinned rows are ranked");
}

#[test]
fn the_page_fits_every_window() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    for width in [360, 1280, 1920] {
        for machine in ["made_up_2", "epyc-milan-2024"] {
            let dom = chromium.dom(&path, &format!("machine={machine}"), width);
            sound(&dom);
            assert_eq!(root(&dom, "width"), Some(width.to_string().as_str()), "not the window asked for");
        }
    }
}

/// The page with a script at its end that does what a reader does and leaves what came of it in
/// `data-` attributes of the root.
fn with_reader(page: &Path, doing: &str) {
    let html = std::fs::read_to_string(page).expect("the page is there");
    let script = format!(
        "<script>\"use strict\"; const out = document.documentElement.dataset;
        const later = (ms) => new Promise((go) => setTimeout(go, ms));
        const key = (node, key) => node.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true, cancelable: true }}));
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
        tab().focus(); key(tab(), 'ArrowRight'); await ready();
        out.tab = tab().textContent; out.focus = String(document.activeElement === tab()); out.hash = location.hash;
        const cell = document.querySelector('td[tabindex=\"0\"]');
        cell.focus(); key(cell, 'ArrowRight'); key(document.activeElement, 'ArrowDown');
        out.moved = document.activeElement.closest('tr').dataset.row + ' ' + document.activeElement.cellIndex;
        document.activeElement.dispatchEvent(new MouseEvent('mouseenter'));
        out.tip = document.getElementById('tip').textContent;
        key(document.activeElement, 'Enter');
        out.detail = document.querySelector('.detail').textContent;
        const plots = [...document.querySelectorAll('.plot')];
        const off = () => plots.slice(0, 3).map((p) => p.data.filter((t) => t.visible === 'legendonly').map((t) => t.legendgroup)[0]).join();
        plots[0].emit('plotly_legendclick', { data: plots[0].data, curveNumber: 0 }); await later(50);
        out.off = off();
        plots[0].emit('plotly_legendclick', { data: plots[0].data, curveNumber: 0 }); await later(50);
        out.on = off();
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
    assert_eq!(root(&dom, "off"), Some("cas_loop,cas_loop,cas_loop"), "a row is hidden in all charts at once");
    assert_eq!(root(&dom, "on"), Some(",,"), "and shown again");
    assert!(root(&dom, "svg").expect("an image").starts_with("data:image/svg+xml"));
    assert_eq!(root(&dom, "title"), Some("graviton1-16c (published by others)"));
}

#[test]
fn hostile_names_stay_text() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let mut machine = synthetic::machine("made_up_2", &synthetic::COUNTERS);
    machine.card.cpu = "</script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>".into();
    for cell in &mut machine.cells {
        cell.label = "<a href=\"https://example.com\">x</a><img src=x onerror=alert(1)>".into();
    }
    let path = dir.path().join("index.html");
    std::fs::write(&path, page::render(&[machine], &[])).expect("the page is written");
    let dom = chromium.dom(&path, "", 1280);
    sound(&dom);
    assert!(dom.contains("<title>miscount"), "a name ran as a script");
    assert!(!dom.contains("<img src"), "a name became an element");
    assert!(!dom.contains("<a href=\"https://example.com"), "a name became a link");
}
