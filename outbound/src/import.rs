//! Leads out of CSV files: read on a thread of its own, checked like those that come by actions, and handed to the store in
//! chunks, each of which is one transaction that also notes how far the import has come.
//!
//! [`field`], [`mapping`] and [`row`] are pure: which column is which field, and what a row comes to. [`reader`] gives
//! rows, [`report`] takes those that are refused, [`feeder`] brings the others to the store. Memory holds a few chunks,
//! whatever the length of the file.

mod feeder;
mod field;
mod identity;
mod known;
mod mapping;
pub mod preview;
mod reader;
mod report;
mod row;
mod rules;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::PathBuf;
use std::time::Instant;

use csv::ByteRecord;
use serde::Serialize;
use tokio::runtime::Handle;
use uuid::Uuid;

pub use field::Field;
pub use mapping::{Choices, Mapping, MappingError};

pub use row::{Refused, RowParser};
pub use rules::{By, Country, Duplicates, Encoding, Rules};

use self::feeder::Feeder;
use self::identity::Uuids;
use self::known::{Fate, Known};
use self::reader::Rows;
use self::report::Report;
use crate::driver::wall;
use crate::store::import::{CHUNK_LEADS_MAX, ImportProgress, NewLead};
use crate::store::{Store, StoreError};

/// Rows are seen through by so many at a time, also where few of them are leads.
const CHUNK_ROWS_MAX: u64 = 4 * CHUNK_LEADS_MAX as u64;

/// Where rows come from.
pub enum Source {
    /// A file. An import of it that was cut off goes on.
    File(File),
    /// What can be read once. Its import goes on only where it was given an id, and comes from its beginning again.
    Stream(Box<dyn Read + Send>),
}

/// What is to be done with rows.
#[derive(Debug, Clone)]
pub struct Options {
    /// The list that they go to.
    pub dial_list: Uuid,
    /// What the user says about columns.
    pub choices: Choices,
    /// And about text, numbers and duplicates.
    pub rules: Rules,
    /// Only look at the rows, and take none of them in.
    pub dry_run: bool,
    /// Where rows go that are refused. The file is made with the first one.
    pub report: PathBuf,
    /// Takes the file in once more where it is in already.
    pub again: bool,
    /// By which the import is known when it goes on; else a file is known by its content and list.
    pub id: Option<Uuid>,
}

/// How far it is, for those who watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Octets that are read.
    pub octets: u64,
    /// Octets of the file; 0 where that is not known.
    pub octets_all: u64,
    /// What became of the rows, those of earlier runs included. The last chunks are on their way to the store.
    pub progress: ImportProgress,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Rows that this run has seen, without empty ones.
    pub rows: u64,
    /// Leads that it has taken in (or would have).
    pub imported: u64,
    /// Leads that the list had, and that were given what the rows have.
    pub updated: u64,
    /// Rows whose lead the list had, and that were left out.
    pub skipped: u64,
    /// Rows that it has refused.
    pub refused: u64,
    /// Rows of the file that earlier runs have done.
    pub done_before: u64,
    /// Rows that were refused in all.
    pub refused_in_all: u64,
    /// False where it was stopped.
    pub finished: bool,
    /// From the first octet to the last commit.
    pub seconds: f64,
    /// Of this run.
    pub rows_per_second: f64,
    /// Where the refused rows are; `None` where there are none.
    pub report: Option<PathBuf>,
}

/// Why an import ends before its end. What was committed until then is in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source cannot be read.
    #[error("cannot read it: {0}")]
    Read(io::Error),
    /// It is no text in UTF-8.
    #[error("it is not in UTF-8: save it as UTF-8, or say how it is written down (encoding windows-1252)")]
    Encoding,
    /// There is nothing in it.
    #[error("it is empty: a line with the names of the columns expected")]
    Empty,
    /// A row that does not end.
    #[error("the row of line {line} is longer than 1 MiB: is a quote not closed there?")]
    RowTooLong {
        /// Where it begins, from 1.
        line: u64,
    },
    /// Its columns cannot be mapped.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The report cannot be written.
    #[error("cannot write the report {}: {error}", path.display())]
    Report {
        /// Its file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports leads, or looks at them. `watch` is told now and then how far it is, and says whether to go on; a row that is refused
/// ends nothing. Where the same file was imported into the same list before, only what that has not done is done.
///
/// # Errors
/// [`ImportError`]. Started again, the import of a file goes on.
pub async fn run(
    store: Store,
    source: Source,
    options: Options,
    watch: impl FnMut(Seen) -> bool + Send + 'static,
) -> Result<Summary, ImportError> {
    let begun = Instant::now();
    let (dial_list, rules) = (options.dial_list, options.rules);
    let known = match rules.duplicates {
        Duplicates::Take => None,
        Duplicates::Skip | Duplicates::Update => {
            let (store, runtime) = (store.clone(), Handle::current());
            Some(blocking(move || Known::load(store, runtime, dial_list, rules)).await?)
        }
    };
    if options.dry_run {
        return blocking(move || work(source, &options, None, None, known, watch, begun)).await;
    }
    let given = options.id;
    let (source, id) = blocking(move || identify(source, dial_list, rules, given)).await?;
    let before = match id {
        Some(id) if !options.again => store.import_progress(id).await?,
        Some(_) | None => None,
    };
    // Nothing is in twice where nothing is in: a file whose rows were all refused may come with another mapping.
    let before = before.filter(|before| before.leads + before.updated > 0);
    let import = id.unwrap_or_else(Uuid::new_v4);
    let feeder = Feeder::new(store, import, dial_list, before);
    blocking(move || work(source, &options, Some(feeder), before, known, watch, begun)).await
}

/// By which an import of this content into this list is known when it comes again; with other choices or rules it is another one.
///
/// # Errors
/// The content cannot be read.
pub fn id_of(dial_list: Uuid, content: impl Read, choices: &Choices, rules: Rules) -> io::Result<Uuid> {
    let choices = if *choices == Choices::default() { String::new() } else { format!("{choices:?}") };
    identity::of_content(dial_list, content.chain(choices.as_bytes()).chain(text_of(rules).as_bytes()))
}

/// The usual rules are none.
fn text_of(rules: Rules) -> String {
    if rules == Rules::default() { String::new() } else { format!("{rules:?}") }
}

/// Looks whether a file has rows that could be taken in.
///
/// # Errors
/// What its beginning is not.
pub fn look(file: impl Read, choices: &Choices, rules: Rules) -> Result<(), ImportError> {
    let rows = Rows::open(file, rules.encoding)?;
    let headers: Vec<&str> = rows.headers.iter().map(String::as_str).collect();
    Mapping::new(&headers, choices)?;
    Ok(())
}

/// Looks at rows as [`run`] does, and takes none of them in; what the list has already is not looked at.
///
/// # Errors
/// As [`run`].
pub async fn check(
    source: Source,
    options: Options,
    watch: impl FnMut(Seen) -> bool + Send + 'static,
) -> Result<Summary, ImportError> {
    let begun = Instant::now();
    blocking(move || work(source, &options, None, None, None, watch, begun)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|error| ImportError::Read(io::Error::other(error)))?
}

/// The id of a file's import.
fn identify(
    source: Source,
    dial_list: Uuid,
    rules: Rules,
    given: Option<Uuid>,
) -> Result<(Source, Option<Uuid>), ImportError> {
    let Source::File(mut file) = source else { return Ok((source, given)) };
    if !file.metadata().map_err(ImportError::Read)?.is_file() {
        return Ok((Source::Stream(Box::new(file)), given));
    }
    if given.is_some() {
        return Ok((Source::File(file), given));
    }
    let content = (&file).chain(io::Cursor::new(text_of(rules)));
    let id = identity::of_content(dial_list, content).map_err(ImportError::Read)?;
    file.rewind().map_err(ImportError::Read)?;
    Ok((Source::File(file), Some(id)))
}

fn work(
    source: Source,
    options: &Options,
    feeder: Option<Feeder>,
    before: Option<ImportProgress>,
    known: Option<Known>,
    watch: impl FnMut(Seen) -> bool,
    begun: Instant,
) -> Result<Summary, ImportError> {
    let (reader, octets_all): (Box<dyn Read>, u64) = match source {
        Source::File(file) => {
            let octets = file.metadata().map_or(0, |metadata| metadata.len());
            (Box::new(file), octets)
        }
        Source::Stream(stream) => (stream, 0),
    };
    let rows = Rows::open(reader, options.rules.encoding)?;
    let headers: Vec<&str> = rows.headers.iter().map(String::as_str).collect();
    let parser = RowParser::new(Mapping::new(&headers, &options.choices)?, options.rules.country);
    let before = before.unwrap_or_default();
    let report = Report::new(&options.report, rows.separator, &rows.headers, before.report_octets);
    let report = report.map_err(|error| report_error(options, error))?;
    let mut import = Import {
        rows,
        parser,
        report,
        feeder,
        known,
        options,
        octets_all,
        progress: before,
        uuids: Uuids::default(),
        watch,
    };
    if !before.finished {
        import.through()?;
    }
    Ok(import.sum_up(before, begun))
}

fn report_error(options: &Options, error: io::Error) -> ImportError {
    ImportError::Report { path: options.report.clone(), error }
}

/// What becomes of a lead. Nothing but a new one where nobody asks.
fn judge(known: Option<&mut Known>, lead: NewLead) -> Result<Fate, StoreError> {
    match known {
        Some(known) => known.judge(lead),
        None => Ok(Fate::New(lead)),
    }
}

struct Import<'a, W> {
    rows: Rows<Box<dyn Read>>,
    parser: RowParser,
    report: Report,
    /// `None` where only what is wrong with the rows is asked for.
    feeder: Option<Feeder>,
    /// `None` where nobody asks what the list has already.
    known: Option<Known>,
    options: &'a Options,
    octets_all: u64,
    progress: ImportProgress,
    uuids: Uuids,
    watch: W,
}

impl<W: FnMut(Seen) -> bool> Import<'_, W> {
    /// All rows, up to the end or until somebody stops it.
    fn through(&mut self) -> Result<(), ImportError> {
        let mut record = ByteRecord::new();
        for _ in 0..self.progress.records {
            if !self.rows.next(&mut record)? {
                break;
            }
        }
        let mut goes_on = true;
        while goes_on && !self.progress.finished {
            self.chunk(&mut record)?;
            let Self { octets_all, progress, .. } = *self;
            goes_on = (self.watch)(Seen { octets: self.rows.octets(), octets_all, progress });
        }
        Ok(self.feeder.as_mut().map_or(Ok(()), Feeder::finish)?)
    }

    fn chunk(&mut self, record: &mut ByteRecord) -> Result<(), ImportError> {
        self.known.as_mut().map_or(Ok(()), Known::catch_up)?;
        let (created, behind) = (wall(), self.progress.records);
        let (mut leads, mut updates) = (Vec::with_capacity(CHUNK_LEADS_MAX), Vec::new());
        while leads.len() + updates.len() < CHUNK_LEADS_MAX && self.progress.records - behind < CHUNK_ROWS_MAX
        {
            if !self.rows.next(record)? {
                self.progress.finished = true;
                break;
            }
            self.progress.records += 1;
            match self.parser.parse(record, self.uuids.next(created)) {
                Ok(None) => {}
                Ok(Some(lead)) => match judge(self.known.as_mut(), lead)? {
                    Fate::New(lead) => leads.push(lead),
                    Fate::Update(lead) => {
                        self.progress.updated += 1;
                        updates.push(lead);
                    }
                    Fate::Skip => self.progress.skipped += 1,
                },
                Err(refused) => {
                    self.progress.refused += 1;
                    let line = self.rows.line(record);
                    let cells = record.iter().enumerate();
                    let cells = cells.map(|(column, cell)| self.parser.reported(column, cell));
                    let written = self.report.refuse(line, &refused, cells);
                    written.map_err(|error| report_error(self.options, error))?;
                }
            }
        }
        self.progress.leads += leads.len() as u64;
        self.progress.report_octets =
            self.report.flush().map_err(|error| report_error(self.options, error))?;
        if let Some(feeder) = &mut self.feeder {
            feeder.send([leads, updates], created, self.progress)?;
        }
        Ok(())
    }

    fn sum_up(self, before: ImportProgress, begun: Instant) -> Summary {
        let ImportProgress { leads, refused, updated, skipped, finished, .. } = self.progress;
        let (imported, refused_now) = (leads - before.leads, refused - before.refused);
        let (updated, skipped) = (updated - before.updated, skipped - before.skipped);
        let (rows, seconds) = (imported + updated + skipped + refused_now, begun.elapsed().as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rows_per_second = if seconds > 0.0 { rows as f64 / seconds } else { 0.0 };
        Summary {
            rows,
            imported,
            updated,
            skipped,
            refused: refused_now,
            done_before: before.rows(),
            refused_in_all: refused,
            finished,
            seconds,
            rows_per_second,
            report: (refused > 0).then(|| self.options.report.clone()),
        }
    }
}
