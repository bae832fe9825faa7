//! Imports of leads: a file of CSV comes in and is imported behind the scenes by `crate::imports`; what becomes of it is asked for here.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use engine::ListImport;
use engine::model::DialList;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use super::Api;
use super::body::media_type;
use super::catalog::{row, uuid};
use super::openapi::plain;
use super::operations::{Answer, Operation, Parameter, Sent};
use super::page::{Parameters, page};
use super::reply::{accepted, shown, told};
use crate::format::Nanos;
use crate::http::caller::{Supervisor, Viewer};
use crate::http::problem::Problem;
use crate::import::preview::preview;
use crate::import::{By, Country, Duplicates, Encoding, ImportError};
use crate::imports::{
    Asked, COLUMNS_MAX, NAME_MAX, NotCancelled, NotTaken, PARAMETERS, USABLE, View, Wish, Wrong,
};
use crate::store::import::ImportState;

/// Octets of the beginning of a file that is looked at.
const PREVIEW_OCTETS: usize = 1 << 20;
/// Rows of a preview.
const ROWS_MAX: usize = 100;
const ROWS_DEFAULT: usize = 20;
/// Seconds that an answer may wait for the end of an import.
const WAIT_MAX: u64 = 25;
/// A field, as `map` and `columns` name it.
const FIELD: &str = "(name|detail|ukey|udata|email|number[1-8]|variable:[A-Za-z0-9_]{1,79})";
/// A column and its field.
const PAIR: &str = "[^,]*[^, ][^,]*=";

pub(super) fn operations() -> [Operation; 6] {
    let of = |method, path: &str, summary: &str, handler| {
        Operation::new(method, format!("/api/v1/{path}"), "imports", summary.to_owned(), handler)
    };
    let seconds = json!({ "type": "integer", "minimum": 0, "maximum": WAIT_MAX, "default": 0 });
    let rows = json!({ "type": "integer", "minimum": 1, "maximum": ROWS_MAX, "default": ROWS_DEFAULT });
    let mut wish = parameters(&PARAMETERS);
    wish.push(Parameter {
        name: "wait",
        doc: "Answer when the import is over, at most so many seconds later.",
        schema: seconds,
    });
    let mut look = parameters(&PREVIEW);
    look.push(Parameter { name: "rows", doc: "At most so many rows.", schema: rows });
    let list = json!({ "type": "string", "format": "uuid" });
    [
        of("post", "dial-lists/{id}/imports", "Import leads", post(create))
            .doc("A CSV file with a line of headers, of at most 4 GiB; fields separated by comma, semicolon or tab. It is on disk when this is answered, with 202, and is imported behind the scenes; it comes to its end also where the daemon is restarted. The same file for the same list with the same parameters is imported once: then 200 with that import, which goes on where it had failed or was cancelled.")
            .query(wish)
            .errors(&[408, 409])
            .sends(Sent::Csv)
            .answers(Answer::Accepted("Import")),
        of("post", "imports/preview", "Look at the beginning of a file", post(look_at))
            .doc("The file, or the beginning of it: what its columns are taken for, and its first rows as they would be taken in or with what is wrong with them. Of what is longer than 1 MiB the beginning is looked at. Nothing is kept.")
            .query(look)
            .errors(&[409])
            .sends(Sent::Csv)
            .answers(Answer::One("ImportPreview")),
        of("get", "imports", "List imports", get(list_all))
            .doc("Newest first.")
            .query(vec![Parameter { name: "dial_list", doc: "Only imports into this dial list.", schema: list }])
            .answers(Answer::Page("Import"))
            .counted(),
        of("get", "imports/{id}", "Get an import", get(one)).answers(Answer::One("Import")),
        of("post", "imports/{id}/cancel", "Cancel an import", post(cancel))
            .doc("Leads that are in stay in. 409 where it is over. Sent again, the same file goes on from there.")
            .errors(&[409])
            .answers(Answer::One("Import")),
        of("get", "imports/{id}/report", "Get the report on refused rows", get(report))
            .doc("CSV: line, field and reason, and the row as it was, so that it can be mended and imported. 404 where none was refused, or where it is gone: it is kept for 30 days.")
            .answers(Answer::Csv),
    ]
}

/// Adds the schemas.
pub(super) fn schemas(all: &mut Value) {
    let states = ImportState::ALL.map(ImportState::as_str);
    let mut import = plain(
        "id:uuid dial_list:uuid state:text name:text? by:text octets:count octets_read:count rows:count imported:count updated:count \
         skipped:count refused:count dry_run:switch usable:text error:text? created_at:time started_at:time? ended_at:time?",
    );
    import["properties"]["state"] = json!({ "type": "string", "enum": states });
    import["properties"]["usable"] = json!({ "type": "string", "enum": USABLE });
    all["Import"] = import;
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let mut column = plain("header:text field:text?");
    column["properties"]["samples"] = texts.clone();
    let mut row = plain("line:count field:text? expected:text?");
    row["properties"]["cells"] = texts;
    row["properties"]["values"] =
        json!({ "type": ["array", "null"], "items": { "type": ["string", "null"] } });
    let mut preview = plain("encoding:text separator:text problem:text?");
    preview["properties"]["columns"] = json!({ "type": "array", "items": column });
    preview["properties"]["rows"] = json!({ "type": "array", "items": row });
    require(&mut preview["properties"]["columns"]["items"], &["samples"]);
    require(&mut preview["properties"]["rows"]["items"], &["cells", "values"]);
    require(&mut preview, &["columns", "rows"]);
    all["ImportPreview"] = preview;
}

fn require(schema: &mut Value, members: &[&str]) {
    if let Some(required) = schema["required"].as_array_mut() {
        required.extend(members.iter().map(|&member| member.into()));
    }
}

/// Those of a preview.
const PREVIEW: [&str; 5] = ["map", "ignore", "columns", "encoding", "default_country"];

fn parameters(names: &[&'static str]) -> Vec<Parameter> {
    names.iter().map(|name| parameter(name)).collect()
}

fn parameter(name: &'static str) -> Parameter {
    let words = |words: &[&str]| json!({ "type": "string", "enum": words, "default": words[0] });
    let switch = || json!({ "type": "boolean", "default": false });
    let (doc, schema) = match name {
        "name" => (
            "The name of the file, for those who look at imports.",
            json!({ "type": "string", "maxLength": NAME_MAX, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" }),
        ),
        "map" => (
            "Columns that hold other fields than their headers say: HEADER=FIELD, with commas between them. Fields: name, detail, ukey, udata, email, number1 to number8, variable:NAME.",
            json!({ "type": "string", "pattern": format!("^{PAIR}{FIELD}(,{PAIR}{FIELD})*$") }),
        ),
        "ignore" => {
            ("Headers of columns that are left out, with commas between them.", json!({ "type": "string" }))
        }
        "columns" => (
            "Where it is given, headers, map and ignore say nothing: the field of each column in their order, with commas between them, and nothing for a column that is left out.",
            json!({ "type": "string", "pattern": format!("^{FIELD}?(,{FIELD}?){{0,{}}}$", COLUMNS_MAX - 1) }),
        ),
        "encoding" => ("How the text is written down; auto finds out.", words(Encoding::WORDS)),
        "default_country" => {
            let countries: Vec<String> = Country::all().into_iter().map(|(country, _)| country).collect();
            (
                "Where numbers without a country code are from: then all numbers become E.164 (+43…), and those that cannot be dialed are refused. Without it they stay as they are written.",
                json!({ "type": "string", "enum": countries }),
            )
        }
        "duplicates" => (
            "What becomes of a row whose lead the list has already: it is taken in too, left out, or the lead is given what the row has (its tries stay).",
            words(Duplicates::WORDS),
        ),
        "duplicates_by" => (
            "What a lead is known by: its ukey or, where that finds none, any of its numbers; or only one of these.",
            words(By::WORDS),
        ),
        "usable" => (
            "Whether campaigns call the leads of the list as they come in, or nobody of the list until the import is over.",
            words(&USABLE),
        ),
        "again" => ("Import the file once more.", switch()),
        _ => ("Only say what would become of the rows.", switch()),
    };
    Parameter { name, doc, schema }
}

async fn create(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Parameters,
    request: Request,
) -> Result<Response, Problem> {
    query.exactly(&[&PARAMETERS[..], &["wait"]].concat())?;
    let wish = Wish::read(|name| query.get(name)).map_err(|wrong| wrong_parameter(&wrong))?;
    let in_range = |text: &str| text.parse().ok().filter(|seconds| *seconds <= WAIT_MAX);
    let wait = query.read("wait", &format!("a whole number from 0 to {WAIT_MAX}"), in_range)?.unwrap_or(0);
    is_csv(request.headers())?;
    let list = uuid(&id, "dial list")?;
    row::<DialList>(&api, list).await?;
    let given = PARAMETERS.iter().filter_map(|name| Some(((*name).to_owned(), query.get(name)?.to_owned())));
    let asked = Asked { parameters: given.collect(), by: caller.name, octets: 0 };
    let imports = &api.daemon.imports;
    let mut changed = imports.changes();
    let taken = imports.receive(list, wish, asked, request.into_body().into_data_stream()).await;
    let (mut view, new) = taken.map_err(|error| not_taken(&error))?;
    let mut over = pin!(tokio::time::sleep(Duration::from_secs(wait)));
    while wait > 0 && !view.file.state.is_over() {
        tokio::select! {
            _ = changed.changed() => view = found(&api, view.file.id).await?,
            () = &mut over => break,
        }
    }
    let place = format!("/api/v1/imports/{}", view.file.id);
    Ok(if new { accepted(&place, &shape(&view)) } else { told(&shape(&view)) })
}

async fn look_at(_: Supervisor, query: Parameters, request: Request) -> Result<Response, Problem> {
    query.exactly(&[&PREVIEW[..], &["rows"]].concat())?;
    let wish = Wish::read(|name| query.get(name)).map_err(|wrong| wrong_parameter(&wrong))?;
    let in_range = |text: &str| text.parse().ok().filter(|rows| (1..=ROWS_MAX).contains(rows));
    let rows = query.read("rows", &format!("a whole number from 1 to {ROWS_MAX}"), in_range)?;
    is_csv(request.headers())?;
    let octets = to_bytes(request.into_body(), PREVIEW_OCTETS).await.map_err(|_| {
        let detail = "more than 1 MiB: send the beginning of the file";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    // What was cut off in the middle of a row shows the rows before it.
    let whole = octets.len() < PREVIEW_OCTETS && octets.last().is_some_and(|octet| *octet != b'\n');
    let rows = rows.unwrap_or(ROWS_DEFAULT);
    let looked =
        tokio::task::spawn_blocking(move || preview(&octets, whole, (&wish.choices, wish.rules), rows));
    let preview = looked.await.map_err(|error| internal(&error))?.map_err(|error| problem(&error))?;
    let value = serde_json::to_value(preview).map_err(|error| internal(&error))?;
    Ok(told(&value))
}

async fn list_all(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&["dial_list"])?;
    let (limit, before) = (query.limit()?, query.cursor::<i64>()?.unwrap_or(i64::MAX));
    let views = api.daemon.imports.list(query.uuid("dial_list")?, before, limit + 1).await;
    let mut views = views.map_err(|error| Problem::from(&error))?;
    let more = views.len() > limit;
    views.truncate(limit);
    let next = views.last().map(|view| view.seq).filter(|_| more);
    Ok(shown(&request, &page(views.iter().map(shape).collect(), next)))
}

async fn one(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    Ok(shown(&request, &shape(&found(&api, uuid(&id, "import")?).await?)))
}

async fn cancel(_: Supervisor, State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let cancelled = api.daemon.imports.cancel(uuid(&id, "import")?).await;
    let view = cancelled.map_err(|error| match &error {
        NotCancelled::NotFound => Problem::not_found("import"),
        NotCancelled::Over(_) => Problem::new(StatusCode::CONFLICT, error.to_string()),
        NotCancelled::Store(error) => error.into(),
    })?;
    Ok(told(&shape(&view)))
}

async fn report(_: Viewer, State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let view = found(&api, uuid(&id, "import")?).await?;
    let file = api.daemon.imports.report(view.file.id).ok_or_else(|| no_report(&view))?;
    let mut length = file.metadata().map_err(|error| internal(&error))?.len();
    if !view.file.state.is_over() {
        // What is behind that is being written, and may end within a row.
        length = length.min(view.progress.report_octets);
    }
    if length == 0 {
        return Err(no_report(&view));
    }
    let file = tokio::fs::File::from_std(file).take(length);
    let octets = futures_util::stream::try_unfold(file, |mut file| async move {
        let mut piece = Vec::with_capacity(64 << 10);
        let read = file.read_buf(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then_some((piece, file)))
    });
    let mut response = Body::from_stream(octets).into_response();
    let name = format!("attachment; filename=\"rejected-{}.csv\"", view.file.id);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers
        .insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(|error| internal(&error))?);
    Ok(response)
}

/// Why there is none.
fn no_report(view: &View) -> Problem {
    let detail = match view.progress.refused {
        0 if view.file.state.is_over() => "there is no report: no row of this import was refused".to_owned(),
        0 => "there is no report: no row of this import was refused so far".to_owned(),
        refused => {
            let rows = if refused == 1 { "row" } else { "rows" };
            format!("the report on {refused} refused {rows} is gone: reports are kept for 30 days")
        }
    };
    Problem::new(StatusCode::NOT_FOUND, detail)
}

async fn found(api: &Api, id: Uuid) -> Result<View, Problem> {
    let found = api.daemon.imports.get(id).await.map_err(|error| Problem::from(&error))?;
    found.ok_or_else(|| Problem::not_found("import"))
}

/// An import as the API shows it.
pub(super) fn shape(view: &View) -> Value {
    let View { file, asked, progress, octets_read, .. } = view;
    let time = |at| Nanos(at).to_string();
    json!({
        "id": file.id, "dial_list": file.dial_list, "state": file.state.as_str(), "name": asked.get("name"), "by": asked.by,
        "octets": asked.octets, "octets_read": octets_read,
        "rows": progress.rows(),
        "imported": progress.leads, "updated": progress.updated, "skipped": progress.skipped, "refused": progress.refused,
        "dry_run": file.campaigns.is_none(),
        "usable": if file.campaigns == Some(ListImport::Held) { "complete" } else { "growing" },
        "error": file.error, "created_at": time(file.created), "started_at": file.begun.map(time), "ended_at": file.ended.map(time),
    })
}

fn is_csv(headers: &HeaderMap) -> Result<(), Problem> {
    if let Some("text/csv" | "application/octet-stream") = media_type(headers).as_deref() {
        return Ok(());
    }
    let detail = "a body of type text/csv expected (header Content-Type): the file itself, as by curl --data-binary @FILE";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

fn wrong_parameter(wrong: &Wrong) -> Problem {
    Problem::field(wrong.parameter, wrong.expected.clone())
}

fn not_taken(error: &NotTaken) -> Problem {
    match error {
        NotTaken::CutOff => Problem::new(StatusCode::REQUEST_TIMEOUT, error.to_string()),
        NotTaken::TooLong => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
        NotTaken::Import(error) => problem(error),
        NotTaken::Io(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
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
            of_file("body", "CSV with a line of headers")
        }
        ImportError::Store(error) => error.into(),
        ImportError::Read(error) | ImportError::Report { error, .. } => internal(error),
    }
}

fn internal(error: &impl std::fmt::Display) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
