//! What a call says about the line that it took: whether its trunk, and its Asterisk, can bear more.

use std::time::Duration;

use crate::calls::Call;
use crate::dialing::Outcome;
use crate::outcome::is_servers_fault;
use crate::time::Mono;

/// What fails sooner than this after its Originate, and not by its number, has met no telephone network: Asterisk has no
/// channel, no descriptor or no RTP port left, or the trunk is not there (captures A30, B26, B27, B34). Such failures
/// come at once and by thousands.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What a call says about its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Nothing: it was hung up by us, or nobody saw it.
    None,
    /// Somebody was reached, or the network knew that the number cannot be.
    Works,
    /// The trunk has no circuit, or calls on it fail at once.
    TrunkRefuses,
    /// Asterisk itself refuses, whatever is asked of it.
    AsteriskRefuses,
}

impl Call {
    /// What a call that is over says.
    pub(crate) fn sign(&self, now: Mono) -> Sign {
        if self.dialing.setup.channel.is_empty() {
            return Sign::None;
        }
        if let Some(message) = &self.seen.refused {
            // A connection that was lost says nothing of the Asterisk that is back.
            if message.contains("not connected") {
                return Sign::None;
            }
            return if is_servers_fault(message) { Sign::AsteriskRefuses } else { Sign::TrunkRefuses };
        }
        // 18: the carrier said nothing at all (408 after 32 s).
        match self.verdict().outcome {
            Outcome::NoAnswer if self.seen.cause == Some(18) => Sign::None,
            Outcome::Answered | Outcome::Machine | Outcome::Abandoned | Outcome::Busy | Outcome::NoAnswer => {
                Sign::Works
            }
            Outcome::Congestion => Sign::TrunkRefuses,
            Outcome::Failed | Outcome::Refused => self.failure(now),
            Outcome::Unknown | Outcome::NoAgent => Sign::None,
        }
    }

    fn failure(&self, now: Mono) -> Sign {
        let failed = self.seen.ended_at.unwrap_or(now);
        let at_once = self.requested.is_some_and(|requested| failed.since(requested) < AT_ONCE);
        match self.seen.cause {
            _ if self.hangup_wanted.is_some() => Sign::None,
            // Unallocated, normal, number changed, invalid format: the number's fate, told by a network that works.
            Some(1 | 16 | 22 | 28) => Sign::Works,
            _ if at_once => Sign::TrunkRefuses,
            _ => Sign::None,
        }
    }
}
