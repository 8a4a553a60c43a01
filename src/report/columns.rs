//! Texts of many cells, packed: what differs from cell to cell is kept apart from what does not.
//!
//! A column of texts such as `101 (100 to 102) ns` is stored as a few patterns, each cell's pattern, and
//! one string of the numbers that stand in them. Numbers that another column has in the same place
//! are left out. Nothing is rounded here: what the page shows is the text that was packed, to the letter.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// What stands for a number in a pattern.
const SLOT: char = '\u{1}';

/// A column, packed. The page's `data.js` unpacks it.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    /// What texts look like, [`SLOT`] for each number; `None` where there is no text.
    patterns: Vec<Option<String>>,
    /// The pattern of each cell.
    which: Vec<usize>,
    /// The numbers of all cells, a space between two; empty where the column that this one is like has
    /// the same.
    numbers: String,
}

impl Column {
    /// Texts that repeat as a whole, such as verdicts.
    pub(super) fn whole(texts: &[Option<String>]) -> Column {
        let mut column = Column::empty();
        let mut known = HashMap::new();
        for text in texts {
            column.add(&mut known, text.as_deref().map(harmless));
        }
        column
    }

    /// Texts with numbers in them; those of `like`, an unpacked column, need not be said again.
    pub(super) fn split(texts: &[Option<String>], like: Option<&[Option<String>]>) -> Column {
        let mut column = Column::empty();
        let mut known = HashMap::new();
        let mut numbers = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            let text = text.as_deref().map(harmless);
            let other = like.and_then(|like| like[n].as_deref()).map(harmless);
            let there = other.as_deref().map_or(Vec::new(), |other| parts(other).1);
            let here = text.as_deref().map(parts);
            let own = here.iter().flat_map(|(_, own)| own).enumerate();
            numbers.extend(own.map(|(k, x)| if there.get(k) == Some(x) { String::new() } else { (*x).to_owned() }));
            column.add(&mut known, here.map(|(pattern, _)| pattern));
        }
        column.numbers = numbers.join(" ");
        column
    }

    fn empty() -> Column {
        Column { patterns: Vec::new(), which: Vec::new(), numbers: String::new() }
    }

    fn add(&mut self, known: &mut HashMap<Option<String>, usize>, pattern: Option<String>) {
        let next = self.patterns.len();
        let at = *known.entry(pattern.clone()).or_insert(next);
        if at == next {
            self.patterns.push(pattern);
        }
        self.which.push(at);
    }
}

/// The text without what would pass for a slot.
fn harmless(text: &str) -> String {
    text.replace(SLOT, "\u{fffd}")
}

/// A text's pattern and its numbers: digits, with a point or comma where digits follow.
fn parts(text: &str) -> (String, Vec<&str>) {
    let mut pattern = String::new();
    let mut numbers = Vec::new();
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        if !digit(at) {
            at += 1;
            continue;
        }
        let start = at;
        while digit(at) || (matches!(bytes.get(at), Some(b'.' | b',')) && digit(at + 1)) {
            at += 1;
        }
        pattern.push_str(&text[copied..start]);
        pattern.push(SLOT);
        numbers.push(&text[start..at]);
        copied = at;
    }
    pattern.push_str(&text[copied..]);
    (pattern, numbers)
}

/// Something as JSON, compressed, as text: what `DecompressionStream("deflate-raw")` takes apart.
pub(super) fn block(what: &impl Serialize) -> String {
    let json = serde_json::to_vec(what).expect("all keys are text");
    STANDARD.encode(miniz_oxide::deflate::compress_to_vec(&json, 9))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `data.js` does.
    fn unpack(column: &Column, like: Option<&[Option<String>]>) -> Vec<Option<String>> {
        let mut numbers = column.numbers.split(' ');
        let one = |(n, which): (usize, &usize)| {
            let pattern = column.patterns[*which].as_ref()?;
            let other = like.and_then(|like| like[n].as_deref());
            let there = other.map_or(Vec::new(), |other| parts(other).1);
            let mut slots = 0;
            let fill = |c: char| {
                if c != SLOT {
                    return c.to_string();
                }
                let own = numbers.next().expect("a number a slot");
                slots += 1;
                if own.is_empty() { there[slots - 1].to_owned() } else { own.to_owned() }
            };
            Some(pattern.chars().map(fill).collect::<String>())
        };
        column.which.iter().enumerate().map(one).collect()
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let gross = ["101 (100 to 102) ns", "1,014.5, then 3.", "< 0.001", "-6 (-7 to 5) ns", "", "µ7\u{1}8 ✓", "2e-5"];
        let other = ["101 ns", "1,014.5, then 4.", "0.001", "6", "no number", "8", "2e-6"];
        let texts = |all: &[&str]| -> Vec<Option<String>> {
            all.iter().map(|text| Some((*text).to_owned())).chain([None]).collect()
        };
        let (gross, other) = (texts(&gross), texts(&other));
        let mut expected = gross.clone();
        expected[5] = Some("µ7\u{fffd}8 ✓".into());
        assert_eq!(unpack(&Column::split(&gross, None), None), expected);
        assert_eq!(unpack(&Column::whole(&gross), None), expected);
        let packed = Column::split(&other, Some(&gross));
        assert_eq!(unpack(&packed, Some(&gross)), other);
        assert_eq!(packed.numbers, "  4   8  6", "only what differs is kept");
    }

    #[test]
    fn texts_of_one_pattern_share_it() {
        let texts: Vec<_> = (10..99).map(|n| Some(format!("{n} ({}.5 to 1,000) ns", n - 1))).collect();
        let column = Column::split(&texts, None);
        assert_eq!(column.patterns, [Some("\u{1} (\u{1} to \u{1}) ns".to_owned())]);
        assert_eq!(Column::whole(&texts).patterns.len(), texts.len());
    }

    #[test]
    fn a_block_is_smaller_and_inflates_to_the_same() {
        let texts: Vec<String> = (0..1000).map(|n| format!("</script> {}", n % 7)).collect();
        let block = block(&texts);
        let bytes = STANDARD.decode(&block).unwrap();
        let json = miniz_oxide::inflate::decompress_to_vec(&bytes).unwrap();
        assert_eq!(serde_json::from_slice::<Vec<String>>(&json).unwrap(), texts);
        assert!(block.len() < json.len() / 20 && !block.contains('<'), "{}", block.len());
    }
}
