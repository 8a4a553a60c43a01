//! The view "CPUs": machines beside each other, and two compared.

use serde_json::json;

use super::chromium::{Chromium, Reader};
use super::shared;

const MACHINES: &str = "const names = () => rows('table.machines').map((row) => row[0]);
    const lines = () => all('#cost-fetch_add path.line').length;
    const drawn = lines(), panels = all('.panels figure').map((figure) => [figure.id, all('.mark', figure).length]);
    await click('#key-graviton1-16c');
    const without = lines(), pressed = find('#key-graviton1-16c').ariaPressed, hash = location.hash;
    await set('row', 'ticket');
    const y = (id) => texts(`#${id} svg text[text-anchor=end]:not(.muted)`).join();
    return { names: names(), sentence: text('.answer'), drawn, without, pressed, hash, panels, loss: text('#loss figcaption'), goodput: text('#goodput'), row: text('#any strong'),
        alike: y('cost-fetch_add') === y('cost-std_mutex'), epyc: row('table.machines', 'epyc-milan-2024'), graviton: row('table.machines', 'graviton1-16c') };";

const TWO: &str = "const unfair = texts('#compare ~ .caption')[0], a = options('a'), b = options('b'), answer = all('#compare ~ .answer')[0].textContent;
    await open('ratio-table');
    const fetch = row('#ratio-table', 'fetch_add'), marks = all('#ratios .mark').length;
    await set('b', 'made_up_2');
    const hash = location.hash, alone = text('#compare ~ .caption'), other = options('b');
    await visit('view=cpus&a=epyc-milan-2024&b=xeon-platinum-8176-8s'); await open('ratio-table');
    return { unfair, a, b, answer, fetch, marks, hash, alone, other, racy: row('#ratio-table', 'load_store'), wrong: texts('#ratios text.name.wrong') };";

#[test]
fn machines_are_compared() {
    let Some(chromium) = Chromium::find() else { return };
    let path = shared();
    let found = chromium.read(&[
        Reader::new(path, "view=cpus", MACHINES),
        Reader::new(path, "view=cpus&a=graviton1-16c&b=graviton2-16c", TWO),
    ]);
    let view = &found[0];
    assert_eq!(view["names"].as_array().expect("rows").len(), 9, "a row a machine: {view}");
    assert!(view["sentence"].as_str().expect("text").starts_with("One fetch_add takes "), "{view}");
    let panels: Vec<&str> =
        view["panels"].as_array().expect("panels").iter().map(|p| p[0].as_str().expect("an id")).collect();
    assert_eq!(panels, ["cost-fetch_add", "cost-std_mutex", "cost-per_thread", "loss", "goodput", "any"]);
    assert!(view["panels"].as_array().expect("panels").iter().all(|p| p[1].as_u64() > Some(2)), "{view}");
    assert_eq!(view["alike"], true, "costs have one scale");
    assert_eq!(view["drawn"].as_u64().map(|n| n - 1), view["without"].as_u64(), "a machine left out: {view}");
    assert_eq!((&view["pressed"], &view["row"]), (&json!("false"), &json!("ticket")));
    assert!(!view["hash"].as_str().expect("a fragment").contains("graviton1-16c"), "{view}");
    assert!(view["loss"].as_str().expect("text").contains("1 - 1/N"), "{view}");
    let goodput = view["goodput"].as_str().expect("text");
    assert!(!goodput.contains("none up to"), "where it keeps more: {goodput}");
    for found in ["from 5 threads on epyc-milan", "from 128 threads on xeon-platinum"] {
        assert!(goodput.contains(found), "{found}: {goodput}");
    }
    assert_eq!((&view["graviton"][1], &view["graviton"][6]), (&json!("16"), &json!("not recorded")), "{view}");
    assert!(view["epyc"][6].as_str().expect("text").contains('%'), "{view}");

    let two = &found[1];
    let offers = |name: &str, id: &str| two[name].as_array().expect("ids").contains(&json!(id));
    assert!(offers("a", "graviton1-16c") && offers("b", "made_up_2"), "{two}");
    assert!(
        !offers("a", "loner") && !offers("b", "loner") && !offers("b", "graviton1-16c"),
        "nothing in common: {two}"
    );
    assert_eq!(two["answer"].as_str().expect("text").split(':').next(), Some("fetch_add, 16 threads"), "{two}");
    assert!(two["marks"].as_u64() > Some(3), "{two}");
    assert!(two["hash"].as_str().expect("a fragment").contains("b=made_up_2"), "{two}");
    assert!(
        two["alone"].as_str().expect("text").starts_with("Not a fair comparison (graviton1-16c against made_up_2): "),
        "{two}"
    );
    assert!(two["alone"].as_str().expect("text").contains("usable CPUs: 16 against 2"), "{two}");
    assert!(two["wrong"].as_array().expect("names").contains(&json!("load_store")), "red: {two}");
    assert!(two["fetch"].as_array().expect("a row").len() == 5 && !two["racy"].is_null(), "{two}");
}
