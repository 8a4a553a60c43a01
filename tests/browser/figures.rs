//! The figures of the page are those of the record: their texts, and the numbers behind them.

use miscount::figure;
use miscount::results::Cell;
use serde_json::{Value, json};

use super::chromium::{Chromium, Reader};
use super::{machines, page, shared};

/// The Rust side of the cases is held by `figures_are_written_as_the_cases_say` in `tests/it/report.rs`.
const CASES: &str = "const wrong = given.filter(([kind, ...rest]) => Figures[kind](...rest.slice(0, -1)) !== rest.at(-1));
    return { cases: given.length, wrong: wrong.map((of) => of.join(' ') + ': ' + Figures[of[0]](...of.slice(1, -1))) };";

/// Every field of every cell, as the test's own reader has it; and three that the page makes of others.
const CELLS: &str = "const MADE = ['kept', 'throughput', 'goodput'], wrong = [], say = (...of) => wrong.push(of.map((x) => JSON.stringify(x)).join(' '));
    let figures = 0, made = 0;
    const machines = await Data.all();
    given.machines.forEach((theirs, n) => {
        const machine = machines[n];
        if (machine.id !== theirs.id || machine.cells.length !== theirs.cells.length) say(theirs.id, theirs.cells.length, machine.id, machine.cells.length);
        theirs.cells.forEach((cell, k) => {
            const mine = machine.cells[k];
            for (const [name, expected] of Object.entries(cell)) {
                if (expected === null && MADE.includes(name)) continue;
                const found = Data.details.has(name) ? mine.get(name) : ['quick', 'noisy'].includes(name) ? Number(mine[name]) : mine[name];
                figures += Data.details.has(name) ? 1 : 0;
                if (JSON.stringify(found) !== JSON.stringify(expected)) say(theirs.id, mine.name, name, found, expected);
            }
        });
    });
    const key = (cell) => [cell.bench, cell.level, cell.placement, cell.threads, cell.name].join(' ');
    given.made.forEach((cells, n) => {
        const mine = new Map(machines[n].cells.map((cell) => [key(cell), cell]));
        for (const [key, expected] of cells) {
            const cell = mine.get(key);
            MADE.forEach((id, k) => {
                const found = Data.text(cell, id);
                made += found === null ? 0 : 1;
                if (found !== expected[k]) say(machines[n].id, key, id, found, expected[k], cell.get(id), cell.get('gross'));
            });
        }
    });
    return { figures, made, wrong: wrong.slice(0, 1) };";

/// What the page makes of other figures of a cell, as text.
fn made(cell: &Cell) -> Value {
    let key = &cell.key;
    let name = [key.subject.as_str(), key.variant.as_str()].join(" ");
    let place = [&key.bench, &key.level, key.placement.id(), &key.threads.to_string(), name.trim_end()].join(" ");
    let of = &cell.figures;
    json!([
        place,
        [of.kept.map(figure::count), of.throughput.map(figure::per_second), of.goodput.map(figure::per_second)]
    ])
}

#[test]
fn figures_are_those_of_the_record() {
    let Some(chromium) = Chromium::find() else { return };
    let path = shared();
    let opened = page::opened(&std::fs::read_to_string(path).expect("the page"));
    let made: Vec<Vec<Value>> = machines().iter().map(|m| m.cells.iter().map(made).collect()).collect();
    let cells: usize = made.iter().map(Vec::len).sum();
    let cases: Value = serde_json::from_str(include_str!("../support/figures.json")).expect("JSON");
    let found = chromium.read(&[
        Reader { given: cases, ..Reader::new(path, "view=method", CASES) },
        Reader {
            given: json!({"machines": opened["machines"], "made": made}),
            ..Reader::new(path, "view=method", CELLS)
        },
    ]);
    assert_eq!(found[0]["wrong"], json!([]));
    assert!(found[0]["cases"].as_u64() > Some(300), "{}", found[0]);
    assert_eq!(found[1]["wrong"], json!([]));
    assert!(found[1]["figures"].as_u64() > Some(10 * cells as u64), "{}", found[1]);
    assert!(found[1]["made"].as_u64() > Some(2 * cells as u64), "{}", found[1]);
}
