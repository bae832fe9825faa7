//! Where the Asterisk is, who we are there, and how patient we are.

use std::time::Duration;

use crate::secret::Secret;

/// One session with one Asterisk.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Our name for this Asterisk, for logs.
    pub name: String,
    /// Host and port.
    pub address: String,
    /// The user of `manager.conf`.
    pub username: String,
    /// Its password.
    pub secret: Secret,
    /// How the password is proved.
    pub auth: Auth,
    /// Classes of events wanted (`call,agent,user`); `None`: all that the user may see.
    pub event_mask: Option<String>,
    /// Filters to set before events are wanted. They need write class `system`.
    pub filters: Vec<Filter>,
    /// How long the connection may take to stand: a SYN that was lost is sent again by then.
    pub connect_timeout: Duration,
    /// How long each step of the login may take.
    pub login_timeout: Duration,
    /// How long an answer may take.
    pub action_timeout: Duration,
    /// So long after the answer to a Ping the next one is sent, whatever else comes.
    pub ping_interval: Duration,
    /// After so long without its answer the session is given up.
    pub ping_timeout: Duration,
    /// Rest before the first reconnect; it doubles each time.
    pub backoff_min: Duration,
    /// Longest rest before a reconnect.
    pub backoff_max: Duration,
}

impl ClientConfig {
    /// A session with the default patience, MD5 login, all events. A dead connection is noticed within four seconds
    /// (`ping_interval` and `ping_timeout`), and five after its cause is gone at the latest the login begins
    /// (`login_timeout` or `connect_timeout`, and `backoff_max`).
    pub fn new(
        name: impl Into<String>,
        address: impl Into<String>,
        username: impl Into<String>,
        secret: impl Into<Secret>,
    ) -> Self {
        Self {
            name: name.into(),
            address: address.into(),
            username: username.into(),
            secret: secret.into(),
            auth: Auth::default(),
            event_mask: None,
            filters: Vec::new(),
            connect_timeout: Duration::from_secs(2),
            login_timeout: Duration::from_secs(3),
            action_timeout: Duration::from_secs(5),
            ping_interval: Duration::from_secs(1),
            ping_timeout: Duration::from_secs(3),
            backoff_min: Duration::from_millis(250),
            backoff_max: Duration::from_secs(2),
        }
    }
}

/// How the password is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// The password goes over the wire.
    Plain,
    /// An MD5 of it with Asterisk's challenge goes over the wire.
    #[default]
    Md5,
}

/// An event filter of Asterisk 22, see [`filter`](crate::filter).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `MatchCriteria`; empty: `text` is a regular expression over the whole event.
    pub criteria: String,
    /// `Filter`; may be empty where the criteria do not need it.
    pub text: String,
}

impl Filter {
    /// A filter.
    pub fn new(criteria: impl Into<String>, text: impl Into<String>) -> Self {
        Self { criteria: criteria.into(), text: text.into() }
    }
}
