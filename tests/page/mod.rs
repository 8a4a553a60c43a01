//! What a page's data says, for tests that look for it there.
#![allow(dead_code, reason = "each test uses what it needs")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The data block of a page.
pub(crate) fn data(page: &str) -> &str {
    let start = page.split_once("<script type=\"application/json\" id=\"data\">").expect("a data block").1;
    start.split_once("</script>").expect("its end").0
}

/// What a page's data says, its blocks opened: machines with all that is known of them.
pub(crate) fn opened(page: &str) -> serde_json::Value {
    let mut all: serde_json::Value = serde_json::from_str(data(page)).expect("the data block is JSON");
    let open = |block: &serde_json::Value| -> serde_json::Value {
        let bytes = STANDARD.decode(block.as_str().expect("a block")).expect("base64");
        let json = miniz_oxide::inflate::decompress_to_vec(&bytes).expect("deflated");
        serde_json::from_slice(&json).expect("JSON")
    };
    for machine in all["machines"].as_array_mut().expect("machines") {
        machine["block"] = open(&machine["block"]);
    }
    all["pairs"] = open(&all["pairs"]);
    all
}
