//! The documentation page: the OpenAPI document as HTML, written here, so that it needs neither scripts nor another host.

use std::fmt::Write as _;

use axum::http::HeaderName;
use serde_json::Value;

/// Nothing is loaded, nothing runs.
pub(super) const HEADERS: [(HeaderName, &str); 1] = [(
    HeaderName::from_static("content-security-policy"),
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
)];

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\
    code{font-size:.9em}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;\
    border-bottom:1px solid #8884}summary{cursor:pointer;padding:.3rem 0}h2{margin-top:2.5rem}.m{display:inline-block;width:4.5rem;\
    font-weight:600;text-transform:uppercase}details>*:not(summary){margin-left:1rem}";

/// The page.
pub(super) fn page(document: &Value) -> String {
    let mut html = String::new();
    let info = &document["info"];
    // To write into a String cannot fail.
    let _ = write!(
        html,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Asterisk-outbound API</title><style>{STYLE}</style><h1>Asterisk-outbound API</h1><p>{}</p>\
         <p>Each request needs <code>Authorization: Bearer TOKEN</code>. \
         <a href=\"/api/openapi.json\">The OpenAPI document</a>, version {}.</p>",
        text(&info["description"]),
        text(&info["version"]),
    );
    let mut tag = String::new();
    let operations = document["paths"].as_object().into_iter().flatten().flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    for (path, method, operation) in operations {
        let own = text(&operation["tags"][0]);
        if own != tag {
            let _ = write!(html, "<h2>{own}</h2>");
            tag = own;
        }
        operation_html(&mut html, path, method, operation);
    }
    html.push_str("<h2>Objects</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let _ = write!(html, "<details id=\"{name}\"><summary>{name}</summary>");
        let _ =
            write!(html, "<p>{}</p><table><tr><th>field<th>value<th>meaning", text(&schema["description"]));
        fields(&mut html, "", schema);
        html.push_str("</table></details>");
    }
    html
}

fn operation_html(html: &mut String, path: &str, method: &str, operation: &Value) {
    let _ = write!(
        html,
        "<details><summary><span class=\"m\">{method}</span> <code>{path}</code> {}</summary><p>{}</p>",
        text(&operation["summary"]),
        text(&operation["description"]),
    );
    html.push_str("<table><tr><th>parameter<th>value<th>meaning");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let (values, doc) = (values(&parameter["schema"]), text(&parameter["description"]));
        let _ = write!(html, "<tr><td><code>{name}</code> ({place})<td>{values}<td>{doc}");
    }
    html.push_str("</table>");
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if body.is_object() {
        let _ = write!(html, "<p>Body: {}</p>", values(body));
    }
    html.push_str("<p>Answers: ");
    for (at, (status, answer)) in operation["responses"].as_object().into_iter().flatten().enumerate() {
        let schema = &answer["content"]["application/json"]["schema"];
        let shown = if schema.is_object() { format!(" {}", values(schema)) } else { String::new() };
        let _ = write!(html, "{}{status}{shown}", if at == 0 { "" } else { ", " });
    }
    html.push_str("</p></details>");
}

fn fields(html: &mut String, above: &str, schema: &Value) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{above}{name}");
        if field["properties"].is_object() {
            fields(html, &format!("{path}."), field);
        } else {
            let _ = write!(
                html,
                "<tr><td><code>{path}</code><td>{}<td>{}",
                values(field),
                text(&field["description"])
            );
        }
    }
}

/// What may stand there, in words.
fn values(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    let items = &schema["properties"]["items"]["items"];
    if items.is_object() {
        return format!("a page of {}", values(items));
    }
    let words: Vec<String> = schema["enum"].as_array().into_iter().flatten().map(text).collect();
    if !words.is_empty() {
        return words.join(", ");
    }
    let mut kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind),
    };
    if schema["minimum"].is_number() {
        let _ = write!(kind, " from {}", text(&schema["minimum"]));
    }
    if schema["maximum"].is_number() {
        let _ = write!(kind, " to {}", text(&schema["maximum"]));
    }
    if schema["items"].is_object() {
        let _ = write!(kind, " of {}", values(&schema["items"]));
    }
    if let Some(format) = schema["format"].as_str() {
        let _ = write!(kind, " ({format})");
    }
    kind
}

fn text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => return String::new(),
        other => other.to_string(),
    };
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
