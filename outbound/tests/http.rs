//! The HTTP front door of a whole daemon in this process, by clients that speak HTTP over TCP; and what an AMI client sees of it.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

#[path = "support/receiver.rs"]
mod receiver;

mod http {
    pub(crate) mod client;
    pub(crate) mod listening;
    pub(crate) mod support;

    mod abandon;
    mod audit;
    mod catalog;
    mod document;
    mod doors;
    mod events;
    mod exports;
    mod first_start;
    mod import_events;
    mod imports;
    mod leads;
    mod live;
    mod metrics;
    mod roles;
    mod rules;
    mod sessions;
    mod tokens;
    mod ui;
    mod users;
    mod webhooks;
    mod why;
}
