//! What went wrong between the daemon and us, in words and as an exit code.

use std::fmt;

use serde_json::Value;

/// Exit codes of the commands that talk to a daemon; 0 is done.
pub(in crate::cli) mod code {
    /// It failed.
    pub(in crate::cli) const FAILED: u8 = 1;
    /// A value or an option is not what it should be.
    pub(in crate::cli) const USAGE: u8 = 2;
    /// There is nothing of that name.
    pub(in crate::cli) const NOT_FOUND: u8 = 4;
    /// The daemon refuses it as things stand.
    pub(in crate::cli) const REFUSED: u8 = 5;
    /// The daemon cannot be reached.
    pub(in crate::cli) const AWAY: u8 = 6;
    /// The token does not allow it.
    pub(in crate::cli) const NOT_ALLOWED: u8 = 7;
}

/// See the module.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct Failure {
    pub(in crate::cli) code: u8,
    pub(in crate::cli) text: String,
}

impl Failure {
    pub(in crate::cli) fn new(code: u8, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// Of an answer, which has problem details.
    pub(super) fn of(status: u16, problem: &Value) -> Self {
        let code = match status {
            400 | 413 | 415 | 422 => code::USAGE,
            401 | 403 => code::NOT_ALLOWED,
            404 => code::NOT_FOUND,
            409 | 412 | 429 => code::REFUSED,
            503 => code::AWAY,
            _ => code::FAILED,
        };
        let detail = problem["detail"].as_str();
        let mut text =
            detail.map_or_else(|| format!("the daemon answers with status {status}"), str::to_owned);
        if status == 401 {
            text = "the token is not good: run this as the daemon's user, or give --token or OUTBOUND_TOKEN"
                .to_owned();
        }
        Self { code, text }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_answer_has_its_code_and_the_words_of_the_daemon() {
        let problem = json!({"detail": "weight: a whole number from 1 to 100 expected"});
        for (status, code) in [(422, 2), (404, 4), (409, 5), (412, 5), (503, 6), (403, 7), (500, 1)] {
            let failure = Failure::of(status, &problem);
            assert_eq!((failure.code, failure.text.as_str()), (code, problem["detail"].as_str().unwrap()));
        }
        assert!(Failure::of(401, &problem).text.contains("OUTBOUND_TOKEN"));
        assert_eq!(Failure::of(502, &Value::Null).text, "the daemon answers with status 502");
    }
}
