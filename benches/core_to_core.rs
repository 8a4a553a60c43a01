//! Cache-line transfer between each pair of allowed CPUs, or a sample if there are many pairs.

use std::process::ExitCode;

use miscount::suite::{self, Case};
use miscount::transfer::{self, BENCH, MOST_PAIRS, MOST_PAIRS_FULL};

fn main() -> ExitCode {
    if let Some(obstacle) = transfer::obstacle_here() {
        eprintln!("{BENCH}: cannot be measured: {obstacle}");
        return ExitCode::SUCCESS;
    }
    suite::run(BENCH, |sweep| {
        let all = transfer::pairs_here();
        let pairs = transfer::sample(&all, if sweep.full { MOST_PAIRS_FULL } else { MOST_PAIRS });
        if pairs.len() < all.len() {
            let more = if sweep.full { "" } else { "; MISCOUNT_FULL=1 measures more" };
            eprintln!("{BENCH}: a sample of {} of the {} pairs of CPUs{more}", pairs.len(), all.len());
        }
        let levels = sweep.pick(BENCH).into_iter();
        levels.flat_map(|level| pairs.iter().map(|pair| Case::transfer(pair, level, pairs.len(), all.len()))).collect()
    })
}
