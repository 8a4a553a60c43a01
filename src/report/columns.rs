//! Packs the texts of many cells: numbers are stored apart from the words around them.
//!
//! A column of texts such as `101 (100 to 102) ns` is stored as a few patterns, the pattern of each cell, and
//! its numbers. A number is stored as the difference to a number nearby if there is one, byte by byte.
//! Nothing is rounded here: the page shows exactly the text that was packed.

#[cfg(test)]
mod unpack;

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// The place of a number in a pattern.
const SLOT: char = '\u{1}';

/// Digits of the longest number that is stored as one: a double holds it exactly.
const MOST_DIGITS: usize = 15;

/// The patterns of all machines' texts, each once: [`SLOT`] for each number; `None` for no text.
#[derive(Default)]
pub(super) struct Patterns {
    all: Vec<Option<String>>,
    places: HashMap<Option<String>, usize>,
}

/// A column, packed. The page's `data.js` unpacks it.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    /// Places of its patterns among all.
    patterns: Vec<usize>,
    /// How many texts it has.
    texts: usize,
    /// Where its bytes begin among the packer's. First, as planes, the place in `patterns` for each text.
    /// Then, for each place of a number in a text, over the texts that have one there: a byte each for its
    /// form, and as planes the numbers. Planes are how many bytes a number takes at most, then all
    /// numbers' lowest bytes, then all next ones. A form is 0 for a difference to the number nearby (twice it;
    /// where it is negative, twice its size less 1), else the number's decimals and 1.
    start: usize,
}

/// Texts taken apart: the pattern of each, and the numbers that stand in it.
pub(super) struct Split {
    patterns: Vec<Option<String>>,
    numbers: Vec<Vec<Number>>,
}

impl Split {
    pub(super) fn of(texts: impl IntoIterator<Item = Option<String>>) -> Split {
        let one = |text: Option<String>| text.as_deref().map(parts).map_or((None, Vec::new()), |(p, n)| (Some(p), n));
        let (patterns, numbers) = texts.into_iter().map(one).unzip();
        Split { patterns, numbers }
    }
}

/// Packs the columns of one machine into one row of bytes.
pub(super) struct Packer<'p> {
    patterns: &'p mut Patterns,
    bytes: Vec<u8>,
}

/// A number as it is written: all its digits, and how many of them are decimals.
#[derive(Clone, Copy, PartialEq)]
struct Number {
    digits: i64,
    decimals: u8,
}

impl Patterns {
    fn place(&mut self, pattern: Option<String>) -> usize {
        *self.places.entry(pattern).or_insert_with_key(|pattern| {
            self.all.push(pattern.clone());
            self.all.len() - 1
        })
    }

    /// All of them, as text for the page.
    pub(super) fn block(&self) -> String {
        block(&self.all)
    }
}

impl<'p> Packer<'p> {
    pub(super) fn new(patterns: &'p mut Patterns) -> Packer<'p> {
        Packer { patterns, bytes: Vec::new() }
    }

    /// Texts that repeat as a whole, such as verdicts.
    pub(super) fn whole(&mut self, texts: impl IntoIterator<Item = Option<String>>) -> Column {
        self.column(texts.into_iter().map(|text| text.map(|text| harmless(&text).into_owned())))
    }

    /// Texts with numbers in them. The number nearby is the one in the same place of the same text of `like`,
    /// if there is one, else the text's first number.
    pub(super) fn split(&mut self, texts: &Split, like: Option<&Split>) -> Column {
        let column = self.column(texts.patterns.iter().cloned());
        let most = texts.numbers.iter().map(Vec::len).max().unwrap_or(0);
        for place in 0..most {
            let (mut forms, mut values) = (Vec::new(), Vec::new());
            for (n, numbers) in texts.numbers.iter().enumerate() {
                let Some(number) = numbers.get(place) else { continue };
                let like = like.and_then(|like| like.numbers[n].get(place));
                let near = like.or(numbers[..place].first()).filter(|near| near.decimals == number.decimals);
                forms.push(near.map_or(1 + number.decimals, |_| 0));
                values.push(near.map_or(number.digits, |near| twice(number.digits - near.digits)));
            }
            self.bytes.extend(forms);
            self.planes(&values);
        }
        column
    }

    /// A column of patterns; its numbers follow.
    fn column(&mut self, patterns: impl Iterator<Item = Option<String>>) -> Column {
        let mut column = Column { patterns: Vec::new(), texts: 0, start: self.bytes.len() };
        let mut known = HashMap::new();
        let place = |pattern| {
            let place = self.patterns.place(pattern);
            *known.entry(place).or_insert_with(|| {
                column.patterns.push(place);
                column.patterns.len() as i64 - 1
            })
        };
        let which: Vec<i64> = patterns.map(place).collect();
        column.texts = which.len();
        self.planes(&which);
        column
    }

    fn planes(&mut self, values: &[i64]) {
        let widest = values.iter().copied().max().unwrap_or(0);
        let bytes = (1..8).find(|n| widest >> (8 * n) == 0).expect("numbers are short");
        self.bytes.push(bytes as u8);
        for n in 0..bytes {
            self.bytes.extend(values.iter().map(|value| (value >> (8 * n)) as u8));
        }
    }

    /// All bytes, as text for the page.
    pub(super) fn block(&self) -> String {
        compressed(&self.bytes)
    }
}

/// A difference without a sign: small ones stay small.
fn twice(difference: i64) -> i64 {
    if difference < 0 { -2 * difference - 1 } else { 2 * difference }
}

/// The text without characters that look like a slot.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.contains(SLOT) { text.replace(SLOT, "\u{fffd}").into() } else { text.into() }
}

/// A text's pattern and its numbers: digits, with a point or comma where digits follow.
fn parts(text: &str) -> (String, Vec<Number>) {
    let text = harmless(text);
    let mut pattern = String::with_capacity(text.len());
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
        // A number that would not be unpacked to the same text stays in the pattern.
        if let Some(number) = Number::read(&bytes[start..at]) {
            pattern.push_str(&text[copied..start]);
            pattern.push(SLOT);
            numbers.push(number);
            copied = at;
        }
    }
    pattern.push_str(&text[copied..]);
    (pattern, numbers)
}

impl Number {
    /// A number that is written as figures are: thousands set apart, no zero before it.
    fn read(text: &[u8]) -> Option<Number> {
        let point = text.iter().position(|b| *b == b'.').unwrap_or(text.len());
        let (whole, decimals) = (&text[..point], text.get(point + 1..).unwrap_or(&[]));
        // A comma before every third digit from the point, and nowhere else.
        let apart = |(n, b): (usize, &u8)| (*b == b',') == (n % 4 == 3);
        let written = whole.iter().rev().enumerate().all(apart) && (whole == b"0" || whole[0] != b'0');
        let digits = || whole.iter().filter(|b| **b != b',').chain(decimals);
        if !written || decimals.iter().any(|b| !b.is_ascii_digit()) || digits().count() > MOST_DIGITS {
            return None;
        }
        let value = digits().fold(0, |value, digit| 10 * value + i64::from(digit - b'0'));
        Some(Number { digits: value, decimals: decimals.len() as u8 })
    }
}

/// A value as JSON, compressed, in base64; the page opens it with `DecompressionStream("deflate-raw")`.
pub(super) fn block(what: &impl Serialize) -> String {
    compressed(&serde_json::to_vec(what).expect("all keys are text"))
}

fn compressed(bytes: &[u8]) -> String {
    STANDARD.encode(miniz_oxide::deflate::compress_to_vec(bytes, 9))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Texts = Vec<Option<String>>;

    fn some(all: &[&str]) -> Texts {
        all.iter().map(|text| Some((*text).to_owned())).chain([None]).collect()
    }

    /// The unpacked texts of a column, of one that is like it, and of one of whole texts.
    fn there_and_back(first: &Texts, second: &Texts) -> [Texts; 3] {
        let mut patterns = Patterns::default();
        let mut packer = Packer::new(&mut patterns);
        let [one, two] = [first, second].map(|texts| Split::of(texts.iter().cloned()));
        let columns = [packer.split(&one, None), packer.split(&two, Some(&one)), packer.whole(first.iter().cloned())];
        let bytes = unpack::inflated(&packer.block().into());
        let patterns = serde_json::to_value(&patterns.all).unwrap();
        let opened = unpack::Opened { patterns: &patterns, bytes: &bytes };
        let [first, second, whole] = columns.map(|column| serde_json::to_value(column).unwrap());
        let (first, numbers) = opened.column(&first, None);
        [first, opened.column(&second, Some(&numbers)).0, opened.column(&whole, None).0]
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let gross = some(&[
            "101 (100 to 102) ns",
            "1,014.5, then 3.",
            "< 0.001",
            "-6 (-7 to 5) ns",
            "",
            "µ7\u{1}8 ✓",
            "2e-5",
            "007, 1,00, 0.50, 12345, 100,000,000,000,000, 18,446,744,073,709,551,615, 1.2.3",
        ]);
        let other = some(&["101 ns", "1,014.5, then 4.", "0.001", "6", "no number", "8", "2e-6", "9 9 9"]);
        let mut expected = gross.clone();
        expected[5] = Some("µ7\u{fffd}8 ✓".into());
        assert_eq!(there_and_back(&gross, &other), [expected.clone(), other.clone(), expected.clone()]);
        assert_eq!(there_and_back(&other, &gross), [other.clone(), expected, other]);
        // More patterns than a byte can tell apart.
        let many: Texts = (0..700).map(|n| Some("x".repeat(n))).collect();
        assert_eq!(there_and_back(&many, &many), [many.clone(), many.clone(), many]);
    }

    #[test]
    fn texts_of_one_pattern_share_it_and_their_numbers_are_small() {
        let texts = Split::of((10..99).map(|n| Some(format!("{n} ({} to 1{n}.5) ns", n - 1))));
        let mut patterns = Patterns::default();
        let mut packer = Packer::new(&mut patterns);
        let column = packer.split(&texts, None);
        // Patterns, then forms and numbers: a byte for the first and the second, two for the third.
        assert_eq!(packer.bytes.len(), 90 + 89 * (2 + 2 + 3) + 3);
        assert!(packer.bytes[1..90].iter().all(|which| *which == 0));
        assert_eq!(packer.bytes[180..182], [10, 11], "the first as it is");
        assert!(packer.bytes[90 + 179 + 90..][..89].iter().all(|step| *step == 1), "one less than the first");
        let again = packer.split(&texts, Some(&texts));
        assert!(packer.bytes[again.start..].iter().all(|byte| *byte <= 1), "nothing but nearness to itself");
        assert_eq!((column.patterns, again.patterns), (vec![0], vec![0]));
        assert_eq!(patterns.all, [Some("\u{1} (\u{1} to \u{1}) ns".to_owned())]);
    }

    #[test]
    fn a_block_is_smaller_and_inflates_to_the_same() {
        let texts: Vec<String> = (0..1000).map(|n| format!("</script> {}", n % 7)).collect();
        let block = block(&texts);
        let json = unpack::inflated(&block.clone().into());
        assert_eq!(serde_json::from_slice::<Vec<String>>(&json).unwrap(), texts);
        assert!(block.len() < json.len() / 20 && !block.contains('<'), "{}", block.len());
    }

    #[test]
    fn a_number_ends_with_a_digit_and_is_no_longer_than_a_double_holds() {
        let found = |text: &str| {
            let (pattern, numbers) = parts(text);
            (pattern.replace(SLOT, "#"), numbers.iter().map(|n| (n.digits, n.decimals)).collect::<Vec<_>>())
        };
        assert_eq!(found("1,014.5, then 3."), ("#, then #.".into(), vec![(10_145, 1), (3, 0)]));
        assert_eq!(found("(7) ns .5 8."), ("(#) ns .# #.".into(), vec![(7, 0), (5, 0), (8, 0)]));
        let whole = |digits: usize| "999,999,999,999,999,999"[23 - digits - (digits - 1) / 3..].to_owned();
        assert_eq!(found(&whole(15)), ("#".into(), vec![(999_999_999_999_999, 0)]));
        assert_eq!([16, 17, 18].map(|n| found(&whole(n))), [16, 17, 18].map(|n| (whole(n), vec![])));
        assert_eq!(found("0.000,5"), ("0.000,5".into(), vec![]));
    }

    #[test]
    fn patterns_are_a_block_of_their_own() {
        let mut patterns = Patterns::default();
        Packer::new(&mut patterns).split(&Split::of(some(&["1 ns", "none"])), None);
        let json: serde_json::Value = serde_json::from_slice(&unpack::inflated(&patterns.block().into())).unwrap();
        assert_eq!(json, serde_json::json!(["\u{1} ns", "none", null]));
    }
}
