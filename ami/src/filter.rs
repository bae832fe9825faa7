//! Which events a session wants: the filters of Asterisk 22's `Action: Filter`.
//!
//! Without criteria a filter is a regular expression over the whole block (`!` in front: exclude). With criteria it
//! looks at the event's name and at one header. One include that matches is enough; an exclude that matches forbids.
//! Regular expressions are those of the `regex` crate, close enough to POSIX for what dialers write.

use regex::bytes::{Regex, RegexBuilder};

use crate::Message;

/// Filters that one session may have.
const MAX_FILTERS: usize = 256;
/// Octets that a compiled expression may take.
const MAX_REGEX_SIZE: usize = 1 << 20;

/// Why a filter was refused; the texts are Asterisk's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Criteria and text do not fit together, or a word in the criteria is unknown.
    #[error("Filter was formatted incorrectly.  Check the syntax of the filter given.")]
    Format,
    /// The regular expression is none.
    #[error("Filter did not compile.  Check the syntax of the filter given.")]
    Compile,
    /// The session has enough filters (our own limit).
    #[error("Too many filters on this session")]
    TooMany,
}

/// The filters of one session.
#[derive(Debug, Default)]
pub struct Filters {
    includes: Vec<EventFilter>,
    excludes: Vec<EventFilter>,
}

impl Filters {
    /// Adds a filter: the values of `MatchCriteria` and of `Filter`, either may be empty.
    ///
    /// # Errors
    /// [`FilterError`], with Asterisk's text as its display.
    pub fn add(&mut self, criteria: &str, text: &str) -> Result<(), FilterError> {
        if self.includes.len() + self.excludes.len() >= MAX_FILTERS {
            return Err(FilterError::TooMany);
        }
        let (filter, exclude) = EventFilter::parse(criteria, text)?;
        if exclude {
            self.excludes.push(filter)
        } else {
            self.includes.push(filter)
        }
        Ok(())
    }

    /// Whether an event passes; `block` is its encoded form.
    pub fn pass(&self, event: &Message, block: &[u8]) -> bool {
        let included = self.includes.is_empty() || self.includes.iter().any(|f| f.matches(event, block));
        included && !self.excludes.iter().any(|filter| filter.matches(event, block))
    }
}

#[derive(Debug)]
struct EventFilter {
    event: Option<String>,
    header: Option<String>,
    test: Test,
}

/// What is asked of the header, or of the whole block.
#[derive(Debug)]
enum Test {
    Nothing,
    Regex(Regex),
    Exact(Vec<u8>),
    StartsWith(Vec<u8>),
    EndsWith(Vec<u8>),
    Contains(Vec<u8>),
}

/// What the criteria said.
#[derive(Default)]
struct Criteria<'a> {
    exclude: Option<bool>,
    event: Option<&'a str>,
    header: Option<&'a str>,
    method: Option<&'a str>,
}

impl EventFilter {
    /// The filter, and whether it excludes.
    fn parse(criteria: &str, text: &str) -> Result<(Self, bool), FilterError> {
        let (text, marked) = text.strip_prefix('!').map_or((text, false), |rest| (rest, true));
        if criteria.is_empty() {
            if text.is_empty() {
                return Err(FilterError::Format);
            }
            return Ok((Self { event: None, header: None, test: Test::regex(text)? }, marked));
        }
        let found = Criteria::parse(criteria)?;
        let method = found.method.unwrap_or("none");
        let no_test = method == "none";
        if text.is_empty() != no_test || (no_test && found.event.is_none() && found.header.is_none()) {
            return Err(FilterError::Format);
        }
        let test = Test::parse(method, text)?;
        let header = found.header.map(|name| name.trim_end_matches(':').to_owned());
        let filter = Self { event: found.event.map(str::to_owned), header, test };
        Ok((filter, found.exclude.unwrap_or(marked)))
    }

    fn matches(&self, event: &Message, block: &[u8]) -> bool {
        if self.event.as_deref().is_some_and(|name| event.event_name() != Some(name)) {
            return false;
        }
        match &self.header {
            Some(name) => event.all(name).any(|value| !value.is_empty() && self.test.holds(value.as_bytes())),
            None => self.test.holds(block),
        }
    }
}

impl<'a> Criteria<'a> {
    /// Asterisk cuts at blanks, commas and closing brackets; of a word that comes twice the last one counts.
    fn parse(text: &'a str) -> Result<Self, FilterError> {
        let mut found = Self::default();
        for option in text.split([' ', ',', ')']).filter(|option| !option.is_empty()) {
            let (word, value) = option.split_once('(').ok_or(FilterError::Format)?;
            match (word, value) {
                (_, "") => return Err(FilterError::Format),
                ("action", "include") => found.exclude = Some(false),
                ("action", "exclude") => found.exclude = Some(true),
                ("name", name) => found.event = Some(name),
                ("header", name) => found.header = Some(name),
                ("method", name) => found.method = Some(name),
                _ => return Err(FilterError::Format),
            }
        }
        Ok(found)
    }
}

impl Test {
    fn parse(method: &str, text: &str) -> Result<Self, FilterError> {
        let octets = text.as_bytes().to_vec();
        match method {
            "none" => Ok(Self::Nothing),
            "regex" => Self::regex(text),
            "exact" => Ok(Self::Exact(octets)),
            "starts_with" => Ok(Self::StartsWith(octets)),
            "ends_with" => Ok(Self::EndsWith(octets)),
            "contains" => Ok(Self::Contains(octets)),
            _ => Err(FilterError::Format),
        }
    }

    fn regex(text: &str) -> Result<Self, FilterError> {
        // As POSIX has it, a dot matches a line end too.
        let built = RegexBuilder::new(text).dot_matches_new_line(true).size_limit(MAX_REGEX_SIZE).build();
        built.map(Self::Regex).map_err(|_| FilterError::Compile)
    }

    fn holds(&self, octets: &[u8]) -> bool {
        match self {
            Self::Nothing => true,
            Self::Regex(regex) => regex.is_match(octets),
            Self::Exact(wanted) => octets == wanted,
            Self::StartsWith(wanted) => octets.starts_with(wanted),
            Self::EndsWith(wanted) => octets.ends_with(wanted),
            Self::Contains(wanted) => memchr::memmem::find(octets, wanted).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(list: &[(&str, &str)]) -> Filters {
        let mut filters = Filters::default();
        for (criteria, text) in list {
            filters.add(criteria, text).unwrap();
        }
        filters
    }

    fn passes(filters: &Filters, event: &'static str, channel: Option<&str>) -> bool {
        let mut message = Message::event(event).with("Privilege", "call,all").unwrap();
        if let Some(channel) = channel {
            message.push("Channel", channel).unwrap();
        }
        let mut block = Vec::new();
        message.encode(&mut block);
        filters.pass(&message, &block)
    }

    #[test]
    fn one_include_is_enough() {
        let list = [("action(include),name(OriginateResponse)", ""), ("name(Hangup)", "")];
        let filters = filters(&list);
        assert!(passes(&filters, "OriginateResponse", None));
        assert!(passes(&filters, "Hangup", None));
        assert!(!passes(&filters, "HangupRequest", None));
    }

    #[test]
    fn a_filter_without_criteria_is_an_expression_over_the_block() {
        assert!(passes(&filters(&[("", "Event: Hangup")]), "HangupRequest", None));
        let excluding = filters(&[("", "!Event: (VarSet|Newexten)")]);
        assert!(!passes(&excluding, "VarSet", None));
        assert!(passes(&excluding, "Hangup", None));
    }

    #[test]
    fn an_exclude_by_header_lets_events_without_the_header_pass() {
        let filters = filters(&[("action(exclude),header(Channel),method(ends_with)", ";2")]);
        assert!(!passes(&filters, "Newstate", Some("Local/1@pstn-00000001;2")));
        assert!(passes(&filters, "Newstate", Some("Local/1@pstn-00000001;1")));
        assert!(passes(&filters, "DialEnd", None));
    }

    #[test]
    fn excludes_take_away_from_what_the_includes_let_pass() {
        let filters = filters(&[("name(Hangup)", ""), ("header(Channel),method(contains)", "!@agents")]);
        assert!(passes(&filters, "Hangup", Some("Local/1@pstn")));
        assert!(!passes(&filters, "Hangup", Some("Local/1@agents-1")));
        assert!(!passes(&filters, "Newstate", Some("Local/1@pstn")));
    }

    /// What Asterisk answered in the transcript D34 is tested against the server; these are its rules in short.
    #[test]
    fn a_filter_that_makes_no_sense_is_refused() {
        let refused = |criteria, text| Filters::default().add(criteria, text);
        for (criteria, text) in [
            ("", ""),
            ("name(Hangup),header(Channel),method(endsWith)", ";1"),
            ("name(Hangup),ends_with", ";1"),
            ("name(Hangup),nonsense(1)", "x"),
            ("action(drop),name(Hangup)", ""),
            ("name(Hangup)", "x"),
            ("name(Hangup),method(regex)", ""),
            ("action(include)", ""),
        ] {
            assert_eq!(refused(criteria, text), Err(FilterError::Format), "{criteria} {text}");
        }
        assert_eq!(refused("", "(("), Err(FilterError::Compile));
        assert_eq!(refused("name(A),name(B)", ""), Ok(()));
        assert_eq!(refused("name(Hangup), header(Channel), method(regex)", "x"), Ok(()));
    }

    #[test]
    fn a_session_has_a_bounded_number_of_filters() {
        let mut filters = Filters::default();
        for _ in 0..MAX_FILTERS {
            filters.add("name(A)", "").unwrap();
        }
        assert_eq!(filters.add("name(A)", ""), Err(FilterError::TooMany));
    }
}
