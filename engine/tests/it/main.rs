//! The engine, driven by scripted and by random events.

#![expect(unreachable_pub, reason = "a test crate has no outside")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod calls;
mod campaigns;
mod clock;
mod dice;
mod order;
mod pacing;
mod preview;
mod queues;
mod random;
mod recovery;
mod support;
mod world;
