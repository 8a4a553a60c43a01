//! A message an increment, to a thread that adds them up. *Source:* `std::sync::mpsc`; the queue of
//! the articles on Python threads.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
    mpsc::{Receiver, Sender, channel},
};
use std::thread::{self, JoinHandle};

use crossbeam_utils::CachePadded;

use crate::counter::{Counter, Grade, Handle, Info};

/// What a counting thread tells the adding one.
enum Message {
    /// Add one.
    Add,
    /// Everything this sender sent before has been added: say so by dropping this.
    Flush { _done: Sender<()> },
}

/// An unbounded channel with a thread of its own at the far end.
pub struct Channel {
    sender: Option<Sender<Message>>,
    sum: Arc<CachePadded<AtomicU64>>,
    adder: Option<JoinHandle<()>>,
}

/// Adds until the last sender is gone.
fn add_up(inbox: &Receiver<Message>, sum: &AtomicU64) {
    let mut count = 0_u64;
    for message in inbox {
        match message {
            Message::Add => {
                count = count.wrapping_add(1);
                sum.store(count, Relaxed);
            }
            Message::Flush { _done } => {}
        }
    }
}

/// One thread's sender. Dropping it waits until all it sent has been added.
pub struct Sending(Sender<Message>);

impl Handle for Sending {
    #[inline]
    fn increment(&mut self) {
        self.0.send(Message::Add).expect("the adding thread lives as long as the counter");
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let (done, wait) = channel();
        if self.0.send(Message::Flush { _done: done }).is_ok() {
            // An error is the news: the adding thread came to our last message and dropped it.
            let _ = wait.recv();
        }
    }
}

impl Counter for Channel {
    const INFO: Info = Info {
        id: "channel",
        family: "message",
        grade: Grade::Eventual,
        helpers: 1,
        summary: "a message an increment over `std::sync::mpsc`",
        source: "std::sync::mpsc; queue.Queue in the articles on Python threads",
    };

    type Handle<'a> = Sending;

    fn new(_threads: usize) -> Self {
        let (sender, inbox) = channel();
        let sum = Arc::new(CachePadded::new(AtomicU64::new(0)));
        let adder = thread::Builder::new()
            .name("adder".into())
            .spawn({
                let sum = Arc::clone(&sum);
                move || add_up(&inbox, &sum)
            })
            .expect("the system refused a thread");
        Channel { sender: Some(sender), sum, adder: Some(adder) }
    }

    fn handle(&self) -> Sending {
        Sending(self.sender.clone().expect("present until the counter is dropped"))
    }

    fn read(&self) -> Option<u64> {
        Some(self.sum.load(Relaxed))
    }

    fn total(&self) -> u64 {
        self.sum.load(Relaxed)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(adder) = self.adder.take() {
            // It can only have panicked by itself, and has said so then.
            let _ = adder.join();
        }
    }
}
