//! The model against what a real Asterisk was recorded to send, and against its own promises.

#![expect(clippy::unwrap_used, reason = "a test fails where it is wrong")]

mod actions;
mod capture;
mod driver;
mod over_tcp;
mod promises;
mod sequences;
