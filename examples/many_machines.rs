//! How long the page of many machines takes to build, and how large it is: sixty made-up ones.
//!
//! `cargo run --release --example many_machines -- 60 600 page.html` writes the page. It holds no results:
//! every machine on it is named synthetic.

#[path = "../tests/support/many.rs"]
mod many;

use std::path::Path;
use std::time::Instant;

use miscount::report::page;
use miscount::results::{Origin, read_all};

fn main() {
    let mut args = std::env::args().skip(1);
    let number = |text: Option<String>, or: usize| text.map_or(or, |text| text.parse().expect("a number"));
    let (machines, cells) = (number(args.next(), 60), number(args.next(), 600));
    let (real, _) = read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results"));
    let real = real.into_iter().find(|m| m.origin == Origin::Measured).expect("a measured machine in results/");
    let made = many::machines(&real, machines, cells, std::env::var("STEP").map_or(1, |s| s.parse().unwrap()));
    let start = Instant::now();
    let html = page::render(&made, &[]);
    let took = start.elapsed();
    let data = html.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>"));
    let data = data.map_or(0, |(data, _)| data.len());
    println!("{machines} machines x {cells} cells: {took:.2?}, data {} kB of {} kB", data / 1000, html.len() / 1000);
    if let Some(path) = args.next() {
        std::fs::write(path, html).expect("the page is written");
    }
}
