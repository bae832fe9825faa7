//! The last steps in words, for who looks at a violation. Nothing is written where nobody looks.

use std::collections::VecDeque;

use uuid::Uuid;

use super::seconds;

/// The last steps, so many.
#[derive(Debug, Default)]
pub(super) struct Trace {
    lines: VecDeque<String>,
    most: usize,
}

impl Trace {
    pub(super) fn new(most: usize) -> Self {
        Self { lines: VecDeque::new(), most }
    }

    pub(super) fn note(&mut self, now: u64, line: impl FnOnce() -> String) {
        if self.most == 0 {
            return;
        }
        if self.lines.len() >= self.most {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:>14}  {}", seconds(now), line()));
    }

    pub(super) fn lines(self) -> Vec<String> {
        self.lines.into()
    }
}

/// A uuid of this world, short: what it names, and its number.
pub(super) fn short(uuid: Uuid) -> String {
    let text = uuid.to_string();
    let kind = match &text[..4] {
        "d1a1" => "dialing",
        "1ead" => "lead",
        "00a1" => "plan",
        "0011" => "list",
        "00ca" => "campaign",
        _ => return text,
    };
    // The store's number stands at the end of a dialing's uuid.
    let number = if kind == "dialing" { uuid.as_u128() >> 80 } else { uuid.as_u128() };
    format!("{kind} {}", number & 0xffff_ffff)
}
