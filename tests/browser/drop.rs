//! Files of other machines, dropped on the page: taken whole, or refused in one line and nothing changes.

use serde_json::{Value, json};

use super::chromium::{Chromium, Reader};
use super::{folders, synthetic, written};

/// Files for each case, made of a good one; then what each case changed.
const DROPS: &str = r##"const good = JSON.parse(given), copy = (change) => { const file = structuredClone(good); change(file); return JSON.stringify(file); };
    const of = (change) => [["a.json", copy((file) => { file.cells = file.cells.slice(0, 5); change(file); })]];
    const cell = (change) => of((file) => change(file.cells[2]));
    const head = '{"schema":2,"id":"r","card":{"id":"a","usable_cpus":';
    const hostile = '<img src=x onerror="document.title = 1">';
    const bad = {
        text: [["a.json", '{"schema": 2, ']], picture: [["x.png", "\x89PNG\r\n"]], nothing: [["n.json", "null"]], list: [["n.json", "[]"]], deep: [["d.json", "[".repeat(200000)]],
        schema: [["s.json", '{"schema":3,"cells":[]}']], empty: [["b.json", head + '1},"cells":[]}']], cpus: [["b.json", head + '0},"cells":[]}']], length: [["b.json", head + '2},"cells":{"length":3}}']],
        large: [["b.json", '{"schema":2,"x":"' + "a".repeat(20_100_000) + '"}']], many: [["b.json", head + '2},"cells":[' + Array(50_001).fill("{}").join() + "]}"]],
        lone_cells: [["cells.json", JSON.stringify({ schema: 1, cells: good.cells })]], lone_card: [["machine.json", JSON.stringify({ schema: 1, card: good.card })]],
        one_of_two: [["a.json", given], ["b.json", "{}"]], script_in_name: [[hostile + ".json", "{}"]], script_in_id: of((file) => { file.card.id = hostile; }), script_in_bench: cell((c) => { c.bench = hostile; }),
        prototype: cell((c) => { c.verdict = "__proto__"; }), hidden_sign: cell((c) => { c.label = "a\u202eb"; }), twice: of((file) => { file.cells.push(file.cells[0]); }),
        infinite: [["a.json", copy((file) => { file.cells[2].throughput = "HUGE"; }).replace('"HUGE"', "1e999")]], not_a_number: [["a.json", copy((file) => { file.cells[2].throughput = "HUGE"; }).replace('"HUGE"', "NaN")]],
        huge: cell((c) => { c.ns_per_op_per_thread = { low: 1, median: 2, high: 1e300 }; }), negative: cell((c) => { c.ns_per_op_per_thread.low = -4; }), order: cell((c) => { c.ns_per_op_per_thread.median = 1e9; }),
        words: cell((c) => { c.threads = "2"; }), half: cell((c) => { c.threads = 1.5; }), more_lost: cell((c) => { c.lost = c.attempted + 1; }),
    };
    const drop = async (files) => {
        document.getElementById("refused")?.remove();
        await Drop.take(files.map(([name, text]) => new File([text], name, { type: "application/json" })));
        await again();
    };
    const state = () => JSON.stringify([Data.machines.length, location.hash, text("#panel"), document.title]);
    const refused = {};
    for (const [name, files] of Object.entries(bad)) {
        const before = state();
        await drop(files);
        refused[name] = [state() === before, document.getElementById("refused")?.textContent ?? "not refused", all("#refused, #refused *").length];
    }
    const good_ones = {}, take = async (name, files) => {
        await drop(files);
        good_ones[name] = [Data.machines.length, location.hash, text("#b option:checked"), all("#refused").length, rows("table.machines").length, all("img").length];
        await visit("view=cpus&case=" + name);
    };
    // By the hand of a reader; reading of files takes no time that the clock of the browser counts.
    const transfer = new DataTransfer();
    transfer.items.add(new File([given], "run.json"));
    document.body.dispatchEvent(new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    const marked = document.body.className;
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    for (let n = 0; n < 2000 && Data.machines.length === 1; n++) await later(20);
    await again();
    const by_hand = [marked, document.body.className, Data.machines.length];
    await take("whole", [["run.json", given]]);
    await take("hostile_label", [["run.json", copy((file) => { file.card.id = "labels"; file.cells.forEach((c) => { c.label = hostile; }); })]]);
    await take("several", [1, 2, 4].map((n) => [n + ".json", copy((file) => { file.card.id = "parts"; file.cells = file.cells.filter((c) => c.threads === n); })]));
    await take("old", [["cells.json", JSON.stringify({ schema: 1, cells: good.cells })], ["machine.json", JSON.stringify({ schema: 1, card: { ...good.card, id: "old" } })]]);
    await take("taken_id", [["run.json", copy((file) => { file.card.id = "made_up_2"; })]]);
    const parts = (await Data.all()).filter((m) => m.id === "parts").map((m) => m.cells.length);
    await visit("machine=laptop"); const opened = [text(".about"), all("#dots .mark").length];
    return { refused, by_hand, good: good_ones, cells: good.cells.length, parts, opened };"##;

#[test]
fn files_are_taken_whole_or_refused_in_one_line() {
    let Some(chromium) = Chromium::find() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let page = written(dir.path(), "index.html", &[synthetic::machine("made_up_2", &synthetic::COUNTERS)]);
    let laptop = folders::past(&synthetic::machine("laptop", &synthetic::COUNTERS)).remove(0).text();
    let found = chromium.read(&[Reader { given: json!(laptop), ..Reader::new(&page, "view=cpus", DROPS) }]).remove(0);
    let refused = found["refused"].as_object().expect("cases");
    assert_eq!(refused.len(), 28);
    for (case, what) in refused {
        let says = what[1].as_str().expect("text");
        assert_eq!(what[0], true, "{case} changed the page");
        assert!(
            says.starts_with("Not taken: ") && says.ends_with('.') && says.len() < 250 && what[2] == 1,
            "{case}: {what}"
        );
    }
    assert_eq!(found["by_hand"], json!(["dropping", "", 2]));
    let why = [
        ("large", "larger than 20 MB"),
        ("many", "more than 50,000 cells"),
        ("twice", "comes twice"),
        ("order", "no middle between its ends"),
        ("more_lost", "lost is more than attempted"),
        ("lone_cells", "drop machine.json"),
        ("script_in_name", "<img src=x"),
    ];
    for (case, part) in why {
        assert!(refused[case][1].as_str().expect("text").contains(part), "{case}: {}", refused[case]);
    }
    let good = found["good"].as_object().expect("cases");
    for (n, (case, id)) in [
        ("whole", "laptop"),
        ("hostile_label", "labels"),
        ("several", "parts"),
        ("old", "old"),
        ("taken_id", "dropped-made_up_2"),
    ]
    .into_iter()
    .enumerate()
    {
        let fragment = format!("#view=cpus&b={id}");
        let name = format!("{id} (dropped here)");
        assert_eq!(good[case], json!([n + 2, fragment, name, 0, n + 2, 0]), "{case}");
    }
    assert_eq!(found["parts"], Value::Array(vec![found["cells"].clone()]), "all files of a machine: {found}");
    assert!(found["opened"][0].as_str().expect("text").contains("Dropped here: 192 cells."), "{found}");
    assert!(found["opened"][1].as_u64() > Some(30), "{found}");
}
