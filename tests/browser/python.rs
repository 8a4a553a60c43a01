//! The view "Python": interpreters, the model of their lock, claims.

use std::path::{Path, PathBuf};

use miscount::report::page;

use super::chromium::Chromium;
use super::{ROWS, charts, pythons, root, sound, synthetic, with_reader};

fn page(dir: &Path) -> PathBuf {
    let machines = [synthetic::machine("without", &synthetic::COUNTERS), pythons::machine("made_up_2")];
    let path = dir.join("index.html");
    std::fs::write(&path, page::render(&machines, &[])).expect("the page is written");
    path
}

#[test]
fn the_python_view_is_drawn_and_fits_every_window() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    for width in [360, 1280, 1920] {
        let dom = chromium.dom(&path, "view=python", width);
        sound(&dom);
        assert_eq!(root(&dom, "width"), Some(width.to_string().as_str()), "not the window asked for");
        assert_eq!(charts(&dom), 2, "loss by interpreter, loss against the switch interval");
        assert_eq!(dom.matches("<details class=\"data\" open").count(), 2, "each chart has its data beside it");
        for id in ["data-python-loss", "data-python-interval", "python-0", "python-1", "python-2"] {
            assert!(dom.contains(&format!("id=\"{id}\"")), "no table {id}");
        }
        assert!(dom.contains("agree in 32 of 32 comparisons") && !dom.contains("id=\"disagreements\""));
    }
}

#[test]
fn a_reader_asks_for_threads_interval_and_increment() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = page(dir.path());
    let doing = "const names = () => document.querySelector('.plot .live').data.map((t) => t.name).join();
        const at = (id, row, n) => rows(id).find((r) => r[0].startsWith(row))[n];
        out.names = names(); out.loss = at('data-python-loss', 'CPython 3.9.18', 1); out.order = rows('data-python-loss').map((r) => r[0]).join();
        out.model = at('data-python-loss', 'CPython 3.9.18', 2); out.lines = rows('data-python-interval').map((r) => r[0]).join();
        out.rising = at('data-python-interval', 'CPython 3.9.18', 1);
        document.getElementById('level').focus(); await set('level', 'switch_5us');
        out.focus = document.activeElement.id; out.short = at('data-python-loss', 'CPython 3.9.18', 1);
        await set('threads', '10'); out.verdict = at('data-python-loss', 'CPython 3.9.18', 1);
        await set('row', 'py_int_conversion'); out.int = at('data-python-interval', 'CPython 3.10.13', 1); out.hash = location.hash;
        document.getElementById('python-0-sort-3').focus(); document.activeElement.click(); await later(20);
        out.cheapest = rows('python-0')[0][0]; out.sorted = document.activeElement.id;
        const claim = [...document.querySelectorAll('details.claim')].find((c) => c.textContent.includes('shorter switch interval'));
        claim.open = true; out.claim = claim.querySelector('.finding').textContent; out.figures = claim.querySelectorAll('tbody tr').length;
        location.hash = '#machine=made_up_2&bench=interpreters&level=switch_5ms'; await again();
        out.matrix = document.querySelectorAll('.matrix [data-row]').length;";
    with_reader(&path, &format!("{ROWS} {doing}"));
    let dom = chromium.dom(&path, "view=python&machine=made_up_2", 1280);
    sound(&dom);
    let is = |name: &str| root(&dom, name).unwrap_or_default();
    assert_eq!(
        is("names"),
        "self.val += 1,self.val += 1, model,self.val += int(1),self.val += int(1), model,with lock: self.val += 1"
    );
    assert_eq!(is("order"), "CPython 2.7.18,CPython 3.9.18,CPython 3.10.13,CPython 3.13.5 free-threaded");
    assert_eq!((is("loss"), is("model")), ("35.0 % (17.5 % to 52.5 %)", "30.0 % (15.0 % to 45.0 %)gil_3_9_plain"));
    assert!(
        is("lines").ends_with("model gil_3_9_plain,model gil_3_10_plain,model gil_free_threaded"),
        "{}",
        is("lines")
    );
    assert_eq!(
        (is("rising"), is("short")),
        ("63.0 % (31.5 % to 94.5 %)", "63.0 % (31.5 % to 94.5 %)"),
        "5 µs comes first"
    );
    assert_eq!(is("focus"), "level", "a box keeps the focus when the page is drawn anew");
    assert!(is("verdict").ends_with("oversubscribed"), "{}", is("verdict"));
    assert!(is("int").starts_with("36.0 %"), "{}", is("int"));
    assert_eq!(
        is("hash"),
        "#view=python&amp;machine=made_up_2&amp;level=switch_5us&amp;row=py_int_conversion&amp;threads=10"
    );
    assert_eq!((is("cheapest"), is("sorted")), ("native none", "python-0-sort-3"));
    assert_eq!((is("claim"), is("figures")), ("mixed", "12"));
    assert_eq!(is("matrix"), "29", "4 interpreters by 6 subjects, 5 models");
}

#[test]
fn a_page_without_interpreters_says_so_and_hostile_labels_stay_text() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("index.html");
    let without = synthetic::machine("without", &synthetic::COUNTERS);
    std::fs::write(&path, page::render(&[without], &[])).expect("the page is written");
    let dom = chromium.dom(&path, "view=python", 1280);
    sound(&dom);
    assert!(dom.contains("Not measured here") && dom.contains("cargo bench --bench interpreters"));

    let mut hostile = pythons::machine("made_up_2");
    for cell in &mut hostile.cells {
        cell.facts.label = "</script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>".into();
    }
    // And a disagreement, which names them once more.
    hostile.cells.retain(|c| c.key.subject != "py_plain" || c.key.threads != 2);
    let mut cell = pythons::cell("py_plain", "cpython_3_10_13", 50.0, 0.5, 2, "switch_5ms");
    cell.facts.label = "<img src=x onerror=alert(2)>".into();
    hostile.cells.push(cell);
    std::fs::write(&path, page::render(&[hostile], &[])).expect("the page is written");
    let dom = chromium.dom(&path, "view=python", 1280);
    sound(&dom);
    assert!(dom.contains("<title>miscount"), "a label ran as a script");
    assert!(!dom.contains("<img"), "a label became an element");
    assert!(dom.contains("id=\"disagreements\""), "the disagreement is not shown");
}
