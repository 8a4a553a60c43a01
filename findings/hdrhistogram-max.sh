#!/usr/bin/env bash
# hdrhistogram (Rust) 7.6.0: `max()` is larger than every value that was recorded.
#
# A guess: of a histogram of two significant digits, quantiles are rounded, and the maximum, which is kept in a field of its own,
# is the largest value recorded. In fact `max()` gives the highest value that counts as equal to it: one million and three becomes
# 1,003,519. `min()` goes down likewise, and `value_at_quantile(1.0)` is the same as `max()`. With three digits it becomes 1,000,447.
#
# Whoever publishes "the longest wait" from such a histogram publishes up to 0.8 % more than was seen. The true maximum has to be
# kept beside it.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
cd "$place"
mkdir src
cat > Cargo.toml <<'T'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
hdrhistogram = { version = "=7.6.0", default-features = false }
T
cat > src/main.rs <<'T'
use hdrhistogram::Histogram;

fn main() {
    for digits in [2, 3] {
        let mut waits = Histogram::<u64>::new_with_bounds(1, 10_000_000_000, digits).unwrap();
        waits.record(1_000_003).unwrap();
        println!("{digits} digits: recorded 1000003, min {} max {}", waits.min(), waits.max());
    }
}
T
seen="$(cargo run --quiet 2>/dev/null)"
echo "$seen"
diff <(echo "$seen") - <<'T'
2 digits: recorded 1000003, min 999424 max 1003519
3 digits: recorded 1000003, min 999936 max 1000447
T
