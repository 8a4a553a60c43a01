//! One message for each increment, through the standard library's channel: a lock-free list without bounds,
//! which grows if the adding thread is slow. *Source:* `std::sync::mpsc`; the queue of the articles on Python
//! threads.

use std::sync::mpsc::{Sender, channel};

use super::{Adder, Message, Outbox, Sending};
use crate::counter::{Counter, Grade, Info};

impl Outbox for Sender<Message> {
    #[inline]
    fn send(&self, message: Message) -> bool {
        Sender::send(self, message).is_ok()
    }
}

/// An unbounded channel with a thread of its own at the far end.
pub struct StdMpsc(Adder<Sender<Message>>);

impl StdMpsc {
    fn starting_at(value: u64) -> StdMpsc {
        let (sender, inbox) = channel();
        StdMpsc(Adder::start(sender, inbox, value))
    }
}

impl Counter for StdMpsc {
    const INFO: Info = Info {
        id: "std_mpsc",
        family: "message",
        grade: Grade::Eventual,
        helpers: 1,
        summary: "a message an increment over `std::sync::mpsc`, unbounded",
        source: "std::sync::mpsc; queue.Queue in the articles on Python threads",
    };

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Sending<'a, Sender<Message>>;

    fn new(_threads: usize) -> Self {
        StdMpsc::starting_at(0)
    }

    fn handle(&self) -> Self::Handle<'_> {
        self.0.handle()
    }

    fn read(&self) -> Option<u64> {
        Some(self.0.sum())
    }

    fn bytes(_threads: usize) -> usize {
        // The sum on its own line, and the first block of the channel.
        size_of::<Self>() + 1800
    }

    fn total(&self) -> u64 {
        self.0.sum()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(StdMpsc::starting_at(u64::MAX - 1));
}
