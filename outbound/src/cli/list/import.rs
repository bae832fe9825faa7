//! `outbound list import FILE`: leads out of a CSV file, with the rules of docs/manual.md ("Lists from files").

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use engine::model::{Change, DialList};
use engine::value::Text;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::upload::{self, Sent};
use crate::cli::client::{Client, Target};
use crate::config;
use crate::driver::wall;
use crate::health;
use crate::import::{
    self, By, Choices, Country, Duplicates, Encoding, Field, Options, Rules, Seen, Source, Summary,
};
use crate::store::{Loaded, Store, StoreError};

/// Some rows were refused.
const EXIT_REFUSED: u8 = 3;

/// How long an import may take to stop; a second signal ends it at once.
const STOP_MAX: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file: CSV in UTF-8 with a line of headers; fields separated by comma, semicolon or tab. `-` is standard input
    pub(super) file: PathBuf,
    /// Send it to the daemon there, by http://HOST:PORT, instead of into the database
    #[arg(long, value_name = "URL", env = "OUTBOUND_URL")]
    url: Option<String>,
    /// What the daemon lets in; else the file beside the database
    #[arg(long, value_name = "TOKEN", env = "OUTBOUND_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// PEM file with who signed the daemon's certificate
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// The dial list, by its uuid or its name; needed, unless with --dry-run
    #[arg(long, value_name = "NAME|UUID", required_unless_present = "dry_run")]
    pub(super) list: Option<String>,
    /// Make the list where none has that name
    #[arg(long)]
    pub(super) create: bool,
    /// The config; else ./outbound.toml, else /etc/outbound/outbound.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A column holds this field: name, detail, ukey, udata, email, number1 to number8, variable:NAME
    #[arg(long, value_name = "HEADER=FIELD", value_parser = Choices::parse_map)]
    pub(super) map: Vec<(String, Field)>,
    /// A column is left out
    #[arg(long, value_name = "HEADER")]
    pub(super) ignore: Vec<String>,
    /// Where numbers without a country code are from, as two letters (US, DE): then all become E.164, and what cannot be dialed is refused
    #[arg(long, value_name = "COUNTRY")]
    default_country: Option<Country>,
    /// How the text is written down: auto, utf-8, windows-1252
    #[arg(long, default_value_t)]
    encoding: Encoding,
    /// What becomes of a row whose lead the list has already: take, skip, update (its tries stay)
    #[arg(long, value_name = "WHAT", default_value_t)]
    duplicates: Duplicates,
    /// What a lead is known by: any (its ukey, else its numbers), ukey, number
    #[arg(long, value_name = "KEY", default_value_t)]
    duplicates_by: By,
    /// With a daemon: campaigns call leads as they come in (growing), or nobody of the list before all are in (complete)
    #[arg(long, value_name = "WHEN", default_value = "growing", value_parser = crate::imports::USABLE)]
    pub(super) usable: String,
    /// Where refused rows go, with line, field and reason; else FILE.rejected.csv
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Take the file in once more, though it is in the list already
    #[arg(long)]
    pub(super) again: bool,
    /// Only look what would be refused; a daemon may run
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    list: Option<Uuid>,
    /// The most memory that the process has had.
    peak_resident_kb: u64,
}

impl Import {
    pub(super) fn rules(&self) -> Rules {
        let Self { encoding, default_country: country, duplicates, duplicates_by, .. } = *self;
        Rules { encoding, country, duplicates, duplicates_by }
    }

    /// Where refused rows go.
    pub(super) fn report(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(|| report_of(&self.file))
    }
}

/// Runs the command: to the daemon where one has the database, or where somebody says which.
pub(super) async fn run(command: Import) -> anyhow::Result<ExitCode> {
    let real = |path: &Path| path.canonicalize().ok();
    if real(&command.file).is_some_and(|file| real(&command.report()) == Some(file)) {
        bail!("the report would be written over {}: name another file", command.file.display());
    }
    if command.url.is_some() && (!command.dry_run || command.list.is_some()) {
        return to_daemon(&command).await;
    }
    match into_database(&command).await {
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Held { .. })) => {
            to_daemon(&command).await.with_context(|| format!("{error}, so the file goes to the daemon"))
        }
        other => other,
    }
}

async fn to_daemon(command: &Import) -> anyhow::Result<ExitCode> {
    let target = Target {
        url: command.url.clone(),
        token: command.token.clone(),
        config: command.config.clone(),
        cacert: command.cacert.clone(),
        json: command.json,
    };
    let client = Client::new(&target)?;
    let sent = upload::send(command, &client).await?;
    tell_of_upload(command, &sent);
    Ok(if sent.count("refused") > 0 && !sent.before {
        ExitCode::from(EXIT_REFUSED)
    } else {
        ExitCode::SUCCESS
    })
}

#[expect(clippy::print_stdout, reason = "what came of it is what the user waits for")]
fn tell_of_upload(command: &Import, sent: &Sent) {
    if command.json {
        println!("{}", printed(sent));
        return;
    }
    let count = |name: &str| HumanCount(sent.count(name));
    if sent.before {
        println!(
            "{} is in this list already ({} rows): --again takes it in once more",
            command.file.display(),
            count("rows")
        );
    } else {
        let done = if command.dry_run { "the daemon would import" } else { "the daemon imported" };
        let others = others(sent.count("updated"), sent.count("skipped"));
        println!(
            "{done} {} of {} rows{others}, refused {}",
            count("imported"),
            count("rows"),
            count("refused")
        );
    }
    if sent.reported {
        let report = command.report();
        println!("{} refused rows with their reasons: {}", count("refused"), report.display());
    }
    println!("dial list {}", sent.import["dial_list"].as_str().unwrap_or_default());
}

/// The summary as an import without a daemon has it.
fn printed(sent: &Sent) -> serde_json::Value {
    // What was in before is not in by this.
    let [imported, updated, skipped, refused, rows] = ["imported", "updated", "skipped", "refused", "rows"]
        .map(|name| if sent.before { 0 } else { sent.count(name) });
    let done_before = if sent.before { sent.count("rows") } else { 0 };
    serde_json::json!({ "import": sent.import["id"], "list": sent.import["dial_list"], "rows": rows, "imported": imported,
        "updated": updated, "skipped": skipped, "refused": refused, "done_before": done_before, "finished": true })
}

/// What became of rows whose leads were there already, where there were some.
fn others(updated: u64, skipped: u64) -> String {
    let mut text = String::new();
    for (word, count) in [("updated", updated), ("skipped", skipped)] {
        if count > 0 {
            text.push_str(&format!(", {word} {}", HumanCount(count)));
        }
    }
    text
}

async fn into_database(command: &Import) -> anyhow::Result<ExitCode> {
    let source = source(&command.file)?;
    let options = Options {
        dial_list: Uuid::nil(),
        choices: Choices { map: command.map.clone(), ignore: command.ignore.clone(), columns: None },
        rules: command.rules(),
        dry_run: command.dry_run,
        report: command.report(),
        again: command.again,
        id: None,
    };
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    let bar = bar(&source)?;
    let shown = bar.clone();
    let watch = move |seen: Seen| {
        show(&shown, seen);
        !stopped.load(Ordering::Relaxed)
    };
    let done = tokio::select! {
        // It listens before anything is begun.
        biased;
        given_up = end_by_signal(&stop) => given_up,
        done = carry_out(command, source, options, watch) => done,
    };
    bar.finish_and_clear();
    let (summary, list) = done?;
    tell(command, &summary, list)?;
    Ok(match summary {
        Summary { finished: false, .. } => ExitCode::FAILURE,
        Summary { refused_in_all: 0, .. } => ExitCode::SUCCESS,
        Summary { .. } => ExitCode::from(EXIT_REFUSED),
    })
}

async fn carry_out(
    command: &Import,
    source: Source,
    options: Options,
    watch: impl FnMut(Seen) -> bool + Send + 'static,
) -> anyhow::Result<(Summary, Option<Uuid>)> {
    let place = command.file.display();
    // Without its list nobody knows what that has already.
    if command.dry_run && (command.duplicates == Duplicates::Take || command.list.is_none()) {
        let checked = import::check(source, options, watch).await;
        return Ok((checked.with_context(|| format!("{place} cannot be imported"))?, None));
    }
    let store = config::load(command.config.as_deref())?.store;
    let (store, loaded) = Store::open(&store.options())?;
    let list = find_list(command, &store, &loaded).await?;
    let imported = import::run(store.clone(), source, Options { dial_list: list, ..options }, watch).await;
    store.close().await?;
    let imported = imported
        .with_context(|| format!("the import of {place} has not come to its end; what is in stays in"))?;
    Ok((imported, Some(list)))
}

/// Has the import stop behind its chunk when a signal comes. One that cannot, because it waits for more to read, is given up.
async fn end_by_signal<T>(stop: &AtomicBool) -> anyhow::Result<T> {
    crate::cli::stop_signal().await?;
    stop.store(true, Ordering::Relaxed);
    let _ = tokio::time::timeout(STOP_MAX, crate::cli::stop_signal()).await;
    bail!("given up while it waited for more to read; what was read in whole chunks is in")
}

fn source(file: &Path) -> anyhow::Result<Source> {
    if file == Path::new("-") {
        return Ok(Source::Stream(Box::new(std::io::stdin())));
    }
    let file = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    Ok(Source::File(file))
}

fn report_of(file: &Path) -> PathBuf {
    let name = if file == Path::new("-") { Path::new("stdin") } else { file };
    let mut name = name.as_os_str().to_owned();
    name.push(".rejected.csv");
    name.into()
}

async fn find_list(command: &Import, store: &Store, loaded: &Loaded) -> anyhow::Result<Uuid> {
    let named = command.list.as_deref().unwrap_or_default();
    let is_named = |list: &&DialList| list.name.as_ref().is_some_and(|name| name.as_str() == named);
    let uuid = Uuid::try_parse(named).ok();
    if let Some(list) = loaded.dial_lists.iter().find(|list| Some(list.uuid) == uuid) {
        return Ok(list.uuid);
    }
    let lists: Vec<Uuid> = loaded.dial_lists.iter().filter(is_named).map(|list| list.uuid).collect();
    match lists[..] {
        [list] => Ok(list),
        [] if uuid.is_some() => bail!("there is no dial list {named}; --create makes one by a name"),
        [] if command.create => create_list(store, named).await,
        [] => bail!("there is no dial list {named:?}: --create makes it; there {}", those_that_are(loaded)),
        _ => {
            let uuids: Vec<String> = lists.iter().map(Uuid::to_string).collect();
            bail!(
                "{} dial lists are called {named:?}: name one by its uuid: {}",
                lists.len(),
                uuids.join(", ")
            )
        }
    }
}

fn those_that_are(loaded: &Loaded) -> String {
    const SHOWN: usize = 10;
    let names = loaded.dial_lists.iter().filter_map(|list| list.name.as_ref());
    let names: Vec<String> = names.take(SHOWN).map(|name| format!("{:?}", name.as_str())).collect();
    match loaded.dial_lists.len() {
        0 => "are none".to_owned(),
        count if count > names.len() => format!("are {count}, among them {}", names.join(", ")),
        _ => format!("are {}", names.join(", ")),
    }
}

async fn create_list(store: &Store, name: &str) -> anyhow::Result<Uuid> {
    let mut list = DialList::new(Uuid::new_v4(), wall());
    list.name = Some(Text::parse(name).context("the name of the list")?);
    let uuid = list.uuid;
    let (done, stored) = oneshot::channel();
    store.apply(Change::DialListCreated(Arc::new(list)), move |result| {
        let _ = done.send(result);
    });
    stored.await.map_err(|_| StoreError::Closed)??;
    Ok(uuid)
}

/// Shown on a terminal only.
fn bar(source: &Source) -> anyhow::Result<ProgressBar> {
    let known = match source {
        Source::File(file) => file.metadata().is_ok_and(|metadata| metadata.is_file()),
        Source::Stream(_) => false,
    };
    Ok(if known {
        ProgressBar::new(0).with_style(ProgressStyle::with_template("{wide_bar} {msg}, {eta} left")?)
    } else {
        ProgressBar::new_spinner()
    })
}

fn show(bar: &ProgressBar, seen: Seen) {
    let (seconds, rows) = (bar.elapsed().as_secs().max(1), seen.progress.rows());
    bar.set_length(seen.octets_all);
    bar.set_position(seen.octets);
    bar.set_message(format!(
        "{} rows, {} rows/s, {} refused",
        HumanCount(rows),
        HumanCount(rows / seconds),
        HumanCount(seen.progress.refused)
    ));
}

#[expect(clippy::print_stdout, reason = "what came of it is what the user waits for")]
fn tell(command: &Import, summary: &Summary, list: Option<Uuid>) -> anyhow::Result<()> {
    if command.json {
        let printed = Printed { summary, list, peak_resident_kb: health::peak_resident_kb() };
        println!("{}", serde_json::to_string(&printed)?);
        return Ok(());
    }
    let Summary { rows, imported, updated, skipped, refused, done_before, refused_in_all, seconds, .. } =
        summary;
    let file = command.file.display();
    if *done_before > 0 && *rows == 0 && summary.finished {
        println!(
            "{file} is in this list already ({} rows): --again takes it in once more",
            HumanCount(*done_before)
        );
    } else {
        let done = if list.is_some() { "imported" } else { "would import" };
        if *done_before > 0 {
            println!("gone on behind {} rows that earlier runs have done", HumanCount(*done_before));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people")]
        let rate = HumanCount(summary.rows_per_second as u64);
        println!(
            "{done} {} of {} rows{}, refused {}, in {seconds:.1} s ({rate} rows/s)",
            HumanCount(*imported),
            HumanCount(*rows),
            others(*updated, *skipped),
            HumanCount(*refused)
        );
    }
    if let Some(report) = &summary.report {
        println!("{} refused rows with their reasons: {}", HumanCount(*refused_in_all), report.display());
    }
    if let Some(list) = list {
        println!("dial list {list}");
    }
    if !summary.finished {
        let how = if command.file == Path::new("-") {
            "what came from standard input cannot go on: import the rest from a file"
        } else {
            "start the same command again, and it goes on behind what is in"
        };
        println!("stopped: {how}");
    }
    Ok(())
}
