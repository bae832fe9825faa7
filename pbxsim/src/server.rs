//! The model behind an AMI port: real time, or faster, drives virtual time.
//!
//! One std mutex guards the model and is never held across an await; it is held while outputs are handed to the
//! sessions, so that all of them see one order: the answer to an Originate before any event of its call.

use crate::action::{ACTIONS, write_class};
use crate::kind::Wanted;
use crate::scenario::Scenario;
use crate::sim::{Out, Sim};
use crate::time::Time;
use ami::server::{Account, Broadcast, Command, Handler, Replier, ServerConfig};
use ami::{ClassSet, Message};
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How to run the server.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The seed of all chance.
    pub seed: u64,
    /// Seconds of virtual time in a second.
    pub time_scale: f64,
    /// Who may log in.
    pub accounts: Vec<Account>,
    /// Events that are not built at all, whoever reads their classes: fewer cost less.
    pub wanted: Wanted,
}

impl Default for ServeOptions {
    fn default() -> Self {
        let account = Account::new("outbound", "outbound", ClassSet::ALL, ClassSet::ALL);
        Self { seed: 1, time_scale: 1.0, accounts: vec![account], wanted: Wanted::ALL }
    }
}

/// A simulated Asterisk that can be served, and looked at while it runs. Clones are the same PBX.
#[derive(Clone)]
pub struct SimHandle {
    shared: Arc<Shared>,
}

struct Shared {
    sim: Mutex<Sim>,
    broadcast: Broadcast,
    started: Instant,
    time_scale: f64,
    /// Something is due earlier than the clock task believes.
    sooner: Notify,
    /// The sessions shall end: the PBX has gone down.
    down: Notify,
}

impl SimHandle {
    /// A PBX of this scenario; its time starts now. Needs a Tokio runtime.
    pub fn new(scenario: Scenario, options: &ServeOptions) -> Self {
        let mut sim = Sim::new(scenario, options.seed);
        sim.want(options.wanted);
        let shared = Shared {
            sim: Mutex::new(sim),
            broadcast: Broadcast::new(),
            started: Instant::now(),
            time_scale: if options.time_scale > 0.0 { options.time_scale } else { 1.0 },
            sooner: Notify::new(),
            down: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Looks at the model, or changes it: `handle.with(|sim, now| sim.reload_dialplan(now))`. What it sends goes
    /// out before this returns.
    pub fn with<T>(&self, look: impl FnOnce(&mut Sim, Time) -> T) -> T {
        let now = self.shared.now();
        let mut sim = self.shared.lock();
        let result = look(&mut sim, now);
        self.shared.send(&mut sim, None);
        drop(sim);
        self.shared.sooner.notify_one();
        result
    }

    /// Sessions that are logged in.
    pub fn sessions(&self) -> usize {
        self.shared.broadcast.sessions()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Sim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Virtual time.
    fn now(&self) -> Time {
        self.started.elapsed().mul_f64(self.time_scale)
    }

    /// Hands out what the model has for the sessions. Replies can only be for the session that just sent an action.
    fn send(&self, sim: &mut Sim, replier: Option<&Replier>) {
        while let Some(out) = sim.poll_event() {
            match out {
                // The model has placed the ActionID already, so that the reply goes as it is.
                Out::Reply { message, .. } => {
                    if let Some(replier) = replier {
                        replier.event(&message);
                    }
                }
                Out::Event { class, message } => self.broadcast.publish(class, &message),
                Out::Down => self.down.notify_one(),
            }
        }
    }

    /// Lets the model go on when something is due. Many timers that are due at once cost one lock.
    async fn clock(&self) {
        loop {
            let wait = {
                let mut sim = self.lock();
                let now = self.now();
                sim.handle_timeout(now);
                self.send(&mut sim, None);
                sim.poll_timeout().map(|at| at.saturating_sub(now).div_f64(self.time_scale))
            };
            let wait = wait.unwrap_or(Duration::from_secs(3_600)).max(Duration::from_millis(1));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.sooner.notified() => {}
            }
        }
    }
}

impl Handler for Shared {
    async fn handle(&self, action: Message, replier: Replier) {
        let now = self.now();
        let mut sim = self.lock();
        let before = sim.poll_timeout();
        sim.action(0, &action, now);
        self.send(&mut sim, Some(&replier));
        let after = sim.poll_timeout();
        drop(sim);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.sooner.notify_one();
        }
    }

    fn write_class(&self, action: &str) -> Option<ClassSet> {
        write_class(action)
    }

    fn commands(&self) -> Vec<Command> {
        ACTIONS.iter().map(|(name, _, synopsis)| Command { name, synopsis }).collect()
    }
}

/// Serves a PBX on a listener until `shutdown` is done. After a restart of the PBX the listener goes on, as a real
/// Asterisk is back after a while.
///
/// # Errors
/// When the listener can not be used.
pub async fn serve(
    listener: TcpListener,
    scenario: Scenario,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let handle = SimHandle::new(scenario, &options);
    serve_handle(listener, &handle, options, shutdown).await
}

/// The same for a PBX that one keeps a handle of.
///
/// # Errors
/// When the listener can not be used.
pub async fn serve_handle(
    listener: TcpListener,
    handle: &SimHandle,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let shared = &handle.shared;
    tokio::pin!(shutdown);
    let mut listener = Some(listener);
    let lives = async {
        loop {
            let socket = match listener.take() {
                Some(socket) => socket,
                None => TcpListener::bind(address).await?,
            };
            let config = ServerConfig { accounts: options.accounts.clone(), ..ServerConfig::default() };
            let down = shared.down.notified();
            ami::server::serve(socket, config, shared.broadcast.clone(), Arc::clone(shared), down).await?;
        }
    };
    tokio::select! {
        result = lives => result,
        () = shared.clock() => Ok(()),
        () = &mut shutdown => Ok(()),
    }
}
