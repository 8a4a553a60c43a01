//! The count belongs to one thread; the others send it messages.

mod channel;

pub use channel::Channel;
