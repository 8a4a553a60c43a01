//! Unpacks a machine's columns as `data.js` does, for tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Numbers of a cell, each its digits and how many of them are decimals.
type Numbers = Vec<(i64, usize)>;

/// A block's bytes.
pub(super) fn inflated(block: &Value) -> Vec<u8> {
    let bytes = STANDARD.decode(block.as_str().expect("a block")).expect("base64");
    miniz_oxide::inflate::decompress_to_vec(&bytes).expect("deflated")
}

/// The source of columns: the patterns of the page and a machine's bytes.
#[derive(Clone, Copy)]
pub(super) struct Opened<'o> {
    pub(super) patterns: &'o Value,
    pub(super) bytes: &'o [u8],
}

impl Opened<'_> {
    /// The texts of a column, and the numbers in them.
    pub(super) fn column(&self, column: &Value, like: Option<&[Numbers]>) -> (Vec<Option<String>>, Vec<Numbers>) {
        let place = |value: &Value| value.as_u64().expect("a number") as usize;
        let mut at = place(&column["start"]);
        let which = self.planes(&mut at, place(&column["texts"]));
        let pattern = |which: &i64| self.patterns[place(&column["patterns"][*which as usize])].as_str();
        let patterns: Vec<Option<&str>> = which.iter().map(pattern).collect();
        let slots: Vec<usize> = patterns.iter().map(|p| p.map_or(0, |p| p.matches('\u{1}').count())).collect();
        let mut numbers: Vec<Numbers> = vec![Vec::new(); patterns.len()];
        for slot in 0..slots.iter().copied().max().unwrap_or(0) {
            let texts: Vec<usize> = (0..patterns.len()).filter(|&n| slots[n] > slot).collect();
            let forms = &self.bytes[at..at + texts.len()];
            at += texts.len();
            let values = self.planes(&mut at, texts.len());
            for ((&n, &form), value) in texts.iter().zip(forms).zip(values) {
                let number = if form == 0 {
                    let near = like.and_then(|like| like[n].get(slot)).unwrap_or_else(|| &numbers[n][0]);
                    (near.0 + if value % 2 == 1 { -(value + 1) / 2 } else { value / 2 }, near.1)
                } else {
                    (value, usize::from(form) - 1)
                };
                numbers[n].push(number);
            }
        }
        let fill = |(pattern, numbers): (&Option<&str>, &Numbers)| {
            let mut parts = (*pattern)?.split('\u{1}');
            let mut text = parts.next().expect("a first part").to_owned();
            for (part, number) in parts.zip(numbers) {
                text += &written(*number);
                text += part;
            }
            Some(text)
        };
        (patterns.iter().zip(&numbers).map(fill).collect(), numbers)
    }

    fn planes(&self, at: &mut usize, count: usize) -> Vec<i64> {
        let width = usize::from(self.bytes[*at]);
        let planes = &self.bytes[*at + 1..][..width * count];
        *at += 1 + planes.len();
        let value = |n: usize| (0..width).rev().fold(0, |sum, p| sum * 256 + i64::from(planes[p * count + n]));
        (0..count).map(value).collect()
    }
}

fn written((digits, decimals): (i64, usize)) -> String {
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, decimals) = digits.split_at(digits.len() - decimals);
    let mut text = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if decimals.is_empty() { text } else { format!("{text}.{decimals}") }
}
