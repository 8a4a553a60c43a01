//! Tables of the reads bench: what reads and writes cost, and how far reads are off.

use super::figure::{count, interval, ns};
use super::matrix::letter;
use super::sheet::{Sheet, at, by_subject, threads};
use crate::catalogue;
use crate::results::Cell;

/// Threads for which the bytes are given.
const BYTES_FOR: usize = 8;

/// The tables of one mix: one for each thread count.
pub(super) fn sheets(cells: &[&Cell], usable: usize) -> Vec<Sheet> {
    let (rows, counts) = by_subject(cells);
    counts.iter().map(|&n| of(&rows, n, usable)).collect()
}

fn bytes(subject: &str) -> Option<usize> {
    let place = catalogue::infos().iter().position(|info| info.id == subject)?;
    catalogue::bytes(BYTES_FOR).get(place).copied()
}

fn of(rows: &[(String, Vec<&Cell>)], n: usize, usable: usize) -> Sheet {
    let mut found: Vec<(f64, Vec<String>)> = rows
        .iter()
        .filter_map(|(name, row)| {
            let cell = at(row, n)?;
            let reading = cell.reading?;
            let name = match letter(cell.verdict).filter(|&letter| letter != 'o') {
                Some(letter) => format!("{name} [{letter}]"),
                None => name.clone(),
            };
            let figure = |x: Option<_>| x.map_or(String::new(), |i| interval(i, ns));
            let off = |one: fn(&crate::results::ReadError) -> f64| {
                reading.error.as_ref().map_or(String::new(), |error| count(one(error) as u64))
            };
            let gross = cell.ns_per_op_per_thread?.median;
            let fields = vec![
                name,
                ns(gross),
                figure(reading.read_ns),
                figure(reading.write_ns),
                reading.longest_write_ns.map_or(String::new(), ns),
                off(|error| error.median),
                off(|error| error.max),
                off(|error| error.moved),
                bytes(&cell.subject).map_or(String::new(), |bytes| count(bytes as u64)),
            ];
            Some((gross, fields))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let heads = [
        "counter",
        "ns/op",
        "ns per read",
        "ns per write",
        "longest write",
        "off by",
        "off by, most",
        "moved",
        "bytes",
    ];
    Sheet {
        title: format!("Reads and writes, {} {}", threads(n, usable), if n == 1 { "thread" } else { "threads" }),
        note: format!(
            "ns per thread; ns/op is gross, reads and writes are net of think time and clock. “Off by”: how far a read lies outside \
             of what was possible, in increments, the median and the most; “moved”: by how much the count moved \
             during a read. Bytes of one counter after {BYTES_FOR} threads."
        ),
        head: heads.map(str::to_owned).into(),
        rows: found.into_iter().map(|(_, fields)| fields).collect(),
        shades: Vec::new(),
    }
}
