//! Columns of decimal numbers as bytes, which compress better than digits.
//!
//! A column is a byte a number, its form: 0 where there is none, else how many decimals it has, plus 1. Then the digits of
//! those there are, as whole numbers without a sign (2x, or -2x - 1 below 0), byte by byte: how many bytes the longest takes,
//! all lowest bytes, all next ones, and so on. `page/data.js` reads them.

/// Digits of the longest number: a double holds it exactly.
const MOST_DIGITS: usize = 15;

/// A decimal number: its digits, and how many of them are decimals.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Decimal {
    digits: i64,
    decimals: u8,
}

impl Decimal {
    /// The number, to twelve significant digits unless it is whole; `None` for one that is not finite or too long.
    fn of(x: f64) -> Option<Decimal> {
        let x = if x.fract() == 0.0 { x } else { format!("{x:.11e}").parse().ok()? };
        let text = format!("{x}");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let digits = format!("{whole}{part}");
        let decimals = u8::try_from(part.len()).ok()?;
        (digits.len() <= MOST_DIGITS + 1).then(|| Some(Decimal { digits: digits.parse().ok()?, decimals }))?
    }

    /// Its digits with as many decimals as `like` has, rounded.
    fn digits_like(self, like: Decimal) -> i64 {
        let power = |n: u8| 10_i64.pow(n.into());
        match self.decimals.checked_sub(like.decimals) {
            Some(more) => (2 * self.digits + power(more)).div_euclid(2 * power(more)),
            None => self.digits.saturating_mul(power(like.decimals - self.decimals)),
        }
    }
}

/// Columns, one after the other.
#[derive(Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Bytes {
    /// Adds a column; returns where it begins.
    pub(super) fn column(&mut self, numbers: &[Option<f64>]) -> usize {
        self.add(numbers, &[])
    }

    /// Adds a column of numbers that are near those of another, as differences from it.
    pub(super) fn column_near(&mut self, numbers: &[Option<f64>], near: &[Option<f64>]) -> usize {
        self.add(numbers, near)
    }

    fn add(&mut self, numbers: &[Option<f64>], near: &[Option<f64>]) -> usize {
        let start = self.0.len();
        let mut digits = Vec::new();
        for (n, number) in numbers.iter().enumerate() {
            let decimal = number.and_then(Decimal::of);
            self.0.push(decimal.map_or(0, |decimal| decimal.decimals + 1));
            let Some(decimal) = decimal else { continue };
            let base = near.get(n).copied().flatten().and_then(Decimal::of).map_or(0, |near| near.digits_like(decimal));
            digits.push(unsigned(decimal.digits - base));
        }
        let widest = digits.iter().copied().max().unwrap_or(0);
        let bytes = (0..8).find(|n| widest >> (8 * n) == 0).unwrap_or(8);
        self.0.push(bytes);
        for n in 0..bytes {
            self.0.extend(digits.iter().map(|digits| (digits >> (8 * n)) as u8));
        }
        start
    }
}

/// A number without a sign: small ones stay small.
fn unsigned(x: i64) -> u64 {
    ((x << 1) ^ (x >> 63)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_and_decimals() {
        let of = |x| Decimal::of(x).map(|decimal| (decimal.digits, decimal.decimals));
        assert_eq!([59.4, -0.05, 0.0, 1.2e-7].map(of), [Some((594, 1)), Some((-5, 2)), Some((0, 0)), Some((12, 8))]);
        assert_eq!(of(999_999_999_999_999.0), Some((999_999_999_999_999, 0)));
        assert_eq!([1e22, f64::NAN, f64::INFINITY].map(of), [None; 3]);
        assert_eq!(of(1.0 / 3.0), Some((333_333_333_333, 12)));
    }

    #[test]
    fn a_difference_is_taken_at_the_decimals_of_the_number() {
        let like = |x, of| Decimal::of(x).unwrap().digits_like(Decimal::of(of).unwrap());
        assert_eq!([like(59.46, 1.5), like(59.44, 1.5), like(-59.46, 1.5), like(-59.45, 1.5)], [595, 594, -595, -594]);
        assert_eq!(like(7.0, 0.25), 700);
    }

    #[test]
    fn numbers_near_others_take_a_byte() {
        let mut bytes = Bytes::default();
        let middle = [Some(5_812.0), None, Some(59.46), Some(-3.5)];
        let ends = [Some(5_810.0), Some(2.5), Some(59.3), Some(-3.6)];
        assert_eq!(bytes.column(&middle), 0);
        let first = bytes.0.len();
        assert_eq!(first, 4 + 1 + 2 * 3);
        assert_eq!(bytes.column_near(&ends, &middle), first);
        // Forms, then a byte each: -2, 25 without a neighbour, -2 tenths, -1 tenth.
        assert_eq!(bytes.0[first..], [1, 2, 2, 2, 1, 3, 50, 3, 1]);
    }

    #[test]
    fn small_numbers_of_either_sign_are_small() {
        assert_eq!([0, -1, 1, -2, i64::MAX, i64::MIN].map(unsigned), [0, 1, 2, 3, u64::MAX - 1, u64::MAX]);
    }
}
