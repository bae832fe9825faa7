//! The engine, driven by scripted and by random events.

#![expect(unreachable_pub, reason = "a test crate has no outside")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod abandon;
mod calls;
mod campaigns;
mod clock;
mod dice;
mod limits;
mod meeting;
mod order;
mod pacing;
mod predictive;
mod preview;
mod queues;
mod random;
mod recovery;
mod schedules;
mod sharing;
mod silent_trunk;
mod small_room;
mod support;
mod tidying;
mod why;
mod world;
