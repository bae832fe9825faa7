//! End-to-end tests: a client of the AMI front door on one side, a real Asterisk, SIPp or the simulated Asterisk on the
//! other.

mod asterisk;
mod support;
