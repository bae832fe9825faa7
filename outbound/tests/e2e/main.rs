//! End-to-end tests: a client of the AMI front door on one side, a real Asterisk, SIPp or the simulated Asterisk on the
//! other.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy allows them in tests, but not in their helpers"
)]

mod abandon;
mod accounts;
mod amd;
mod asterisk;
mod away;
mod carried;
mod clients;
mod commands;
mod destination;
mod disk;
mod fixtures;
mod following;
mod fuzzed;
mod imports;
mod instance;
mod killing;
mod life;
mod load;
mod malformed;
mod newcomers;
mod observer;
mod pacing;
mod preview;
mod process;
mod proxy;
mod queues;
mod reached;
#[path = "../support/receiver.rs"]
#[expect(dead_code, reason = "the tests of HTTP use the rest of it")]
mod receiver;
mod record;
mod scene;
mod schedules;
mod simulated;
mod simulator;
mod sipp;
#[path = "../support/small_disk.rs"]
mod small_disk;
mod soak;
mod status;
mod support;
mod takeover;
mod tls;
mod webhooks;
