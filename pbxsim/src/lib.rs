//! A simulated Asterisk 22 for an outbound dialer.
//!
//! - [`Sim`]: a pure model under virtual time and a seed: actions and time in, answers and events out;
//! - [`scenario`]: what the simulated world is like: customers, queues, agents, limits;
//! - [`server`]: the model behind an AMI port (Tokio), in real time or faster.
//!
//! Names, order and headers of events are those that a real Asterisk 22.10 was recorded to send.
//!
//! Inside: `originate`, `far` (the called party), `run` (the dialplan), `queue`, `ring`, `agent` and `hangup` are
//! the life of a call in that order; `action` is the door for AMI actions, `emit` the door for events.

mod action;
mod agent;
mod calls_log;
mod cause;
mod channel;
mod dialplan;
mod draw;
mod emit;
mod expression;
mod far;
mod fault;
mod hangup;
mod kind;
mod member;
mod originate;
mod plan;
mod queue;
mod ring;
mod run;
pub mod scenario;
pub mod server;
mod sim;
mod stats;
mod time;
mod trunk;

pub use action::{ACTIONS, write_class};
pub use agent::AgentState;
pub use calls_log::Call;
pub use kind::Wanted;
pub use scenario::Scenario;
pub use server::{ServeOptions, SimHandle, serve, serve_handle};
pub use sim::{Out, SessionId, Sim};
pub use stats::{AgentView, Counts, QueueView};
pub use time::Time;
