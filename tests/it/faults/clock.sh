#!/usr/bin/env bash
# Steps the clock back by a year, and forward by one, while a run goes on: every cell must be there with figures as
# usual, and the run's length is not the step's. Needs libfaketime (Debian: apt-get install faketime); times the
# process asks for are then the library's, monotonic ones are left alone.
set -euo pipefail
cd "$(dirname "$0")/../../.."
library=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -1)
[ -n "$library" ] || { echo "clock: skipped, there is no libfaketime" >&2; exit 0; }
cargo build --example faulty --bin miscount
built=${CARGO_TARGET_DIR:-target}/debug
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export MISCOUNT_RESULTS=$place/results MISCOUNT_MACHINE=test MISCOUNT_LEVELS=saturated MISCOUNT_THREADS=1,2
export CRITERION_HOME=$place/criterion
cells() { cat "$MISCOUNT_RESULTS"/test/runs/*.json; }

# The years that cells of one run carry.
years() { cells | grep -o '"recorded":"[0-9]*' | sed 's/.*"//' | sort -u | tr '\n' ' '; }

for step in -1y +1y; do
    rm -rf "$MISCOUNT_RESULTS"
    echo "+0" >"$place/clock"
    LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$place/clock FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1 "$built/examples/faulty" --bench --noplot --warm-up-time 0.05 \
        --measurement-time 0.1 '/(none|fetch_add)/' >"$place/out" 2>"$place/err" &
    run=$!
    until cells >/dev/null 2>&1; do sleep 0.01; done
    echo "$step" >"$place/clock"
    wait $run || { cat "$place/err" >&2; echo "clock: $step: ended with $?" >&2; exit 1; }
    [ "$(cells | grep -c '"subject"')" = 4 ] || { echo "clock: $step: cells are missing" >&2; exit 1; }
    [ "$(years | wc -w)" = 2 ] || { echo "clock: $step: the clock was not stepped: $(years)" >&2; exit 1; }
    "$built/miscount" report --results "$MISCOUNT_RESULTS" >/dev/null
    # A span taken from the stepped clock would be a year long, or negative.
    slowest=$(cells | grep -o '"sample_ms":[-0-9.]*' | sed 's/.*://' | sort -g | tail -1)
    awk -v ms="$slowest" 'BEGIN { exit !(ms > 0 && ms < 5000) }' || { echo "clock: $step: a round of $slowest ms" >&2; exit 1; }
    echo "clock: stepped by $step: 4 of 4 cells, recorded in $(years)"
done
