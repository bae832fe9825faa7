//! What the simulated world is like: the customers, the queues, the agents and the limits of the PBX.
//!
//! All times are in seconds, all shares between 0 and 1. Every field has a sane default, so that a TOML or JSON
//! file names only what it changes.

use serde::{Deserialize, Serialize};

/// A simulated world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Unix time, in seconds, of the start of the simulation: shown in `LastCall`, `LoginTime`, `CoreStartupTime`.
    pub epoch_unix_s: u64,
    /// True: the first two digits of a number tell how it behaves (10 answers, 20 and 21 busy, 30 rings for ever,
    /// 40 unallocated, 51 congested, 70 to 74 AMD ...) and the mix of `customers` is not used.
    pub by_number: bool,
    /// How customers behave.
    pub customers: Customers,
    /// The queues.
    pub queues: Vec<QueueSetup>,
    /// The agents.
    pub agents: Agents,
    /// The PJSIP endpoints that exist; empty: all do.
    pub trunks: Vec<String>,
    /// The contexts through which `Local/number@context` reaches customers; empty: all do.
    pub networks: Vec<String>,
    /// More channels than that are refused at once (Reason 0); 0: no limit.
    pub max_channels: usize,
    /// More Originates in a second than that are refused at once (Reason 0); 0: no limit.
    pub max_calls_per_s: u32,
    /// Whether `dialplan reload` on the command line raises a Reload event, as `Action: Reload` does. Asterisk 22.10
    /// raises none.
    pub dialplan_reload_event: bool,
    /// How many calls the log of calls keeps, oldest first out; 0: no log.
    pub calls_log: usize,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            epoch_unix_s: 1_795_400_000,
            by_number: false,
            customers: Customers::default(),
            queues: vec![QueueSetup::default()],
            agents: Agents::default(),
            trunks: Vec::new(),
            networks: vec!["pstn".to_owned()],
            max_channels: 0,
            max_calls_per_s: 0,
            dialplan_reload_event: false,
            calls_log: 0,
        }
    }
}

/// How customers behave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Customers {
    /// What becomes of a call.
    pub mix: Mix,
    /// Share of busy lines that ring before they are busy.
    pub busy_after_ringing: f64,
    /// Share of the answers that machines give.
    pub machine_share: f64,
    /// What machine detection makes of them.
    pub amd: Amd,
    /// From the Originate to the first sign of the other side.
    pub setup_s: Spread,
    /// From ringing to the answer.
    pub ring_s: Spread,
    /// How long a person who answered waits for somebody to talk to.
    pub patience_s: Spread,
    /// How long a person talks to an agent.
    pub talk_s: Spread,
    /// Share of the talks that the customer ends (else the agent).
    pub customer_hangs_up: f64,
    /// How long a machine stays on the line.
    pub machine_s: Spread,
}

impl Default for Customers {
    fn default() -> Self {
        Self {
            mix: Mix::default(),
            busy_after_ringing: 0.0,
            machine_share: 0.15,
            amd: Amd::default(),
            setup_s: Spread { mean: 0.8, cv: 0.5 },
            ring_s: Spread { mean: 12.0, cv: 0.5 },
            patience_s: Spread { mean: 30.0, cv: 1.0 },
            talk_s: Spread { mean: 120.0, cv: 1.0 },
            customer_hangs_up: 0.7,
            machine_s: Spread { mean: 25.0, cv: 0.3 },
        }
    }
}

/// What becomes of a call: weights, which need not add up to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Mix {
    pub answer: f64,
    pub busy: f64,
    pub no_answer: f64,
    pub unallocated: f64,
    pub congested: f64,
    pub declined: f64,
    /// The carrier says nothing at all; Asterisk gives up after 32 s.
    pub silent: f64,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            answer: 0.35,
            busy: 0.1,
            no_answer: 0.44,
            unallocated: 0.05,
            congested: 0.02,
            declined: 0.03,
            silent: 0.01,
        }
    }
}

impl Mix {
    /// Nothing ever happens; set the one field that shall.
    pub const NONE: Self = Self {
        answer: 0.0,
        busy: 0.0,
        no_answer: 0.0,
        unallocated: 0.0,
        congested: 0.0,
        declined: 0.0,
        silent: 0.0,
    };
}

/// The errors of machine detection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Amd {
    /// Share of the persons that are taken for machines.
    pub person_as_machine: f64,
    /// Share of the machines that are taken for persons.
    pub machine_as_person: f64,
    /// Share of both that ends in NOTSURE.
    pub not_sure: f64,
}

impl Default for Amd {
    fn default() -> Self {
        Self { person_as_machine: 0.03, machine_as_person: 0.08, not_sure: 0.04 }
    }
}

/// A lognormal distribution, by its mean and its coefficient of variation; `cv` 0: always the mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The mean, in seconds.
    pub mean: f64,
    /// Standard deviation divided by the mean.
    #[serde(default)]
    pub cv: f64,
}

/// A queue, as `queues.conf` sets it up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSetup {
    /// Its name.
    pub name: String,
    /// How long a member's phone rings before the next one is tried, in seconds.
    pub timeout_s: f64,
    /// The pause between two attempts to find a member, in seconds.
    pub retry_s: f64,
    /// No call to a member for so long after his last one, in seconds.
    pub wrapuptime_s: f64,
    /// Whether callers may enter a queue without members.
    pub joinempty: bool,
    /// More waiting callers than that are turned away; 0: no limit.
    pub max_callers: usize,
}

impl Default for QueueSetup {
    fn default() -> Self {
        Self {
            name: "sales".to_owned(),
            timeout_s: 15.0,
            retry_s: 1.0,
            wrapuptime_s: 0.0,
            joinempty: true,
            max_callers: 0,
        }
    }
}

/// The agents: phones `PJSIP/<prefix>1` ... that are static members of queues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agents {
    /// How many there are.
    pub count: usize,
    /// The device name without its number.
    pub prefix: String,
    /// The member name without its number.
    pub member_name: String,
    /// The queues that each of them is in; empty: all queues.
    pub queues: Vec<String>,
    /// Ringing time before an agent answers.
    pub answer_s: Spread,
    /// Share of the rings that an agent does not hear.
    pub deaf_share: f64,
    /// Work after a call, in which the agent pauses himself (reason `wrap-up`); mean 0: none.
    pub wrap_up_s: Spread,
    /// Share of the calls after which an agent takes a break.
    pub break_share: f64,
    /// Length of a break, in which the agent is paused (reason `break`).
    pub break_s: Spread,
    /// False: nobody is logged in at the start.
    pub logged_in: bool,
}

impl Default for Agents {
    fn default() -> Self {
        Self {
            count: 10,
            prefix: "agent".to_owned(),
            member_name: "Agent ".to_owned(),
            queues: Vec::new(),
            answer_s: Spread { mean: 1.5, cv: 0.5 },
            deaf_share: 0.0,
            wrap_up_s: Spread { mean: 0.0, cv: 0.0 },
            break_share: 0.0,
            break_s: Spread { mean: 300.0, cv: 0.5 },
            logged_in: true,
        }
    }
}
