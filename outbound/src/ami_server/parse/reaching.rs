//! Values that reach Asterisk: what may stand in them beyond the rules of their types.
//!
//! Asterisk 22.10 expands nothing that comes by Originate (measured: `Data`, `CallerID` and values of variables arrive as they
//! are), but a dialplan that runs such a value through `EVAL` or into a shell would. So what Asterisk could expand is
//! taken only where it is meant to be, and only from those who may do as they like with that Asterisk anyway.

use ami::Message;
use engine::value::{CallerId, InvalidValue, Name, Text};

use crate::admin::{Refusal, bounds, expands};

/// The headers that are meant for Asterisk to expand.
const MEANT: [&str; 2] = ["Data", "Variable"];
/// Parts of the names of applications that run programs or other applications, or do harm to the Asterisk. It asks for
/// class `system` itself where an Originate names one (asterisk/asterisk pull request 834), but our account there has it.
const PROGRAMS: [&str; 8] =
    ["agi", "dbdeltree", "exec", "externalivr", "mixmonitor", "originate", "reload", "system"];
/// `Queue` runs its sixth argument as an AGI program.
const QUEUE_AGI: usize = 5;
/// Headers that Asterisk itself writes into an INVITE; a second one would change or break the call. RFC 3261 has a short
/// form of one letter for many of them.
const OWN_SIP_HEADERS: [&str; 27] = [
    "Allow",
    "Allow-Events",
    "Authorization",
    "CSeq",
    "Call-ID",
    "Contact",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Expires",
    "From",
    "Max-Forwards",
    "Min-SE",
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Privacy",
    "Proxy-Authorization",
    "Proxy-Require",
    "Record-Route",
    "Remote-Party-ID",
    "Require",
    "Route",
    "Session-Expires",
    "Supported",
    "To",
    "Via",
];

/// Refuses what needs write class `system`: expansions, and applications that run programs.
pub(crate) fn check_rights(action: &Message, may_write_system: bool) -> Result<(), Refusal> {
    if may_write_system {
        return Ok(());
    }
    if let Some(header) = MEANT.into_iter().find(|header| action.all(header).any(expands)) {
        return Err(Refusal::invalid(
            header,
            "a value without ${ and $[ (with them it needs write class system)",
        ));
    }
    let application = action.text("Application").to_ascii_lowercase();
    if PROGRAMS.iter().any(|program| application.contains(program)) {
        let expected = "an application that runs no programs (this one needs write class system)";
        return Err(Refusal::invalid("Application", expected));
    }
    check_queue(action, &application)
}

/// An update may name the application and its data one by one, so each of the two is looked at as if the other were as bad
/// as it can be. Commas that Asterisk would not count make this too strict, never too lax.
fn check_queue(action: &Message, application: &str) -> Result<(), Refusal> {
    let is_queue = application.contains("queue");
    let runs_agi = action.text("Data").split(',').skip(QUEUE_AGI).any(|argument| !argument.trim().is_empty());
    if is_queue && action.get("Data").is_none() {
        return Err(Refusal::invalid("Data", "with Application Queue, its Data in the same action"));
    }
    if runs_agi && (is_queue || application.is_empty()) {
        let expected = "at most five arguments, or an Application other than Queue in the same action (the AGI of a queue \
                        needs write class system)";
        return Err(Refusal::invalid("Data", expected));
    }
    Ok(())
}

/// What a callee sees. At most 80 characters are 320 octets, so its line is never too long.
pub(super) fn caller_id(text: &str) -> Result<CallerId, InvalidValue> {
    if expands(text) {
        return Err(InvalidValue::new("a caller id without ${ and $["));
    }
    CallerId::parse(text)
}

/// An application's arguments: one line to Asterisk.
pub(super) fn data(text: &str) -> Result<Text, InvalidValue> {
    if text.len() > bounds::DATA_OCTETS {
        return Err(InvalidValue::new("text of at most 900 octets"));
    }
    Text::parse(text)
}

/// The name of a SIP header that is nobody else's.
pub(super) fn sip_header(text: &str) -> Result<Name, InvalidValue> {
    let own = text.len() == 1 || OWN_SIP_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(text));
    if own || text.contains('#') {
        return Err(InvalidValue::new(
            "a SIP header that Asterisk does not write itself, such as X-UUI or User-to-User,",
        ));
    }
    Name::parse(text)
}
