//! The programs, by version and by how the increment is written.
//!
//! Lines of steps: the loop, the call, the load, what comes before the store, the rest of the loop.
//!
//! The number of a check is the share of an iteration's time that has passed since the check before, in per cent: how often
//! a thread that had to let go stood there, of 2,000 to 17,000 looks at each version (`sys._current_frames()`, switch interval
//! 50 us). Tables of several versions have the middle of theirs.

use super::PyStep::{Add, Check, Load, Lock, Other, Store, Unlock};
use super::{PyProgram, PyStep};
use crate::counter::Grade::{Exact, Racy};

const PLAIN: &str = "self.val += 1";
const INT: &str = "self.val += int(1)";
pub(super) const LOCK: &str = "with self.lock: self.val += 1";

/// Up to 3.9: two checks between load and store.
#[rustfmt::skip]
pub const GIL_3_9_PLAIN: PyProgram = PyProgram {
    id: "gil_3_9_plain",
    line: PLAIN,
    grade: Racy,
    summary: "`self.val += 1` as CPython 3.7 to 3.9 runs it: the lock can be asked for between load and store",
    pythons: &["3.7", "3.8", "3.9"],
    gil: true,
    steps: &[
        Other("FOR_ITER"), Check(7), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_METHOD"), Check(16), Other("CALL_METHOD"), Check(12),
        Other("LOAD_FAST"), Other("DUP_TOP"), Load("LOAD_ATTR"), Check(16),
        Other("LOAD_CONST"), Add("INPLACE_ADD"), Check(10), Other("ROT_TWO"), Store("STORE_ATTR"), Check(25),
        Other("LOAD_CONST"), Other("RETURN_VALUE"), Check(12), Other("POP_TOP"), Other("JUMP_ABSOLUTE"), Check(2),
    ],
};

/// Up to 3.9 with a conversion: four checks between load and store.
#[rustfmt::skip]
pub const GIL_3_9_INT: PyProgram = PyProgram {
    id: "gil_3_9_int",
    line: INT,
    grade: Racy,
    summary: "`self.val += int(1)` as CPython 3.7 to 3.9 runs it",
    pythons: &["3.7", "3.8", "3.9"],
    gil: true,
    steps: &[
        Other("FOR_ITER"), Check(5), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_METHOD"), Check(12), Other("CALL_METHOD"), Check(12),
        Other("LOAD_FAST"), Other("DUP_TOP"), Load("LOAD_ATTR"), Check(12),
        Other("LOAD_GLOBAL"), Check(2), Other("LOAD_CONST"), Other("CALL_FUNCTION"), Check(18),
        Add("INPLACE_ADD"), Check(8), Other("ROT_TWO"), Store("STORE_ATTR"), Check(16),
        Other("LOAD_CONST"), Other("RETURN_VALUE"), Check(14), Other("POP_TOP"), Other("JUMP_ABSOLUTE"), Check(1),
    ],
};

/// 3.9 with a lock: there are checks between load and store, but another thread has to wait for the lock.
#[rustfmt::skip]
pub const GIL_3_9_LOCK: PyProgram = PyProgram {
    id: "gil_3_9_lock",
    line: LOCK,
    grade: Exact,
    summary: "`self.val += 1` under a `threading.Lock` as CPython 3.9 runs it",
    pythons: &["3.9"],
    gil: true,
    steps: &[
        Other("FOR_ITER"), Check(3), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_METHOD"), Check(10), Other("CALL_METHOD"), Check(5),
        Other("LOAD_FAST"), Other("LOAD_ATTR"), Lock("SETUP_WITH"), Check(36),
        Other("POP_TOP"), Other("LOAD_FAST"), Other("DUP_TOP"), Load("LOAD_ATTR"), Check(7),
        Other("LOAD_CONST"), Add("INPLACE_ADD"), Check(5), Other("ROT_TWO"), Store("STORE_ATTR"), Check(10),
        Other("POP_BLOCK"), Check(1), Other("LOAD_CONST"), Other("DUP_TOP"), Other("DUP_TOP"), Unlock("CALL_FUNCTION"),
        Check(14),
        Other("POP_TOP"), Other("JUMP_FORWARD"), Other("LOAD_CONST"), Other("RETURN_VALUE"), Check(8), Other("POP_TOP"),
        Other("JUMP_ABSOLUTE"), Check(1),
    ],
};

/// 3.10: the same bytecodes, and no check between load and store.
#[rustfmt::skip]
pub const GIL_3_10_PLAIN: PyProgram = PyProgram {
    id: "gil_3_10_plain",
    line: PLAIN,
    grade: Exact,
    summary: "`self.val += 1` as CPython 3.10 runs it: it looks whether to let go before and after, not between",
    pythons: &["3.10"],
    gil: true,
    steps: &[
        Other("FOR_ITER"), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_METHOD"), Other("CALL_METHOD"), Check(36),
        Other("LOAD_FAST"), Other("DUP_TOP"), Load("LOAD_ATTR"),
        Other("LOAD_CONST"), Add("INPLACE_ADD"), Other("ROT_TWO"), Store("STORE_ATTR"),
        Other("LOAD_CONST"), Other("RETURN_VALUE"), Check(62), Other("POP_TOP"), Other("JUMP_ABSOLUTE"), Check(2),
    ],
};

/// 3.10 with a conversion: the check after its call lies between load and store.
#[rustfmt::skip]
pub const GIL_3_10_INT: PyProgram = PyProgram {
    id: "gil_3_10_int",
    line: INT,
    grade: Racy,
    summary: "`self.val += int(1)` as CPython 3.10 runs it: it looks after the call, between load and store",
    pythons: &["3.10"],
    gil: true,
    steps: &[
        Other("FOR_ITER"), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_METHOD"), Other("CALL_METHOD"), Check(33),
        Other("LOAD_FAST"), Other("DUP_TOP"), Load("LOAD_ATTR"),
        Other("LOAD_GLOBAL"), Other("LOAD_CONST"), Other("CALL_FUNCTION"), Check(29),
        Add("INPLACE_ADD"), Other("ROT_TWO"), Store("STORE_ATTR"),
        Other("LOAD_CONST"), Other("RETURN_VALUE"), Check(36), Other("POP_TOP"), Other("JUMP_ABSOLUTE"), Check(2),
    ],
};

/// 3.10 with a lock.
#[rustfmt::skip]
pub const GIL_3_10_LOCK: PyProgram = PyProgram {
    id: "gil_3_10_lock",
    line: LOCK,
    grade: Exact,
    summary: "`self.val += 1` under a `threading.Lock` as CPython 3.10 runs it",
    pythons: &["3.10"],
    gil: true,
    steps: &[
        Other("FOR_ITER"), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_METHOD"), Other("CALL_METHOD"), Check(17),
        Other("LOAD_FAST"), Other("LOAD_ATTR"), Lock("SETUP_WITH"),
        Other("POP_TOP"), Other("LOAD_FAST"), Other("DUP_TOP"), Load("LOAD_ATTR"),
        Other("LOAD_CONST"), Add("INPLACE_ADD"), Other("ROT_TWO"), Store("STORE_ATTR"),
        Other("POP_BLOCK"), Other("LOAD_CONST"), Other("DUP_TOP"), Other("DUP_TOP"), Unlock("CALL_FUNCTION"), Check(74),
        Other("POP_TOP"), Other("LOAD_CONST"), Other("RETURN_VALUE"), Check(8), Other("POP_TOP"),
        Other("JUMP_ABSOLUTE"), Check(1),
    ],
};

/// `self.val += int(1)` since 3.11, with the shares of time before its checks.
#[rustfmt::skip]
const fn int_since_3_11([entered, called, jumped]: [u8; 3]) -> [PyStep; 21] {
    [
        Other("FOR_ITER"), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_ATTR"), Other("CALL"), Other("RESUME"), Check(entered),
        Other("LOAD_FAST"), Other("COPY"), Load("LOAD_ATTR"),
        Other("LOAD_GLOBAL"), Other("LOAD_CONST"), Other("CALL"), Check(called),
        Add("BINARY_OP"), Other("SWAP"), Store("STORE_ATTR"),
        Other("RETURN_CONST"), Other("POP_TOP"), Other("JUMP_BACKWARD"), Check(jumped),
    ]
}

/// 3.11 and 3.12 with a conversion: one check between load and store, as in 3.10. The bytecodes are those of 3.12; 3.11
/// names two more, and checks at the same places. A turn of the loop takes half as long as in 3.10, and `int(1)` as long:
/// half of the time passes in front of that check.
pub const GIL_3_11_INT: PyProgram = PyProgram {
    id: "gil_3_11_int",
    line: INT,
    grade: Racy,
    summary: "`self.val += int(1)` as CPython 3.11 and 3.12 run it: half of the time passes before the check in between",
    pythons: &["3.11", "3.12"],
    gil: true,
    steps: &int_since_3_11([27, 52, 21]),
};

/// 3.13 and newer with a conversion. The bytecodes are those of 3.13. `int(1)` takes a quarter of the time that it takes in
/// 3.12, so that the check in between comes sooner.
pub const GIL_3_13_INT: PyProgram = PyProgram {
    id: "gil_3_13_int",
    line: INT,
    grade: Racy,
    summary: "`self.val += int(1)` as CPython 3.13 and newer run it: `int(1)` is short, and so is the stretch before the check in between",
    pythons: &["3.13", "3.14", "3.15"],
    gil: true,
    steps: &int_since_3_11([33, 29, 38]),
};

/// 3.13 built with `--disable-gil`: the same bytecodes as without that option, but no lock.
#[rustfmt::skip]
pub const GIL_FREE_THREADED: PyProgram = PyProgram {
    id: "gil_free_threaded",
    line: PLAIN,
    grade: Racy,
    summary: "`self.val += 1` as a free-threaded CPython 3.13 runs it: no lock at all",
    pythons: &["3.13 free-threaded"],
    gil: false,
    steps: &[
        Other("FOR_ITER"), Other("STORE_FAST"),
        Other("LOAD_FAST"), Other("LOAD_ATTR"), Other("CALL"), Other("RESUME"), Check(35),
        Other("LOAD_FAST"), Other("COPY"), Load("LOAD_ATTR"),
        Other("LOAD_CONST"), Add("BINARY_OP"), Other("SWAP"), Store("STORE_ATTR"),
        Other("RETURN_CONST"), Other("POP_TOP"), Other("JUMP_BACKWARD"), Check(65),
    ],
};
