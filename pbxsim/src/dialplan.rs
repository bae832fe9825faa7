//! The dialplan: what `extensions.conf` of the simulated PBX holds, and what `DialplanExtensionAdd` adds to it.
//!
//! A reload wipes what was added. How a line is run is in `run`.

use std::collections::BTreeMap;

/// One priority of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) app: String,
    pub(crate) data: String,
}

type Extensions = BTreeMap<String, BTreeMap<u32, Line>>;

/// All contexts.
#[derive(Debug)]
pub(crate) struct Dialplan {
    contexts: BTreeMap<String, Extensions>,
}

/// Why an extension was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAdded {
    #[error("That extension and priority already exist at that context")]
    Exists,
}

/// Applications and their data, from priority 1 on.
type Lines = &'static [(&'static str, &'static str)];

/// The contexts that are there from the start: where answered calls can go without `DialplanExtensionAdd`.
const STATIC: &[(&str, &str, Lines)] = &[
    ("dialer", "talk", &[("NoOp", "call ${CALLREF} answered"), ("Wait", "60"), ("Hangup", "16")]),
    ("dialer", "brief", &[("Wait", "1"), ("Hangup", "16")]),
    (
        "dialer",
        "_q-.",
        &[("Queue", "${EXTEN:2},,,,20"), ("NoOp", "queuestatus=${QUEUESTATUS}"), ("Hangup", "")],
    ),
    (
        "dialer",
        "amd",
        &[
            ("AMD", ""),
            ("UserEvent", "DialerAMD,CallRef: ${CALLREF},Status: ${AMDSTATUS},Cause: ${AMDCAUSE}"),
            ("Wait", "1"),
            ("Hangup", "16"),
        ],
    ),
    (
        "dialer",
        "amdshort",
        &[
            ("AMD", "2500,1500,800,1500"),
            ("UserEvent", "DialerAMD,CallRef: ${CALLREF},Status: ${AMDSTATUS},Cause: ${AMDCAUSE}"),
            ("Wait", "1"),
            ("Hangup", "16"),
        ],
    ),
    ("dialer", "h", &[("NoOp", "hangupcause=${HANGUPCAUSE}")]),
    ("rate", "s", &[("Hangup", "16")]),
    ("rate", "hold", &[("Wait", "1"), ("Hangup", "16")]),
];

impl Dialplan {
    pub(crate) fn new() -> Self {
        let mut plan = Self { contexts: BTreeMap::new() };
        for (context, exten, lines) in STATIC {
            for (priority, (app, data)) in (1..).zip(*lines) {
                let line = Line { app: (*app).to_owned(), data: (*data).to_owned() };
                plan.priorities(context, exten).insert(priority, line);
            }
        }
        plan
    }

    fn priorities(&mut self, context: &str, exten: &str) -> &mut BTreeMap<u32, Line> {
        self.contexts.entry(context.to_owned()).or_default().entry(exten.to_owned()).or_default()
    }

    pub(crate) fn add(
        &mut self,
        (context, exten, priority): (&str, &str, u32),
        (app, data): (&str, &str),
        replace: bool,
    ) -> Result<(), NotAdded> {
        let priorities = self.priorities(context, exten);
        if priorities.contains_key(&priority) && !replace {
            return Err(NotAdded::Exists);
        }
        priorities.insert(priority, Line { app: app.to_owned(), data: data.to_owned() });
        Ok(())
    }

    /// Removes one priority, or all of the extension; false when there is none.
    pub(crate) fn remove(&mut self, context: &str, exten: &str, priority: Option<u32>) -> bool {
        let Some(extensions) = self.contexts.get_mut(context) else { return false };
        let Some(priority) = priority else { return extensions.remove(exten).is_some() };
        let Some(priorities) = extensions.get_mut(exten) else { return false };
        let removed = priorities.remove(&priority).is_some();
        if priorities.is_empty() {
            extensions.remove(exten);
        }
        removed
    }

    /// Drops all that was added since the start, as a reload does.
    pub(crate) fn reload(&mut self) {
        *self = Self::new();
    }

    /// The line at a place; an extension of that very name goes before a pattern.
    pub(crate) fn line(&self, context: &str, exten: &str, priority: u32) -> Option<&Line> {
        let extensions = self.contexts.get(context)?;
        if let Some(priorities) = extensions.get(exten) {
            return priorities.get(&priority);
        }
        let matching = extensions.iter().filter(|(pattern, _)| matches(pattern, exten));
        matching.filter_map(|(_, priorities)| priorities.get(&priority)).next()
    }
}

/// Whether an extension fits a pattern such as `_10X.`.
fn matches(pattern: &str, exten: &str) -> bool {
    let Some(mut pattern) = pattern.strip_prefix('_').map(str::chars) else { return false };
    let mut exten = exten.chars();
    loop {
        let (expected, rest) = (pattern.next(), exten.clone().next());
        let fits = match (expected, rest) {
            (None, None) | (Some('!'), _) => return true,
            (Some('.'), rest) => return rest.is_some(),
            (Some('X' | 'x'), Some(c)) => c.is_ascii_digit(),
            (Some('Z' | 'z'), Some(c)) => ('1'..='9').contains(&c),
            (Some('N' | 'n'), Some(c)) => ('2'..='9').contains(&c),
            (Some('['), Some(c)) => {
                let class: String = pattern.by_ref().take_while(|p| *p != ']').collect();
                class.contains(c)
            }
            (Some(p), Some(c)) => p == c,
            (None, Some(_)) | (Some(_), None) => false,
        };
        if !fits {
            return false;
        }
        exten.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_wipes_what_was_added_and_keeps_the_rest() {
        let mut plan = Dialplan::new();
        plan.add(("res", "a", 1), ("NoOp", ""), false).unwrap();
        assert_eq!(plan.add(("res", "a", 1), ("NoOp", ""), false), Err(NotAdded::Exists));
        plan.add(("res", "a", 1), ("Wait", "1"), true).unwrap();
        assert_eq!(plan.line("res", "a", 1).unwrap().app, "Wait");
        plan.reload();
        assert_eq!(plan.line("res", "a", 1), None);
        assert_eq!(plan.line("dialer", "talk", 2).unwrap().app, "Wait");
    }

    #[test]
    fn patterns_match_as_in_asterisk() {
        for (pattern, exten, fits) in [
            ("_10X.", "1012", true),
            ("_10X.", "101", false),
            ("_q-.", "q-sales", true),
            ("_Z[12]", "32", true),
        ] {
            assert_eq!(matches(pattern, exten), fits, "{pattern} {exten}");
        }
    }
}
