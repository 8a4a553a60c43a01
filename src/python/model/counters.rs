//! The counters: one for each program.

use super::steps::{self, Program};
use super::{Interpreter, Runs};
use crate::counter::Grade::{self, Exact, Racy};

/// A model: the name of its counter and of its program, what it promises, and its line for tables.
macro_rules! models {
    ($($name:ident, $program:ident: $grade:ident, $summary:literal;)*) => {$(
        #[doc = concat!("Runs [`", stringify!($program), "`](steps::", stringify!($program), "): ", $summary, ".")]
        pub type $name = Interpreter<runs::$name>;
    )*

        /// What stands behind them.
        pub mod runs {
            use super::*;
            $(
                #[doc = concat!("Of [`super::", stringify!($name), "`].")]
                pub struct $name;

                impl Runs for $name {
                    const PROGRAM: Program = steps::$program;
                    const GRADE: Grade = $grade;
                    const SUMMARY: &'static str = $summary;
                }
            )*
        }
    };
}

models! {
    Gil39Plain, GIL_3_9_PLAIN: Racy, "`self.val += 1` as CPython 3.7 to 3.9 runs it: the lock can be asked for between load and store";
    Gil39Int, GIL_3_9_INT: Racy, "`self.val += int(1)` as CPython 3.7 to 3.9 runs it";
    Gil39Lock, GIL_3_9_LOCK: Exact, "`self.val += 1` under a `threading.Lock` as CPython 3.9 runs it";
    Gil310Plain, GIL_3_10_PLAIN: Exact, "`self.val += 1` as CPython 3.10 runs it: it looks whether to let go before and after, not between";
    Gil310Int, GIL_3_10_INT: Racy, "`self.val += int(1)` as CPython 3.10 runs it: it looks after the call, between load and store";
    Gil310Lock, GIL_3_10_LOCK: Exact, "`self.val += 1` under a `threading.Lock` as CPython 3.10 runs it";
    Gil313Int, GIL_3_13_INT: Racy, "`self.val += int(1)` as CPython 3.11 to 3.13 runs it";
    GilFreeThreaded, GIL_FREE_THREADED: Racy, "`self.val += 1` as a free-threaded CPython 3.13 runs it: no lock at all";
}
