//! Bytes of a stream become messages: incrementally, in linear time, with bounded memory.
//!
//! The decoder knows lines and blank lines, nothing of what the headers mean. What it cannot take (a line or block
//! that is too long, a NUL) is reported once and skipped up to the end of its block. Writing is
//! [`Message::encode`].

use std::ops::Range;

use memchr::memchr;

use crate::message::{Message, Span};

/// What a block may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one line, without its end.
    pub line: usize,
    /// Octets of one block, with the line ends.
    pub message: usize,
    /// Headers of one block.
    pub headers: usize,
}

impl Limits {
    /// What a client takes from its Asterisk: the response to `GetConfig` holds a whole file.
    pub(crate) const OF_ASTERISK: Self = Self { line: 8192, message: 4 << 20, headers: 65_536 };
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 8192, message: 65536, headers: 256 }
    }
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// CR LF only, as Asterisk writes. Some of its error texts hold a bare LF, which belongs to the value.
    Crlf,
    /// CR LF or LF alone, as Asterisk reads.
    Any,
}

/// Why a block was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A line is longer than the limit.
    #[error("a line is longer than {limit} octets")]
    LineTooLong {
        /// [`Limits::line`]
        limit: usize,
    },
    /// A block is longer than the limit.
    #[error("a message is longer than {limit} octets")]
    MessageTooLong {
        /// [`Limits::message`]
        limit: usize,
    },
    /// A block has more headers than the limit.
    #[error("a message has more than {limit} headers")]
    TooManyHeaders {
        /// [`Limits::headers`]
        limit: usize,
    },
    /// A block holds an octet 0.
    #[error("a message holds a NUL octet")]
    Nul,
}

/// Turns a stream into messages: [`feed`](Self::feed) what came, then call [`next_message`](Self::next_message) until
/// it gives `None`.
#[derive(Debug)]
pub struct Decoder {
    line_end: LineEnd,
    limits: Limits,
    buffer: Vec<u8>,
    /// Where the block that is being read starts.
    start: usize,
    /// Where its current line starts.
    line: usize,
    /// Up to here no line end was found.
    scan: usize,
    /// The headers of the block so far, counted from its start.
    spans: Vec<Span>,
    /// The rest of a bad block is skipped; `Some(true)` when its current line has octets already.
    skipping: Option<bool>,
    rejected: Message,
}

impl Decoder {
    /// A decoder with the default limits.
    pub fn new(line_end: LineEnd) -> Self {
        Self::with_limits(line_end, Limits::default())
    }

    /// A decoder with limits of one's own.
    pub fn with_limits(line_end: LineEnd, limits: Limits) -> Self {
        let (buffer, spans) = (Vec::new(), Vec::new());
        let rejected = Message::new();
        Self { line_end, limits, buffer, start: 0, line: 0, scan: 0, spans, skipping: None, rejected }
    }

    /// Takes what came from the peer. It is kept until it is asked for, so ask after each feed.
    pub fn feed(&mut self, bytes: &[u8]) {
        // Moving the rest to the front costs at most what was consumed before, so all in all it is linear.
        if self.start >= self.buffer.len() - self.start {
            self.buffer.drain(..self.start);
            self.line -= self.start;
            self.scan -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// How many octets wait in the decoder.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// One line outside of any block: the greeting of Asterisk.
    ///
    /// # Errors
    /// [`DecodeError`] when the line is too long or holds NUL.
    pub fn next_line(&mut self) -> Result<Option<String>, DecodeError> {
        let Some(line) = self.take_line()? else { return Ok(None) };
        let text = String::from_utf8_lossy(&self.buffer[line]).into_owned();
        self.begin_block();
        if text.contains('\0') { Err(DecodeError::Nul) } else { Ok(Some(text)) }
    }

    /// The next whole block, `None` when more octets are needed.
    ///
    /// # Errors
    /// [`DecodeError`] once for each block that cannot be taken; the next call goes on behind it.
    pub fn next_message(&mut self) -> Result<Option<Message>, DecodeError> {
        if self.skipping.is_some() && !self.skip_block() {
            return Ok(None);
        }
        while let Some(line) = self.take_line()? {
            if line.is_empty() {
                if self.spans.is_empty() {
                    self.begin_block();
                    continue;
                }
                return self.finish_block(line.start).map(Some);
            }
            if self.scan - self.start > self.limits.message {
                return Err(self.reject(DecodeError::MessageTooLong { limit: self.limits.message }, false));
            }
            if self.spans.len() == self.limits.headers {
                return Err(self.reject(DecodeError::TooManyHeaders { limit: self.limits.headers }, false));
            }
            self.note_header(line);
        }
        Ok(None)
    }

    /// The headers of the last bad block that had been read before its fault; the answer needs its `ActionID`.
    pub fn take_rejected(&mut self) -> Message {
        std::mem::take(&mut self.rejected)
    }

    /// The next line without its end; the current line is then the one after it.
    fn take_line(&mut self) -> Result<Option<Range<usize>>, DecodeError> {
        let limit = self.limits.line;
        while let Some(found) = memchr(b'\n', &self.buffer[self.scan..]) {
            let at = self.scan + found;
            self.scan = at + 1;
            let cr = at > self.line && self.buffer[at - 1] == b'\r';
            if !cr && self.line_end == LineEnd::Crlf {
                continue;
            }
            let line = self.line..at - usize::from(cr);
            self.line = self.scan;
            if line.len() > limit {
                return Err(self.reject(DecodeError::LineTooLong { limit }, false));
            }
            return Ok(Some(line));
        }
        self.scan = self.buffer.len();
        if self.scan - self.line > limit + 1 {
            return Err(self.reject(DecodeError::LineTooLong { limit }, true));
        }
        Ok(None)
    }

    fn note_header(&mut self, line: Range<usize>) {
        let bytes = &self.buffer[line.clone()];
        let colon = memchr(b':', bytes).unwrap_or(bytes.len());
        let value = match bytes.get(colon..) {
            Some([b':', b' ', ..]) => colon + 2,
            Some([b':', ..]) => colon + 1,
            _ => colon,
        };
        let offset = line.start - self.start;
        // The limits keep a block far below 4 GiB.
        let at = |position: usize| u32::try_from(offset + position).unwrap_or(u32::MAX);
        let span = Span { name: at(0), name_end: at(colon), value: at(value), value_end: at(bytes.len()) };
        self.spans.push(span);
    }

    /// Makes a message of the noted headers; `end` is where the blank line starts.
    fn finish_block(&mut self, end: usize) -> Result<Message, DecodeError> {
        let nul = memchr(0, &self.buffer[self.start..end]).is_some();
        let message = self.build(end);
        self.begin_block();
        if nul {
            self.rejected = message;
            return Err(DecodeError::Nul);
        }
        Ok(message)
    }

    fn build(&mut self, end: usize) -> Message {
        let spans = std::mem::take(&mut self.spans);
        let block = &self.buffer[self.start..end];
        if let Ok(text) = std::str::from_utf8(block) {
            self.spans.reserve(spans.len());
            return Message::from_block(text.to_owned(), spans);
        }
        let mut message = Message::new();
        let text = |from: u32, to: u32| String::from_utf8_lossy(&block[from as usize..to as usize]);
        for span in spans {
            message.append(&text(span.name, span.name_end), &text(span.value, span.value_end));
        }
        message
    }

    fn begin_block(&mut self) {
        self.start = self.line;
        self.spans.clear();
    }

    /// Gives up the block that is being read. `inside` says that the current line is not at its end yet.
    fn reject(&mut self, error: DecodeError, inside: bool) -> DecodeError {
        let end = self.spans.last().map_or(self.start, |span| self.start + span.value_end as usize);
        self.rejected = self.build(end);
        self.begin_block();
        self.skipping = Some(inside);
        error
    }

    /// Drops octets up to and including the next blank line; true when that was found.
    fn skip_block(&mut self) -> bool {
        let mut line_used = self.skipping.unwrap_or(false);
        let mut from = self.line;
        while let Some(found) = memchr(b'\n', &self.buffer[from..]) {
            let cr = found > 0 && self.buffer[from + found - 1] == b'\r';
            line_used |= found > usize::from(cr);
            from += found + 1;
            let ended = cr || self.line_end == LineEnd::Any;
            if ended && !line_used {
                self.skipping = None;
                self.resume_at(from);
                return true;
            }
            line_used = !ended;
        }
        // A CR at the end may be the first half of a line end.
        let rest = &self.buffer[from..];
        let kept = usize::from(rest.last() == Some(&b'\r'));
        line_used |= rest.len() > kept;
        self.skipping = Some(line_used);
        self.resume_at(self.buffer.len() - kept);
        false
    }

    fn resume_at(&mut self, position: usize) {
        self.start = position;
        self.line = position;
        self.scan = position;
    }
}

#[cfg(test)]
#[path = "codec/tests.rs"]
mod tests;
