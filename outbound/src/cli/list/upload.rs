//! `outbound list import` where a daemon has the database: the file goes to it over HTTP, in parts, each with the line of headers. A part
//! that is in already is not taken in twice, so the same command goes on where it was cut off.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::import::Import;
use crate::cli::client::{Client, Failure, code};
use crate::cli::escaped;
use crate::import::REPORT_COLUMNS;

/// Octets of a part; the daemon takes four times as many.
const PART: usize = 8 << 20;

/// What became of all parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) imported: u64,
    pub(super) refused: u64,
    pub(super) done_before: u64,
    /// Line, field and reason of refused rows; of each part the first thousand.
    pub(super) refused_rows: Vec<(u64, String, String)>,
    pub(super) list: String,
}

/// Sends a file.
pub(super) async fn send(
    command: &Import,
    client: &Client,
    file: impl Read,
    bar: &ProgressBar,
) -> anyhow::Result<Sent> {
    let list = if command.dry_run && command.list.is_none() {
        bail!("--list: the daemon looks at rows for a list");
    } else {
        find_list(command, client).await?
    };
    let mut place = format!("dial-lists/{list}/import?again={}&dry_run={}", command.again, command.dry_run);
    let map: Vec<_> = command.map.iter().map(|(header, field)| format!("{header}={}", field)).collect();
    for (name, values) in [("map", map), ("ignore", command.ignore.clone())] {
        if !values.is_empty() {
            let _ = write!(place, "&{name}={}", escaped(&values.join(",")));
        }
    }
    let (mut parts, mut sent) = (Parts::new(BufReader::new(file))?, Sent { list, ..Sent::default() });
    while let Some(part) = parts.next(PART)? {
        let octets = part.octets.len() - parts.head.len();
        let told = client.send_csv(&place, part.octets).await?;
        let count = |name: &str| told[name].as_u64().unwrap_or_default();
        sent.imported += count("imported");
        sent.refused += count("refused");
        sent.done_before += count("done_before");
        for row in told["refused_rows"].as_array().into_iter().flatten() {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            // The daemon counts from the headers of the part.
            let line = (row["line"].as_u64().unwrap_or_default() + part.first_line)
                .saturating_sub(parts.head_lines + 1);
            sent.refused_rows.push((line, text("field"), text("reason")));
        }
        bar.inc(octets as u64);
        bar.set_message(format!("{} in, {} refused", sent.imported + sent.done_before, sent.refused));
    }
    Ok(sent)
}

async fn find_list(command: &Import, client: &Client) -> anyhow::Result<String> {
    let named = command.list.as_deref().context("--list: the list that the leads go to")?;
    if uuid::Uuid::try_parse(named).is_ok() {
        return Ok(named.to_owned());
    }
    let lists = client.items("dial-lists", &format!("&name={}", escaped(named)), 10_000).await?;
    let same: Vec<_> =
        lists.iter().filter(|list| list["name"] == named).filter_map(|list| list["uuid"].as_str()).collect();
    match same[..] {
        [list] => Ok(list.to_owned()),
        [] if command.create => {
            let made = client.ask("POST", "dial-lists", &[], Some(&json!({ "name": named }))).await?;
            made.body["uuid"].as_str().map(str::to_owned).context("the daemon gave no uuid")
        }
        [] => {
            let text = format!(
                "there is no dial list {named:?}: --create makes it; `outbound list list` shows those that are"
            );
            Err(Failure::new(code::NOT_FOUND, text).into())
        }
        _ => {
            let text = format!(
                "{} dial lists are called {named:?}: name one by its uuid: {}",
                same.len(),
                same.join(", ")
            );
            Err(Failure::new(code::USAGE, text).into())
        }
    }
}

/// A file in parts that end between two records.
struct Parts<R> {
    file: R,
    head: Vec<u8>,
    head_lines: u64,
    /// Of the next record, from 1.
    line: u64,
}

struct Part {
    octets: Vec<u8>,
    /// Of its first record in the file.
    first_line: u64,
}

impl<R: BufRead> Parts<R> {
    fn new(file: R) -> anyhow::Result<Self> {
        let mut parts = Self { file, head: Vec::new(), head_lines: 0, line: 1 };
        let mut head = Vec::new();
        parts.head_lines = parts.record(&mut head)?;
        parts.head = head;
        parts.line += parts.head_lines;
        Ok(parts)
    }

    /// The next part; none at the end, but of a file of headers only.
    fn next(&mut self, most: usize) -> anyhow::Result<Option<Part>> {
        let (mut octets, first_line) = (self.head.clone(), self.line);
        while octets.len() < most {
            let lines = self.record(&mut octets)?;
            if lines == 0 {
                break;
            }
            self.line += lines;
        }
        let first = first_line == self.head_lines + 1;
        Ok((octets.len() > self.head.len() || first && self.line == first_line && !self.head.is_empty())
            .then_some(Part { octets, first_line })
            .inspect(|_| {
                // A file of headers only is sent once.
                self.line = self.line.max(first_line + 1);
            }))
    }

    /// Adds a record; how many lines it has. One ends where its quotes are closed.
    fn record(&mut self, octets: &mut Vec<u8>) -> anyhow::Result<u64> {
        let (mut lines, mut quotes) = (0, 0);
        loop {
            let from = octets.len();
            if self.file.read_until(b'\n', octets)? == 0 {
                return Ok(lines);
            }
            lines += 1;
            quotes += octets[from..].iter().filter(|octet| **octet == b'"').count();
            if quotes % 2 == 0 {
                return Ok(lines);
            }
            if octets.len() - from > PART {
                bail!("line {}: a row does not end: is a quote not closed there?", self.line);
            }
        }
    }
}

/// The report, with the columns that one of an import without a daemon begins with.
pub(super) fn report(rows: &[(u64, String, String)]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(REPORT_COLUMNS)?;
    for (line, field, reason) in rows {
        writer.write_record([line.to_string().as_str(), field, reason])?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

/// What is printed with `--json`.
pub(super) fn printed(sent: &Sent) -> Value {
    json!({ "imported": sent.imported, "refused": sent.refused, "done_before": sent.done_before, "list": sent.list, "finished": true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_between_records_and_know_their_lines() {
        let file = "name,phone\n\"a\nb\",1\nc,2\n\"d\"\"e\",3\nf,4";
        let mut parts = Parts::new(file.as_bytes()).unwrap();
        let mut found = Vec::new();
        while let Some(part) = parts.next(20).unwrap() {
            found.push((part.first_line, String::from_utf8(part.octets).unwrap()));
        }
        let part = |line, rows: &str| (line, format!("name,phone\n{rows}"));
        assert_eq!(found, [part(2, "\"a\nb\",1\nc,2\n"), part(5, "\"d\"\"e\",3\n"), part(6, "f,4")]);
        let mut head = Parts::new("phone\n".as_bytes()).unwrap();
        assert!(head.next(20).unwrap().is_some() && head.next(20).unwrap().is_none());
        assert!(Parts::new("".as_bytes()).unwrap().next(20).unwrap().is_none());
    }
}
