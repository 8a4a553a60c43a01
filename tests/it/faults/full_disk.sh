#!/usr/bin/env bash
# Fills the disk that results go to while a run goes on, for root: a small disk in memory. What was measured must be
# there in the end, on that disk or in the file that the run names, and what is on the disk must be whole.
set -euo pipefail
cd "$(dirname "$0")/../../.."
cargo build --example faulty --bin miscount
built=${CARGO_TARGET_DIR:-target}/debug
place=$(mktemp -d)
mkdir "$place/disk" "$place/tmp"
mount -t tmpfs -o size=16m none "$place/disk"
trap 'umount "$place/disk"; rm -rf "$place"' EXIT
export MISCOUNT_RESULTS=$place/disk/results MISCOUNT_MACHINE=test MISCOUNT_LEVELS=saturated MISCOUNT_THREADS=1,2
export CRITERION_HOME=$place/criterion TMPDIR=$place/tmp

"$built/examples/faulty" --bench --noplot --warm-up-time 0.05 --measurement-time 0.1 '/(none|fetch_add)/' \
    >"$place/out" 2>"$place/err" &
run=$!
until ls "$MISCOUNT_RESULTS"/test/runs/*.json >/dev/null 2>&1; do sleep 0.01; done
# dd ends when nothing goes in any more; what the run itself removes makes room again.
while kill -0 $run 2>/dev/null; do
    dd if=/dev/zero of="$place/disk/full" bs=4096 oflag=append conv=notrunc 2>/dev/null || true
    sleep 0.1
done
status=0
wait $run || status=$?
grep '^miscount: ' "$place/err"
[ $status = 2 ] || { echo "ended with $status, not 2" >&2; exit 1; }
saved=$(sed -n 's/.*they are in //p' "$place/err")
rm "$place/disk/full"
"$built/miscount" report --results "$MISCOUNT_RESULTS" >/dev/null
cells=$(cat "$MISCOUNT_RESULTS"/test/runs/*.json "$saved" | grep -o '"subject":"[a-z_]*".*"threads":[0-9]*' |
    sed 's/"subject":"\([a-z_]*\)".*"threads":/\1 /' | sort -u | wc -l)
[ "$cells" = 4 ] || { echo "$cells of 4 cells are there" >&2; exit 1; }
echo "full disk: 4 of 4 cells are there, on the disk or in $saved"
