//! The Asterisk Manager Interface (AMI), both sides.
//!
//! - [`message`]: one block of headers, read or built, and what may stand in it;
//! - [`codec`]: bytes become messages, incrementally and bounded; messages become bytes;
//! - [`class`]: the classes of events and actions, and sets of them;
//! - [`filter`]: which events a session wants, in the language of Asterisk's `Action: Filter`;
//! - [`secret`]: passwords that no log shows, and the MD5 login;
//! - [`network`]: from where an account may come;
//! - [`client`]: one session with an Asterisk that reconnects by itself (Tokio);
//! - [`server`]: sessions of clients with us: login, event masks, filters, bounded buffers (Tokio).
//!
//! What the actions and events mean is not here.

pub mod class;
pub mod client;
pub mod codec;
pub mod filter;
pub mod message;
pub mod network;
pub mod secret;
pub mod server;

pub use class::{Class, ClassSet};
pub use message::{InvalidHeader, Message};
pub use network::Network;
pub use secret::{Credential, Secret, SecretDigest};
