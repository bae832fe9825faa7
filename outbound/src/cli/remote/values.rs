//! What stands behind an option, as JSON. What it may be is the daemon's to say: its refusal names the field and what was expected.

use serde_json::{Map, Value, json};

use crate::http::api::fields::Kind;

/// The value of a field; an empty text is null, which takes a value away or sets the default.
pub(super) fn value(kind: Kind, text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() {
        return Value::Null;
    }
    match kind {
        Kind::Integer(..) | Kind::Decimal(..) => number(text),
        Kind::Switch => match text {
            "true" | "yes" | "on" => json!(true),
            "false" | "no" | "off" => json!(false),
            _ => json!(text),
        },
        Kind::Integers(..) | Kind::Each(..) => text.split(',').map(|part| perhaps(part, number)).collect(),
        Kind::Numbers => text.split(',').map(|part| perhaps(part, |part| json!(part))).collect(),
        Kind::Variables => variables(text),
        Kind::Text | Kind::Codes(_) | Kind::Words(_) | Kind::Uuid | Kind::Time | Kind::Claim => json!(text),
    }
}

fn perhaps(part: &str, read: impl FnOnce(&str) -> Value) -> Value {
    let part = part.trim();
    if part.is_empty() { Value::Null } else { read(part) }
}

fn number(text: &str) -> Value {
    let whole = text.parse::<i64>().map(Value::from);
    whole.or_else(|_| text.parse::<f64>().map(Value::from)).unwrap_or_else(|_| json!(text))
}

/// `NAME=VALUE`, with commas between them; a comma in a value stands behind a backslash.
fn variables(text: &str) -> Value {
    let mut all = Map::new();
    let hidden = text.replace("\\,", "\u{0}");
    for pair in hidden.split(',') {
        let Some((name, value)) = pair.split_once('=') else { return json!(text) };
        all.insert(name.trim().to_owned(), json!(value.replace('\u{0}', ",")));
    }
    Value::Object(all)
}

/// Puts a value where a field has its place; one dot leads into an object.
pub(super) fn put(body: &mut Value, field: &str, value: Value) {
    match field.split_once('.') {
        None => body[field] = value,
        Some((outer, inner)) => body[outer][inner] = value,
    }
}

/// A text in a query or a path.
pub(in crate::cli) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            escaped.push_str(&format!("%{octet:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_what_their_field_takes_and_what_is_wrong_goes_to_the_daemon_as_it_is() {
        for (kind, text, expected) in [
            (Kind::Integer(0, 9), "5", json!(5)),
            (Kind::Integer(0, 9), "five", json!("five")),
            (Kind::Decimal(0.0, 1.0), "0.03", json!(0.03)),
            (Kind::Switch, "yes", json!(true)),
            (Kind::Switch, "maybe", json!("maybe")),
            (Kind::Each(0, 9), "3,,2", json!([3, null, 2])),
            (Kind::Numbers, "+49 30 1, 555", json!(["+49 30 1", "555"])),
            (Kind::Variables, "A=1,B=x=y\\,z", json!({"A": "1", "B": "x=y,z"})),
            (Kind::Variables, "A", json!("A")),
            (Kind::Text, " ", Value::Null),
        ] {
            assert_eq!(value(kind, text), expected, "{text}");
        }
        let mut body = json!({});
        put(&mut body, "schedule.enabled", json!(true));
        put(&mut body, "name", json!("n"));
        assert_eq!(body, json!({"schedule": {"enabled": true}, "name": "n"}));
        assert_eq!(escaped("a b/ü"), "a%20b%2F%C3%BC");
    }
}
