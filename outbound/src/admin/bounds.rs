//! How far the numbers may go that users set. Each range holds its ends.

use std::ops::RangeInclusive;

/// How long a callee may ring, in milliseconds.
pub const DIAL_TIMEOUT_MS: RangeInclusive<i64> = 1_000..=600_000;
/// Rest between two tries of one lead, in milliseconds: up to 30 days.
pub const RETRY_DELAY_MS: RangeInclusive<i64> = 0..=2_592_000_000;
/// Tries of one number.
pub const MAX_TRIES: RangeInclusive<i64> = 0..=1_000;
/// Calls over (or, below 0, under) the number of available agents.
pub const SERVICE_LEVEL: RangeInclusive<i64> = -1_000..=1_000;
/// Priority of a destination in the dialplan.
pub const PRIORITY: RangeInclusive<i64> = 1..=9_999;
/// Leads in one list answer. A client's send buffer holds these with room to spare.
pub const LEADS_SHOWN: RangeInclusive<i64> = 1..=2_000;
/// Octets of an application's data: they stand in one line to Asterisk, which reads 1,024.
pub const DATA_OCTETS: usize = 900;
/// Channel variables of one row. A call takes those of four rows, and Asterisk reads 128 headers of an action.
pub const VARIABLES: usize = 24;
/// Octets of one `name=value` once it is quoted. Asterisk reads 1,024 octets of a line, and an Originate adds to this
/// `Variable: __` and two quotes.
pub const VARIABLE_OCTETS: usize = 980;
