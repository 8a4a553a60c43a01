//! A lock whose waiting threads are in two groups. Who arrives goes on top of a stack. Who leaves lets in the next one of
//! the group that the stack was before; when all of these had their turn, the whole stack becomes the next such group. A stack gives
//! back the newest first, so the order turns round from group to group. Each thread watches a word of its own. *Source:* Dice
//! and Kogan, *Reciprocating Locks* (PPoPP 2025), listing 1.
//!
//! Not first come, first served: another thread can overtake a waiting one, but only once. It suffers like a queue lock
//! when threads outnumber CPUs.

use std::ptr;

use crossbeam_utils::CachePadded;

use crate::counter::{Grade, Info};
use crate::counters::own_lock::{OwnLock, RawLock};
use crate::lock::Locked;
use crate::sync::{
    atomic::{
        AtomicPtr,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
    relax,
};

/// The lock. A thread brings its gate.
pub type ReciprocatingLock<T> = OwnLock<RawReciprocating, T>;

/// The counter.
pub type Reciprocating = Locked<ReciprocatingLock<u64>>;

/// What a thread waits at. Null while it is shut; whoever opens it writes the gate at which the group of waiting threads ends.
#[derive(Default)]
pub struct Gate(AtomicPtr<Gate>);

/// How the lock is taken and freed.
#[derive(Default)]
pub struct RawReciprocating {
    /// The top of the stack of those who arrived; null where the lock is free, [`HELD`] where it is held and nobody has arrived
    /// since the stack was last taken away.
    arrivals: AtomicPtr<Gate>,
}

/// The address of no gate.
const HELD: *mut Gate = ptr::without_provenance_mut(1);

/// What the thread inside keeps.
pub struct Turn {
    /// Whom it lets in; null if it is the last of its group.
    next: *mut Gate,
    /// Where the group ends: no gate below this one belongs to it. This is only compared, for the thread of that gate may be
    /// gone or wait again.
    end: *mut Gate,
}

impl RawLock for RawReciprocating {
    const INFO: Info = Info {
        id: "reciprocating",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a lock whose waiters go in group by group, the newest of a group first",
        source: "Dice and Kogan 2025, Reciprocating Locks",
    };

    type Node = CachePadded<Gate>;

    type Turn = Turn;

    #[inline]
    fn acquire(&self, mine: &CachePadded<Gate>) -> Turn {
        mine.0.store(ptr::null_mut(), Relaxed);
        let gate = ptr::from_ref::<Gate>(mine).cast_mut();
        let below = self.arrivals.swap(gate, AcqRel);
        if below.is_null() { Turn { next: below, end: gate } } else { wait(mine, below) }
    }

    #[inline]
    fn release(&self, turn: &Turn) {
        if !turn.next.is_null() {
            open(turn.next, turn.end);
        } else if self.arrivals.compare_exchange(turn.end, ptr::null_mut(), Release, Relaxed).is_err() {
            open(self.arrivals.swap(HELD, Acquire), turn.end);
        }
    }
}

/// Waits at a gate with `below` it in the stack.
#[cold]
fn wait(mine: &Gate, below: *mut Gate) -> Turn {
    let end = loop {
        let end = mine.0.load(Acquire);
        if !end.is_null() {
            break end;
        }
        relax();
    };
    match below {
        HELD => Turn { next: ptr::null_mut(), end },
        // The gate below is that of the thread whose turn was before this group, which no longer waits there.
        below if below == end => Turn { next: ptr::null_mut(), end: HELD },
        next => Turn { next, end },
    }
}

/// Lets the thread in that waits at `gate`.
#[inline]
#[allow(unsafe_code, reason = "a thread's gate is on its own stack, as in the paper")]
fn open(gate: *mut Gate, end: *mut Gate) {
    // SAFETY: the gate is in the lock's stack, or next in the group, and each of these belongs to a thread that borrows it in
    // `acquire` until it is opened. Only the thread inside opens gates, each once, and does not touch it afterwards.
    let gate = unsafe { &*gate };
    gate.0.store(end, Release);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;
    use crate::counters::own_lock::tests::{assert_panic_releases, entries, wait_for_arrival};
    use crate::lock::Lock;

    fn top(lock: &RawReciprocating) -> u64 {
        lock.arrivals.load(Relaxed).addr() as u64
    }

    #[test]
    fn a_group_enters_newest_first() {
        assert_eq!(entries::<RawReciprocating>(6, top), [5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn a_panic_releases_it() {
        assert_panic_releases::<RawReciprocating>();
    }

    /// B overtakes A and tries to do it again: it waits in the next group then, with C, which it overtakes too.
    #[test]
    fn a_thread_is_overtaken_once_by_each_other() {
        let lock = ReciprocatingLock::<Vec<char>>::new(Vec::new());
        let enter = |name| lock.with(&mut CachePadded::default(), |entered| entered.push(name));
        // Goes in, says so, and stays until it is told to leave.
        let stay = |name, say: std::sync::mpsc::Sender<()>, leave: std::sync::mpsc::Receiver<()>| {
            lock.with(&mut CachePadded::default(), move |entered| {
                entered.push(name);
                say.send(()).unwrap();
                leave.recv().unwrap();
            });
        };
        thread::scope(|scope| {
            let ((a_in, a_is_in), (a_out, a_leaves)) = (channel(), channel());
            let ((b_in, b_is_in), (b_out, b_leaves)) = (channel(), channel());
            lock.with(&mut CachePadded::default(), |_| {
                wait_for_arrival(&lock, top, || _ = scope.spawn(|| stay('A', a_in, a_leaves)));
                wait_for_arrival(&lock, top, || {
                    scope.spawn(|| {
                        stay('B', b_in, b_leaves);
                        enter('B');
                    });
                });
            });
            b_is_in.recv().unwrap();
            wait_for_arrival(&lock, top, || _ = scope.spawn(|| enter('C')));
            wait_for_arrival(&lock, top, || b_out.send(()).unwrap());
            a_is_in.recv().unwrap();
            a_out.send(()).unwrap();
        });
        assert_eq!(lock.with(&mut CachePadded::default(), |entered| entered.clone()), ['B', 'A', 'B', 'C']);
    }
}
