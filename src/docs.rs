//! The pages: one question each.
//!
//! | Page | Question |
//! |---|---|
//! | [`start`] | What is a lost update, and how is a measured cell read? |
//! | [`method`] | How is a figure taken, and what does it mean? |
//! | [`benches`] | What does each bench measure beyond counting? |
//! | [`catalogue`] | Which counters are there, and what does each promise? |
//! | [`comparing`] | When do two costs differ, and how are runs and machines compared? |
//! | [`bias`] | What may be wrong with the figures, and by how much? |
//! | [`format`](mod@format) | What is on disk, and what can be set? |
//! | [`adding_a_counter`] | How does a counter get into the catalogue? |
//! | [`bringing_your_own`] | How are counters and locks of another crate measured? |
//! | [`proof`] | How is a counter shown to be right, and what would be missed? |
//! | [`interleaving`] | How is an update lost, exactly, and how likely is it? |
//! | [`ordering`] | In which order are loads and stores seen, and what does it cost to say? |
//! | [`interpreters`] | Why does Python lose updates, and why not in every version? |
//! | [`architecture`] | What is where in the source, and why? |

pub mod start {
    #![doc = include_str!("docs/start.md")]
}

pub mod method {
    #![doc = include_str!("docs/method.md")]
}

pub mod benches {
    #![doc = include_str!("docs/benches.md")]
}

pub mod catalogue {
    #![doc = include_str!("docs/catalogue.md")]
}

pub mod comparing {
    #![doc = include_str!("docs/comparing.md")]
}

pub mod bias {
    #![doc = include_str!("docs/bias.md")]
}

pub mod format {
    #![doc = include_str!("docs/format.md")]
}

pub mod adding_a_counter {
    #![doc = include_str!("docs/adding_a_counter.md")]
}

pub mod bringing_your_own {
    #![doc = include_str!("docs/bringing_your_own.md")]
}

pub mod proof {
    #![doc = include_str!("docs/proof.md")]
}

pub mod interleaving {
    #![doc = include_str!("docs/interleaving.md")]
}

pub mod ordering {
    #![doc = include_str!("docs/ordering.md")]
}

pub mod interpreters {
    #![doc = include_str!("docs/interpreters.md")]
}

pub mod architecture {
    #![doc = include_str!("docs/architecture.md")]
}

/// Compiles the README's code: what people copy must work.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
