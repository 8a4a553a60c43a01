//! Tables of the reads bench: the cost of reads and writes, and the error of reads.

use super::matrix::judged;
use super::sheet::{Sheet, at, by_subject, threads};
use crate::catalogue;
use crate::figure::{count, interval, ns, per_second};
use crate::results::{Cell, LoneWriter};

/// Threads for which the bytes are given.
const BYTES_FOR: usize = 8;

/// Of a writer that waited for as long as the others read.
const NEVER: &str = "never got in";

/// The tables of one mix: one for each thread count, and one of the writers beside readers.
pub(super) fn sheets(cells: &[&Cell], usable: usize) -> Vec<Sheet> {
    let (rows, counts) = by_subject(cells);
    counts.iter().map(|&n| of(&rows, n, usable)).chain([lone_writers(&rows, usable)]).collect()
}

/// What became of a writer, in a few words.
pub(super) fn told(writer: &LoneWriter) -> String {
    format!("{}, longest write {}", writes(writer), longest(writer))
}

fn writes(writer: &LoneWriter) -> String {
    if writer.writes == 0 { NEVER.into() } else { per_second(writer.writes_per_s) }
}

fn longest(writer: &LoneWriter) -> String {
    let (unit, name) = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")]
        .into_iter()
        .find(|(unit, _)| writer.longest_ns >= *unit)
        .unwrap_or((1.0, "ns"));
    format!("{}{} {name}", if writer.open { "≥ " } else { "" }, ns(writer.longest_ns / unit))
}

/// One writer beside readers, by thread count, the fastest first. Those that never got in are last.
fn lone_writers(rows: &[(String, Vec<&Cell>)], usable: usize) -> Sheet {
    let cells = rows.iter().flat_map(|(name, row)| row.iter().map(move |cell| (name, cell)));
    let mut found: Vec<(usize, LoneWriter, &String)> =
        cells.filter_map(|(name, cell)| Some((cell.key.threads, cell.figures.lone_writer?, name))).collect();
    found.sort_by(|(n, a, _), (m, b, _)| n.cmp(m).then(b.writes_per_s.total_cmp(&a.writes_per_s)));
    let row = |(n, writer, name): &(usize, LoneWriter, &String)| {
        let reads = per_second(writer.reads_per_s);
        vec![(*name).clone(), threads(*n, usable), writes(writer), longest(writer), reads]
    };
    Sheet {
        title: "One writer beside readers".into(),
        note: "One thread writes and all others read for half a second; none pauses, and a read lasts for 1 µs. Longest write: waiting included; “≥”: it was \
               still waiting at the end. Reads of all readers together. With more threads than CPUs (*), a thread that is off its CPU \
               may be inside the lock."
            .into(),
        head: ["counter", "threads", "writes", "longest write", "reads"].map(str::to_owned).into(),
        rows: found.iter().map(row).collect(),
    }
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
            let reading = cell.figures.reading?;
            let figure = |x: Option<_>| x.map_or(String::new(), |i| interval(i, ns));
            let off = |one: fn(&crate::results::ReadError) -> f64| {
                reading.error.as_ref().map_or(String::new(), |error| count(one(error) as u64))
            };
            let gross = cell.figures.ns_per_op_per_thread?.median;
            let fields = vec![
                judged(name.clone(), cell),
                ns(gross),
                figure(reading.read_ns),
                figure(reading.write_ns),
                reading.longest_write_ns.map_or(String::new(), ns),
                off(|error| error.median),
                off(|error| error.max),
                off(|error| error.moved),
                bytes(&cell.key.subject).map_or(String::new(), |bytes| count(bytes as u64)),
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
            "ns per thread. ns/op is gross; reads and writes are net of think time and clock. “Off by”: how far a read is outside \
             the possible range, in increments, median and highest. “Moved”: by how much the count moved \
             during a read. Bytes: one counter after {BYTES_FOR} threads."
        ),
        head: heads.map(str::to_owned).into(),
        rows: found.into_iter().map(|(_, fields)| fields).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{ReadError, Reading};
    use crate::round::Verdict;
    use crate::samples::{self, around, costing};

    fn cell(subject: &str, threads: usize, gross: f64) -> Cell {
        let error = ReadError { median: 1.0, p99: 2.0, max: 3000.0, moved: 4.0, checked: 5 };
        let reading = Reading {
            share: 0.9,
            read_ns: Some(around(2.0, 1.0)),
            write_ns: Some(around(7.0, 1.0)),
            longest_write_ns: Some(70.0),
            error: Some(error),
        };
        costing(gross, samples::cell("reads", subject, threads, "r90")).with(|c| c.figures.reading = Some(reading))
    }

    #[test]
    fn a_table_has_the_cheapest_first_and_marks_what_was_disturbed() {
        let mut cells = [cell("dear", 2, 20.0), cell("cheap", 2, 10.0), cell("dear", 1, 5.0), cell("dear", 4, 90.0)];
        cells[0].facts.verdict = Verdict::Preempted;
        cells[3].facts.verdict = Verdict::Oversubscribed;
        let reading = cells[1].figures.reading.as_mut().unwrap();
        (reading.write_ns, reading.longest_write_ns, reading.error) = (None, None, None);
        let sheets = sheets(&cells.iter().collect::<Vec<_>>(), 2);
        let titles: Vec<&str> = sheets.iter().map(|sheet| sheet.title.as_str()).collect();
        let one_a_count = ["Reads and writes, 1 thread", "Reads and writes, 2 threads", "Reads and writes, 4* threads"];
        assert_eq!(titles, [&one_a_count[..], &["One writer beside readers"]].concat());
        assert!(sheets[3].rows.is_empty(), "not measured");
        let read = "2.00 (1.00 to 3.00)";
        assert_eq!(sheets[1].rows[0], ["cheap", "10.0", read, "", "", "", "", "", ""]);
        let dear = ["dear [p]", "20.0", read, "7.00 (6.00 to 8.00)", "70.0", "1", "3,000", "4", ""];
        assert_eq!(sheets[1].rows[1], dear);
        assert_eq!((sheets[0].rows.len(), sheets[2].rows[0][0].as_str()), (1, "dear"), "the head has its mark");
    }

    #[test]
    fn a_writer_that_never_got_in_is_last_and_named() {
        let beside = |subject, threads, writes: u64, open| {
            let (writes_per_s, reads_per_s, longest_ns, pass_ms) =
                (writes as f64, 2e6, 5e8 / (1 + writes) as f64, 500.0);
            let writer = LoneWriter { writes, writes_per_s, reads_per_s, longest_ns, open, pass_ms };
            cell(subject, threads, 5.0).with(|c| c.figures.lone_writer = Some(writer))
        };
        let cells = [beside("starved", 4, 0, true), beside("fair", 4, 5000, false), beside("starved", 2, 7, true)];
        let sheets = sheets(&cells.iter().collect::<Vec<_>>(), 2);
        let rows = &sheets.last().unwrap().rows;
        let expected = [
            ["starved", "2", "7.00 /s", "≥ 62.5 ms", "2.00 M/s"],
            ["fair", "4*", "5.00 k/s", "100 µs", "2.00 M/s"],
            ["starved", "4*", "never got in", "≥ 500 ms", "2.00 M/s"],
        ];
        assert_eq!(rows, &expected.map(|row| row.map(str::to_owned).to_vec()));
        assert_eq!(told(&cells[0].figures.lone_writer.unwrap()), "never got in, longest write ≥ 500 ms");
    }

    #[test]
    fn bytes_are_those_that_the_counter_states() {
        let place = catalogue::infos().iter().position(|info| info.id == "fetch_add").unwrap();
        assert_eq!(bytes("fetch_add"), Some(catalogue::bytes(BYTES_FOR)[place]));
        assert_eq!(bytes("no_such_counter"), None);
    }
}
