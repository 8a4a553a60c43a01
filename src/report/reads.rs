//! Tables of the reads bench: the cost of reads and writes, and the error of reads.

use super::matrix::judged;
use super::sheet::{Sheet, at, by_subject, threads};
use crate::catalogue;
use crate::figure::{count, interval, ns};
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
        assert_eq!(
            titles,
            ["Reads and writes, 1 thread", "Reads and writes, 2 threads", "Reads and writes, 4* threads"]
        );
        let read = "2.00 (1.00 to 3.00)";
        assert_eq!(sheets[1].rows[0], ["cheap", "10.0", read, "", "", "", "", "", ""]);
        let dear = ["dear [p]", "20.0", read, "7.00 (6.00 to 8.00)", "70.0", "1", "3,000", "4", ""];
        assert_eq!(sheets[1].rows[1], dear);
        assert_eq!((sheets[0].rows.len(), sheets[2].rows[0][0].as_str()), (1, "dear"), "the head has its mark");
    }

    #[test]
    fn bytes_are_those_that_the_counter_states() {
        let place = catalogue::infos().iter().position(|info| info.id == "fetch_add").unwrap();
        assert_eq!(bytes("fetch_add"), Some(catalogue::bytes(BYTES_FOR)[place]));
        assert_eq!(bytes("no_such_counter"), None);
    }
}
