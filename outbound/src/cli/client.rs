//! A client of the daemon's HTTP API, for the commands that talk to a running daemon: where it is, what lets us in, one request after
//! another, and what went wrong as an exit code.

mod events;
mod failure;
mod wire;

use std::path::PathBuf;

use anyhow::{Context, bail};
use axum::body::Body;
use clap::Args;
use serde_json::Value;

pub(super) use events::{Event, Events};
pub(super) use failure::{Failure, code};
pub(super) use wire::Download;
use wire::{Reply, Wire};

use crate::access::token_file;
use crate::config::{self, Config};

/// Where the daemon is, and who asks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Daemon")]
pub(super) struct Target {
    /// Where its HTTP API is; else as in the config, else http://127.0.0.1:8080
    #[arg(long, value_name = "URL", env = "OUTBOUND_URL", global = true)]
    pub(super) url: Option<String>,
    /// What lets in; else the file beside the database of the config, or ./outbound.db.token
    #[arg(long, value_name = "TOKEN", env = "OUTBOUND_TOKEN", hide_env_values = true, global = true)]
    pub(super) token: Option<String>,
    /// The daemon's config; else ./outbound.toml, else /etc/outbound/outbound.toml
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// PEM file with who signed the daemon's certificate; else the certificate of the config
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) cacert: Option<PathBuf>,
    /// Print JSON, one document, as the API gives it; of a list its items
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// See the module.
pub(super) struct Client {
    wire: Wire,
    token: String,
}

impl Client {
    /// Finds out where the daemon is and what lets us in; nothing is asked yet.
    ///
    /// # Errors
    /// A config that cannot be read, a URL that is none, no token.
    pub(super) fn new(target: &Target) -> anyhow::Result<Self> {
        // Without --config, a config is a help and no must.
        let config = match &target.config {
            Some(path) => Some(config::load(Some(path))?),
            None => config::load(None).ok(),
        };
        let url = target.url.clone().unwrap_or_else(|| url(config.as_ref()));
        let cacert = target.cacert.clone().or_else(|| config.as_ref()?.http.tls_certificate.clone());
        let token = match &target.token {
            Some(token) => token.clone(),
            None => token(config.as_ref())?,
        };
        Ok(Self { wire: Wire::new(&url, cacert.as_deref())?, token })
    }

    /// One request; JSON, or null where the answer has no body.
    ///
    /// # Errors
    /// A [`Failure`].
    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Reply> {
        let bearer = format!("Bearer {}", self.token.trim());
        let own = [("authorization", bearer.as_str()), ("accept", "application/json")];
        let mut headers = [&own, headers].concat();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let reply = self.wire.send(method, &format!("/api/v1/{path}"), &headers, body).await?;
        if (200..300).contains(&reply.status) {
            return Ok(reply);
        }
        Err(Failure::of(reply.status, &reply.body).into())
    }

    /// Sends a CSV file; that may take as long as it takes.
    ///
    /// # Errors
    /// A [`Failure`].
    pub(super) async fn send_csv(&self, path: &str, csv: Body) -> anyhow::Result<Reply> {
        let bearer = format!("Bearer {}", self.token.trim());
        let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
        let reply = self.wire.upload(&format!("/api/v1/{path}"), &headers, csv).await?;
        if (200..300).contains(&reply.status) {
            return Ok(reply);
        }
        Err(Failure::of(reply.status, &reply.body).into())
    }

    /// GET of what is taken as it comes.
    ///
    /// # Errors
    /// A [`Failure`].
    pub(super) async fn download(&self, path: String) -> anyhow::Result<Download> {
        let bearer = format!("Bearer {}", self.token.trim());
        self.wire.download(&format!("/api/v1/{path}"), &[("authorization", bearer.as_str())]).await
    }

    /// GET.
    ///
    /// # Errors
    /// A [`Failure`].
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.ask("GET", path, &[], None).await?.body)
    }

    /// Opens the stream of events; `query` narrows it, `last` is the id of the event that was heard last.
    ///
    /// # Errors
    /// A [`Failure`].
    pub(super) async fn listen(&self, query: &str, last: Option<&str>) -> anyhow::Result<Events> {
        let bearer = format!("Bearer {}", self.token.trim());
        let mut headers = vec![("authorization", bearer.as_str()), ("accept", "text/event-stream")];
        headers.extend(last.map(|id| ("last-event-id", id)));
        let response = self.wire.open(&format!("/api/v1/events?{query}"), &headers).await?;
        if response.status() == 200 {
            return Ok(Events::new(response.into_body()));
        }
        let reply = wire::read(response).await?;
        Err(Failure::of(reply.status, &reply.body).into())
    }

    /// The items of a list, page by page, at most so many.
    ///
    /// # Errors
    /// A [`Failure`].
    pub(super) async fn items(&self, path: &str, query: &str, most: usize) -> anyhow::Result<Vec<Value>> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        while items.len() < most {
            let limit = (most - items.len()).min(1_000);
            let mut page = self.get(&format!("{path}?limit={limit}{query}{cursor}")).await?;
            match page["items"].take() {
                Value::Array(more) => items.extend(more),
                _ => bail!("{path} is no list: is {} the daemon's API?", self.wire.place()),
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Ok(items)
    }
}

fn url(config: Option<&Config>) -> String {
    let Some(http) = config.map(|config| &config.http) else { return "http://127.0.0.1:8080".to_owned() };
    let mut listen = http.listen;
    if listen.ip().is_unspecified() {
        listen.set_ip(if listen.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    let scheme = if http.tls_certificate.is_some() { "https" } else { "http" };
    format!("{scheme}://{listen}")
}

fn token(config: Option<&Config>) -> anyhow::Result<String> {
    let database = match config {
        Some(config) => config.store.options().file().context(
            "the daemon's database is in memory, so it writes no token file: give --token or OUTBOUND_TOKEN",
        )?,
        None => PathBuf::from("outbound.db"),
    };
    let file = token_file(&database);
    std::fs::read_to_string(&file).with_context(|| {
        format!(
            "no token: {} cannot be read; run this as the daemon's user, or give --token or OUTBOUND_TOKEN (an admin makes \
             tokens: outbound token create)",
            file.display()
        )
    })
}
