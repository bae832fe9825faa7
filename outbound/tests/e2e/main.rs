//! End-to-end tests: a client of the AMI front door on one side, a real Asterisk, SIPp or the simulated Asterisk on the
//! other.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy allows them in tests, but not in their helpers"
)]

mod amd;
mod asterisk;
mod carried;
mod clients;
mod destination;
mod fixtures;
mod instance;
mod load;
mod observer;
mod preview;
mod process;
mod simulated;
mod sipp;
mod status;
mod support;
mod takeover;
