//! Reads the data of a page, for tests.
#![allow(dead_code, reason = "each test uses what it needs")]

#[path = "../../src/report/columns/unpack.rs"]
mod unpack;

use serde_json::{Value, json};

/// The data block of a page.
pub(crate) fn data(page: &str) -> &str {
    let start = page.split_once("<script type=\"application/json\" id=\"data\">").expect("a data block").1;
    start.split_once("</script>").expect("its end").0
}

/// The data of a page with open blocks: machines with all their facts, columns as
/// texts, tables as rows.
pub(crate) fn opened(page: &str) -> Value {
    let mut all: Value = serde_json::from_str(data(page)).expect("the data block is JSON");
    let open = |block: &Value| -> Value { serde_json::from_slice(&unpack::inflated(block)).expect("JSON") };
    let (places, patterns) = (all["places"].clone(), open(&all["patterns"]));
    let beside = open(&all["beside"]);
    for (n, machine) in all["machines"].as_array_mut().expect("machines").iter_mut().enumerate() {
        let bytes = unpack::inflated(&machine["columns"]);
        let packed = unpack::Opened { patterns: &patterns, bytes: &bytes };
        let mut block = open(&machine["block"]);
        block["cells"] = cells(&block["cells"], packed, &places);
        let tables: Vec<_> =
            block["tables"].as_array().expect("columns").iter().map(|c| packed.column(c, None).0).collect();
        let rows = |span: &Value| -> Value {
            let [first, count] = [0, 1].map(|n| span[n].as_u64().expect("a span") as usize);
            let row = |n: usize| -> Value { tables.iter().map_while(|column| column[n].clone()).collect() };
            (first..first + count).map(row).collect()
        };
        for view in block["views"].as_array_mut().expect("views") {
            view["scaling"] = json!({ "notes": view["scaling"][0], "rows": rows(&view["scaling"][1]) });
            for sheet in view["sheets"].as_array_mut().expect("sheets") {
                let all = rows(&sheet["rows"]);
                sheet["head"] = all[0].clone();
                sheet["rows"] = all.as_array().expect("rows")[1..].into();
            }
        }
        for claim in block["claims"].as_array_mut().expect("claims") {
            claim["figures"] = rows(&claim["figures"]);
        }
        for part in ["python", "race"] {
            block[part] = beside[n][part].clone();
        }
        machine["block"] = block;
    }
    all["pairs"] = open(&all["pairs"]);
    all
}

/// The columns of cells as their texts.
fn cells(columns: &Value, packed: unpack::Opened<'_>, places: &Value) -> Value {
    let mut out = serde_json::Map::new();
    let (mut details, mut numbers): (Vec<Value>, Vec<_>) = Default::default();
    for (column, like) in
        columns["details"].as_array().expect("columns").iter().zip(columns["like"].as_array().expect("places"))
    {
        let like = like.as_u64().map(|n| &numbers[n as usize]);
        let (texts, own): (_, Vec<_>) = packed.column(column, like.map(Vec::as_slice));
        details.push(json!(texts));
        numbers.push(own);
    }
    for (name, column) in
        columns.as_object().expect("columns").iter().filter(|(name, _)| !["details", "like"].contains(&name.as_str()))
    {
        let like = match name.as_str() {
            "text" => Some("net"),
            "loss" => Some("loss"),
            "gross" => Some("gross"),
            _ => None,
        };
        let like = like.map(|place| numbers[places[place].as_u64().expect("a place") as usize].as_slice());
        out.insert(name.clone(), json!(packed.column(column, like).0));
    }
    out.insert("details".into(), Value::Array(details));
    Value::Object(out)
}
