//! An exact probability.

use std::fmt::{self, Display, Formatter};

use num_bigint::BigUint;

/// A part of a whole as a reduced fraction; `Display` writes it as `1/3`, and 1 as `1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    part: BigUint,
    whole: BigUint,
}

impl Share {
    /// `part` of `whole`, which is not 0.
    pub(super) fn new(part: BigUint, whole: &BigUint) -> Share {
        let zero = BigUint::default();
        let (mut common, mut rest) = (whole.clone(), part.clone());
        while rest != zero {
            (common, rest) = (rest.clone(), common % rest);
        }
        Share { part: part / &common, whole: whole / &common }
    }

    /// The nearest number, to 15 digits or more; 0 only for 0 and below 1e-300.
    pub fn as_f64(&self) -> f64 {
        // 64 digits after the binary point's first: more than the 53 that a number keeps. A part is no more
        // than its whole.
        let shift = 64 + self.whole.bits() as i64 - self.part.bits() as i64;
        let digits = u128::try_from((&self.part << shift) / &self.whole).unwrap_or(u128::MAX);
        // In two halves: 2^-1064 alone would be 0.
        let half = shift / 2;
        digits as f64 * 2f64.powi(-half as i32) * 2f64.powi((half - shift) as i32)
    }
}

impl Display for Share {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if self.whole == BigUint::from(1u32) {
            return write!(out, "{}", self.part);
        }
        write!(out, "{}/{}", self.part, self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_reduced_and_near_their_numbers() {
        let share = |part: u32, whole: u32| Share::new(part.into(), &whole.into());
        for (part, whole, text) in [(2, 6, "1/3"), (6, 6, "1"), (0, 7, "0"), (1, 4_000_000_000, "1/4000000000")] {
            assert_eq!(share(part, whole).to_string(), text);
            assert_eq!(share(part, whole).as_f64(), f64::from(part) / f64::from(whole));
        }
        let huge = BigUint::from(3u32).pow(900);
        assert!((Share::new(&huge / 4u32, &huge).as_f64() - 0.25).abs() < 1e-15);
        assert_eq!(Share::new(1u32.into(), &BigUint::from(2u32).pow(1000)).as_f64(), 2f64.powi(-1000));
    }
}
