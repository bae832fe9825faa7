//! The options of the commands, out of the API's table of fields: what each is called, means, and may be.

use clap::Arg;

use super::kinds::Kind;
use crate::http::api::fields::{Field, Kind as Type};
use crate::http::api::{AGENT_STATES, OUTCOMES};

/// Words of which one may stand there.
fn one_of(words: impl Iterator<Item = &'static str>) -> String {
    format!(" [{}]", words.collect::<Vec<_>>().join(", "))
}

/// What a field means, and what may stand there.
pub(super) fn help(field: &Field) -> String {
    let range = match field.kind {
        Type::Integer(least, most) => format!(" [{least} to {most}]"),
        Type::Decimal(least, most) => format!(" [{least} to {most}]"),
        Type::Integers(least, most, count) => {
            format!(" [up to {count} with commas between them, each {least} to {most}]")
        }
        Type::Each(least, most) => format!(" [up to 8 with commas between them, each {least} to {most}]"),
        Type::Numbers => " [up to 8 with commas between them]".to_owned(),
        Type::Codes(codes) => one_of(codes.iter().map(|(word, _)| *word)),
        Type::Words(words) => one_of(words.iter().copied()),
        Type::Switch => " [true, false]".to_owned(),
        Type::Variables => " [NAME=VALUE, with commas between them]".to_owned(),
        Type::Uuid if Kind::of_field(field.name).is_some() => " [its name or uuid]".to_owned(),
        Type::Text | Type::Uuid | Type::Time | Type::Claim => String::new(),
    };
    format!("{}{range}", field.doc)
}

/// What a filter of a list leaves, and what may stand there.
pub(super) fn filter(kind: &Kind, name: &'static str) -> Arg {
    let field = kind.fields.iter().find(|field| field.name == name);
    let words = field.map(|field| field.kind);
    let range = match (name, words) {
        (_, Some(Type::Codes(codes))) => one_of(codes.iter().map(|(word, _)| *word)),
        ("outcome", _) => one_of(OUTCOMES.into_iter()),
        ("state", _) if kind.word == "agent" => one_of(AGENT_STATES.into_iter()),
        ("lead", _) => " [its ukey or uuid; outbound lead list --name finds it by name]".to_owned(),
        (_, _) if Kind::of_field(name).is_some() => " [its name or uuid]".to_owned(),
        _ => String::new(),
    };
    let help = match name {
        "name" => "Only those whose name contains this, in any case".to_owned(),
        "number" if kind.word != "result" => "Only those that have this number, as it was given".to_owned(),
        "number" => "Only calls to this number, as the lead has it".to_owned(),
        "since" => "Only those that ended at this time or later, such as 2026-03-01T09:00:00Z".to_owned(),
        "until" => "Only those that ended before this time".to_owned(),
        _ => format!("Only those with this {}", name.replace('_', " ")),
    };
    option(name).help(help + &range)
}

/// An option that takes a value.
pub(super) fn option(name: &'static str) -> Arg {
    let long = name.replace(['_', '.'], "-");
    Arg::new(name).long(long).value_name("VALUE").allow_hyphen_values(true)
}
