//! How often something may be tried: so many at once, then one in each interval (the generic cell rate algorithm: one time for
//! each key says all). Tries of sign-ins count by address and by name, more by name than one address may make: so nobody locks somebody
//! else out from one place.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Keys that are remembered; then the one that is nearest to be forgotten goes.
const KEYS_MAX: usize = 10_000;
/// Failed sign-ins from one address at once, and the time after which one more may be made.
const BY_ADDRESS: (u32, Duration) = (5, Duration::from_secs(12));
/// The same of one name.
const BY_NAME: (u32, Duration) = (10, Duration::from_secs(6));
/// Refused requests of one user or token that are written to the audit log.
const REFUSALS: (u32, Duration) = (30, Duration::from_secs(2));

/// Tries of one kind by key.
#[derive(Debug)]
pub(super) struct Rate<K> {
    at_once: u32,
    each: Duration,
    /// When the key has as many tries as at first.
    whole: HashMap<K, Instant>,
}

/// Failed sign-ins, and refused requests.
#[derive(Debug)]
pub(super) struct Attempts {
    by_address: Rate<IpAddr>,
    by_name: Rate<String>,
    refusals: Rate<String>,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    fn new((at_once, each): (u32, Duration)) -> Self {
        Self { at_once, each, whole: HashMap::new() }
    }

    /// How long it takes until there is a try; zero where there is one.
    fn wait(&self, key: &K, now: Instant) -> Duration {
        let used = self.whole.get(key).map_or(Duration::ZERO, |whole| whole.saturating_duration_since(now));
        (used + self.each).saturating_sub(self.each * self.at_once)
    }

    fn take(&mut self, key: K, now: Instant) {
        if self.whole.len() >= KEYS_MAX && !self.whole.contains_key(&key) {
            self.whole.retain(|_, whole| *whole > now);
            if self.whole.len() >= KEYS_MAX
                && let Some(first) = self.whole.iter().min_by_key(|(_, whole)| **whole)
            {
                let first = first.0.clone();
                self.whole.remove(&first);
            }
        }
        let whole = self.whole.entry(key).or_insert(now);
        *whole = (*whole).max(now) + self.each;
    }

    fn give_back(&mut self, key: &K) {
        if let Some(whole) = self.whole.get_mut(key) {
            *whole = whole.checked_sub(self.each).unwrap_or(*whole);
        }
    }
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { by_address: Rate::new(BY_ADDRESS), by_name: Rate::new(BY_NAME), refusals: Rate::new(REFUSALS) }
    }

    /// Counts a sign-in as failed before it is looked at, so that many at once are no way around.
    ///
    /// # Errors
    /// How long it takes until the next one is looked at.
    pub(super) fn begin(&mut self, address: IpAddr, name: &str, now: Instant) -> Result<(), Duration> {
        let (address, name) = (network(address), name.to_owned());
        let wait = self.by_address.wait(&address, now).max(self.by_name.wait(&name, now));
        if !wait.is_zero() {
            return Err(wait);
        }
        self.by_address.take(address, now);
        self.by_name.take(name, now);
        Ok(())
    }

    /// It did not fail.
    pub(super) fn succeeded(&mut self, address: IpAddr, name: &str) {
        self.by_address.give_back(&network(address));
        self.by_name.give_back(&name.to_owned());
    }

    /// Whether a refused request is noted.
    pub(super) fn notes_refusal(&mut self, who: &str, now: Instant) -> bool {
        let who = who.to_owned();
        let noted = self.refusals.wait(&who, now).is_zero();
        if noted {
            self.refusals.take(who, now);
        }
        noted
    }
}

/// What one client can come from: an IPv4 address, 64 bits of an IPv6 one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        IpAddr::V4(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn after_five_failures_an_address_waits() {
        let (mut attempts, now) = (Attempts::new(), Instant::now());
        let home = address("10.0.0.1");
        (0..5).for_each(|n| attempts.begin(home, &format!("user{n}"), now).unwrap());
        assert_eq!(attempts.begin(home, "anna", now), Err(Duration::from_secs(12)));
        assert_eq!(attempts.begin(address("10.0.0.2"), "anna", now), Ok(()));
        let later = now + Duration::from_secs(12);
        assert_eq!(attempts.begin(home, "anna", later), Ok(()));
        assert!(attempts.begin(home, "anna", later).is_err());
        assert_eq!(attempts.begin(home, "anna", now + Duration::from_secs(100)), Ok(()));
    }

    #[test]
    fn after_ten_failures_a_name_waits_wherever_they_come_from() {
        let (mut attempts, now) = (Attempts::new(), Instant::now());
        (0..10).for_each(|n| attempts.begin(address(&format!("10.0.0.{n}")), "anna", now).unwrap());
        assert!(attempts.begin(address("10.0.1.1"), "anna", now).is_err());
        assert_eq!(attempts.begin(address("10.0.1.1"), "bert", now), Ok(()));
    }

    #[test]
    fn one_address_locks_no_name_out() {
        let mut attempts = Attempts::new();
        let start = Instant::now();
        for second in 0..600 {
            let _ = attempts.begin(address("10.0.0.1"), "anna", start + Duration::from_secs(second));
        }
        assert_eq!(attempts.begin(address("10.0.0.2"), "anna", start + Duration::from_secs(600)), Ok(()));
    }

    #[test]
    fn sign_ins_that_work_are_no_failures() {
        let (mut attempts, now) = (Attempts::new(), Instant::now());
        for _ in 0..50 {
            attempts.begin(address("::1"), "anna", now).unwrap();
            attempts.succeeded(address("::1"), "anna");
        }
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_are_one() {
        let (mut attempts, now) = (Attempts::new(), Instant::now());
        (0..5)
            .for_each(|n| attempts.begin(address(&format!("2001:db8::{n}")), &format!("u{n}"), now).unwrap());
        assert!(attempts.begin(address("2001:db8::ffff"), "anna", now).is_err());
        assert!(attempts.begin(address("2001:db8:0:1::1"), "anna", now).is_ok());
        (0..5).for_each(|n| attempts.begin(address("10.0.0.1"), &format!("v{n}"), now).unwrap());
        assert!(attempts.begin(address("::ffff:10.0.0.1"), "bert", now).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut rate, now) = (Rate::new(BY_ADDRESS), Instant::now());
        (0..20_000).for_each(|key| rate.take(key, now));
        assert_eq!(rate.whole.len(), KEYS_MAX);
    }
}
