//! `CoreSettings`, which client libraries ask for at the start to learn with whom they talk. The headers and their order
//! are those of Asterisk 22 (transcript C20).

use ami::Message;
use ami::class::{Class, ClassSet};
use ami::server::Command;

/// For ListCommands, in Asterisk's words.
pub(super) const COMMAND: Command =
    Command { name: "CoreSettings", synopsis: "Show PBX core settings (version etc)." };
/// Asterisk's, and the one that our own actions need.
pub(super) const CLASSES: ClassSet = ClassSet::of(&[Class::System, Class::Reporting, Class::Command]);

/// A number first, because clients that look for features of Asterisk's generations read one, then our name.
const VERSION: &str = concat!("22.0.0-outbound-", env!("CARGO_PKG_VERSION"));

pub(super) fn is_named(action: &str) -> bool {
    action.eq_ignore_ascii_case(COMMAND.name)
}

pub(super) fn response() -> Message {
    let mut response = Message::response("Success");
    let settings = [
        ("AMIversion", "11.0.0"),
        ("AsteriskVersion", VERSION),
        ("SystemName", "outbound"),
        ("CoreMaxCalls", "0"),
        ("CoreMaxLoadAvg", "0.000000"),
        ("CoreRunUser", ""),
        ("CoreRunGroup", ""),
        ("CoreMaxFilehandles", "0"),
        ("CoreRealTimeEnabled", "No"),
        ("CoreCDRenabled", "No"),
        ("CoreHTTPenabled", "No"),
        ("SoundsSearchCustomDir", "No"),
    ];
    for (name, value) in settings {
        response.push_lossy(name, value);
    }
    response
}
