//! The views "Python", "How it happens" and "Method", and names from anybody in all of them.

use miscount::results::Machine;
use serde_json::{Value, json};

use super::chromium::{Chromium, Reader};
use super::{pythons, shared, synthetic, written};

const PYTHON: &str = "const state = () => [text('#python-loss .caption'), all('#python-loss .mark').length, location.hash];
    const found = { told: texts('.answer li'), figures: all('#panel figure').map((figure) => figure.id), machines: options('machine'), first: state() };
    find('#threads-10').focus(); await click('#threads-10'); found.ten = state(); found.pressed = text('#threads-10[aria-pressed=true]');
    found.focus = document.activeElement.id;
    await click('#threads-2'); await set('level', 'switch_5us'); found.short = state(); found.box = document.activeElement.id;
    const svg = find('#python-loss svg'), tips = svg.marks.map((mark) => mark.tip); found.tip = tips.find((tip) => tip.startsWith('CPython 3.9.18\\nself.val += 1:'));
    await click('#models-1'); found.models = all('#python-loss .mark.cross').length; found.agreement = text('#panel').match(/agree in [0-9]+ of [0-9]+ comparisons/)?.[0] ?? 'nothing';
    found.disagreements = all('#disagreements').length;
    const sheet = await open('python-0'); found.sheet = all('tbody tr', sheet).length;
    const claim = all('details[id^=claim-]').find((box) => box.textContent.includes('shorter switch interval')); await open(claim.id);
    found.claim = [claim.querySelector('.finding').textContent, all('tbody tr', claim).length];
    await visit('view=python&machine=loner'); found.absent = text('.controls');
    return found;";

#[test]
fn python_says_what_is_lost_by_version() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let without = written(dir.path(), "without.html", &[synthetic::machine("without", &synthetic::COUNTERS)]);
    let found = chromium.read(&[
        Reader::new(shared(), "view=python&machine=made_up_2", PYTHON),
        Reader::new(&without, "view=python", "return text('#panel');"),
    ]);
    let python = &found[0];
    let list = |name: &str| python[name].as_array().expect("a list");
    assert_eq!(list("told").len(), 3, "a sentence for each way: {python}");
    assert!(list("told")[0].as_str().expect("text").starts_with("self.val += 1 "), "{python}");
    assert_eq!(python["figures"], json!(["python-loss", "python-cost"]));
    assert_eq!(python["first"][1], 12, "4 interpreters, 3 ways: {python}");
    assert!(python["ten"][0].as_str().expect("text").contains("Hollow: more threads than the 2 CPUs."), "{python}");
    assert_eq!((&python["pressed"], &python["focus"]), (&json!("10 threads"), &json!("threads-10")));
    assert_eq!(python["box"], "level", "a box keeps the focus when the page is drawn anew");
    assert!(python["short"][2].as_str().expect("a fragment").contains("level=switch_5us"), "{python}");
    assert!(python["tip"].as_str().expect("a tip").contains("lost 63.0 % (31.5 % to 94.5 %)"), "{python}");
    assert_eq!((&python["models"], &python["disagreements"]), (&json!(8), &json!(0)));
    assert_eq!(python["agreement"], "agree in 32 of 32 comparisons");
    assert!(python["sheet"].as_u64() > Some(3), "{python}");
    assert_eq!(python["claim"], json!(["mixed", 12]));
    assert!(python["absent"].as_str().expect("text").contains("Not measured on loner"), "{python}");
    let nothing = found[1].as_str().expect("text");
    assert!(nothing.contains("Not measured") && nothing.contains("cargo bench --bench interpreters"), "{nothing}");
}

const HOW: &str = "const at = () => all('#steps tbody tr').findIndex((tr) => tr.className === 'now'), counter = () => texts('#steps .memory strong')[1];
    const steps = find('#steps'), found = { rows: all('#steps tbody tr').length, first: at(), walk: [] };
    const note = () => found.walk.push(at() + ' ' + counter());
    await click('#step-next'); note();
    steps.focus();
    for (const key of ['ArrowRight', 'End', 'ArrowRight', 'ArrowLeft', 'Home']) { await press(steps, key); note(); }
    await click('#step-back'); note();
    await press(steps, 'End'); found.said = text('#steps [aria-live]'); found.end = find('#step-next').getAttribute('aria-disabled');
    await click('#step-play'); const pause = text('#step-play'); await later(4000); note(); await click('#step-play'); found.play = [pause, text('#step-play')];
    found.sentence = all('.answer')[1].textContent; found.marked = texts('#race-values .note');
    const bars = () => all('#race-values rect.bar').map((bar) => bar.getAttribute('height')).join();
    const before = bars(); await click('#scheduler-uniform'); found.changed = before !== bars();
    const table = await open('race-table'); found.values = [all('tbody tr', table).length, all('#race-values rect.bar').length];
    await set('machine', 'made_up_2'); found.other = all('.answer')[1].textContent;
    return found;";

#[test]
fn an_update_is_lost_step_by_step() {
    let Some(chromium) = Chromium::find() else { return };
    let how = chromium.read(&[Reader::new(shared(), "view=how", HOW)]).remove(0);
    assert_eq!((&how["rows"], &how["first"]), (&json!(6), &json!(-1)));
    // By button and by key, never beyond an end; both threads read 0 and store 1. Two steps are played in 4 s.
    let walk = ["0 0", "1 0", "5 1", "5 1", "4 1", "-1 0", "-1 0", "1 0"];
    assert_eq!(how["walk"], json!(walk), "{how}");
    assert!(how["said"].as_str().expect("text").starts_with("6 of 6. "), "{how}");
    assert_eq!((&how["end"], &how["play"]), (&json!("true"), &json!(["Pause", "Play"])));
    let sentence = how["sentence"].as_str().expect("text");
    assert!(sentence.contains("are lost on average. On ") && how["marked"] == json!(["measured here"]), "{how}");
    assert!(
        how["changed"] == true && how["values"][0] == how["values"][1] && how["values"][0].as_u64() > Some(2),
        "{how}"
    );
    assert!(how["other"].as_str().expect("text").contains("On made_up_2 two threads lost 48.5 %"), "{how}");
}

const METHOD: &str = "const found = { warnings: texts('.callout.warn li'), reading: all('dl.reading dt').length, facts: all('dl.facts dt').length, folds: all('details').map((box) => box.id) };
    const trust = await open('trust'); found.trust = rows('#trust');
    const runs = await open('runs'); found.runs = texts('h3', runs).length;
    await open('scaling'); found.scaling = all('#scaling table').length;
    await set('machine', Data.machines[Data.here].id); found.here = { warnings: texts('.callout.warn li'), facts: find('#facts').children.length };
    const facts = await open('facts'); found.here.list = texts('li', facts);
    return found;";

#[test]
fn method_keeps_facts_apart_from_warnings() {
    let Some(chromium) = Chromium::find() else { return };
    let method = chromium.read(&[Reader::new(shared(), "view=method&machine=made_up_2", METHOD)]).remove(0);
    let warnings = method["warnings"].as_array().expect("warnings");
    assert!(warnings.iter().any(|w| w.as_str().expect("text").contains("canary: load_store lost 3 %")), "{method}");
    assert!(method["reading"].as_u64() > Some(15) && method["facts"].as_u64() > Some(5), "{method}");
    assert_eq!(method["folds"], json!(["trust", "runs", "scaling"]));
    let counters = &method["trust"][0];
    assert_eq!((&counters[0], &counters[1]), (&json!("counters"), &json!("192")), "{method}");
    assert!(method["runs"] == 1 && method["scaling"].as_u64().is_some(), "{method}");
    let here = &method["here"];
    assert_eq!(here["facts"], 1, "made when it is opened");
    let facts = here["list"].as_array().expect("facts");
    assert!(facts.iter().any(|fact| fact.as_str().expect("text").contains("Python")), "{here}");
    let warnings = here["warnings"].as_array().expect("warnings");
    assert!(warnings.iter().all(|warning| !facts.contains(warning)), "{here}");
}

/// Every view with everything open, and what a name must not become.
const EVERYTHING: &str = "const found = [];
    for (const fragment of given) {
        await visit(fragment);
        all('#panel details').forEach((box) => { box.open = true; });
        await again();
        found.push([fragment, all('#panel .chart').length + all('#panel table').length, all('img, iframe, object, [onerror], a[href*=example]').length, document.title.startsWith('miscount')]);
    }
    return found;";

#[test]
fn hostile_names_stay_text() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let text = "</script><script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">";
    let mut machine: Machine = pythons::machine("made_up_2");
    machine.card.cpu = text.into();
    machine.card.id = text.into();
    for run in machine.runs.values_mut() {
        run.notes.push(text.into());
        run.facts.push(text.into());
    }
    for cell in &mut machine.cells {
        cell.facts.label = format!("<a href=\"https://example.com\">x</a>{text}");
    }
    let page = written(dir.path(), "index.html", &[machine, synthetic::machine("other", &synthetic::COUNTERS)]);
    let id = text.replace('%', "%25").replace('&', "%26").replace('#', "%23");
    let views = ["here&bench=counters&cell=fetch_add&threads=2", "cpus", "python&models=1", "how", "method"];
    let given: Vec<String> = views.iter().map(|view| format!("machine={id}&view={view}")).collect();
    let found = chromium.read(&[Reader { given: json!(given), ..Reader::new(&page, "", EVERYTHING) }]).remove(0);
    for view in found.as_array().expect("views") {
        assert!(view[1].as_u64() > Some(0), "nothing is drawn: {view}");
        assert_eq!((&view[2], &view[3]), (&json!(0), &Value::Bool(true)), "{view}");
    }
}
