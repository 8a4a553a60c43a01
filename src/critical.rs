//! The critical section that the locks bench runs: guarded data whose state is broken inside and whole
//! outside, so that a lock that lets two threads in is seen doing so.

use std::hint::black_box;

/// What the locks of the locks bench guard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guarded {
    /// Sections begun.
    begun: u64,
    /// Sections ended; equal to `begun` whenever nobody is inside.
    ended: u64,
    /// Who was inside last, from 1; 0 for nobody yet.
    owner: usize,
    /// How often that was somebody else than the time before.
    hand_offs: u64,
    /// How often somebody else was seen inside.
    violations: u64,
}

impl Guarded {
    /// One critical section of thread `me`, with `work` in the middle of it.
    #[inline]
    pub fn section(&mut self, me: usize, work: impl FnOnce()) {
        let begun = self.begun.wrapping_add(1);
        if self.ended != self.begun {
            self.violations += 1;
        }
        if self.owner != me + 1 {
            self.hand_offs += u64::from(self.owner != 0);
            self.owner = me + 1;
        }
        self.begun = begun;
        // What is half done must be seen half done by whoever gets in now: it may not stay in registers.
        black_box(&mut *self);
        work();
        black_box(&mut *self);
        if self.begun != begun || self.owner != me + 1 {
            self.violations += 1;
        }
        self.ended = self.begun;
    }

    /// Whether nobody is inside; what a reader must see.
    #[cfg(test)]
    pub(crate) fn whole(&self) -> bool {
        self.ended == self.begun
    }

    /// Sections completed.
    pub fn sections(&self) -> u64 {
        self.ended
    }

    /// How often the owner changed.
    pub fn hand_offs(&self) -> u64 {
        self.hand_offs
    }

    /// How often two threads were seen inside at once.
    pub fn violations(&self) -> u64 {
        self.violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_sections_are_counted() {
        let mut guarded = Guarded::default();
        for me in [0, 0, 1, 0] {
            guarded.section(me, || {});
        }
        assert_eq!((guarded.sections(), guarded.hand_offs(), guarded.violations()), (4, 2, 0));
    }

    #[test]
    fn a_second_thread_inside_is_seen() {
        let mut guarded = Guarded::default();
        // What a first thread leaves behind while it is inside.
        guarded.begun += 1;
        guarded.section(0, || {});
        assert_eq!(guarded.violations(), 1);
    }
}
