//! One AMI block: an ordered list of `Name: value` headers.
//!
//! Order and repetition are kept (`Variable`, `ChanVariable`, `Output` repeat); names match without regard to
//! case, as in Asterisk. A value can never hold CR, LF or NUL once it is in a message that we built, so a value can not
//! end its line and start a header of its own.

use std::fmt;

/// Room for what is usually built, an `OutDialing*` event or an Originate, so that nothing has to grow.
const OCTETS_BUILT: usize = 1_280;
/// The same for its headers.
const HEADERS_BUILT: usize = 40;

/// A block of headers: an action, a response or an event.
///
/// All text lies in one buffer, so that reading a block costs two allocations whatever its size.
#[derive(Clone, Default)]
pub struct Message {
    text: String,
    spans: Vec<Span>,
}

/// Where a header stands in the text: the name, and the value somewhere after it. Two blocks are equal when their
/// headers are; where these stand in the text is not compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) name: u32,
    pub(crate) name_end: u32,
    pub(crate) value: u32,
    pub(crate) value_end: u32,
}

/// Why a header was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// The name is empty, or holds a colon, a blank or a control character.
    #[error("header name {0:?} is not usable: letters, digits and signs other than ':' expected")]
    Name(String),
    /// The value holds CR, LF or NUL.
    #[error("header {0}: a value may not hold CR, LF or NUL")]
    Value(String),
}

impl Message {
    /// An empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// A message whose first header is `Action: <name>`. The name is one of our own constants.
    pub fn action(name: &'static str) -> Self {
        Self::starting("Action", name)
    }

    /// A message whose first header is `Event: <name>`. The name is one of our own constants.
    pub fn event(name: &'static str) -> Self {
        Self::starting("Event", name)
    }

    /// A message whose first header is `Response: <kind>` (`Success`, `Error`, `Goodbye` ...).
    pub fn response(kind: &'static str) -> Self {
        Self::starting("Response", kind)
    }

    fn starting(name: &'static str, value: &'static str) -> Self {
        let mut message =
            Self { text: String::with_capacity(OCTETS_BUILT), spans: Vec::with_capacity(HEADERS_BUILT) };
        message.append(name, value);
        message
    }

    /// Adds a header at the end.
    ///
    /// # Errors
    /// [`InvalidHeader`] when the name is unusable or the value holds CR, LF or NUL; the message is then unchanged.
    pub fn push(&mut self, name: &str, value: impl fmt::Display) -> Result<(), InvalidHeader> {
        let before = self.text.len();
        let name_ok = !name.is_empty() && !name.bytes().any(|b| b == b':' || b <= b' ' || b == 0x7f);
        if !name_ok {
            return Err(InvalidHeader::Name(name.to_owned()));
        }
        self.text.push_str(name);
        let name_end = self.text.len();
        // Writing into a String cannot fail unless the Display implementation itself fails.
        let written = fmt::write(&mut self.text, format_args!("{value}"));
        if written.is_err() || self.text.as_bytes()[name_end..].iter().any(|b| matches!(b, b'\r' | b'\n' | 0))
        {
            self.text.truncate(before);
            return Err(InvalidHeader::Value(name.to_owned()));
        }
        self.mark(before, name_end);
        Ok(())
    }

    /// [`push`](Self::push) in a chain.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Result<Self, InvalidHeader> {
        self.push(name, value)?;
        Ok(self)
    }

    /// Adds a header whose value is text from elsewhere (a channel name, a cause text): CR, LF, NUL become blanks.
    pub fn push_lossy(&mut self, name: &'static str, value: &str) {
        if value.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            self.append(name, &value.replace(['\r', '\n', '\0'], " "));
        } else {
            self.append(name, value);
        }
    }

    /// Adds a header as the second one, where Asterisk has the `ActionID` of a response (or of most list entries).
    /// CR, LF and NUL of the value become blanks.
    pub fn push_second(&mut self, name: &'static str, value: &str) {
        self.push_lossy(name, value);
        if let [_, rest @ ..] = self.spans.as_mut_slice()
            && !rest.is_empty()
        {
            rest.rotate_right(1);
        }
    }

    /// What the codec read: a whole block and where its headers stand in it.
    pub(crate) fn from_block(text: String, spans: Vec<Span>) -> Self {
        Self { text, spans }
    }

    /// Adds what the codec read; a bare LF or NUL of the peer stays as it came.
    pub(crate) fn append(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        let name_end = self.text.len();
        self.text.push_str(value);
        self.mark(start, name_end);
    }

    fn mark(&mut self, start: usize, name_end: usize) {
        // The codec bounds a message at 64 KiB and built messages are smaller, so 32 bits always do.
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let name_end = at(name_end);
        self.spans.push(Span { name: at(start), name_end, value: name_end, value_end: at(self.text.len()) });
    }

    /// The headers in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + '_ {
        self.spans.iter().map(|span| {
            let name = &self.text[span.name as usize..span.name_end as usize];
            (name, &self.text[span.value as usize..span.value_end as usize])
        })
    }

    /// The first value of a header; its name matches without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of a header, or the empty string.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All values of a header that may repeat, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of `Event`, where this is an event.
    pub fn event_name(&self) -> Option<&str> {
        self.get("Event")
    }

    /// The value of `ActionID`, where there is one.
    pub fn action_id(&self) -> Option<&str> {
        self.get("ActionID")
    }

    /// True for `Response: Success` (and the `Goodbye` of Logoff).
    pub fn is_success(&self) -> bool {
        matches!(self.get("Response"), Some("Success" | "Goodbye"))
    }

    /// How many headers there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// True for a message without headers.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Writes the block as it goes over the wire: `Name: value\r\n` for each header and an empty line.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(self.text.len() + 4 * self.spans.len() + 2);
        for (name, value) in self.iter() {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Message {}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_keep_their_order_and_may_repeat() {
        let mut message = Message::action("Originate");
        message.push("Variable", "a=1").unwrap();
        message.push("Variable", "b=2").unwrap();
        assert_eq!(message.all("variable").collect::<Vec<_>>(), ["a=1", "b=2"]);
        let mut wire = Vec::new();
        message.encode(&mut wire);
        assert_eq!(wire, b"Action: Originate\r\nVariable: a=1\r\nVariable: b=2\r\n\r\n");
    }

    #[test]
    fn a_value_with_a_line_end_is_refused_and_leaves_the_message_as_it_was() {
        let mut message = Message::action("Ping");
        for bad in ["a\r\nAction: Command", "a\nb", "\0"] {
            assert_eq!(message.push("X", bad), Err(InvalidHeader::Value("X".into())));
        }
        assert_eq!(message.push("X: y", "z"), Err(InvalidHeader::Name("X: y".into())));
        assert_eq!(message.push("", "z"), Err(InvalidHeader::Name(String::new())));
        assert_eq!(message.len(), 1);
        assert_eq!(message.get("X"), None);
    }

    #[test]
    fn the_action_id_of_an_answer_stands_after_the_first_header() {
        let mut message = Message::response("Success").with("Message", "Ok").unwrap();
        message.push_second("ActionID", "a\r\nb");
        let headers: Vec<_> = message.iter().collect();
        assert_eq!(headers, [("Response", "Success"), ("ActionID", "a  b"), ("Message", "Ok")]);
        let mut empty = Message::new();
        empty.push_second("ActionID", "a");
        assert_eq!(empty.len(), 1);
    }

    #[test]
    fn text_from_elsewhere_loses_its_line_ends() {
        let mut message = Message::event("X");
        message.push_lossy("Detail", "a\nb\r\0");
        assert_eq!(message.get("detail"), Some("a b  "));
    }
}
