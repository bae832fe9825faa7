//! The HTTP API of a whole daemon in this process, by a client that speaks HTTP over TCP; and what an AMI client sees of it.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

mod http {
    pub(crate) mod support;

    mod catalog;
    mod document;
    mod leads;
    mod live;
    mod rules;
}
