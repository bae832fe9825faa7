//! Bodies become actions: each field of a JSON object is the AMI header that its table names, and is read and checked as that.

use ami::Message;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use engine::model::NUMBERS;
use serde_json::{Map, Value};

use super::fields::{Field, Kind};
use crate::http::problem::Problem;

/// The object of a request, and its octets.
pub(super) struct Body {
    pub(super) object: Map<String, Value>,
    pub(super) octets: Bytes,
}

impl Body {
    /// The object of a request that must have one.
    ///
    /// # Errors
    /// 400 where nothing was sent.
    pub(super) fn required(&self) -> Result<&Map<String, Value>, Problem> {
        if self.octets.is_empty() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "a JSON object expected as body"));
        }
        Ok(&self.object)
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = media_type(request.headers());
        let octets = Bytes::from_request(request, state)
            .await
            .map_err(|error: BytesRejection| Problem::new(error.status(), error.body_text()))?;
        match media.as_deref() {
            Some("application/json" | "application/merge-patch+json") => {}
            None if octets.is_empty() => {}
            _ => {
                let detail = "a body of type application/json expected (header Content-Type)";
                return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
            }
        }
        if octets.is_empty() {
            return Ok(Self { object: Map::new(), octets });
        }
        match serde_json::from_slice(&octets) {
            Ok(Value::Object(object)) => Ok(Self { object, octets }),
            Ok(_) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "a JSON object expected")),
            Err(error) => {
                Err(Problem::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")))
            }
        }
    }
}

/// What a body is said to be, in small letters and without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media.map(|media| media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Writes the fields of an object as headers.
///
/// # Errors
/// 422 with the field's name: unknown, not to be set, or of another type.
pub(super) fn headers(
    object: &Map<String, Value>,
    fields: &'static [Field],
    message: &mut Message,
) -> Result<(), Problem> {
    for (name, value) in object {
        match (value, find(fields, name)) {
            (_, Some(field)) => put(field, value, message)?,
            (Value::Object(inner), None) if is_object(fields, name) => {
                for (key, value) in inner {
                    let path = format!("{name}.{key}");
                    put(find(fields, &path).ok_or_else(|| unknown(fields, &path))?, value, message)?;
                }
            }
            (_, None) if is_object(fields, name) => return Err(Problem::field(name, "an object")),
            (_, None) => return Err(unknown(fields, name)),
        }
    }
    Ok(())
}

/// The JSON name of a header, for what is refused by its header.
pub(super) fn json_name(fields: &[Field], header: &str) -> String {
    let plain = header.trim_end_matches(|c: char| c.is_ascii_digit());
    let field = fields
        .iter()
        .find(|field| field.is_set_by_clients() && (field.header == header || field.header == plain));
    match header.strip_prefix(plain).and_then(|place| place.parse::<usize>().ok()) {
        Some(place) if plain != header => {
            field.map_or(header.to_owned(), |field| format!("{}[{}]", field.name, place.saturating_sub(1)))
        }
        _ => field.map_or(header, |field| field.name).to_owned(),
    }
}

fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

fn is_object(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| field.name.split_once('.').is_some_and(|(object, _)| object == name))
}

fn unknown(fields: &[Field], name: &str) -> Problem {
    let known = || fields.iter().filter(|field| field.is_set_by_clients()).map(|field| field.name);
    let all = || known().collect::<Vec<_>>().join(", ");
    let (detail, expected) = match nearest(name, known()) {
        Some(nearest) => (
            format!("there is no field {name}; did you mean {nearest}?"),
            format!("a known field, such as {nearest}"),
        ),
        None => (
            format!("there is no field {name}; there are {}", all()),
            format!("a known field, one of {}", all()),
        ),
    };
    Problem { detail, ..Problem::field(name, expected) }
}

/// From here on a name may be meant by another one.
const ALIKE: f64 = 0.8;

/// The name that may have been meant: one that is written nearly so, or has the given one as a part (`list`: `dial_list`). Of several
/// that are as near, all (`mode`: `dial_mode or amd_mode`).
pub(super) fn nearest(given: &str, known: impl Iterator<Item = &'static str>) -> Option<String> {
    let given = given.to_ascii_lowercase();
    let likeness = |name: &str| {
        let mut parts = name.split(['_', '.']);
        let is_part = given.len() > 2 && (parts.any(|part| part == given) || name.contains(&given));
        let by_letters = strsim::jaro_winkler(&given, name);
        if is_part { by_letters.max(ALIKE) } else { by_letters }
    };
    let all: Vec<_> = known.map(|name| (likeness(name), name)).collect();
    let most = all
        .iter()
        .map(|(likeness, _)| *likeness)
        .filter(|likeness| *likeness >= ALIKE)
        .max_by(f64::total_cmp)?;
    let nearest = all.iter().filter(|(likeness, _)| likeness.total_cmp(&most).is_eq()).map(|(_, name)| *name);
    Some(nearest.collect::<Vec<_>>().join(" or "))
}

fn put(field: &'static Field, value: &Value, message: &mut Message) -> Result<(), Problem> {
    if !field.is_set_by_clients() {
        let how = if field.name == "status" { "; POST to .../start, pause or stop changes it" } else { "" };
        return Err(Problem::field(field.name, format!("a body without it (it is only shown{how})")));
    }
    let wrong = || Problem::field(field.name, expected(field.kind));
    let mut push = |header: &str, text: &str| message.push(header, text).map_err(|_| wrong());
    match (field.kind, value) {
        (Kind::Variables, Value::Object(variables)) => put_variables(field, variables, message),
        (Kind::Variables, Value::Null) => push(field.header, ""),
        (Kind::Each(..) | Kind::Numbers, _) => put_each(field, value, message),
        (Kind::Integers(..), Value::Array(numbers)) => {
            let texts: Option<Vec<String>> = numbers.iter().map(integer).collect();
            let texts = texts.filter(|texts| !texts.is_empty()).ok_or_else(wrong)?;
            push(field.header, &texts.join(","))
        }
        (_, Value::Null) => push(field.header, ""),
        // What is empty would be null to AMI.
        (Kind::Text | Kind::Uuid | Kind::Words(_), Value::String(text)) if text.is_empty() => {
            Err(Problem::field(field.name, "null, or text that is not empty"))
        }
        (Kind::Text | Kind::Uuid | Kind::Words(_), Value::String(text)) => push(field.header, text),
        (Kind::Switch, Value::Bool(on)) => push(field.header, if *on { "1" } else { "0" }),
        (Kind::Integer(..), number) => push(field.header, &integer(number).ok_or_else(wrong)?),
        (Kind::Decimal(..), Value::Number(number)) => push(field.header, &number.to_string()),
        (Kind::Codes(codes), Value::String(word)) => {
            let code = codes.iter().find(|(known, _)| known == word).ok_or_else(wrong)?.1;
            push(field.header, &code.to_string())
        }
        _ => Err(wrong()),
    }
}

fn put_variables(
    field: &Field,
    variables: &Map<String, Value>,
    message: &mut Message,
) -> Result<(), Problem> {
    if variables.is_empty() {
        return message.push(field.header, "").map_err(|_| Problem::field(field.name, expected(field.kind)));
    }
    for (name, value) in variables {
        let wrong = |expected: &str| Problem::field(format!("{}.{name}", field.name), expected);
        let Value::String(text) = value else { return Err(wrong("text")) };
        if name.contains('=') {
            return Err(wrong("a name of letters, digits and _"));
        }
        message
            .push(field.header, format_args!("{name}={text}"))
            .map_err(|_| wrong("text without line ends or NUL"))?;
    }
    Ok(())
}

/// All eight are set: those that are missing or null to null, or to the default.
fn put_each(field: &Field, value: &Value, message: &mut Message) -> Result<(), Problem> {
    let none = Vec::new();
    let values = match value {
        Value::Array(values) if values.len() <= NUMBERS => values,
        Value::Null => &none,
        _ => return Err(Problem::field(field.name, expected(field.kind))),
    };
    for place in 0..NUMBERS {
        let wrong = || Problem::field(format!("{}[{place}]", field.name), expected(field.kind));
        let text = match values.get(place) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) if matches!(field.kind, Kind::Numbers) && !text.is_empty() => {
                text.clone()
            }
            Some(number) if matches!(field.kind, Kind::Each(..)) => integer(number).ok_or_else(wrong)?,
            Some(_) => return Err(wrong()),
        };
        message.push(&format!("{}{}", field.header, place + 1), text).map_err(|_| wrong())?;
    }
    Ok(())
}

/// A whole number as text. JSON knows no difference between 5 and 5.0.
fn integer(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15)?;
            Some((float as i64).to_string())
        }
        _ => None,
    }
}

fn expected(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::Time | Kind::Claim => "text without line ends or NUL".into(),
        Kind::Integer(least, most) => format!("a whole number from {least} to {most}"),
        Kind::Decimal(least, most) => {
            format!("a number from {least} to {most} with at most two decimal places")
        }
        Kind::Codes(codes) => {
            format!("one of {}", codes.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))
        }
        Kind::Words(words) => format!("one of {}", words.join(", ")),
        Kind::Switch => "true or false".into(),
        Kind::Uuid => "a uuid such as 92dadd08-ac3c-47dc-a41b-10040643ee38".into(),
        Kind::Integers(least, most, count) => {
            format!("an array of 1 to {count} whole numbers from {least} to {most}")
        }
        Kind::Each(least, most) => {
            format!("an array of at most {NUMBERS} whole numbers from {least} to {most}")
        }
        Kind::Numbers => format!("an array of at most {NUMBERS} numbers as text, or null"),
        Kind::Variables => "an object of names and texts".into(),
    }
}
