//! `POST /dial-lists/{id}/import`: leads out of CSV, while calls go on: `crate::import` with what came as its source. The same octets for
//! the same list are the same import: sent again, as a whole or because the answer was lost, they put nothing in twice.

use std::io::Cursor;
use std::path::Path as File;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::model::DialList;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::Api;
use super::body::media_type;
use super::catalog::row;
use super::page::Parameters;
use super::reply::told;
use crate::http::caller::Supervisor;
use crate::http::problem::Problem;
use crate::import::{self, Choices, ImportError, Options, Source, Summary};

/// Octets of a body: more than 300,000 leads with name and number. They are in memory while they are imported.
pub(super) const OCTETS_MAX: usize = 32 << 20;
/// What `map` looks like.
pub(super) const MAP: &str =
    "^[^=,]*[^=, ][^=,]*=(name|detail|ukey|udata|email|number[1-8]|variable:[A-Za-z_]{1,20})$";
/// Refused rows that an answer has.
const REFUSED_SHOWN: usize = 1_000;
/// Bodies in memory at once.
static BODIES: Semaphore = Semaphore::const_new(4);
/// One import at a time: the same file that is sent twice at once is taken in once. Others wait, at most as long as an answer may take.
static TURN: Semaphore = Semaphore::const_new(1);

/// See the module.
pub(super) async fn import(
    _: Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Parameters,
    request: Request,
) -> Result<Response, Problem> {
    let wish = Wish::read(&query)?;
    is_csv(request.headers())?;
    let list = id.parse().map_err(|_| Problem::not_found("dial list"))?;
    row::<DialList>(&api, list).await?;
    let body = BODIES.acquire().await.map_err(|_| Problem::shutting_down())?;
    let octets = to_bytes(request.into_body(), OCTETS_MAX).await.map_err(|_| {
        let detail = format!(
            "the file is longer than {} MiB, or was cut off: send it in parts, each with the line of headers",
            OCTETS_MAX >> 20
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    let turn = TURN.acquire().await.map_err(|_| Problem::shutting_down())?;
    // It comes to its end also where the client goes away, or the answer comes too late; then the same file says what became of it.
    let work = tokio::spawn(async move {
        let _held = (turn, body);
        let folder = tempfile::tempdir().map_err(|error| internal(&error))?;
        let report = folder.path().join("refused.csv");
        let summary = run(&api, list, wish, octets, &report).await?;
        let refused = refused_rows(&report).map_err(|error| internal(&error))?;
        Ok(told(&answer(&summary, &refused)))
    });
    work.await.map_err(|error| internal(&std::io::Error::other(error)))?
}

/// What is wanted of the rows.
struct Wish {
    choices: Choices,
    again: bool,
    dry_run: bool,
}

impl Wish {
    fn read(query: &Parameters) -> Result<Self, Problem> {
        query.exactly(&["map", "ignore", "again", "dry_run"])?;
        let parts = |name: &str| {
            let parts = query.get(name).into_iter().flat_map(|text| text.split(','));
            parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let map = parts("map").iter().map(|part| Choices::parse_map(part)).collect::<Result<_, _>>();
        let map = map.map_err(|expected| Problem::field("map", expected.replace(" expected,", ",")))?;
        let switch = |name: &str| {
            let read = |text: &str| text.parse::<bool>().ok();
            Ok::<_, Problem>(query.read(name, "true or false", read)?.unwrap_or(false))
        };
        let choices = Choices { map, ignore: parts("ignore") };
        Ok(Self { choices, again: switch("again")?, dry_run: switch("dry_run")? })
    }
}

fn is_csv(headers: &HeaderMap) -> Result<(), Problem> {
    if let Some("text/csv" | "application/octet-stream") = media_type(headers).as_deref() {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body of type text/csv expected"))
}

async fn run(api: &Api, list: Uuid, wish: Wish, octets: Bytes, report: &File) -> Result<Summary, Problem> {
    let id = import::id_of(list, &octets, &wish.choices);
    let options = Options {
        dial_list: list,
        choices: wish.choices,
        report: report.to_owned(),
        again: wish.again,
        id: Some(id),
    };
    let source = Source::Stream(Box::new(Cursor::new(octets)));
    let done = if wish.dry_run {
        import::check(source, options, |_| true).await
    } else {
        import::run(api.daemon.store.clone(), source, options, |_| true).await
    };
    let summary = done.map_err(|error| problem(&error))?;
    if !wish.dry_run {
        tracing::info!(dial_list = %list, imported = summary.imported, refused = summary.refused, done_before = summary.done_before, "leads imported over HTTP");
    }
    Ok(summary)
}

fn answer(summary: &Summary, refused: &[Value]) -> Value {
    json!({ "rows": summary.rows, "imported": summary.imported, "refused": summary.refused, "done_before": summary.done_before,
        "refused_rows": refused })
}

/// What the report says, row by row.
fn refused_rows(report: &File) -> std::io::Result<Vec<Value>> {
    if !report.exists() {
        return Ok(Vec::new());
    }
    // Behind our columns is the row as it was, whatever is wrong with it.
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).delimiter(separator(report)?).from_path(report)?;
    let mut rows = Vec::new();
    for record in reader.byte_records().take(REFUSED_SHOWN) {
        let record = record?;
        let text = |at: usize| String::from_utf8_lossy(record.get(at).unwrap_or_default());
        rows.push(
            json!({ "line": text(0).parse::<u64>().unwrap_or(0), "field": text(1), "reason": text(2) }),
        );
    }
    Ok(rows)
}

/// The report has that of the file; its first column is ours.
fn separator(report: &File) -> std::io::Result<u8> {
    use std::io::{BufRead as _, BufReader};
    let mut line = Vec::new();
    BufReader::new(std::fs::File::open(report)?).read_until(b'\n', &mut line)?;
    Ok(line.iter().copied().find(|octet| b",;\t".contains(octet)).unwrap_or(b','))
}

/// 409 where a request that is right as such has a file that is not.
fn problem(error: &ImportError) -> Problem {
    let of_file = |field: &str, expected: &str| {
        Problem {
            status: StatusCode::CONFLICT,
            detail: format!("{field}: {error}"),
            ..Problem::field(field, expected)
        }
        .titled("not importable")
    };
    match error {
        ImportError::Mapping(_) => {
            of_file("map", "columns that are fields, or are mapped to some, or are ignored")
        }
        ImportError::Encoding | ImportError::Empty | ImportError::RowTooLong { .. } => {
            of_file("body", "CSV in UTF-8 with a line of headers")
        }
        ImportError::Store(error) => error.into(),
        ImportError::Read(error) | ImportError::Report { error, .. } => internal(error),
    }
}

fn internal(error: &std::io::Error) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
