#!/usr/bin/env bash
# Kills a hundred sweeps with SIGKILL, each at a random moment: no finished cell may be missing. Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/../../.."
cargo build --example faulty
cargo test --test it -- --ignored --nocapture a_hundred_sweeps
