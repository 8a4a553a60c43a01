//! Texts of results files: what may be in one, and how a foreign text is shown.
//!
//! Results come from anybody. A terminal obeys control characters, and direction marks make a line read as
//! something else than it says, so a file that holds either is refused, and an error that quotes a file
//! escapes them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// The longest text or field name of a results file, in bytes: the longest ever written here is a method of 200.
pub const LONGEST: usize = 16 << 10;

/// The most of a foreign text that an error quotes, in characters.
const QUOTED: usize = 400;

/// Whether a character may stand in a text that people are shown: no control character, and none that
/// is invisible and turns the direction of what follows or breaks a line.
pub fn is_plain(c: char) -> bool {
    let turns = matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    !(c.is_control() || turns || c == '\u{feff}')
}

/// A foreign text as an error may show it: what is not plain is escaped, what is long is cut.
///
/// ```
/// use miscount::results::text::shown;
/// assert_eq!(shown("a \u{1b}[31m b"), "a \\u{1b}[31m b");
/// ```
pub fn shown(text: &str) -> String {
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        match c {
            _ if n == QUOTED => return out + "...",
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_plain(c) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out
}

/// A text that a terminal may be given: its lines end where they did, and what else is not plain is a `?`.
///
/// ```
/// use miscount::results::text::tame;
/// assert_eq!(tame("a \u{1b}[31m b\n"), "a ?[31m b\n");
/// ```
pub fn tame(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || is_plain(c) { c } else { '?' }).collect()
}

/// A label as it is written: on one line, plain, and no longer than what is read again.
pub(super) fn label(text: &str) -> String {
    let mut out: String = text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect();
    out.truncate(out.floor_char_boundary(LONGEST));
    out
}

/// Fields that an object has, mostly; those of a cell.
const FEW: usize = 48;

/// The name of a field, as it stands in the file where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Any JSON in which each text and field name is plain and of bearable length, and no object has a
/// field twice. Reading one keeps no more than a number.
#[derive(Default)]
pub(super) struct Plain {
    /// The whole number that it is.
    number: Option<u64>,
    /// The whole number that its field `schema` is.
    pub(super) schema: Option<u64>,
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Plain, D::Error> {
        deserializer.deserialize_any(Plain::default())
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Plain, E> {
        Ok(Plain::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Plain, E> {
        Ok(Plain::default())
    }

    fn visit_u64<E>(self, x: u64) -> Result<Plain, E> {
        Ok(Plain { number: Some(x), schema: None })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Plain, E> {
        Ok(Plain::default())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Plain, E> {
        if text.len() > LONGEST {
            return Err(E::custom(format!("a text of {} bytes, more than the {LONGEST} one may have", text.len())));
        }
        match text.chars().find(|c| !is_plain(*c)) {
            Some(c) => Err(E::custom(format!("a text with the control character {}", c.escape_unicode()))),
            None => Ok(Plain::default()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Plain, A::Error> {
        while all.next_element::<Plain>()?.is_some() {}
        Ok(Plain::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Plain, A::Error> {
        // Few names are faster looked through than hashed, and nearly all objects have few.
        let (mut few, mut many) = (Vec::with_capacity(FEW), HashSet::new());
        let mut schema = None;
        while let Some(Name(name)) = all.next_key::<Name>()? {
            Plain::default().visit_str(&name)?;
            let Plain { number, .. } = all.next_value()?;
            if name == "schema" {
                schema = number;
            }
            if few.contains(&name) || many.contains(&name) {
                return Err(A::Error::custom(format!("the field {name:?} stands twice in one object")));
            }
            if few.len() < FEW {
                few.push(name);
            } else {
                many.insert(name);
            }
        }
        Ok(Plain { number: None, schema })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        serde_json::from_str::<Plain>(json).map(|_| ()).expect_err(json).to_string()
    }

    #[test]
    fn ordinary_json_passes() {
        let json = r#"{"a": [1, -2, 3.5e300, null, true, "µs “quoted” \" \\ 日本 <script>"], "b": {"a": {}}}"#;
        assert!(serde_json::from_str::<Plain>(json).is_ok());
        assert!(serde_json::from_str::<Plain>(&format!("\"{}\"", "x".repeat(LONGEST))).is_ok());
    }

    #[test]
    fn what_a_terminal_obeys_is_refused() {
        for bad in ["\\u001b[31m", "\\u0007", "\\n", "\\u009b31m", "\\u007f", "\u{202e}", "\u{2066}", "\u{200f}"] {
            assert!(refused(&format!("{{\"a\": [\"x{bad}\"]}}")).contains("control character"), "{bad}");
            assert!(refused(&format!("{{\"x{bad}\": 1}}")).contains("control character"), "{bad}");
        }
        assert!(refused(&format!("\"{}\"", "x".repeat(LONGEST + 1))).contains("16385 bytes"));
        assert!(refused(r#"{"a": {"r1": 1, "r1": 2}}"#).contains("\"r1\" stands twice"));
        assert!(refused(r#"{"r1": 1, "r\u0031": 2}"#).contains("\"r1\" stands twice"), "however it is written");
        for twice in [0, FEW - 1, FEW, 2 * FEW - 1] {
            let fields: Vec<String> = (0..2 * FEW).chain([twice]).map(|n| format!("\"f{n}\": {n}")).collect();
            let says = format!("\"f{twice}\" stands twice");
            assert!(refused(&format!("{{{}}}", fields.join(", "))).contains(&says), "{says}");
        }
        assert!(refused(&"[".repeat(100_000)).contains("recursion limit"));
    }

    #[test]
    fn what_is_shown_is_plain_and_short() {
        assert_eq!(shown("one\ntwo \u{202e}\u{9b}"), "one two \\u{202e}\\u{9b}");
        assert_eq!(shown(&"é".repeat(500)).chars().count(), QUOTED + 3);
        assert_eq!(label("a\u{1b}[1mb\nc"), "a [1mb c");
        assert_eq!(label(&"é".repeat(LONGEST)).len(), LONGEST);
    }
}
