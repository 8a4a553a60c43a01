//! The matrix that core-to-core-latency writes with `--csv`: a row and a column a CPU, the time of a pair where they meet.
//!
//! The program fills the lower triangle, leaves the rest empty, and writes one matrix after another where it ran several of
//! its benches. What spreadsheets make of that is read too: the upper triangle or both, ids of CPUs at the top and at the
//! left, `;` or tabs, decimal commas, quotes, line ends and encodings of Windows.

use std::collections::BTreeMap;

use crate::results::text;

/// The most CPUs that a matrix may have.
pub const MOST_CPUS: usize = 4_096;

/// The longest time between two CPUs that can be, in ns.
pub(super) const LONGEST: f64 = 1e9;

/// The most of a field that an error quotes, in characters.
const QUOTED: usize = 40;

/// What is wrong with a file, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What, and what to do.
    pub what: String,
}

/// Times between CPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// How many CPUs it has.
    pub cpus: usize,
    /// Each pair that has a time, the lower CPU first, and its ns.
    pub pairs: BTreeMap<(usize, usize), f64>,
    /// Pairs without a time because their clock did not advance.
    pub zeros: usize,
    /// Further matrices of the file, of other benches, which were not read.
    pub further: usize,
}

/// A line of the file, cut into fields.
struct Row {
    line: usize,
    fields: Vec<String>,
}

/// A field: nothing, a time, or something else.
enum Field {
    Empty,
    Time(f64),
    Other,
}

/// Reads the first matrix of a file.
///
/// # Errors
///
/// When it is none, with the line and what to do.
pub fn parse(bytes: &[u8]) -> Result<Matrix, Fault> {
    let text = decoded(bytes)?;
    let (mut rows, mut further) = (Vec::new(), 0);
    let mut separator = None;
    let mut blank = true;
    for (n, line) in text.lines().enumerate() {
        // A line of separators only is a row: that of the first CPU.
        if line.trim_matches([' ', '\r']).is_empty() {
            blank = true;
            continue;
        }
        if blank && !rows.is_empty() {
            further += 1;
        }
        blank = false;
        if further == 0 {
            let separator = *separator.get_or_insert_with(|| separator_of(line));
            let fields = line.trim_end_matches('\r').split(separator).map(|field| bare(field, separator)).collect();
            rows.push(Row { line: n + 1, fields });
        }
    }
    let Some(first) = rows.first() else {
        return Err(fault(1, "the file is empty: write it with core-to-core-latency --csv > FILE"));
    };
    let (top, width) = (first.line, first.fields.len());
    if width < 2 {
        let what = format!(
            "{} is no row of a matrix: keep only what --csv writes, without messages",
            quoted(&first.fields[0])
        );
        return Err(fault(top, &what));
    }
    if let Some(row) = rows.iter().find(|row| row.fields.len() != width) {
        let what =
            format!("{} fields, where line {top} has {width}: give each CPU a row and a column", row.fields.len());
        return Err(fault(row.line, &what));
    }
    let mut rows = without_ids(rows)?;
    let cpus = rows.first().map_or(0, |row| row.fields.len());
    if !(2..=MOST_CPUS).contains(&cpus) {
        return Err(fault(top, &format!("a matrix of {cpus} CPUs: it needs 2 to {MOST_CPUS}")));
    }
    // Earlier versions wrote the matrices of several benches without a blank line between them.
    if rows.len() > cpus && rows.len().is_multiple_of(cpus) {
        further += rows.len() / cpus - 1;
        rows.truncate(cpus);
    }
    if rows.len() != cpus {
        let line = rows.get(cpus).or(rows.last()).map_or(top, |row| row.line);
        let what = format!("the matrix has {} rows and {cpus} columns: give each CPU a row and a column", rows.len());
        return Err(fault(line, &what));
    }
    let mut times: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for (a, row) in rows.iter().enumerate() {
        for (b, text) in row.fields.iter().enumerate() {
            match field(text) {
                // A CPU has no way to itself.
                _ if a == b => {}
                Field::Empty => {}
                Field::Time(ns) if (0.0..=LONGEST).contains(&ns) => {
                    times.entry((a.min(b), a.max(b))).or_default().push(ns)
                }
                _ => {
                    let what =
                        format!("field {}, {}, is no time in ns: write one, or leave it empty", b + 1, quoted(text));
                    return Err(fault(row.line, &what));
                }
            }
        }
    }
    let all = times.len();
    let mean = |of: Vec<f64>| {
        let told: Vec<f64> = of.into_iter().filter(|ns| *ns > 0.0).collect();
        (!told.is_empty()).then(|| told.iter().sum::<f64>() / told.len() as f64)
    };
    // Where both directions were measured, a pair has two.
    let pairs: BTreeMap<_, _> = times.into_iter().filter_map(|(pair, of)| Some((pair, mean(of)?))).collect();
    if pairs.is_empty() {
        return Err(fault(
            top,
            "no two CPUs have a time between them: write the file with core-to-core-latency --csv > FILE",
        ));
    }
    Ok(Matrix { cpus, zeros: all - pairs.len(), pairs, further })
}

fn fault(line: usize, what: &str) -> Fault {
    Fault { line, what: what.to_owned() }
}

/// A field as an error may show it.
fn quoted(field: &str) -> String {
    let short: String = field.chars().take(QUOTED).collect();
    format!("\"{}\"{}", text::shown(&short), if short.len() < field.len() { "..." } else { "" })
}

/// The bytes as text: UTF-8, or UTF-16 with its mark, which a PowerShell of Windows writes.
fn decoded(bytes: &[u8]) -> Result<String, Fault> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|two| unit([two[0], two[1]])).collect();
        String::from_utf16(&units).map_err(|_| fault(1, "it is not UTF-16, as its first bytes say: save it as UTF-8"))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
            Err(error) => {
                let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
                Err(fault(line, "not UTF-8: save it as UTF-8"))
            }
        },
    }
}

fn separator_of(line: &str) -> char {
    [';', '\t'].into_iter().find(|separator| line.contains(*separator)).unwrap_or(',')
}

/// A field without spaces and quotes; where fields are not separated by commas, a comma may stand in a number.
fn bare(field: &str, separator: char) -> String {
    let bare = field.trim().trim_matches('"').trim();
    if separator == ',' { bare.to_owned() } else { bare.replace(',', ".") }
}

fn field(text: &str) -> Field {
    match text {
        "" | "-" => Field::Empty,
        _ if text.eq_ignore_ascii_case("nan") => Field::Empty,
        _ => text.parse().ok().filter(|ns: &f64| ns.is_finite()).map_or(Field::Other, Field::Time),
    }
}

/// Whether these are names of CPUs: words.
fn are_words(fields: &[String]) -> bool {
    fields.iter().all(|text| matches!(field(text), Field::Other))
}

/// Whole numbers; `None` where one is none.
fn whole(fields: &[String]) -> Option<Vec<f64>> {
    fields.iter().map(|text| text.parse().ok().filter(|n: &f64| *n >= 0.0 && n.fract() == 0.0)).collect()
}

/// Whether these are the numbers of CPUs from 0 on, without a hole.
fn from_0(fields: &[String]) -> bool {
    whole(fields).is_some_and(|numbers| numbers.iter().enumerate().all(|(n, number)| *number == n as f64))
}

/// Whether whole numbers at the top and at the left are ids of CPUs: they may be times.
fn are_numbered(rows: &[Row], left: &[String]) -> Result<bool, Fault> {
    let (Some(numbers), Some(same)) = (whole(&rows[0].fields[1..]), whole(&left[1..])) else { return Ok(false) };
    let distinct = numbers.iter().enumerate().all(|(n, number)| !numbers[..n].contains(number));
    if numbers != same || !distinct {
        return Ok(false);
    }
    let has_times = |above: bool| {
        let inner = rows[1..]
            .iter()
            .enumerate()
            .flat_map(|(a, row)| row.fields[1..].iter().enumerate().map(move |(b, text)| (a, b, text)));
        inner
            .filter(|(a, b, _)| if above { a < b } else { a > b })
            .any(|(_, _, text)| matches!(field(text), Field::Time(ns) if ns > 0.0))
    };
    // Times of the first CPU in both directions, and of the others in one, are none.
    if from_0(&left[1..]) || are_words(&left[..1]) || !(has_times(true) && has_times(false)) {
        return Ok(true);
    }
    if numbers.is_sorted() {
        let what = "the first row and the first column may be ids of CPUs or times: write CPU into the corner above ids, or leave one triangle of times empty";
        return Err(fault(rows[0].line, what));
    }
    Ok(false)
}

/// The rows without ids of CPUs at the top and at the left, which make a matrix wider or longer than its other side.
fn without_ids(mut rows: Vec<Row>) -> Result<Vec<Row>, Fault> {
    let (length, width) = (rows.len(), rows[0].fields.len());
    let left: Vec<String> = rows.iter().map(|row| row.fields[0].clone()).collect();
    let top = &rows[0].fields;
    let both = length == width
        && length > 2
        && ((are_words(&top[1..]) && are_words(&left[1..])) || are_numbered(&rows, &left)?);
    let alone = |fields: &[String]| are_words(fields) || from_0(fields);
    if both || (length == width + 1 && alone(top)) {
        rows.remove(0);
    }
    if both || (length + 1 == width && alone(&left)) {
        rows.iter_mut().for_each(|row| drop(row.fields.remove(0)));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<((usize, usize), f64)> {
        parse(text.as_bytes()).unwrap_or_else(|fault| panic!("{text:?}: {fault:?}")).pairs.into_iter().collect()
    }

    /// Three CPUs.
    const THREE: [((usize, usize), f64); 3] = [((0, 1), 10.5), ((0, 2), 20.0), ((1, 2), 30.25)];

    #[test]
    fn what_the_program_writes_is_read() {
        assert_eq!(pairs(",,\n10.5,,\n20.0,30.25,\n"), THREE);
        // Later versions end with an empty line.
        assert_eq!(pairs(",,\n10.5,,\n20,30.25,\n\n"), THREE);
        assert_eq!(pairs(",\n22.542864316666666,\n"), [((0, 1), 22.542864316666666)]);
    }

    #[test]
    fn of_several_benches_the_first_is_read() {
        for between in ["", "\n"] {
            let text = format!(",,\n10.5,,\n20,30.25,\n{between},99,99\n99,,99\n99,99,\n");
            let matrix = parse(text.as_bytes()).unwrap();
            assert_eq!(
                (matrix.further, matrix.pairs.into_iter().collect::<Vec<_>>()),
                (1, THREE.to_vec()),
                "{between:?}"
            );
        }
    }

    #[test]
    fn what_spreadsheets_make_of_it_is_read() {
        for text in [
            ",10.5,20\n,,30.25\n,,\n",
            "0,10.5,20\n10.5,0,30.25\n20,30.25,0\n",
            "nan,NaN,-\r\n10.5,,\r\n20,30.25,\r\n",
            "\u{feff},,\r\n\"10.5\", ,\r\n\"20\",\"30.25\",\r\n",
            ";;\n10,5;;\n20;30,25;\n",
            "\t\t\n10,5\t\t\n20\t30.25\t\n",
            ",0,1,2\n0,,,\n1,10.5,,\n2,20,30.25,\n",
            "0,1,2\n,,\n10.5,,\n20,30.25,\n",
            "ns,CPU 0,CPU 1,CPU 5\nCPU 0,,,\nCPU 1,10.5,,\nCPU 5,20,30.25,\n",
            "cpu0,cpu1,cpu2\n,,\n10.5,,\n20,30.25,\n",
            "0,,,\n1,10.5,,\n2,20,30.25,\n",
            ",4,5,7\n4,,,\n5,10.5,,\n7,20,30.25,\n",
            ",1,3,2\n1,,,\n3,10.5,,\n2,20,30.25,\n",
            ",0.0,2.0,5.0\n0,,10.5,20\n2,,,30.25\n05,,,\n",
            "CPU,4,5,7\n4,,10.5,20\n5,10.5,,30.25\n7,20,30.25,\n",
            ",0,1,2\n0,,10.5,20\n1,10.5,,30.25\n2,20,30.25,\n",
        ] {
            assert_eq!(pairs(text), THREE, "{text:?}");
        }
        let wide: Vec<u8> = ",\r\n5,\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(parse(&[&[0xff, 0xfe], &wide[..]].concat()).unwrap().pairs[&(0, 1)], 5.0);
        let wide: Vec<u8> = ",\r\n5,\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(parse(&[&[0xfe, 0xff], &wide[..]].concat()).unwrap().pairs[&(0, 1)], 5.0);
    }

    #[test]
    fn both_directions_are_one_pair_and_zeros_none() {
        let matrix = parse(b",10,0\n20,,0\n0,30,\n").unwrap();
        assert_eq!(matrix.pairs.into_iter().collect::<Vec<_>>(), [((0, 1), 15.0), ((1, 2), 30.0)]);
        assert_eq!((matrix.cpus, matrix.zeros, matrix.further), (3, 1, 0));
        // They rise like ids, or are the same in both and do not.
        assert_eq!(pairs(",10,30,20\n10,,15,16\n30,15,,17\n20,16,17,\n").len(), 6);
        assert_eq!(pairs(",0,5,9\n4,,2,8\n6,7,,3\n9,8,3,\n").len(), 6);
        assert_eq!(pairs(",10,20\n12,,30\n22,32,\n"), [((0, 1), 11.0), ((0, 2), 21.0), ((1, 2), 31.0)]);
    }

    #[test]
    fn what_is_no_matrix_is_told_with_its_line_and_what_to_do() {
        for (text, line, says) in [
            ("", 1, "the file is empty: write it with"),
            ("\n \n", 1, "the file is empty"),
            ("Num cores: 8\n,\n1,\n", 1, "\"Num cores: 8\" is no row of a matrix: keep only what --csv writes"),
            (",,\n10.5,\n20,30.25,\n", 2, "2 fields, where line 1 has 3"),
            (",,,\n10.5,,,\n20,30.25,,\n", 3, "3 rows and 4 columns"),
            (",,\n10.5,,\n", 2, "2 rows and 3 columns: give each CPU"),
            (",\n1,\n2,\n", 3, "3 rows and 2 columns"),
            ("\n,,\n10.5,,\n20,fast,\n", 4, "field 2, \"fast\", is no time in ns: write one, or leave it empty"),
            (",\n-5,\n", 2, "field 1, \"-5\", is no time"),
            (",\ninf,\n", 2, "is no time"),
            (",\n1e300,\n", 2, "is no time"),
            (",,\n,,\n,,\n", 1, "no two CPUs have a time"),
            (",\n0,\n", 1, "no two CPUs have a time"),
            // Whole numbers that may be times.
            ("\n,4,5,7\n4,,1,2\n5,1,,3\n7,2,3,\n", 2, "may be ids of CPUs or times: write CPU into the corner"),
            (",10,20,30\n10,,15,16\n20,15,,17.5\n30,16,17.5,\n", 1, "may be ids of CPUs or times"),
            (",0,52,53\n0,,52,52\n52,52,,27\n53,52,27,\n", 1, "may be ids of CPUs or times"),
            // The empty first row is missing, or the last one.
            ("10,,\n20,30,\n", 2, "2 rows and 3 columns"),
            ("10,20\n,30\n,\n", 3, "3 rows and 2 columns"),
            ("0,10,20\n10,0,30\n", 2, "2 rows and 3 columns"),
            ("10,15,20\n15,10,22\n20,22,10\n10,30,31\n", 4, "4 rows and 3 columns"),
        ] {
            let fault = parse(text.as_bytes()).expect_err(text);
            assert!(fault.line == line && fault.what.contains(says), "{text:?}: {fault:?}");
        }
        assert_eq!(parse(b",\n\xff,\n").unwrap_err().line, 2);
        assert!(parse(b"\xff\xfe\x00\xd8").unwrap_err().what.contains("not UTF-16"));
        let long = format!(",\n{},\n", "x".repeat(1_000));
        assert!(parse(long.as_bytes()).unwrap_err().what.len() < 120);
        let wide = format!("{}\n", ",".repeat(MOST_CPUS));
        assert!(parse(wide.as_bytes()).unwrap_err().what.contains("it needs 2 to 4096"));
    }
}
