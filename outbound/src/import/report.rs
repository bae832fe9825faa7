//! The report on rows that were refused: each with its line, field and reason, and as it was, so that it can be mended
//! and imported; what a spreadsheet would take for a formula is marked as in an export. Written as they come; memory holds none of them.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use csv::{Writer, WriterBuilder};

use super::row::Refused;
use crate::export::cell;

/// The columns before those of the file. An import leaves them out.
pub(super) const COLUMNS: [&str; 3] = ["rejected_line", "rejected_field", "rejected_reason"];

/// A report, whose file is made with the first row.
pub(super) struct Report {
    path: PathBuf,
    separator: u8,
    headers: Vec<String>,
    writer: Option<Writer<File>>,
    /// What was flushed.
    octets: u64,
}

impl Report {
    /// A report that goes on behind so many octets of its file, where that is as long; else it begins anew.
    pub(super) fn new(path: &Path, separator: u8, headers: &[String], octets: u64) -> io::Result<Self> {
        let mut report =
            Self { path: path.to_owned(), separator, headers: headers.to_vec(), writer: None, octets: 0 };
        if octets > 0 && path.metadata().is_ok_and(|metadata| metadata.len() >= octets) {
            let mut file = OpenOptions::new().write(true).open(path)?;
            // What came behind it belongs to rows that are looked at again.
            file.set_len(octets)?;
            file.seek(SeekFrom::End(0))?;
            report.writer = Some(report.writer(file));
            report.octets = octets;
        }
        Ok(report)
    }

    /// Adds a row, whose cells are no formulas.
    pub(super) fn refuse<'a>(
        &mut self,
        line: u64,
        refused: &Refused,
        mut cells: impl Iterator<Item = Cow<'a, [u8]>>,
    ) -> io::Result<()> {
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.begin()?,
        };
        let Refused { column, expected } = refused;
        writer.write_field(line.to_string())?;
        writer.write_field(cell::of_cell(column.as_bytes()))?;
        writer.write_field(format!("{} expected", expected.trim_end_matches(',')))?;
        cells.try_for_each(|cell| writer.write_field(cell))?;
        writer.write_record(None::<&[u8]>)?;
        self.writer = Some(writer);
        Ok(())
    }

    /// Hands everything to the system; returns the length of the file.
    pub(super) fn flush(&mut self) -> io::Result<u64> {
        if let Some(writer) = &mut self.writer {
            writer.flush()?;
            self.octets = writer.get_ref().stream_position()?;
        }
        Ok(self.octets)
    }

    fn begin(&self) -> io::Result<Writer<File>> {
        // Phone numbers are nobody else's.
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.path)?;
        let mut writer = self.writer(file);
        let headers = self.headers.iter().map(|header| cell::of_cell(header.as_bytes()));
        writer.write_record(COLUMNS.into_iter().map(|column| column.as_bytes().into()).chain(headers))?;
        Ok(writer)
    }

    fn writer(&self, file: File) -> Writer<File> {
        WriterBuilder::new().delimiter(self.separator).flexible(true).from_writer(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(report: &mut Report, line: u64, fields: &[&str]) -> u64 {
        let refused = Refused { column: "phone".into(), expected: "a number,".into() };
        report.refuse(line, &refused, fields.iter().map(|field| field.as_bytes().into())).unwrap();
        report.flush().unwrap()
    }

    #[test]
    fn rows_stand_as_they_were_behind_the_reason_and_a_report_goes_on_where_it_was_cut_off() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("r.csv");
        let headers = ["name".to_owned(), "phone".to_owned()];
        let mut report = Report::new(&path, b';', &headers, 0).unwrap();
        assert_eq!(report.flush().unwrap(), 0);
        assert!(!path.exists(), "nothing was refused");
        let kept = refuse(&mut report, 2, &["A;nn", "x"]);
        refuse(&mut report, 3, &["Bob", "y"]);
        drop(report);
        let mut report = Report::new(&path, b';', &headers, kept).unwrap();
        refuse(&mut report, 4, &["Eve"]);
        let head = "rejected_line;rejected_field;rejected_reason;name;phone\n";
        let lines = "2;phone;a number expected;\"A;nn\";x\n4;phone;a number expected;Eve\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{head}{lines}"));
        let mut anew = Report::new(&path, b';', &headers, 9_999).unwrap();
        refuse(&mut anew, 5, &["Kay", "z"]);
        let lines = "5;phone;a number expected;Kay;z\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{head}{lines}"));
    }
}
