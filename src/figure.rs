//! How figures are written: the one place that rounds.
//!
//! Three significant digits, never a 0 for something that is not 0, and no digit below the
//! resolution.

use std::time::Duration;

use crate::rank::resolution::is_below;
use crate::stats::Interval;

/// What stands where nothing was measured.
pub const ABSENT: &str = "not measured";

/// A time in ns, without its unit.
///
/// ```
/// use miscount::figure::ns;
/// assert_eq!(ns(0.274), "0.27");
/// assert_eq!(ns(47.04), "47.0");
/// assert_eq!(ns(14820.08), "14,820");
/// assert_eq!(ns(0.0001), "< 0.001");
/// ```
pub fn ns(x: f64) -> String {
    if x != 0.0 && x.abs() < 0.001 {
        return "< 0.001".into();
    }
    rounded(x, decimals(x))
}

/// The number that [`ns`] writes of this one, so that it is written the same again.
pub(crate) fn shown(x: f64) -> f64 {
    if x != 0.0 && x.abs() < 0.001 {
        return 0.0005_f64.copysign(x);
    }
    // A number that is not finite stays what it is.
    format!("{x:.*}", decimals(x)).parse().unwrap_or(x)
}

/// The number that [`net`] writes of this one; 0 for one below the resolution.
pub(crate) fn shown_net(x: f64, resolution: f64) -> f64 {
    if is_below(x, resolution) {
        return 0.0;
    }
    format!("{x:.*}", decimals(x).min(net_decimals(resolution))).parse().unwrap_or(x)
}

/// The number in four digits at least, or in the three that [`ns`] writes where four would be written otherwise.
pub(crate) fn divisible(x: f64) -> f64 {
    let finer: f64 = format!("{x:.3e}").parse().unwrap_or(x);
    if x.abs() < 1e4 && ns(finer) == ns(x) { finer } else { shown(x) }
}

/// A net cost in ns, without its unit; `< r` when it is nearer to 0 than the resolution `r`, in ns.
///
/// ```
/// use miscount::figure::net;
/// assert_eq!(net(2.04, 3.0), "< 3");
/// assert_eq!(net(-2.04, 3.0), "< 3");
/// assert_eq!(net(-5.6, 3.0), "-6");
/// assert_eq!(net(4.31, 0.3), "4.3");
/// ```
pub fn net(x: f64, resolution: f64) -> String {
    if is_below(x, resolution) {
        return format!("< {}", threshold(resolution));
    }
    rounded(x, decimals(x).min(net_decimals(resolution)))
}

/// The most decimals of a net cost.
fn net_decimals(resolution: f64) -> usize {
    match resolution {
        r if r >= 1.0 => 0,
        r if r >= 0.1 => 1,
        r if r >= 0.01 => 2,
        _ => 3,
    }
}

/// The resolution as `< r` writes it: two digits, rounded up, so that `< r` stays true.
pub fn threshold(resolution: f64) -> String {
    let step = 10f64.powi(resolution.max(1e-9).log10().floor() as i32 - 1);
    // Not quite up: 0.3 must not become 0.31 for the sake of its 17th digit.
    let up = ((resolution / step) - 1e-9).ceil() * step;
    let places = (-step.log10().round()).max(0.0) as usize;
    let text = rounded(up, places);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// An interval and its middle, each end written by `one`.
pub fn interval(i: Interval, one: impl Fn(f64) -> String) -> String {
    format!("{} ({} to {})", one(i.median), one(i.low), one(i.high))
}

/// A rate in `[0, 1]` as a percentage; only exactly 0 reads `0 %`, only exactly 1 reads `100 %`.
///
/// ```
/// use miscount::figure::percent;
/// assert_eq!(percent(0.499), "49.9 %");
/// assert_eq!(percent(0.0), "0 %");
/// assert_eq!(percent(1e-9), "< 0.001 %");
/// assert_eq!(percent(0.99999), "> 99.99 %");
/// ```
pub fn percent(rate: f64) -> String {
    let x = rate * 100.0;
    match rate {
        0.0 => "0 %".into(),
        1.0 => "100 %".into(),
        _ if x < 0.001 => "< 0.001 %".into(),
        _ if x > 99.99 => "> 99.99 %".into(),
        _ if x < 0.1 => format!("{} %", rounded(x, 3)),
        _ if !(1.0..99.0).contains(&x) => format!("{} %", rounded(x, 2)),
        _ => format!("{} %", rounded(x, 1)),
    }
}

/// Events per second.
///
/// ```
/// use miscount::figure::per_second;
/// assert_eq!(per_second(123_456_789.0), "123 M/s");
/// assert_eq!(per_second(999.9e6), "1.00 G/s");
/// assert_eq!(per_second(1e-4), "< 0.001 /s");
/// ```
pub fn per_second(x: f64) -> String {
    let (unit, name) = unit_of_rate(x);
    format!("{} {name}/s", ns(x / unit))
}

/// The rate that [`per_second`] writes of this one.
pub(crate) fn shown_per_second(x: f64) -> f64 {
    let (unit, _) = unit_of_rate(x);
    shown(x / unit) * unit
}

fn unit_of_rate(x: f64) -> (f64, &'static str) {
    let steps = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    // 999.6 M would round to 1000 M.
    steps.into_iter().find(|(unit, _)| x >= unit * 0.9995).unwrap_or((1.0, ""))
}

/// A count, its thousands set apart.
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A number of threads in words.
pub(crate) fn threads(n: usize) -> String {
    format!("{n} thread{}", if n == 1 { "" } else { "s" })
}

/// A plain number with two decimals, such as an overlap or a fairness index.
pub fn plain(x: f64) -> String {
    rounded(x, 2)
}

/// A number without a unit, such as a coefficient; powers of ten for what is very small.
///
/// ```
/// use miscount::figure::number;
/// assert_eq!(number(0.2614), "0.26");
/// assert_eq!(number(0.0000127), "1.27e-5");
/// assert_eq!(number(0.0), "0");
/// ```
pub fn number(x: f64) -> String {
    match x.abs() {
        0.0 => "0".into(),
        a if a < 0.001 => format!("{x:.2e}"),
        _ => rounded(x, decimals(x)),
    }
}

/// A round length of time, such as a think time.
///
/// ```
/// use miscount::figure::duration;
/// assert_eq!(duration(std::time::Duration::from_micros(10)), "10 µs");
/// ```
pub fn duration(time: Duration) -> String {
    humantime::format_duration(time)
        .to_string()
        .split(' ')
        .map(|part| {
            let at = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            format!("{} {}", &part[..at], part[at..].replace("us", "µs"))
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Decimals that make three significant digits.
fn decimals(x: f64) -> usize {
    match x.abs() {
        a if a >= 99.95 => 0,
        a if a >= 9.995 => 1,
        a if a >= 0.0995 || a == 0.0 => 2,
        _ => 3,
    }
}

fn rounded(x: f64, decimals: usize) -> String {
    if !x.is_finite() {
        return "unknown".into();
    }
    if x.abs() >= 1e15 {
        return format!("{x:.2e}");
    }
    let text = format!("{:.decimals$}", x.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    let sign = if x < 0.0 && !zero { "-" } else { "" };
    let dot = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{part}", grouped(whole))
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(ns(313_445.5), "313,446");
    }

    #[test]
    fn three_digits_whatever_the_size() {
        assert_eq!([0.274, 47.04, 14820.08].map(ns), ["0.27", "47.0", "14,820"]);
        assert_eq!([0.0994, 0.001, 0.000_9, 9.996, 99.96].map(ns), ["0.099", "0.001", "< 0.001", "10.0", "100"]);
        assert_eq!([0.0, -1.5, 2e17].map(ns), ["0.00", "-1.50", "2.00e17"]);
        assert_eq!([f64::NAN, f64::INFINITY].map(ns), ["unknown"; 2]);
    }

    #[test]
    fn the_number_that_is_kept_is_written_the_same_again() {
        assert_eq!([0.2749, 47.04, 14820.08, -1.504, 0.0].map(shown), [0.27, 47.0, 14820.0, -1.5, 0.0]);
        assert_eq!([0.000_4, -0.000_9].map(shown), [0.000_5, -0.000_5], "too small to be written");
        assert_eq!([0.2749, 12.34, 0.2].map(|x| shown_net(x, 0.3)), [0.0, 12.3, 0.0]);
        for x in [0.000_4, 0.0994, 0.2749, 9.996, 47.04, 99.96, 14820.08, 2e17] {
            assert_eq!(ns(shown(x)), ns(x));
        }
    }

    #[test]
    fn nothing_below_the_resolution_is_a_figure() {
        let near = [(0.2999, 0.3), (0.3, 0.3), (-99.0, 100.0), (0.0, 0.0), (12.34, 3.0), (-5.6, 3.0)];
        assert_eq!(near.map(|(x, r)| net(x, r)), ["< 0.3", "0.3", "< 100", "0.00", "12", "-6"]);
        let finer = [(0.777, 0.1), (0.777, 0.05), (0.0777, 0.05), (0.0777, 0.01), (0.0777, 0.005)];
        assert_eq!(finer.map(|(x, r)| net(x, r)), ["0.8", "0.78", "0.08", "0.08", "0.078"]);
    }

    #[test]
    fn no_sign_is_left_of_what_is_rounded_to_nothing() {
        assert_eq!([-0.001, 0.001, -0.01, -1.234].map(plain), ["0.00", "0.00", "-0.01", "-1.23"]);
    }

    #[test]
    fn small_numbers_are_powers_of_ten_and_units_go_up_in_time() {
        assert_eq!(
            [0.0, 0.001, 0.000_999, -0.000_012_7, 0.2614].map(number),
            ["0", "0.001", "9.99e-4", "-1.27e-5", "0.26"]
        );
        assert_eq!(
            [999.9e6, 123_456_789.0, 999.4, 999.5].map(per_second),
            ["1.00 G/s", "123 M/s", "999 /s", "1.00 k/s"]
        );
        assert_eq!(
            [1500, 10, 1_000_000].map(|us| duration(Duration::from_micros(us))),
            ["1 ms 500 µs", "10 µs", "1 s"]
        );
        let i = Interval { low: 1.0, median: 2.0, high: 30.0 };
        assert_eq!(interval(i, ns), "2.00 (1.00 to 30.0)");
    }

    #[test]
    fn a_threshold_never_rounds_down() {
        assert_eq!([0.3, 0.2713, 3.0, 20.0, 101.0].map(threshold), ["0.3", "0.28", "3", "20", "110"]);
    }

    #[test]
    fn a_share_is_never_rounded_to_none_or_all() {
        assert_eq!([0.000_5, 0.9999, 0.99996].map(percent), ["0.050 %", "99.99 %", "> 99.99 %"]);
        assert_eq!(
            [0.0, 1e-9, 9e-6, 1e-5, 0.000_999, 0.001].map(percent),
            ["0 %", "< 0.001 %", "< 0.001 %", "0.001 %", "0.100 %", "0.10 %"]
        );
        assert_eq!([0.0099, 0.01, 0.499, 0.9899].map(percent), ["0.99 %", "1.0 %", "49.9 %", "99.0 %"]);
        assert_eq!([1.0, 0.995].map(percent), ["100 %", "99.50 %"]);
    }
}
