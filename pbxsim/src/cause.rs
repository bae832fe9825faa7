//! Why a call ends: Q.850 causes, their texts, and what a SIP trunk and a dial make of them.
//!
//! The tables are what Asterisk 22 was observed to do.

/// The text that Asterisk gives with a cause.
pub(crate) fn text(cause: u16) -> &'static str {
    match cause {
        1 => "Unallocated (unassigned) number",
        3 => "No route to destination",
        16 => "Normal Clearing",
        17 => "User busy",
        18 => "No user responding",
        19 => "User alerting, no answer",
        20 => "Subscriber absent",
        21 => "Call Rejected",
        27 => "Destination out of order",
        28 => "Invalid number format",
        34 => "Circuit/channel congestion",
        38 => "Network out of order",
        41 => "Temporary failure",
        127 => "Interworking, unspecified",
        _ => "Unknown",
    }
}

/// `DialStatus` of a dial that the other side ends with this cause.
pub(crate) fn dial_status(cause: u16) -> &'static str {
    match cause {
        17 => "BUSY",
        34 => "CONGESTION",
        3 => "CHANUNAVAIL",
        _ => "NOANSWER",
    }
}

/// The SIP response with which a trunk refuses for this cause.
pub(crate) fn sip_refusal(cause: u16) -> u16 {
    match cause {
        1 => 404,
        3 => 420,
        17 => 486,
        18 => 408,
        21 => 603,
        27 => 502,
        28 => 484,
        34 => 503,
        38 => 500,
        41 => 409,
        _ => 480,
    }
}

/// The `TechCause` of a hangup that we ask for while a call rings or talks; a normal clearing has none.
pub(crate) fn own_tech_cause(cause: u16) -> Option<u16> {
    match cause {
        0 | 16 => None,
        17 => Some(486),
        19 => Some(480),
        21 => Some(403),
        other => Some(sip_refusal(other)),
    }
}
