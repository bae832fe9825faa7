//! What single steps cost, in time: `cargo bench -p bench`, or `cargo bench -p bench -- claim` for some.
#![expect(clippy::unwrap_used, reason = "measurements; they may stop")]

mod clients;
mod codec;
mod engine;
mod pacing;
mod store;

fn main() {
    divan::main();
}
