//! Results as rows of CSV: the keys of the results file, but for the rows that a record may hold.

use serde_json::Value;

use super::{cell, writer, written};

/// The columns, of which each has the name of the key that it holds. `variables` is a JSON object.
pub const RESULT_COLUMNS: [&str; 29] = [
    "seq",
    "outcome",
    "dial_addr",
    "tm_dialing",
    "tm_dial_begin",
    "tm_dial_end",
    "tm_hangup",
    "res_dial",
    "res_hangup",
    "res_hangup_detail",
    "res_amd",
    "res_amd_detail",
    "dialing_uuid",
    "camp_uuid",
    "plan_uuid",
    "dlma_uuid",
    "dest_uuid",
    "dl_list_uuid",
    "dial_index",
    "dial_trycnt",
    "dial_timeout",
    "dial_type",
    "dial_channel",
    "dial_exten",
    "dial_context",
    "dial_application",
    "dial_data",
    "channel_name",
    "variables",
];

/// Results become CSV.
#[derive(Debug, Clone, Copy)]
pub struct ResultCsv;

impl ResultCsv {
    /// The line of headers.
    pub fn headers() -> Vec<u8> {
        let mut csv = writer();
        // Into memory: nothing can fail.
        let _ = csv.write_record(RESULT_COLUMNS);
        written(csv)
    }

    /// Rows of records, each with its seq.
    ///
    /// # Errors
    /// A record that is no JSON.
    pub fn rows(results: &[(i64, String)]) -> Result<Vec<u8>, serde_json::Error> {
        let mut csv = writer();
        for (seq, json) in results {
            let record: Value = serde_json::from_str(json)?;
            let cells = RESULT_COLUMNS.iter().map(|column| match (*column, &record[*column]) {
                ("seq", _) => seq.to_string(),
                (_, Value::Null) => String::new(),
                (_, Value::String(text)) => cell::of_text(text).into_owned(),
                (_, value) => value.to_string(),
            });
            let _ = csv.write_record(cells);
        }
        Ok(written(csv))
    }

    /// The same as JSON lines: the records as the API shows them.
    pub fn json_lines(results: &[(i64, String)]) -> Vec<u8> {
        let mut lines = Vec::new();
        for (seq, json) in results {
            // A record is an object with keys, and the seq is none of them.
            let rest = json.strip_prefix('{').unwrap_or("}");
            lines.extend_from_slice(format!("{{\"seq\":{seq},").as_bytes());
            lines.extend_from_slice(rest.as_bytes());
            lines.push(b'\n');
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_becomes_a_row_and_a_line() {
        let json = r#"{"dial_addr":"+49301","outcome":"busy","res_hangup_detail":"=a,\"b\"","tm_hangup":null,"variables":{"A":"1"},"camp":{}}"#;
        let results = [(7, json.to_owned())];
        let rows = String::from_utf8(ResultCsv::rows(&results).unwrap()).unwrap();
        let expected =
            "7,busy,+49301,,,,,,,\"'=a,\"\"b\"\"\",,,,,,,,,,,,,,,,,,,\"{\"\"A\"\":\"\"1\"\"}\"\r\n";
        assert_eq!(rows, expected);
        let line: Value = serde_json::from_slice(&ResultCsv::json_lines(&results)).unwrap();
        assert_eq!((&line["seq"], &line["outcome"]), (&7.into(), &"busy".into()));
        let headers = String::from_utf8(ResultCsv::headers()).unwrap();
        assert_eq!(headers.trim_end().split(',').count(), rows.split(",").count() - 1, "the comma in a cell");
        assert!(ResultCsv::rows(&[(1, "no JSON".to_owned())]).is_err());
    }
}
