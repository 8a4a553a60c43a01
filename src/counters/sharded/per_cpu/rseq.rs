//! The restartable sequence that adds one to the cell of the CPU that the thread runs on, for each architecture that has
//! one; all `unsafe` of the counter is here.
//!
//! The system call `rseq` registers an area of memory for a thread, which the C library does when the thread starts. The
//! system writes into it on which CPU the thread runs (`cpu_id`, at byte 4). A thread that begins a sequence stores the
//! address of its description in the area (`rseq_cs`, at byte 8): where the sequence starts, how long it is, and where
//! to go on when it was interrupted. Four bytes before that place stands the number that the area was registered with.
//! The description may stay in the area after the sequence; the system takes it out when the thread is next interrupted.

#![allow(
    unsafe_code,
    reason = "restartable sequences are written in assembly, and no crate does so behind a safe call"
)]

use std::arch::asm;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::num::NonZeroIsize;
use std::ptr;
use std::sync::atomic::AtomicU64;

use super::registry::Row;

/// Where each thread's area is, in bytes from its thread pointer.
#[derive(Clone, Copy)]
pub(super) struct Rseq(NonZeroIsize);

/// What adds one to a counter.
#[derive(Clone, Copy)]
pub(super) struct Sequence {
    area: NonZeroIsize,
    /// The counter's cell in the first row.
    first: *const AtomicU64,
    /// How many rows there are, times 256.
    rows: usize,
}

// SAFETY: it points into rows that live for ever, and whose cells are atomic.
unsafe impl Send for Sequence {}

// SAFETY: as above.
unsafe impl Sync for Sequence {}

// SAFETY: glibc has this function, of any version; its declaration is that of POSIX.
unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// A variable of the C library; `None` in one that does not have it.
///
/// # Safety
/// If the C library has a variable of this name, it is a `T`, and never changes once `main` runs.
unsafe fn variable<T: Copy>(name: &CStr) -> Option<T> {
    // SAFETY: the name ends with 0; a null handle asks for the first such symbol of the program.
    let found = unsafe { dlsym(ptr::null_mut(), name.as_ptr()) }.cast::<T>();
    // SAFETY: a symbol that is found points at a variable, which is a `T` that nobody writes, as the caller says.
    (!found.is_null()).then(|| unsafe { found.read() })
}

impl Rseq {
    /// Where the C library has registered the areas, or why there are none.
    pub(super) fn find() -> Result<Rseq, &'static str> {
        // SAFETY: `sys/rseq.h` declares `const ptrdiff_t __rseq_offset` and `const unsigned int` for the other two. The
        // C library sets them before `main`.
        let (offset, size, flags) = unsafe {
            (
                variable::<isize>(c"__rseq_offset"),
                variable::<c_uint>(c"__rseq_size"),
                variable::<c_uint>(c"__rseq_flags"),
            )
        };
        let (Some(offset), Some(size), Some(flags)) = (offset, size, flags) else {
            return Err("the C library knows no restartable sequences; glibc does since 2.35");
        };
        // The area's first version has 20 bytes.
        if size < 20 || flags != 0 {
            return Err(
                "the C library has registered no restartable sequences: the kernel has none, or glibc.pthread.rseq is 0",
            );
        }
        let rseq =
            NonZeroIsize::new(offset).map(Rseq).ok_or("the C library's restartable sequences are of no known kind")?;
        rseq.cpu().map(|_| rseq).ok_or("this thread is not registered for restartable sequences")
    }

    /// The CPU that the calling thread runs on; `None` when it is not registered.
    pub(super) fn cpu(self) -> Option<usize> {
        let cpu: c_int;
        // SAFETY: reads four bytes of the calling thread's area, which the C library has made for each thread, also
        // where registering it failed.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            asm!("mov {cpu:e}, dword ptr fs:[{area} + 4]", area = in(reg) self.0.get(), cpu = lateout(reg) cpu,
                options(nostack, preserves_flags, readonly));
        }
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            asm!("mrs {area}, tpidr_el0", "add {area}, {area}, {offset}", "ldr {cpu:w}, [{area}, #4]",
                offset = in(reg) self.0.get(), area = out(reg) _, cpu = lateout(reg) cpu,
                options(nostack, preserves_flags, readonly));
        }
        usize::try_from(cpu).ok()
    }

    /// What adds one to counter `number`, whose cells are in these rows.
    pub(super) fn sequence(self, rows: &'static [Row], number: usize) -> Sequence {
        let first = rows.as_ptr().cast::<AtomicU64>().wrapping_add(Row::place(number));
        Sequence { area: self.0, first, rows: rows.len() * 256 }
    }
}

impl Sequence {
    /// Adds one to the cell in the row of the CPU that the calling thread runs on. `false`: added nothing, because that
    /// CPU has no row, or the thread is not registered.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn add_one(self) -> bool {
        // SAFETY: `first` is the counter's cell in the first row. The sequence adds only where the CPU's number is below
        // that of rows, so the cell is in one of them, and atomic: plain loads by other threads see its old or its new
        // value. From the start to the end of the sequence the area has this description, which the sequence checks itself; so
        // the thread stays on that CPU and no other runs there, or it starts again. So nobody else writes the cell
        // meanwhile. Its one writing instruction comes last, and is not half done. The area of each thread is writable,
        // and its `rseq_cs` is for this use: sequences do not nest, as a signal handler's begins only after ours was
        // given up. The description and the number before the place to go on at have the form and the value that Linux
        // and glibc ask for.
        unsafe {
            asm!(
                ".pushsection .data.rel.ro.rseq, \"aw\", @progbits",
                ".balign 32",
                "2: .long 0, 0",
                ".quad 4f, 5f - 4f, 6f",
                ".popsection",
                "lea {tmp}, [rip + 2b]",
                // The sequence. Mostly the description is in the area from last time: a look is cheaper than a store.
                "4: cmp qword ptr fs:[{area} + 8], {tmp}",
                "jne 6f",
                // The CPU's number times 256: byte 3 is the highest of `cpu_id_start`, which is 0.
                "mov {tmp:e}, dword ptr fs:[{area} + 3]",
                "cmp {tmp:e}, {rows:e}",
                "jae {no_row}",
                "inc qword ptr [{first} + {tmp} * {scale}]",
                "5:",
                // Where it begins, and goes on when it was interrupted: behind the function.
                ".subsection 1",
                ".balign 64",
                ".byte 0x0f, 0xb9, 0x3d",
                ".long 0x53053053",
                "6: lea {tmp}, [rip + 2b]",
                "mov qword ptr fs:[{area} + 8], {tmp}",
                "jmp 4b",
                ".previous",
                // Registers that need no longer instructions: 32 bytes with the end of a loop.
                area = in(reg_abcd) self.area.get(),
                tmp = out(reg_abcd) _,
                rows = in(reg) self.rows,
                first = in(reg) self.first,
                scale = const size_of::<Row>() / 256,
                no_row = label { return false },
                options(nostack),
            );
        }
        true
    }

    /// Adds one to the cell in the row of the CPU that the calling thread runs on. `false`: added nothing, because that
    /// CPU has no row, or the thread is not registered.
    #[cfg(target_arch = "aarch64")]
    #[inline(always)]
    pub(super) fn add_one(self) -> bool {
        // SAFETY: as on x86-64, with a store as the last instruction; the description is stored each time.
        unsafe {
            asm!(
                ".pushsection .data.rel.ro.rseq, \"aw\", @progbits",
                ".balign 32",
                "2: .long 0, 0",
                ".quad 4f, 5f - 4f, 6f",
                ".popsection",
                "3: mrs {area}, tpidr_el0",
                "add {area}, {area}, {offset}",
                "adrp {tmp}, 2b",
                "add {tmp}, {tmp}, :lo12:2b",
                "str {tmp}, [{area}, #8]",
                // The sequence.
                "4: ldr {tmp:w}, [{area}, #4]",
                "cmp {tmp}, {rows}, lsr #8",
                "b.hs {no_row}",
                "add {cell}, {first}, {tmp}, lsl #{shift}",
                "ldr {tmp}, [{cell}]",
                "add {tmp}, {tmp}, #1",
                "str {tmp}, [{cell}]",
                "5:",
                // Where it goes on when it was interrupted: behind the function.
                ".subsection 1",
                ".inst 0xd428bc00",
                "6: b 3b",
                ".previous",
                offset = in(reg) self.area.get(),
                rows = in(reg) self.rows,
                first = in(reg) self.first,
                area = out(reg) _,
                tmp = out(reg) _,
                cell = out(reg) _,
                shift = const size_of::<Row>().trailing_zeros(),
                no_row = label { return false },
                options(nostack),
            );
        }
        true
    }
}

const _: () = assert!(size_of::<Row>() == 512, "rows are found by a shift, or twice 256");
