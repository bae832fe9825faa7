//! Rules of the dialer that a test may break, to prove that the simulation notices (`outbound torture`, docs/torture.md).
//!
//! Without the feature `broken-rules`, which only tests turn on, no rule can be broken and nothing of this is in the program.
//! Which rule is broken is a matter of the thread, so that tests may run side by side.

/// Declares the rules: what is done wrong, and its name.
macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident,)*) => {
        /// What is done wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$rule),*];
        }
    };
}

rules! {
    /// A call is placed before its claim is committed.
    DialBeforeClaim,
    /// A call that is over leaves two results.
    TwoResults,
    /// Claims that are found open at the start go back to their lists, whatever Asterisk has.
    BlindRecovery,
    /// A call that was not answered does not count as a try.
    TriesNotCounted,
    /// A number may be tried once more than the plan says.
    OneTryMore,
    /// RetryDelay is not waited for.
    NoRetryDelay,
    /// A clock that is set forward hurries retries.
    ClockStepHurries,
    /// Calls are placed outside of the windows of a schedule.
    WindowsNotKept,
    /// What an earlier process has counted of a call that goes on is forgotten.
    TallyForgotten,
    /// A call that never reached its Asterisk is given up at once, though its Originate may be on the way.
    NoGraceForUnreached,
    /// An Asterisk is given one call more than it may have.
    OneChannelMore,
    /// A trunk is given one call more than it may have.
    OneTrunkChannelMore,
    /// Calls whose leads are still asked for do not count.
    NotReserved,
    /// Rates are not kept.
    RateNotKept,
    /// A stop does not stop the calls whose leads were asked for before it.
    StopLeavesRequests,
    /// A list of channels that was asked for before Asterisk was away is believed.
    OldListBelieved,
    /// What is known of an answered call is not written before its end.
    AnswersNotKept,
    /// A call that never reached its Asterisk counts as a try.
    UnreachedCounts,
    /// A call that is gone is taken for one that never reached its Asterisk.
    GoneIsUnreached,
    /// An Asterisk is told that a claim may have reached it after the call itself.
    SerialToldLate,
    /// A list of channels is believed about a call that is younger than it.
    YoungCallMissed,
    /// Nobody looks for hangups that were not heard.
    HangupsNotSought,
    /// The end of a dialing is told twice.
    EndToldTwice,
    /// A dialing that is taken over is told as a new one.
    CreatedTwice,
    /// A dialing's status falls.
    StatusFalls,
    /// A lead that is over stays in the counts of its list.
    ListsLeak,
    /// What is to be told when it is written is told before.
    ToldBeforeCommit,
    /// An Originate for an Asterisk that is away is kept, and sent when it is back.
    KeptForNextSession,
    /// Records that a failing disk did not take are lost.
    KeptRecordsLost,
    /// Records that a failing disk did not take are written in another order.
    KeptRecordsTurned,
}

#[cfg(feature = "broken-rules")]
thread_local! {
    static BROKEN: std::cell::Cell<Option<Rule>> = const { std::cell::Cell::new(None) };
}

/// Breaks a rule in this thread, or none.
#[cfg(feature = "broken-rules")]
pub fn break_rule(rule: Option<Rule>) {
    BROKEN.set(rule);
}

/// Whether a rule is broken.
#[cfg(feature = "broken-rules")]
pub fn is_broken(rule: Rule) -> bool {
    BROKEN.get() == Some(rule)
}

/// No rule is.
#[cfg(not(feature = "broken-rules"))]
#[inline(always)]
pub const fn is_broken(_rule: Rule) -> bool {
    false
}
