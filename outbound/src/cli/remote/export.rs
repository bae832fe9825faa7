//! `outbound results export`, `list export`, `lead export`, `import report`: all of a list into a file, or to stdout, as it comes.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, value_parser};
use console::Term;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::kinds::Kind;
use super::{Run, filter, note};
use crate::cli::client::Download;
use crate::cli::part::{self, ANYBODY, OWNER};

/// Filters of the leads of a list that is named.
const OF_LIST: &[&str] = &["status", "ukey", "number", "name"];

/// What there is to be exported of a kind: a path, and what narrows it.
fn source(kind: &Kind) -> (&'static str, &'static [&'static str]) {
    if kind.word == "list" { ("leads", OF_LIST) } else { (kind.path, kind.filters) }
}

/// The command.
pub(super) fn command(kind: &'static Kind, which: Arg) -> Command {
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(["csv", "jsonl"]))
        .default_value("csv")
        .help("CSV, or JSON lines: an object of the API in each line");
    let command = if kind.word == "list" {
        Command::new("export")
            .about("Write its leads as a file, which `list import` takes in again")
            .arg(which)
    } else {
        Command::new("export").about("Write all of them as a file")
    };
    let (_, filters) = source(kind);
    filters.iter().fold(command.arg(format).arg(output()), |command, name| command.arg(filter(kind, name)))
}

/// The command for the report of an import.
pub(super) fn report_command(which: Arg) -> Command {
    Command::new("report")
        .about("Write the rows that it has refused as a CSV file, each with its line, field and reason; mended, that can be imported as it is")
        .arg(which)
        .arg(output())
}

fn output() -> Arg {
    Arg::new("output")
        .long("output")
        .visible_alias("out")
        .short('o')
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Where it goes; else to stdout. FILE is there when all of it is, and FILE.part until then")
}

impl Run<'_> {
    /// Writes all of a list.
    pub(super) async fn export(&self) -> anyhow::Result<()> {
        let (path, filters) = source(self.kind);
        let format = self.text("format").unwrap_or("csv");
        let mut query = self.query(filters).await?;
        if self.kind.word == "list" {
            query.push_str(&format!("&dial_list={}", self.key().await?));
        }
        self.write(format!("{path}/export?format={format}{query}"), (u64::from(format == "csv"), ANYBODY))
            .await
    }

    /// Writes the report of an import.
    pub(super) async fn report(&self) -> anyhow::Result<()> {
        self.write(format!("{}/report", self.place().await?), (1, OWNER)).await
    }

    /// Writes what is there, of whose lines so many are headers.
    async fn write(&self, path: String, (headers, mode): (u64, u32)) -> anyhow::Result<()> {
        let download = || self.client.download(path.clone());
        let Some(file) = self.matches.get_one::<PathBuf>("output") else {
            let mut progress = Progress::new(headers, !Term::stdout().is_term());
            return match copy(download().await?, &mut io::stdout().lock(), &mut progress).await {
                // Who reads no further has what he wants.
                Err(error) if is_broken_pipe(&error) => Ok(()),
                other => other,
            };
        };
        let mut progress = Progress::new(headers, true);
        part::write(file, mode, async |mut to| copy(download().await?, &mut to, &mut progress).await).await?;
        progress.bar.finish_and_clear();
        note(&format!("{} rows in {}", HumanCount(progress.rows()), file.display()));
        Ok(())
    }
}

async fn copy(mut download: Download, to: &mut impl Write, progress: &mut Progress) -> anyhow::Result<()> {
    while let Some(octets) = download.next().await.with_context(|| progress.so_far())? {
        to.write_all(&octets).with_context(|| format!("cannot write: {}", progress.so_far()))?;
        progress.add(&octets);
    }
    to.flush().context("cannot write the last of it")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// How far it is, shown on a terminal.
struct Progress {
    bar: ProgressBar,
    lines: u64,
    headers: u64,
    octets: u64,
}

impl Progress {
    fn new(headers: u64, shown: bool) -> Self {
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { bar, lines: 0, headers, octets: 0 }
    }

    fn rows(&self) -> u64 {
        self.lines.saturating_sub(self.headers)
    }

    fn add(&mut self, octets: &[u8]) {
        self.octets += octets.len() as u64;
        self.lines += octets.iter().filter(|octet| **octet == b'\n').count() as u64;
        let rate = self.rows() / self.bar.elapsed().as_secs().max(1);
        let (rows, octets) = (HumanCount(self.rows()), HumanBytes(self.octets));
        self.bar.set_message(format!("{rows} rows, {octets}, {} rows/s", HumanCount(rate)));
        self.bar.tick();
    }

    fn so_far(&self) -> String {
        format!("broken off after {} rows: it is not whole", HumanCount(self.rows()))
    }
}
