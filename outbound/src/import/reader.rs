//! Rows of a CSV file, one after another, however long the file is. What separates its fields is seen in its first line.

use std::cell::Cell;
use std::io::{self, Chain, Cursor, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder, Terminator};

use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use super::ImportError;
use super::rules::Encoding;
use crate::export::cell;

/// The header must end within so many octets.
const HEADER_MAX: usize = 64 << 10;
/// A row has at most so many octets: one of more has a quote that is not closed.
const ROW_MAX: u64 = 1 << 20;
const BUFFER: usize = 256 << 10;
/// Octets of text that are read at once to find its first line.
const PIECE: usize = 4 << 10;
const SEPARATORS: [u8; 3] = *b",;\t";
const BOM: &[u8] = b"\xef\xbb\xbf";

/// An open file behind its header.
pub(super) struct Rows<R> {
    csv: csv::Reader<Bounded<Behind<Text<R>>>>,
    /// How the text is written down: never `Auto`.
    pub(super) encoding: Encoding,
    read: Rc<Cell<u64>>,
    pub(super) headers: Vec<String>,
    pub(super) separator: u8,
}

impl<R: Read> Rows<R> {
    /// Reads the header.
    pub(super) fn open(mut source: R, encoding: Encoding) -> Result<Self, ImportError> {
        let read = Rc::<Cell<u64>>::default();
        let beginning = head(&mut source, BUFFER).map_err(ImportError::Read)?;
        let encoding = match encoding {
            _ if beginning.starts_with(BOM) => Encoding::Utf8,
            Encoding::Auto => seems(&beginning),
            told => told,
        };
        let source = Counted { inner: Cursor::new(beginning).chain(source), read: Rc::clone(&read) };
        let mut source = text(source, encoding).map_err(ImportError::Read)?;
        let mut head = head(&mut source, PIECE).map_err(ImportError::Read)?;
        if head.starts_with(BOM) {
            head.drain(..BOM.len());
        }
        let separator = separator(&head);
        let bounded = Bounded { inner: Cursor::new(head).chain(source), read: 0, allowed: ROW_MAX };
        let mut builder = ReaderBuilder::new();
        // A line ends with LF; a CR before it goes with the blanks around the last field. So lines are counted right.
        builder.terminator(Terminator::Any(b'\n'));
        builder.delimiter(separator).has_headers(false).flexible(true).buffer_capacity(BUFFER);
        let mut rows =
            Self { csv: builder.from_reader(bounded), read, encoding, headers: Vec::new(), separator };
        let mut record = ByteRecord::new();
        if !rows.next(&mut record)? || record.iter().all(|field| field.trim_ascii().is_empty()) {
            return Err(ImportError::Empty);
        }
        // A report has marked those that a spreadsheet would take for a formula.
        let headers = record.iter().map(|field| std::str::from_utf8(cell::to_text(field)).map(str::to_owned));
        rows.headers = headers.collect::<Result<_, _>>().map_err(|_| ImportError::Encoding)?;
        Ok(rows)
    }

    /// Reads the next row into `record`; false at the end. Empty lines are no rows.
    pub(super) fn next(&mut self, record: &mut ByteRecord) -> Result<bool, ImportError> {
        let at = self.csv.position().byte();
        self.csv.get_mut().allowed = at + ROW_MAX;
        let line = self.csv.position().line();
        self.csv.read_byte_record(record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) if is_too_long(&error) => ImportError::RowTooLong { line },
            csv::ErrorKind::Io(error) => ImportError::Read(error),
            other => ImportError::Read(io::Error::other(format!("{other:?}"))),
        })
    }

    /// The line in which the row begins that was read last.
    pub(super) fn line(&self, record: &ByteRecord) -> u64 {
        // Where the look for it began; empty lines before it were passed over.
        let from = record.position().map_or(0, csv::Position::line);
        let inside = record.as_slice().iter().filter(|&&octet| octet == b'\n').count() as u64;
        from + (self.csv.position().line() - from).saturating_sub(inside + 1)
    }

    /// Octets of the source that were read so far.
    pub(super) fn octets(&self) -> u64 {
        self.read.get()
    }
}

/// A source as it comes, or decoded to UTF-8.
type Text<R> = DecodeReaderBytes<Counted<Behind<R>>, Vec<u8>>;
/// What comes behind octets that were read already.
type Behind<R> = Chain<Cursor<Vec<u8>>, R>;

fn text<R: Read>(source: Counted<Behind<R>>, encoding: Encoding) -> io::Result<Text<R>> {
    let mut builder = DecodeReaderBytesBuilder::new();
    builder.encoding(match encoding {
        // As it is: what is no UTF-8 in it is refused row by row.
        Encoding::Auto | Encoding::Utf8 => None,
        Encoding::Windows1252 => Some(encoding_rs::WINDOWS_1252),
    });
    builder.bom_override(true).utf8_passthru(true).build_with_buffer(source, vec![0; BUFFER])
}

/// What has more octets that are no UTF-8 than letters in it that are is most likely what Windows writes.
fn seems(beginning: &[u8]) -> Encoding {
    let (mut letters, mut others) = (0, 0);
    for chunk in beginning.utf8_chunks() {
        letters += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        // A letter that was cut off says nothing.
        others +=
            usize::from(std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_some()));
    }
    if others > letters { Encoding::Windows1252 } else { Encoding::Utf8 }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// The first line, and what came with it of so many octets that are read at once.
fn head(source: &mut impl Read, at_once: usize) -> io::Result<Vec<u8>> {
    let (mut head, mut piece) = (Vec::new(), vec![0; at_once]);
    while head.len() < HEADER_MAX && !head.contains(&b'\n') {
        match source.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => head.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(head)
}

/// The one of which the first line has most, outside of quotes; a comma where it has none.
fn separator(head: &[u8]) -> u8 {
    let (mut counts, mut quoted) = ([0; SEPARATORS.len()], false);
    for octet in head {
        match octet {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            octet if !quoted => {
                if let Some(place) = SEPARATORS.iter().position(|separator| separator == octet) {
                    counts[place] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    SEPARATORS[counts.iter().position(|&count| count == most).unwrap_or(0)]
}

/// Reads no further than the current row may go.
struct Bounded<R> {
    inner: R,
    read: u64,
    allowed: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read > self.allowed {
            return Err(io::Error::other(TooLong));
        }
        let read = self.inner.read(into)?;
        self.read += read as u64;
        Ok(read)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a row is too long")]
struct TooLong;

fn is_too_long(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<TooLong>())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line = (u64, Vec<String>);

    /// Header and rows, each with its line.
    fn read(file: &[u8]) -> Result<(Vec<String>, Vec<Line>), ImportError> {
        let mut rows = Rows::open(file, Encoding::Utf8)?;
        let (mut record, mut read) = (ByteRecord::new(), Vec::new());
        while rows.next(&mut record)? {
            let text = |field: &[u8]| String::from_utf8_lossy(field.trim_ascii()).into_owned();
            let fields = record.iter().map(text).collect();
            read.push((rows.line(&record), fields));
        }
        Ok((rows.headers, read))
    }

    fn row(line: u64, fields: [&str; 2]) -> Line {
        (line, fields.map(str::to_owned).to_vec())
    }

    #[test]
    fn the_header_says_what_separates_fields() {
        for separator in [",", ";", "\t"] {
            let file = format!("name{separator}\"a,;,;,\"\r\nAnn{separator}\"1\"\r\n\"B\"\"ob\"{separator}2");
            let (headers, rows) = read(file.as_bytes()).unwrap();
            assert_eq!(headers, ["name", "a,;,;,"], "{separator:?}");
            assert_eq!(rows, [row(2, ["Ann", "1"]), row(3, ["B\"ob", "2"])], "{separator:?}");
        }
        assert_eq!(read(b"phone\n1\n").unwrap().0, ["phone"]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_header() {
        assert_eq!(read(b"\xef\xbb\xbfname,phone\nA,1\n").unwrap().0, ["name", "phone"]);
    }

    #[test]
    fn lines_are_counted_through_quoted_line_ends_and_empty_ones() {
        let (_, rows) = read(b"a,b\n\"x\ny\",1\nz,2\n\n\nc,3\nd,4").unwrap();
        assert_eq!(rows, [row(2, ["x\ny", "1"]), row(4, ["z", "2"]), row(7, ["c", "3"]), row(8, ["d", "4"])]);
    }

    #[test]
    fn what_is_no_utf_8_or_empty_is_said_to_be_so() {
        assert!(matches!(read(b""), Err(ImportError::Empty)));
        assert!(matches!(read(b"\xef\xbb\xbf\r\n"), Err(ImportError::Empty)));
    }

    #[test]
    fn text_of_windows_is_decoded_by_its_first_octets_or_as_told() {
        let names = |file: &[u8], encoding| {
            let mut rows = Rows::open(file, encoding).unwrap();
            let mut record = ByteRecord::new();
            assert!(rows.next(&mut record).unwrap());
            (rows.headers.clone(), String::from_utf8(record[0].to_vec()).unwrap())
        };
        let utf_16: Vec<u8> =
            "\u{feff}näme,b\nMüller €,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let expected = (vec!["näme".to_owned(), "b".to_owned()], "Müller €".to_owned());
        for encoding in [Encoding::Utf8, Encoding::Windows1252] {
            assert_eq!(names(&utf_16, encoding), expected);
            assert_eq!(names("\u{feff}näme,b\nMüller €,1\n".as_bytes(), encoding), expected);
        }
        for encoding in [Encoding::Auto, Encoding::Windows1252] {
            assert_eq!(names(b"n\xe4me,b\nM\xfcller \x80,1\n", encoding), expected);
        }
        assert_eq!(names("näme,b\nMüller €,1\n".as_bytes(), Encoding::Auto), expected);
        let one_bad = [&b"n\xc3\xa4me,b\nM\xc3\xbcller,1\nM\xfcller,1\n"[..], b""].concat();
        assert_eq!(Rows::open(&one_bad[..], Encoding::Auto).unwrap().encoding, Encoding::Utf8);
        assert!(matches!(Rows::open(&b"n\xe4me,b\n"[..], Encoding::Utf8).err(), Some(ImportError::Encoding)));
    }

    #[test]
    fn a_quote_that_is_not_closed_ends_the_import_at_its_line_and_takes_no_memory() {
        let endless = b"a,b\n1,2\n3,\"4\n".chain(io::repeat(b'x'));
        let mut rows = Rows::open(endless, Encoding::Utf8).unwrap();
        let mut record = ByteRecord::new();
        assert!(rows.next(&mut record).unwrap());
        let error = rows.next(&mut record).unwrap_err();
        assert!(matches!(error, ImportError::RowTooLong { line: 3 }), "{error}");
    }

    #[test]
    fn a_header_line_without_an_end_is_bounded_too() {
        assert!(matches!(
            Rows::open(io::repeat(b'x'), Encoding::Utf8).err(),
            Some(ImportError::RowTooLong { line: 1 })
        ));
    }
}
