//! Who may come in: bounds on sessions in all, on those that have not logged in, and on failed logins by address.
//!
//! Where too many wait to log in, not the newcomer is turned away but the one that waited longest, of the address with
//! the most of them: so nobody who only connects keeps out those who log in. All that is kept is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::ServerConfig;

/// Nobody is turned away sooner for not having logged in.
const LOGIN_GRACE: Duration = Duration::from_millis(200);
/// Failed logins that are remembered; they are forgotten after the login delay.
const FAILURES_MAX: usize = 1024;
/// What happens once for each connection is logged at most that often.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// The bounds, and who is inside.
pub(super) struct Gate {
    max_sessions: usize,
    max_unauthenticated: usize,
    max_failures: usize,
    failure_counts_for: Duration,
    state: Mutex<State>,
    left: Notify,
}

#[derive(Default)]
struct State {
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
    logged_in: usize,
    failures: VecDeque<(Instant, IpAddr)>,
    logged: Option<Instant>,
    unlogged: u64,
}

/// A session that has not logged in.
struct Waiting {
    address: IpAddr,
    since: Instant,
    evicted: Arc<Notify>,
}

/// A place inside, given up when dropped.
pub(super) struct Ticket {
    gate: Arc<Gate>,
    key: u64,
    logged_in: bool,
    evicted: Arc<Notify>,
}

impl Gate {
    pub(super) fn new(config: &ServerConfig) -> Arc<Self> {
        Arc::new(Self {
            max_sessions: config.max_sessions,
            max_unauthenticated: config.max_unauthenticated.max(1),
            max_failures: config.max_failed_logins.max(1),
            failure_counts_for: config.login_delay,
            state: Mutex::default(),
            left: Notify::new(),
        })
    }

    /// A place for a client, which may take a moment while others are given the time to log in. `None` where as many are
    /// logged in as may be.
    pub(super) async fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Ticket> {
        loop {
            let left = self.left.notified();
            let patience = {
                let mut state = self.lock();
                if state.logged_in >= self.max_sessions {
                    state.log("turned away: as many are logged in as max_sessions allows", peer.ip());
                    return None;
                }
                let room = self.max_unauthenticated.min(self.max_sessions - state.logged_in);
                if state.waiting.len() < room {
                    return Some(self.enter(&mut state, peer.ip()));
                }
                state.evict()
            };
            let _ = timeout_at(patience, left).await;
        }
    }

    fn enter(self: &Arc<Self>, state: &mut State, address: IpAddr) -> Ticket {
        let key = state.next;
        state.next += 1;
        let evicted = Arc::new(Notify::new());
        let waiting = Waiting { address, since: Instant::now(), evicted: Arc::clone(&evicted) };
        state.waiting.insert(key, waiting);
        Ticket { gate: Arc::clone(self), key, logged_in: false, evicted }
    }

    /// Waits until fewer logins from that address have just failed than may.
    pub(super) async fn login_turn(&self, address: IpAddr) {
        loop {
            let until = {
                let mut state = self.lock();
                let now = Instant::now();
                while state.failures.front().is_some_and(|(until, _)| *until <= now) {
                    state.failures.pop_front();
                }
                let mut own = state.failures.iter().filter(|(_, from)| *from == address);
                match own.clone().count() {
                    failed if failed < self.max_failures => return,
                    _ => own.next().map_or(now, |(until, _)| *until),
                }
            };
            sleep_until(until).await;
        }
    }

    /// Notes a failed login; it counts also when the client does not wait for the answer.
    pub(super) fn login_failed(&self, address: IpAddr) {
        let mut state = self.lock();
        if state.failures.len() == FAILURES_MAX {
            state.failures.pop_front();
        }
        state.failures.push_back((Instant::now() + self.failure_counts_for, address));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Turns away who waited longest, of the address with the most that wait, if its grace is over. Until when to wait
    /// otherwise.
    fn evict(&mut self) -> Instant {
        let mut addresses = BTreeMap::<IpAddr, usize>::new();
        for waiting in self.waiting.values() {
            *addresses.entry(waiting.address).or_default() += 1;
        }
        let most = addresses.values().copied().max().unwrap_or(0);
        let longest = self.waiting.iter().find(|(_, waiting)| addresses.get(&waiting.address) == Some(&most));
        let now = Instant::now();
        let Some((key, patience)) = longest.map(|(key, waiting)| (*key, waiting.since + LOGIN_GRACE)) else {
            return now + LOGIN_GRACE;
        };
        if patience <= now
            && let Some(waiting) = self.waiting.remove(&key)
        {
            waiting.evicted.notify_one();
            self.log("turned away before it logged in, for others that come", waiting.address);
        }
        patience
    }

    fn log(&mut self, what: &str, address: IpAddr) {
        let now = Instant::now();
        if self.logged.is_some_and(|logged| now - logged < LOG_EVERY) {
            self.unlogged += 1;
            return;
        }
        tracing::warn!(%address, more = self.unlogged, logged_in = self.logged_in, waiting = self.waiting.len(), "AMI client {what}");
        (self.logged, self.unlogged) = (Some(now), 0);
    }
}

impl Ticket {
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Told when the client is turned away before it has logged in.
    pub(super) fn evicted(&self) -> Arc<Notify> {
        Arc::clone(&self.evicted)
    }

    /// The session counts as logged in from now on. False where it was turned away a moment ago.
    pub(super) fn log_in(&mut self) -> bool {
        let mut state = self.gate.lock();
        if state.waiting.remove(&self.key).is_none() {
            return false;
        }
        state.logged_in += 1;
        self.logged_in = true;
        drop(state);
        self.gate.left.notify_one();
        true
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.waiting.remove(&self.key);
        state.logged_in -= usize::from(self.logged_in);
        drop(state);
        self.gate.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(max_sessions: usize, max_unauthenticated: usize) -> Arc<Gate> {
        let login_delay = Duration::from_secs(1);
        let bounds =
            ServerConfig { max_sessions, max_unauthenticated, login_delay, ..ServerConfig::default() };
        Gate::new(&ServerConfig { max_failed_logins: 2, ..bounds })
    }

    fn from(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().unwrap(), 1)
    }

    async fn turned_away(ticket: &mut Ticket) -> bool {
        timeout_at(Instant::now(), ticket.evicted.notified()).await.is_ok() && !ticket.log_in()
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_longest_of_the_address_with_the_most_makes_room() {
        let gate = gate(100, 3);
        let mut lone = gate.admit(from("10.0.0.1")).await.unwrap();
        let mut first = gate.admit(from("10.0.0.2")).await.unwrap();
        let mut second = gate.admit(from("10.0.0.2")).await.unwrap();
        let start = Instant::now();
        let mut newcomer = gate.admit(from("10.0.0.3")).await.unwrap();
        assert!(start.elapsed() >= LOGIN_GRACE);
        assert!(turned_away(&mut first).await);
        assert!(!turned_away(&mut lone).await && !turned_away(&mut second).await);
        assert!(lone.log_in() && newcomer.log_in());
        // There is room again: nobody waits, nobody goes.
        let start = Instant::now();
        gate.admit(from("10.0.0.3")).await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(second.log_in());
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_as_allowed_are_logged_in_and_waiting_ones_keep_nobody_out() {
        let gate = gate(2, 50);
        let mut first = gate.admit(from("10.0.0.1")).await.unwrap();
        assert!(first.log_in());
        let mut waiting = gate.admit(from("10.0.0.2")).await.unwrap();
        let mut second = gate.admit(from("10.0.0.1")).await.unwrap();
        assert!(turned_away(&mut waiting).await && second.log_in());
        assert!(gate.admit(from("10.0.0.1")).await.is_none());
        drop(first);
        assert!(gate.admit(from("10.0.0.1")).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn failed_logins_hold_up_further_ones_from_their_address() {
        let gate = gate(2, 2);
        let (address, other) = (from("10.0.0.1").ip(), from("10.0.0.2").ip());
        let start = Instant::now();
        for expected_s in [0, 0, 1, 1, 2] {
            gate.login_turn(address).await;
            gate.login_failed(address);
            assert_eq!(start.elapsed().as_secs(), expected_s);
        }
        gate.login_turn(other).await;
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_of_failed_logins_is_bounded() {
        let gate = gate(2, 2);
        for number in 0..u32::try_from(3 * FAILURES_MAX).unwrap() {
            gate.login_failed(std::net::Ipv4Addr::from(number).into());
        }
        assert_eq!(gate.lock().failures.len(), FAILURES_MAX);
    }
}
