//! The commands that talk to a running daemon: `outbound campaign`, `plan`, `list` and so on. One table (`kinds`) has all of them; their
//! options are the fields of the API's own table, so that neither knows what the other does not.

mod export;
mod kinds;
mod names;
mod picture;
mod table;
mod values;
mod watch;
mod why;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, FromArgMatches as _};
use console::Term;
use serde_json::{Value, json};

use super::client::{Client, Target};
use crate::http::api::fields::{Field, Kind as Type};
use kinds::{KINDS, Kind, Verb};
use names::Names;
pub(super) use values::escaped;

/// The key of the one that is called so.
///
/// # Errors
/// Nothing or more than one has this name.
pub(super) async fn key_of(client: &Client, word: &str, which: &str) -> anyhow::Result<String> {
    let kind = KINDS.iter().find(|kind| kind.word == word).with_context(|| format!("no kind {word}"))?;
    Names::new(client).key(kind, which).await
}

/// What a list shows where nothing is said.
const LIMIT: usize = 100;

/// Adds the commands to those of the binary.
pub(super) fn add_to(mut cli: Command) -> Command {
    for kind in KINDS {
        // `outbound list` has commands of its own.
        if cli.find_subcommand(kind.word).is_some() {
            cli = cli.mut_subcommand(kind.word, |command| with_verbs(command, kind));
        } else {
            let command = Command::new(kind.word).visible_aliases(kind.alias());
            cli = cli.subcommand(with_verbs(command, kind));
        }
    }
    cli
}

fn with_verbs(command: Command, kind: &'static Kind) -> Command {
    let command = command.about(kind.about).subcommand_required(true).arg_required_else_help(true);
    kind.verbs.iter().fold(command, |command, verb| {
        let own = verb_command(kind, *verb);
        let about = own.get_about().cloned().unwrap_or_default();
        command.subcommand(Target::augment_args(own).about(about))
    })
}

fn verb_command(kind: &'static Kind, verb: Verb) -> Command {
    let key = match kind.key {
        "uuid" if kind.name() == Some("ukey") => "Its ukey or uuid",
        "uuid" if kind.name().is_some() => "Its name or uuid",
        "id" if kind.name().is_some() => "Its name or id",
        "id" => "Its id",
        "uuid" => "Its uuid",
        _ => "Its name",
    };
    let which = || Arg::new("which").value_name("WHICH").required(true).help(key);
    match verb {
        Verb::List => {
            let limit = Arg::new("limit")
                .long("limit")
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..));
            let command = Command::new("list")
                .visible_alias("ls")
                .about("List them")
                .arg(limit.default_value("100").help("At most so many"));
            kind.filters.iter().fold(command, |command, name| command.arg(filter(name)))
        }
        Verb::Show => Command::new("show").about("Show one, with all its fields").arg(which()),
        Verb::Create => kind
            .fields
            .iter()
            .filter(|field| field.is_set_by_clients())
            .fold(Command::new("create").about("Make one"), |command, field| {
                command.arg(option(field.name).help(help(field)))
            }),
        Verb::Change => {
            let may = kind.fields.iter().filter(|f| f.is_set_by_clients() && !kind.fixed.contains(&f.name));
            may.fold(
                Command::new("change")
                    .visible_alias("set")
                    .about("Change fields of one; an empty value (--detail '') takes a value away or sets the default")
                    .arg(which()),
                |command, field| command.arg(option(field.name).help(help(field))),
            )
        }
        Verb::Delete => Command::new("delete").visible_alias("rm").about("Delete one").arg(which()),
        Verb::Post(name, about) | Verb::Get(name, about) => Command::new(name).about(about).arg(which()),
        Verb::Export => export::command(kind, which()),
        Verb::Report => export::report_command(which()),
        Verb::Why => Command::new("why").about("Say why it is not dialing now, or not more").arg(which()),
        Verb::Watch => Command::new("watch").about("Follow it live").arg(which()).arg(
            Arg::new("until-done")
                .long("until-done")
                .action(ArgAction::SetTrue)
                .help("End when the campaign has stopped or is paused"),
        ),
    }
}

/// What a field means, and what may stand there.
fn help(field: &Field) -> String {
    let range = match field.kind {
        Type::Integer(least, most) => format!(" [{least} to {most}]"),
        Type::Decimal(least, most) => format!(" [{least} to {most}]"),
        Type::Integers(least, most, count) => {
            format!(" [up to {count} with commas between them, each {least} to {most}]")
        }
        Type::Each(least, most) => format!(" [up to 8 with commas between them, each {least} to {most}]"),
        Type::Numbers => " [up to 8 with commas between them]".to_owned(),
        Type::Codes(codes) => {
            format!(" [{}]", codes.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))
        }
        Type::Words(words) => format!(" [{}]", words.join(", ")),
        Type::Switch => " [true, false]".to_owned(),
        Type::Variables => " [NAME=VALUE, with commas between them]".to_owned(),
        Type::Uuid if Kind::of_field(field.name).is_some() => " [its name or uuid]".to_owned(),
        Type::Text | Type::Uuid | Type::Time | Type::Claim => String::new(),
    };
    format!("{}{range}", field.doc)
}

fn filter(name: &'static str) -> Arg {
    option(name).help(format!("Only those with this {}", name.replace('_', " ")))
}

fn option(name: &'static str) -> Arg {
    let long = name.replace(['_', '.'], "-");
    Arg::new(name).long(long).value_name("VALUE").allow_hyphen_values(true)
}

/// Whether this is one of them.
pub(super) fn is_ours(matches: &ArgMatches) -> bool {
    found(matches).is_some()
}

fn found(matches: &ArgMatches) -> Option<(&'static Kind, Verb, &ArgMatches)> {
    let (word, matches) = matches.subcommand()?;
    let kind = KINDS.iter().find(|kind| kind.word == word)?;
    let (name, matches) = matches.subcommand()?;
    let verb = kind.verbs.iter().find(|verb| verb_command(kind, **verb).get_name() == name)?;
    Some((kind, *verb, matches))
}

/// Runs one.
///
/// # Errors
/// A [`super::client::Failure`], or what the command line lacks.
pub(super) async fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let (kind, verb, matches) = found(matches).context("no such command")?;
    let target = Target::from_arg_matches(matches)?;
    let client = Client::new(&target)?;
    let run = Run { client: &client, names: Names::new(&client), kind, matches, json: target.json };
    match verb {
        Verb::List => run.list().await?,
        Verb::Show => {
            let value = client.get(&run.place().await?).await?;
            run.show(&value)?;
        }
        Verb::Create => run.create().await?,
        Verb::Change => run.change().await?,
        Verb::Delete => {
            client.ask("DELETE", &run.place().await?, &[], None).await?;
        }
        Verb::Post(way, _) => {
            let reply = client.ask("POST", &format!("{}/{way}", run.place().await?), &[], None).await?;
            if !reply.body.is_null() {
                run.show(&reply.body)?;
            }
        }
        Verb::Get(way, _) => {
            let value = client.get(&format!("{}/{way}", run.place().await?)).await?;
            run.show(&value)?;
        }
        Verb::Why => why::why(&client, &run.key().await?, run.json).await?,
        Verb::Export => run.export().await?,
        Verb::Report => run.report().await?,
        Verb::Watch => {
            watch::watch(&client, &run.key().await?, run.json, matches.get_flag("until-done")).await?
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Run<'a> {
    client: &'a Client,
    names: Names<'a>,
    kind: &'static Kind,
    matches: &'a ArgMatches,
    json: bool,
}

impl Run<'_> {
    /// What identifies the one that is meant.
    async fn key(&self) -> anyhow::Result<String> {
        let which = self.matches.get_one::<String>("which").context("WHICH is missing")?;
        self.names.key(self.kind, which).await
    }

    async fn place(&self) -> anyhow::Result<String> {
        Ok(format!("{}/{}", self.kind.path, escaped(&self.key().await?)))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
    }

    async fn list(&self) -> anyhow::Result<()> {
        let query = self.query(self.kind.filters).await?;
        let limit = self.matches.get_one::<u64>("limit").and_then(|limit| usize::try_from(*limit).ok());
        let limit = limit.unwrap_or(LIMIT);
        let mut items = self.client.items(self.kind.path, &query, limit).await?;
        if self.json {
            return print(&format!("{}\n", Value::Array(items)));
        }
        self.names.put_in(&mut items).await?;
        print(&table::table(self.kind.columns, &items))?;
        if items.len() == limit {
            note(&format!("{limit} shown; there may be more: --limit N"));
        }
        Ok(())
    }

    /// What the options say of these filters, each with an & before it.
    async fn query(&self, filters: &[&str]) -> anyhow::Result<String> {
        let mut query = String::new();
        for name in filters {
            let Some(text) = self.text(name) else { continue };
            let value = match Kind::of_field(name) {
                Some(kind) => self.names.key(kind, text).await?,
                None => text.to_owned(),
            };
            query.push_str(&format!("&{name}={}", escaped(&value)));
        }
        Ok(query)
    }

    /// What the options say, as a body.
    async fn body(&self) -> anyhow::Result<Value> {
        let mut body = json!({});
        for field in self.kind.fields {
            let Some(text) = self.text(field.name) else { continue };
            let value = match Kind::of_field(field.name).filter(|_| !text.trim().is_empty()) {
                Some(kind) => json!(self.names.key(kind, text).await?),
                None => values::value(field.kind, text),
            };
            values::put(&mut body, field.name, value);
        }
        Ok(body)
    }

    async fn create(&self) -> anyhow::Result<()> {
        let body = self.body().await?;
        let reply = self.client.ask("POST", self.kind.path, &[], Some(&body)).await?;
        self.show(&reply.body)
    }

    /// Only where nobody has changed it since it was read.
    async fn change(&self) -> anyhow::Result<()> {
        let place = self.place().await?;
        let body = self.body().await?;
        let before = self.client.ask("GET", &place, &[], None).await?;
        let guard = before.etag().map(|etag| ("if-match", etag));
        let reply = self.client.ask("PATCH", &place, guard.as_slice(), Some(&body)).await?;
        self.show(&reply.body)
    }

    fn show(&self, value: &Value) -> anyhow::Result<()> {
        print(&if self.json { format!("{value}\n") } else { table::fields(value) })
    }
}

/// To stdout. Who reads no further (`| head`) has what he wants.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to stdout"),
    }
}

/// To people only.
fn note(text: &str) {
    if Term::stderr().is_term() {
        let _ = Term::stderr().write_line(text);
    }
}
