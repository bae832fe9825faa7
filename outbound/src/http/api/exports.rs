//! `GET /results/export` and `GET /leads/export`: all that a list's filters leave, as one file. It is read from the store in slices, each
//! when the client has taken the one before: memory holds two of them, and other reads go on in between. `sending` is the way to the
//! client.

mod sending;

use std::io;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use engine::model::DialList;

use super::Api;
use super::catalog::row;
use super::page::Parameters;
use super::{leads, results, rows};
use crate::driver::wall;
use crate::export::{LeadCsv, ResultCsv};
use crate::format::Nanos;
use crate::http::caller::Viewer;
use crate::http::door::{Cut, Ending};
use crate::http::guard;
use crate::http::problem::Problem;
use crate::store::{LeadPage, LeadSearch, ResultPage, ResultSearch, Store};
use sending::{Bounds, Sending, Taken};

/// Exports at a time.
pub(super) const AT_ONCE: usize = 4;
/// What is said to those who come when there are as many.
const RETRY_AFTER_SECONDS: &str = "10";
/// Rows of a slice: the reading of one takes some milliseconds.
const SLICE: usize = 500;
/// Variables that the leads of one CSV may have, all together.
const VARIABLES_MAX: usize = 10_000;
/// Characters of a name that a file is named by.
const NAME_MAX: usize = 80;

/// What `format` may be.
pub(super) const FORMATS: [&str; 2] = ["csv", "jsonl"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    fn of(query: &Parameters) -> Result<Self, Problem> {
        let read = |text: &str| match text {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        };
        let format = query.read("format", &format!("one of {}", FORMATS.join(", ")), read)?;
        Ok(format.unwrap_or(Self::Csv))
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    fn ending(self) -> &'static str {
        FORMATS[self as usize]
    }
}

/// Where an answer goes: the ends of its connection.
type Way = (Option<Extension<Ending>>, Option<Extension<Cut>>);

/// `GET /results/export`
pub(super) async fn results(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    ending: Option<Extension<Ending>>,
    cut: Option<Extension<Cut>>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.exactly(&[results::FILTERS, &["format"]].concat())?;
    let (format, search) = (Format::of(&query)?, results::wanted(&query)?);
    let store = api.daemon.store.clone();
    let write = |sending: Sending| write_results(store, search, format, sending);
    Ok(answer(&api, format, "results", (ending, cut), &request, write))
}

/// `GET /leads/export`
pub(super) async fn leads(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    ending: Option<Extension<Ending>>,
    cut: Option<Extension<Cut>>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.exactly(&[leads::FILTERS, &["format"]].concat())?;
    let (format, search) = (Format::of(&query)?, leads::wanted(&query)?);
    let name = match search.dial_list {
        // One that is not there has no leads, as in the list of them.
        Some(list) => row::<DialList>(&api, list).await.ok().and_then(|list| list.name.clone()),
        None => None,
    };
    let name = name.map_or_else(|| "leads".to_owned(), |name| name.as_str().to_owned());
    let store = api.daemon.store.clone();
    let write = |sending: Sending| write_leads(store, search, format, sending);
    Ok(answer(&api, format, &name, (ending, cut), &request, write))
}

/// The answer, whose body `write` writes on a task of its own.
fn answer<F>(
    api: &Api,
    format: Format,
    name: &str,
    (ending, cut): Way,
    request: &HeaderMap,
    write: impl FnOnce(Sending) -> F,
) -> Response
where
    F: Future<Output = io::Result<Taken>> + Send + 'static,
{
    let Ok(place) = api.exports.clone().try_acquire_owned() else {
        let detail = format!("{AT_ONCE} exports are under way already: come again in a moment");
        let mut busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
        busy.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        return busy;
    };
    let ends = (ending.map(|Extension(ending)| ending), cut.map(|Extension(cut)| cut));
    let shown = (api.access.clone(), guard::credentials(request));
    let (sending, body) = sending::channel(shown, ends, Bounds::default());
    let (way, write) = (sending.way(), write(sending));
    tokio::spawn(async move {
        let _place = place;
        way.follow(write).await;
    });
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&disposition(name, format)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// The name of a file: what is in it, and the day. Clients that know RFC 6266 get all letters, others those of ASCII.
fn disposition(name: &str, format: Format) -> String {
    let now = Nanos(wall()).to_string();
    let day = now.split('T').next().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-');
    let name: String = name.chars().take(NAME_MAX).map(|c| if plain(c) { c } else { '_' }).collect();
    let file = format!("{} {day}.{}", name.trim(), format.ending());
    let ascii: String = file.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let mut escaped = String::new();
    for octet in file.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            escaped.push_str(&format!("%{octet:02X}"));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{escaped}")
}

/// Newest first, as they are listed; those that come meanwhile are not among them.
async fn write_results(
    store: Store,
    mut search: ResultSearch,
    format: Format,
    mut sending: Sending,
) -> io::Result<Taken> {
    search.limit = SLICE;
    if format == Format::Csv && sending.send(ResultCsv::headers()).await? == Taken::Gone {
        return Ok(Taken::Gone);
    }
    loop {
        let ResultPage { results, next } =
            store.search_results(search.clone()).await.map_err(io::Error::other)?;
        let octets = apart(move || match format {
            Format::Csv => ResultCsv::rows(&results).map_err(io::Error::other),
            Format::JsonLines => Ok(ResultCsv::json_lines(&results)),
        });
        if sending.send(octets.await?).await? == Taken::Gone {
            return Ok(Taken::Gone);
        }
        search.before = next;
        if next.is_none() {
            return sending.end().await;
        }
    }
}

/// In the order in which they were made; those that come meanwhile are not among them.
async fn write_leads(
    store: Store,
    mut search: LeadSearch,
    format: Format,
    mut sending: Sending,
) -> io::Result<Taken> {
    search.limit = SLICE;
    search.until = Some(store.newest_lead().await.map_err(io::Error::other)?);
    let mut csv = LeadCsv::new(Default::default());
    if format == Format::Csv {
        let names = store.variable_names(search.clone()).await.map_err(io::Error::other)?;
        if names.len() > VARIABLES_MAX {
            return Err(io::Error::other(
                "the leads have too many variables for columns: format=jsonl has them all",
            ));
        }
        csv = LeadCsv::new(names);
        if sending.send(csv.headers()).await? == Taken::Gone {
            return Ok(Taken::Gone);
        }
    }
    loop {
        let LeadPage { leads, next } = store.search_leads(search.clone()).await.map_err(io::Error::other)?;
        let columns = csv.clone();
        let octets = apart(move || match format {
            Format::Csv => columns.rows(leads.iter().map(|(_, lead)| lead)).map_err(io::Error::other),
            Format::JsonLines => Ok(leads
                .iter()
                .flat_map(|(_, lead)| format!("{}\n", rows::lead(lead)).into_bytes())
                .collect()),
        });
        if sending.send(octets.await?).await? == Taken::Gone {
            return Ok(Taken::Gone);
        }
        let Some(next) = next else { return sending.end().await };
        search.after = next;
    }
}

/// On another thread than those that carry calls.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_what_is_in_it_and_no_name_leaves_the_header() {
        let name = disposition("Käufer \"2026\"/\r\n../x", Format::JsonLines);
        let (ascii, all) = name.split_once("; filename*=UTF-8''").unwrap();
        assert!(ascii.starts_with("attachment; filename=\"K_ufer _2026_______x 20"), "{name}");
        assert!(ascii.ends_with(".jsonl\"") && all.starts_with("K%C3%A4ufer%20_2026_"), "{name}");
        assert!(HeaderValue::from_str(&name).is_ok());
    }
}
