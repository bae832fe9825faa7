//! Names of the headers that are numbered 1 to 8, one for each number of a lead.

use engine::model::NUMBERS;

/// How often each number may be tried, as the first document has it.
pub(super) const MAX_RETRY_CNT: [&str; NUMBERS] = [
    "MaxRetryCnt1",
    "MaxRetryCnt2",
    "MaxRetryCnt3",
    "MaxRetryCnt4",
    "MaxRetryCnt5",
    "MaxRetryCnt6",
    "MaxRetryCnt7",
    "MaxRetryCnt8",
];

/// The same, as later clients write it.
pub(super) const MAX_RETRY: [&str; NUMBERS] =
    ["MaxRetry1", "MaxRetry2", "MaxRetry3", "MaxRetry4", "MaxRetry5", "MaxRetry6", "MaxRetry7", "MaxRetry8"];

/// A lead's numbers.
pub(super) const NUMBER: [&str; NUMBERS] =
    ["Number1", "Number2", "Number3", "Number4", "Number5", "Number6", "Number7", "Number8"];

/// Tries of each so far.
pub(super) const TRY_CNT: [&str; NUMBERS] =
    ["TryCnt1", "TryCnt2", "TryCnt3", "TryCnt4", "TryCnt5", "TryCnt6", "TryCnt7", "TryCnt8"];
