//! `outbound list import` where a daemon has the database: the file goes to it over HTTP, and its import is followed to its end. The same
//! command again goes on where that was cut off.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::body::{Body, Bytes};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::import::Import;
use crate::cli::client::{Client, Failure, code};
use crate::cli::part::{self, OWNER};
use crate::cli::{escaped, key_of};
use crate::import::Rules;

/// How often it is asked how far an import is.
const ASK_EVERY: Duration = Duration::from_millis(300);
/// Octets that are read at once.
const PIECE: usize = 64 << 10;

/// What became of a file.
pub(super) struct Sent {
    /// The import, as the API shows it.
    pub(super) import: Value,
    /// The same file was imported before.
    pub(super) before: bool,
    /// A report was written.
    pub(super) reported: bool,
}

impl Sent {
    pub(super) fn count(&self, name: &str) -> u64 {
        self.import[name].as_u64().unwrap_or_default()
    }
}

/// Sends a file, and waits for the end of its import.
pub(super) async fn send(command: &Import, client: &Client) -> anyhow::Result<Sent> {
    let list = find_list(command, client).await?;
    let (file, octets) = open(&command.file).await?;
    let bar = ProgressBar::new(octets)
        .with_style(ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes} sent, {eta} left")?);
    let shown = bar.clone();
    let body = futures_util::stream::try_unfold(file, move |mut file| {
        let shown = shown.clone();
        async move {
            let mut piece = Vec::with_capacity(PIECE);
            let read = file.read_buf(&mut piece).await?;
            shown.inc(read as u64);
            Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
        }
    });
    let sent = client.send_csv(&place(command, &list), Body::from_stream(body)).await;
    bar.finish_and_clear();
    let sent = sent?;
    let before = sent.status == 200;
    let import = follow(client, sent.body).await?;
    if import["state"] != "done" {
        let why = import["error"].as_str().unwrap_or("somebody has cancelled it");
        bail!(
            "the import of {} is {}: {why}; what is in stays in",
            command.file.display(),
            text(&import, "state")
        );
    }
    let reported = import["refused"].as_u64() > Some(0);
    if reported {
        write_report(client, &text(&import, "id"), &command.report()).await?;
    }
    Ok(Sent { import, before, reported })
}

async fn open(path: &Path) -> anyhow::Result<(Box<dyn AsyncRead + Send + Unpin>, u64)> {
    if path == Path::new("-") {
        return Ok((Box::new(tokio::io::stdin()), 0));
    }
    let file =
        tokio::fs::File::open(path).await.with_context(|| format!("cannot open {}", path.display()))?;
    let octets = file.metadata().await.map_or(0, |metadata| metadata.len());
    Ok((Box::new(file), octets))
}

fn place(command: &Import, list: &str) -> String {
    let mut place = format!("dial-lists/{list}/imports?again={}&dry_run={}", command.again, command.dry_run);
    let Rules { encoding, country, duplicates, duplicates_by } = command.rules();
    let name = command.file.file_name().unwrap_or_default().to_string_lossy();
    let map: Vec<_> = command.map.iter().map(|(header, field)| format!("{header}={field}")).collect();
    let parameters = [
        ("name", name.chars().filter(|c| matches!(c, ' '..='~')).collect()),
        ("map", map.join(",")),
        ("ignore", command.ignore.join(",")),
        ("encoding", encoding.to_string()),
        ("default_country", country.map(|country| country.to_string()).unwrap_or_default()),
        ("duplicates", duplicates.to_string()),
        ("duplicates_by", duplicates_by.to_string()),
        ("usable", command.usable.clone()),
    ];
    for (name, value) in parameters.iter().filter(|(_, value): &&(&str, String)| !value.is_empty()) {
        let _ = write!(place, "&{name}={}", escaped(value));
    }
    place
}

/// Waits for the end of an import.
async fn follow(client: &Client, mut import: Value) -> anyhow::Result<Value> {
    let bar = ProgressBar::new(import["octets"].as_u64().unwrap_or_default())
        .with_style(ProgressStyle::with_template("{wide_bar} {msg}, {eta} left")?);
    let path = format!("imports/{}", text(&import, "id"));
    while matches!(import["state"].as_str(), Some("waiting" | "running")) {
        let count = |name: &str| import[name].as_u64().unwrap_or_default();
        bar.set_position(count("octets_read"));
        bar.set_message(format!(
            "{} rows, {} refused",
            HumanCount(count("rows")),
            HumanCount(count("refused"))
        ));
        tokio::time::sleep(ASK_EVERY).await;
        let asked = client.get(&path).await;
        let hint = || format!("the import goes on without us: outbound import show {}", text(&import, "id"));
        import = asked.with_context(hint)?;
    }
    bar.finish_and_clear();
    Ok(import)
}

fn text(import: &Value, name: &str) -> String {
    import[name].as_str().unwrap_or_default().to_owned()
}

async fn write_report(client: &Client, import: &str, path: &Path) -> anyhow::Result<()> {
    part::write(path, OWNER, async |mut to| {
        let mut report = client.download(format!("imports/{import}/report")).await?;
        while let Some(octets) = report.next().await? {
            to.write_all(&octets)?;
        }
        Ok(())
    })
    .await
    .with_context(|| {
        format!(
            "the import is done, but its report {} is not written; `outbound import report {import} --output FILE` writes it later",
            path.display()
        )
    })
}

fn is_not_found(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|failure: &Failure| failure.code == code::NOT_FOUND)
}

async fn find_list(command: &Import, client: &Client) -> anyhow::Result<String> {
    let named = command.list.as_deref().context("--list: the list that the leads go to")?;
    match key_of(client, "list", named).await {
        Err(error) if command.create && is_not_found(&error) => {
            let made = client.ask("POST", "dial-lists", &[], Some(&json!({ "name": named }))).await?;
            made.body["uuid"].as_str().map(str::to_owned).context("the daemon gave no uuid")
        }
        Err(error) if is_not_found(&error) => {
            Err(Failure::new(code::NOT_FOUND, format!("{error}; --create makes it")).into())
        }
        found => found,
    }
}
