//! How many calls an Asterisk, a trunk or a campaign may be given: at once, and each second; and how a line is given
//! fewer that refuses them.

mod health;
mod signs;
mod trunk;

use std::time::Duration;

pub(crate) use health::Health;
pub use health::Slowdown;
pub(crate) use signs::Sign;
pub(crate) use trunk::{Trunk, TrunkId};

use crate::broken::{Rule, is_broken};
use crate::time::Mono;
use crate::value::Name;

/// The limits of one Asterisk, from the config.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Calls at once.
    pub max_channels: u32,
    /// Calls each second.
    pub max_cps: f64,
}

impl Default for Limits {
    /// What a small server and most trunks bear. Asterisk runs out of file descriptors (1,024) at about 250 calls.
    fn default() -> Self {
        Self { max_channels: 200, max_cps: 30.0 }
    }
}

/// The limits of one trunk of an Asterisk, from the config.
#[derive(Debug, Clone, PartialEq)]
pub struct TrunkLimits {
    /// Its name, as plans name it.
    pub name: Name,
    /// Calls at once, where they are limited.
    pub max_channels: Option<u32>,
    /// Calls each second, where they are limited.
    pub max_cps: Option<f64>,
}

/// A token for each call that may be placed now. It fills smoothly, and holds no more than a tenth of a second's worth
/// (at least one), so that a pause is not followed by a burst. Tokens are reserved when leads are asked for and taken when
/// the call is made, so that leads that come late do not come as a burst either.
#[derive(Debug, Clone, Copy)]
pub struct CallRate {
    per_second: f64,
    tokens: f64,
    reserved: u32,
    at: Mono,
}

impl CallRate {
    /// A full bucket.
    pub fn new(per_second: f64, now: Mono) -> Self {
        let mut rate = Self { per_second, tokens: 0.0, reserved: 0, at: now };
        rate.tokens = rate.capacity();
        rate
    }

    /// An empty bucket: its first call waits its time.
    pub(crate) fn empty(per_second: f64, now: Mono) -> Self {
        Self { per_second, tokens: 0.0, reserved: 0, at: now }
    }

    /// The same with another rate from now on.
    #[must_use]
    pub(crate) fn changed(mut self, per_second: f64, now: Mono) -> Self {
        self.fill(now);
        self.per_second = per_second;
        self.tokens = self.tokens.min(self.capacity());
        self
    }

    fn capacity(&self) -> f64 {
        (self.per_second / 10.0).max(1.0)
    }

    /// For how many calls leads may be asked now.
    pub fn available(&self, now: Mono) -> u32 {
        // A hair of rounding must not cost a call its turn.
        let whole = (self.filled(now) + 1e-6).floor().clamp(0.0, f64::from(u32::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to u32 just above"
        )]
        let calls = whole as u32;
        calls.saturating_sub(self.reserved)
    }

    fn filled(&self, now: Mono) -> f64 {
        (self.tokens + now.since(self.at).as_secs_f64() * self.per_second).min(self.capacity())
    }

    fn fill(&mut self, now: Mono) {
        self.tokens = self.filled(now);
        self.at = self.at.max(now);
    }

    /// Keeps tokens for calls whose leads are asked for.
    pub fn reserve(&mut self, calls: u32) {
        self.reserved += calls;
    }

    /// Gives up what was kept for calls that did not come to be.
    pub fn give_back(&mut self, calls: u32) {
        self.reserved = self.reserved.saturating_sub(calls);
    }

    pub(crate) fn reserved(&self) -> u32 {
        self.reserved
    }

    /// Takes a token that was kept: its call is placed now.
    pub fn take(&mut self, now: Mono) {
        self.fill(now);
        self.give_back(1);
        if !is_broken(Rule::RateNotKept) {
            self.tokens -= 1.0;
        }
    }

    /// When leads for the next calls may be asked for, a hundredth of a second's worth (at least one) at once; `None` where that waits for calls whose leads are on their way.
    pub fn next(&self, now: Mono) -> Option<Mono> {
        let reserved = f64::from(self.reserved);
        if reserved + 1.0 > self.capacity() {
            return None;
        }
        let wanted = (reserved + (self.per_second / 100.0).max(1.0)).min(self.capacity());
        let missing = (wanted - self.filled(now)).max(0.0) / self.per_second.max(1e-9);
        Some(now.after(Duration::from_secs_f64(missing.min(3600.0))).max(Mono(now.0 + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_of_a_second_holds_more_than_the_rate_and_a_tenth() {
        let mut rate = CallRate::new(50.0, Mono(0));
        let mut placed = Vec::new();
        let mut now = Mono(0);
        while now < Mono(10_000_000) {
            let calls = rate.available(now);
            rate.reserve(calls);
            (0..calls).for_each(|_| rate.take(now));
            placed.extend(std::iter::repeat_n(now.0, calls as usize));
            now = rate.next(now).unwrap();
        }
        assert!((495..=506).contains(&placed.len()), "{}", placed.len());
        for (i, start) in placed.iter().enumerate() {
            let window = placed[i..].iter().take_while(|t| **t < start + 1_000_000).count();
            assert!(window <= 56, "{window}");
        }
    }

    #[test]
    fn a_rate_below_one_waits_its_time() {
        let mut rate = CallRate::new(0.5, Mono(0));
        assert_eq!(rate.available(Mono(0)), 1);
        rate.reserve(1);
        assert_eq!(rate.next(Mono(0)), None, "the only token is kept for a lead on its way");
        rate.take(Mono(0));
        assert_eq!(rate.available(Mono(1_000_000)), 0);
        assert_eq!(rate.next(Mono(1_000_000)), Some(Mono(2_000_000)));
        assert_eq!(rate.available(Mono(2_000_000)), 1);
    }
}
