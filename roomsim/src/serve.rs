//! The dialer's side of the protocol over lines of JSON, so that any room can drive our pacing.

use std::io::{self, BufRead, Write};

use crate::policy::Policy;
use crate::protocol::{Message, VERSION};

/// Why serving ended early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A line that is no message.
    #[error("line {line}: {error}")]
    Malformed {
        /// From 1.
        line: u64,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// A message at a place where it has no meaning.
    #[error("line {line}: {what}")]
    OutOfPlace {
        /// From 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Answers each step with a line, until the input ends. Empty lines are skipped. Days may follow each other; a `start` without an
/// `end` before it ends the day, too.
///
/// # Errors
/// At the first line that is not understood.
pub fn serve(input: impl BufRead, mut output: impl Write, policy: &mut dyn Policy) -> Result<(), ServeError> {
    let mut in_a_day = false;
    for (line, text) in (1..).zip(input.lines()) {
        let text = text?;
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&text).map_err(|error| ServeError::Malformed { line, error })? {
            Message::Start(start) if start.protocol != VERSION => {
                let what = format!("protocol {} is not spoken here, but {VERSION}", start.protocol);
                return Err(ServeError::OutOfPlace { line, what });
            }
            Message::Start(start) => {
                policy.start(&start)?;
                in_a_day = true;
            }
            Message::Step(_) | Message::End(_) if !in_a_day => {
                return Err(ServeError::OutOfPlace { line, what: "no day has started".to_owned() });
            }
            Message::Step(step) => {
                serde_json::to_writer(&mut output, &policy.step(&step)?).map_err(io::Error::from)?;
                output.write_all(b"\n")?;
                output.flush()?;
            }
            Message::End(end) => {
                policy.end(&end)?;
                in_a_day = false;
            }
        }
    }
    Ok(())
}
