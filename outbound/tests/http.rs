//! The HTTP API of a whole daemon in this process, by a client that speaks HTTP over TCP; and what an AMI client sees of it.

mod http {
    pub(crate) mod support;

    mod catalog;
    mod document;
    mod leads;
    mod live;
    mod rules;
}
