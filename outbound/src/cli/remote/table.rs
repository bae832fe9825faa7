//! Rows as people read them: columns side by side, cut where the terminal ends.

use std::fmt::Write as _;

use console::{Term, measure_text_width, pad_str, truncate_str};
use serde_json::Value;

/// A cell.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if is_time(text) => format!("{} {}", &text[..10], &text[11..19]),
        Value::String(text) => text.replace(['\r', '\n', '\t'], " "),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            let all: Vec<_> = items.iter().filter(|item| !item.is_null()).map(cell).collect();
            if all.is_empty() { "-".to_owned() } else { all.join(", ") }
        }
        Value::Object(members) => {
            let all: Vec<_> = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| format!("{name}={}", cell(value)))
                .collect();
            if all.is_empty() { "-".to_owned() } else { all.join(" ") }
        }
    }
}

fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.is_ascii() && text.as_bytes()[10] == b'T' && text.ends_with('Z')
}

/// A table of these columns; of a column that nothing stands in, nothing.
pub(super) fn table(columns: &[&str], rows: &[Value]) -> String {
    let all: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|name| cell(&row[*name])).collect()).collect();
    let width = |at: usize| {
        let cells = all.iter().map(|row| measure_text_width(&row[at]));
        cells.chain([columns[at].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let heads = columns.iter().map(|name| name.replace('_', " ").to_uppercase()).collect();
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(&all) {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| pad_str(cell, *width, console::Alignment::Left, None));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{}", fitted(line.trim_end()));
    }
    text
}

/// One thing, a field a line.
pub(super) fn fields(value: &Value) -> String {
    let mut all = Vec::new();
    flat("", value, &mut all);
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    all.iter().fold(String::new(), |mut text, (name, cell)| {
        let _ = writeln!(text, "{name:width$}  {cell}");
        text
    })
}

fn flat(above: &str, value: &Value, all: &mut Vec<(String, String)>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(members) if above.is_empty() && !members.is_empty() => flat(name, value, all),
            _ if above.is_empty() => all.push((name.clone(), cell(value))),
            _ => all.push((format!("{above}.{name}"), cell(value))),
        }
    }
}

/// As much of a line as the terminal has place for; all of it where it goes elsewhere.
pub(super) fn fitted(line: &str) -> String {
    match Term::stdout().size_checked() {
        Some((_, columns)) if Term::stdout().is_term() => {
            truncate_str(line, columns.into(), "…").into_owned()
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let rows = [
            json!({"name": "Zürich\nlist", "tries": [0, null, 2], "created": "2026-11-26T01:02:03.5Z"}),
            json!({"name": null, "tries": [], "created": "x"}),
        ];
        assert_eq!(
            table(&["name", "tries", "created"], &rows),
            "NAME         TRIES  CREATED\nZürich list  0, 2   2026-11-26 01:02:03\n-            -      x\n"
        );
        let one = json!({"uuid": "u", "schedule": {"enabled": true, "day_list": null}, "variables": {}});
        assert_eq!(
            fields(&one),
            "schedule.day_list  -\nschedule.enabled   yes\nuuid               u\nvariables          -\n"
        );
    }
}
