//! Whole numbers as wide as a search needs, and no wider, because they take most of its memory and time.

use num_bigint::BigUint;

/// A count of schedules, or a probability as a whole multiple of a common unit.
pub(super) trait Weight: Clone + Default {
    /// How many bits it holds at least.
    const BITS: u32;

    fn one() -> Self;

    /// `self += other * times`.
    fn add(&mut self, other: &Self, times: u64);

    fn into_big(self) -> BigUint;
}

impl Weight for u128 {
    const BITS: u32 = 128;

    fn one() -> u128 {
        1
    }

    fn add(&mut self, other: &u128, times: u64) {
        *self += other * u128::from(times);
    }

    fn into_big(self) -> BigUint {
        self.into()
    }
}

/// 256 bits, the lowest 64 first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wide([u64; 4]);

impl Weight for Wide {
    const BITS: u32 = 256;

    fn one() -> Wide {
        Wide([1, 0, 0, 0])
    }

    fn add(&mut self, other: &Wide, times: u64) {
        let mut carry = 0;
        for (digit, other) in self.0.iter_mut().zip(other.0) {
            // Three numbers of 64 bits, one of them a product of two such, fit into 128.
            let sum = u128::from(other) * u128::from(times) + u128::from(*digit) + carry;
            *digit = sum as u64;
            carry = sum >> 64;
        }
        debug_assert_eq!(carry, 0, "it was known to be wide enough");
    }

    fn into_big(self) -> BigUint {
        self.0.iter().rev().fold(BigUint::default(), |high, digit| (high << 64) + *digit)
    }
}

impl Weight for BigUint {
    const BITS: u32 = u32::MAX;

    fn one() -> BigUint {
        1u32.into()
    }

    fn add(&mut self, other: &BigUint, times: u64) {
        if times == 1 {
            *self += other;
        } else {
            *self += other * times;
        }
    }

    fn into_big(self) -> BigUint {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn powers<W: Weight>(bits: u32) -> BigUint {
        // 3^n + 1, a factor that is longer than 32 bits now and then.
        let mut sum = W::one();
        let long = 3u64.pow(40);
        let mut length = 0.0;
        while length + 65.0 < f64::from(bits) {
            let other = std::mem::replace(&mut sum, W::one());
            sum.add(&other, long);
            length += (long as f64).log2();
        }
        sum.into_big()
    }

    #[test]
    fn every_width_counts_alike() {
        assert_eq!(powers::<u128>(128), powers::<BigUint>(128));
        assert_eq!(powers::<Wide>(256), powers::<BigUint>(256));
        assert!(powers::<Wide>(256).bits() > 180);
    }
}
