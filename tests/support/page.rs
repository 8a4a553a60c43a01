//! Reads the data of a page, for tests.
#![allow(dead_code, reason = "each test uses what it needs")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The data block of a page.
pub(crate) fn data(page: &str) -> &str {
    let start = page.split_once("<script type=\"application/json\" id=\"data\">").expect("a data block").1;
    start.split_once("</script>").expect("its end").0
}

/// The data of a page with all blocks open: machines with all their facts, and their cells one by one.
pub(crate) fn opened(page: &str) -> Value {
    let mut all: Value = serde_json::from_str(data(page)).expect("the data block is JSON");
    for block in ["facts", "rows", "pairs", "others"] {
        if !all[block].is_null() {
            all[block] = json(&all[block]);
        }
    }
    let (facts, rows) = (all["facts"].take(), all["rows"].clone());
    for (n, machine) in list(&mut all["machines"]).iter_mut().enumerate() {
        let of = |(name, all): (&String, &Value)| (name.clone(), all[n].clone());
        let facts = Value::Object(facts.as_object().expect("facts").iter().map(of).collect());
        let cells = cells(&json(&machine["block"]), &inflated(&machine["numbers"]), &facts["views"], &rows);
        let machine = machine.as_object_mut().expect("a machine");
        machine.extend(facts.as_object().expect("facts").clone());
        machine.insert("cells".into(), cells.into());
    }
    all
}

fn list(of: &mut Value) -> &mut Vec<Value> {
    of.as_array_mut().expect("a list")
}

fn json(block: &Value) -> Value {
    serde_json::from_slice(&inflated(block)).expect("JSON")
}

/// The bytes of a block.
fn inflated(block: &Value) -> Vec<u8> {
    let packed = STANDARD.decode(block.as_str().expect("text")).expect("base64");
    miniz_oxide::inflate::decompress_to_vec(&packed).expect("deflated")
}

/// Every cell: where it stands, and its figures by id.
fn cells(columns: &Value, numbers: &[u8], views: &Value, rows: &Value) -> Vec<Value> {
    let length = columns["view"].as_array().expect("a column").len();
    let details: Vec<(&String, Vec<Value>)> = columns["details"]
        .as_object()
        .expect("columns")
        .iter()
        .map(|(id, column)| (id, figures(column, numbers, length)))
        .collect();
    let place = |name: &str, n: usize| columns[name][n].as_u64().expect("a place") as usize;
    let cell = |n: usize| {
        let (view, row) = (&views[place("view", n)], &rows[place("row", n)]);
        let mut cell = Map::new();
        for name in ["bench", "level", "placement"] {
            cell.insert(name.into(), view[name].clone());
        }
        for (name, value) in ["name", "label", "family", "grade"].into_iter().zip(row.as_array().expect("a row")) {
            cell.insert(name.into(), value.clone());
        }
        cell.insert("threads".into(), view["columns"][place("column", n)]["threads"].clone());
        for name in ["part", "cost", "verdict", "mark", "quick", "noisy"] {
            cell.insert(name.into(), columns[name][n].clone());
        }
        cell.extend(details.iter().map(|(id, all)| ((*id).clone(), all[n].clone())));
        Value::Object(cell)
    };
    (0..length).map(cell).collect()
}

/// A column of a figure: for each cell a number, `[low, middle, high]`, words, or `null`.
fn figures(column: &Value, numbers: &[u8], length: usize) -> Vec<Value> {
    let start = |column: &Value| column.as_u64().expect("a place") as usize;
    let number = |decimal: &Option<Decimal>| decimal.map(|(digits, decimals)| digits as f64 / 10f64.powi(decimals));
    match column {
        Value::Number(_) => decimals(numbers, start(column), length, &[]).iter().map(|x| json!(number(x))).collect(),
        Value::Array(ends) => {
            let middle = decimals(numbers, start(&ends[0]), length, &[]);
            let [low, high] = [1, 2].map(|n| decimals(numbers, start(&ends[n]), length, &middle));
            let three = |n: usize| middle[n].map(|_| [&low, &middle, &high].map(|of| number(&of[n])));
            (0..length).map(|n| json!(three(n))).collect()
        }
        _ => {
            let words = |at: &Value| at.as_u64().map_or(Value::Null, |n| column["words"][n as usize].clone());
            column["at"].as_array().expect("places").iter().map(words).collect()
        }
    }
}

/// Digits, and how many of them are decimals.
type Decimal = (i64, i32);

/// The numbers of a column that begins at a byte, each less the one of `near` if there is one.
fn decimals(numbers: &[u8], start: usize, length: usize, near: &[Option<Decimal>]) -> Vec<Option<Decimal>> {
    let forms = &numbers[start..start + length];
    let (there, width) = (forms.iter().filter(|form| **form > 0).count(), usize::from(numbers[start + length]));
    let first = start + length + 1;
    let mut at = 0..;
    let one = |(n, form): (usize, &u8)| {
        let decimals = i32::from(*form) - 1;
        let at = (decimals >= 0).then(|| at.next())??;
        let planes = (0..width).map(|plane| u64::from(numbers[first + plane * there + at]) << (8 * plane));
        let value: u64 = planes.sum();
        let digits = (value >> 1) as i64 ^ -((value & 1) as i64);
        Some((digits + near.get(n).copied().flatten().map_or(0, |near| moved(near, decimals)), decimals))
    };
    forms.iter().enumerate().map(one).collect()
}

/// Its digits with so many decimals, rounded.
fn moved((digits, decimals): Decimal, to: i32) -> i64 {
    let power = 10_i64.pow((decimals - to).unsigned_abs());
    if decimals >= to { (2 * digits + power).div_euclid(2 * power) } else { digits * power }
}
