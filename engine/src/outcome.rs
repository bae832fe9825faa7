//! What the events of a call mean: one pure function, one table of tests.
//!
//! Source: transcripts of Asterisk 22 (tests/data/captures) and the contract's rule for `ResDial`: the Reason of
//! OriginateResponse where it is not 0, else the hangup cause, because a Reason of 0 says nothing since PJSIP.

use crate::abandon::Counts;
use crate::dialing::Outcome;

/// AST_CONTROL frame codes, as in `Reason` and `ResDial`.
pub const RES_FAILED: u16 = 0;
/// Rang and was not answered.
pub const RES_RINGING: u16 = 3;
/// Answered.
pub const RES_ANSWER: u16 = 4;
/// Busy.
pub const RES_BUSY: u16 = 5;
/// No circuit.
pub const RES_CONGESTION: u16 = 8;

/// All that was seen of a call that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Observed<'a> {
    /// OriginateResponse: success and Reason.
    pub originated: Option<(bool, u16)>,
    /// It got to detection or to a queue: it was answered, whatever else was seen or missed.
    pub handed_on: bool,
    /// DialEnd's DialStatus.
    pub dial_status: Option<&'a str>,
    /// Hangup's cause.
    pub cause: Option<u16>,
    /// The Originate was refused with this text.
    pub refused: Option<&'a str>,
    /// Detection did not let the answer pass.
    pub stopped_by_amd: bool,
    /// The answer was to go to a queue.
    pub for_queue: bool,
    /// Preview: no agent answered, and the customer was not called.
    pub no_agent: bool,
    /// The caller hung up while detection ran.
    pub hung_up_in_amd: bool,
    /// An agent took the call.
    pub connected: bool,
    /// It left the queue without an agent, or the queue gave it up.
    pub left: bool,
    /// He came later than the plan's rule lets a person wait.
    pub late: bool,
    /// The person hung up before that time was over.
    pub left_early: bool,
}

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The field's word for it.
    pub outcome: Outcome,
    /// The contract's `ResDial`.
    pub res_dial: u16,
    /// Counts as a try of its number.
    pub counts: bool,
    /// The lead is done.
    pub done: bool,
}

/// Judges a call that is over.
pub fn judge(seen: &Observed<'_>) -> Verdict {
    if let Some(message) = seen.refused {
        let counts = !is_servers_fault(message);
        return Verdict { outcome: Outcome::Refused, res_dial: RES_FAILED, counts, done: false };
    }
    if seen.no_agent {
        return Verdict { outcome: Outcome::NoAgent, res_dial: RES_FAILED, counts: false, done: false };
    }
    let answered = seen.handed_on
        || match seen.originated {
            Some((success, _)) => success,
            None => seen.dial_status == Some("ANSWER"),
        };
    if answered {
        return Verdict { outcome: answered_outcome(seen), res_dial: RES_ANSWER, counts: true, done: true };
    }
    let res_dial = unanswered_res_dial(seen);
    let outcome = match res_dial {
        RES_RINGING => Outcome::NoAnswer,
        RES_BUSY => Outcome::Busy,
        RES_CONGESTION => Outcome::Congestion,
        _ if seen.originated.is_none() && seen.cause.is_none() => Outcome::Unknown,
        _ => Outcome::Failed,
    };
    Verdict { outcome, res_dial, counts: true, done: false }
}

fn answered_outcome(seen: &Observed<'_>) -> Outcome {
    if seen.connected {
        Outcome::Answered
    } else if seen.stopped_by_amd {
        Outcome::Machine
    } else if seen.for_queue && seen.cause.is_none() && !seen.left {
        // Nobody heard what became of it: an agent may have talked to him, or not.
        Outcome::Unknown
    } else if seen.for_queue && !seen.hung_up_in_amd && !seen.left_early {
        Outcome::Abandoned
    } else {
        Outcome::Answered
    }
}

/// What a call adds to the budget of abandoned calls; nothing where it was not answered for a queue.
///
/// Source: a call is abandoned "if a person answers it and the telemarketer does not connect the call to a sales
/// representative within two (2) seconds of the person's completed greeting" (16 CFR 310.4(b)(1)(iv)). So one whose agent
/// came later counts as well; one that the person ended before that time does not: nobody failed to connect it. What
/// detection lets pass counts as a person; what it stops, and who hung up while it listened, does not.
pub fn counts(seen: &Observed<'_>) -> Counts {
    let verdict = judge(seen);
    if !seen.for_queue || !verdict.done || verdict.outcome == Outcome::Unknown {
        return Counts::NONE;
    }
    let abandoned = verdict.outcome == Outcome::Abandoned;
    let person = seen.connected || abandoned || !(seen.stopped_by_amd || seen.hung_up_in_amd);
    Counts {
        answered_all: 1,
        answered_persons: u64::from(person),
        abandoned: u64::from(abandoned),
        late: u64::from(seen.connected && seen.late),
    }
}

fn unanswered_res_dial(seen: &Observed<'_>) -> u16 {
    match seen.originated {
        Some((_, reason)) if reason != 0 => return reason,
        Some(_) | None => {}
    }
    match seen.cause {
        Some(17) => RES_BUSY,
        Some(18 | 19) => RES_RINGING,
        Some(34 | 38 | 41 | 42 | 44) => RES_CONGESTION,
        // Local legs that run Busy() or Congestion() hang up without a cause; only DialEnd tells.
        None | Some(0) => match seen.dial_status {
            Some("BUSY") => RES_BUSY,
            Some("CONGESTION") => RES_CONGESTION,
            Some(_) | None => RES_FAILED,
        },
        Some(_) => RES_FAILED,
    }
}

/// Said of a call that its Asterisk never heard of.
pub const UNREACHED: &str = "The call never reached Asterisk: it was not connected";

/// True where an Originate was refused for a reason that is not the number's: nobody's phone can have rung, and the next
/// number would fare the same.
pub fn is_servers_fault(message: &str) -> bool {
    ["Permission denied", "shutting down", "Extension does not exist", "not connected"]
        .iter()
        .any(|text| message.contains(text))
}

/// The words for what a call came to.
pub fn detail(verdict: &Verdict) -> &'static str {
    match (verdict.outcome, verdict.res_dial) {
        (Outcome::Unknown, RES_ANSWER) => "Answered; what became of it was not seen",
        (Outcome::Unknown, _) => "Ended unseen: Asterisk no longer has the call",
        (_, res_dial) => res_dial_text(res_dial),
    }
}

/// The words for a `ResDial`.
pub fn res_dial_text(res_dial: u16) -> &'static str {
    match res_dial {
        RES_RINGING => "No answer",
        RES_ANSWER => "Answered",
        RES_BUSY => "Busy",
        RES_CONGESTION => "Congestion",
        _ => "Failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(reason: u16, cause: u16) -> Observed<'static> {
        Observed { originated: Some((false, reason)), cause: Some(cause), ..Observed::default() }
    }

    #[test]
    fn every_failure_of_the_captures_has_its_outcome() {
        // (Reason, Cause, DialStatus) -> (ResDial, outcome); the names are those of the captures.
        let table = [
            ("A20 Busy() of a Local leg", 5, 0, Some("BUSY"), 5, Outcome::Busy),
            ("A21 busy by cause", 0, 17, Some("BUSY"), 5, Outcome::Busy),
            ("A22 Congestion() of a Local leg", 8, 0, Some("CONGESTION"), 8, Outcome::Congestion),
            ("A23 27 destination out of order", 0, 27, Some("NOANSWER"), 0, Outcome::Failed),
            ("A23 34 no circuit", 0, 34, Some("CONGESTION"), 8, Outcome::Congestion),
            ("A23 38 network out of order", 0, 38, Some("CONGESTION"), 8, Outcome::Congestion),
            ("A23 41 temporary failure", 0, 41, Some("CONGESTION"), 8, Outcome::Congestion),
            ("A24 timeout", 3, 19, None, 3, Outcome::NoAnswer),
            ("A26 1 unallocated", 0, 1, Some("NOANSWER"), 0, Outcome::Failed),
            ("A26 28 invalid number", 0, 28, Some("NOANSWER"), 0, Outcome::Failed),
            ("A26 3 no route", 0, 3, Some("CHANUNAVAIL"), 0, Outcome::Failed),
            ("A27 declined while ringing", 0, 16, Some("NOANSWER"), 0, Outcome::Failed),
            ("A28 network gave up", 0, 19, Some("NOANSWER"), 3, Outcome::NoAnswer),
            ("A29 rejected", 0, 21, Some("NOANSWER"), 0, Outcome::Failed),
            ("A30 no such extension", 0, 0, None, 0, Outcome::Failed),
            ("B10 486", 0, 17, Some("BUSY"), 5, Outcome::Busy),
            ("B11 404", 0, 1, Some("NOANSWER"), 0, Outcome::Failed),
            ("B12 480", 0, 19, Some("NOANSWER"), 3, Outcome::NoAnswer),
            ("B13 503", 0, 34, Some("CONGESTION"), 8, Outcome::Congestion),
            ("B15 603", 0, 21, Some("NOANSWER"), 0, Outcome::Failed),
            ("B23 silent carrier", 0, 18, Some("NOANSWER"), 3, Outcome::NoAnswer),
            ("B34 no RTP port", 0, 0, None, 0, Outcome::Failed),
            ("cause 42 switch congestion", 0, 42, None, 8, Outcome::Congestion),
            ("cause 44 channel not available", 0, 44, None, 8, Outcome::Congestion),
            ("Local leg, the Reason was lost", 0, 0, Some("BUSY"), 5, Outcome::Busy),
        ];
        for (name, reason, cause, dial_status, res_dial, outcome) in table {
            let verdict = judge(&Observed { dial_status, ..failed(reason, cause) });
            assert_eq!(verdict, Verdict { outcome, res_dial, counts: true, done: false }, "{name}");
        }
    }

    #[test]
    fn without_a_channel_there_is_only_the_response() {
        // B26 unknown endpoint, B27 no contact, A32 unknown technology: OriginateResponse Failure 0, no more.
        let seen = Observed { originated: Some((false, 0)), ..Observed::default() };
        assert_eq!(judge(&seen).outcome, Outcome::Failed);
    }

    #[test]
    fn an_answer_is_done_whatever_became_of_it() {
        let up = Observed { originated: Some((true, 4)), cause: Some(16), ..Observed::default() };
        let table = [
            ("to a destination", up, Outcome::Answered),
            ("an agent talked", Observed { for_queue: true, connected: true, ..up }, Outcome::Answered),
            ("nobody took it", Observed { for_queue: true, ..up }, Outcome::Abandoned),
            ("a machine", Observed { for_queue: true, stopped_by_amd: true, ..up }, Outcome::Machine),
            (
                "hung up while detected",
                Observed { for_queue: true, hung_up_in_amd: true, ..up },
                Outcome::Answered,
            ),
            (
                "left by himself before an agent had to be there",
                Observed { for_queue: true, left_early: true, ..up },
                Outcome::Answered,
            ),
            (
                "an agent came late",
                Observed { for_queue: true, connected: true, late: true, ..up },
                Outcome::Answered,
            ),
            (
                "OriginateResponse was lost",
                Observed { originated: None, dial_status: Some("ANSWER"), ..up },
                Outcome::Answered,
            ),
            (
                "its end was lost behind the queue's",
                Observed { cause: None, for_queue: true, left: true, ..up },
                Outcome::Abandoned,
            ),
            ("what became of it was lost", Observed { cause: None, for_queue: true, ..up }, Outcome::Unknown),
            ("its end was lost at a destination", Observed { cause: None, ..up }, Outcome::Answered),
            (
                "only the queue was seen",
                Observed { originated: None, handed_on: true, for_queue: true, ..up },
                Outcome::Abandoned,
            ),
        ];
        for (name, seen, outcome) in table {
            assert_eq!(judge(&seen), Verdict { outcome, res_dial: 4, counts: true, done: true }, "{name}");
        }
    }

    #[test]
    fn what_counts_for_the_budget_of_abandoned_calls() {
        let up =
            Observed { originated: Some((true, 4)), cause: Some(16), for_queue: true, ..Observed::default() };
        // (answered, by a person, abandoned, late)
        let table = [
            ("an agent talked", Observed { connected: true, ..up }, (1, 1, 0, 0)),
            ("an agent came late", Observed { connected: true, late: true, ..up }, (1, 1, 0, 1)),
            ("nobody came", up, (1, 1, 1, 0)),
            ("left early", Observed { left_early: true, ..up }, (1, 1, 0, 0)),
            ("a machine", Observed { stopped_by_amd: true, ..up }, (1, 0, 0, 0)),
            ("hung up while detected", Observed { hung_up_in_amd: true, ..up }, (1, 0, 0, 0)),
            ("to a destination", Observed { for_queue: false, ..up }, (0, 0, 0, 0)),
            ("busy", Observed { for_queue: true, ..failed(0, 17) }, (0, 0, 0, 0)),
            (
                "refused",
                Observed { refused: Some("x"), for_queue: true, ..Observed::default() },
                (0, 0, 0, 0),
            ),
            ("unseen", Observed { for_queue: true, ..Observed::default() }, (0, 0, 0, 0)),
            ("answered, then unseen", Observed { cause: None, ..up }, (0, 0, 0, 0)),
        ];
        for (name, seen, (answered_all, answered_persons, abandoned, late)) in table {
            let expected = Counts { answered_all, answered_persons, abandoned, late };
            assert_eq!(counts(&seen), expected, "{name}");
        }
    }

    #[test]
    fn a_refusal_counts_only_where_the_number_is_at_fault() {
        let refused = |message| judge(&Observed { refused: Some(message), ..Observed::default() });
        assert!(refused("Invalid channel").counts);
        assert!(!refused("Permission denied").counts);
        assert!(!refused("Extension does not exist.").counts);
        assert!(!refused("Asterisk is shutting down").counts);
        assert!(!refused(UNREACHED).counts);
    }

    #[test]
    fn a_customer_who_was_not_called_has_no_try_counted() {
        let verdict = judge(&Observed { no_agent: true, for_queue: true, ..Observed::default() });
        assert_eq!(verdict, Verdict { outcome: Outcome::NoAgent, res_dial: 0, counts: false, done: false });
    }

    #[test]
    fn a_call_of_which_nothing_was_seen_is_unknown_and_counts() {
        let verdict = judge(&Observed::default());
        assert_eq!(verdict.outcome, Outcome::Unknown);
        assert!(verdict.counts && !verdict.done);
    }
}
