//! What the beginning of a file looks like: its columns, what they are taken for, and its first rows with what is wrong with them.

use csv::ByteRecord;
use serde::Serialize;
use uuid::Uuid;

use super::mapping::proposal;
use super::reader::Rows;
use super::{Choices, Encoding, Field, ImportError, Mapping, RowParser, Rules};
use crate::store::import::NewLead;

/// Rows that samples of columns are of.
const SAMPLES: usize = 3;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// How the text is written down, as told or as it seems.
    pub encoding: Encoding,
    /// What separates its fields.
    pub separator: char,
    /// Its columns, in their order.
    pub columns: Vec<PreviewColumn>,
    /// Why it cannot be imported like this.
    pub problem: Option<String>,
    /// Its first rows.
    pub rows: Vec<PreviewRow>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewColumn {
    /// As the file has it.
    pub header: String,
    /// The field of a lead that it holds; none where that is not known, or it is left out.
    pub field: Option<String>,
    /// The first of its values that are not empty.
    pub samples: Vec<String>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewRow {
    /// The line in which it begins, from 1.
    pub line: u64,
    /// As the file has it.
    pub cells: Vec<String>,
    /// What the lead is given of each column; none where the row is refused, or the columns are not clear yet.
    pub values: Option<Vec<Option<String>>>,
    /// The column for which it is refused; empty where it is about the row.
    pub field: Option<String>,
    /// What was expected there.
    pub expected: Option<String>,
}

/// Looks at the beginning of a file, of which `whole` says whether it is all of it.
///
/// # Errors
/// What is no file of rows.
pub fn preview(
    head: &[u8],
    whole: bool,
    (choices, rules): (&Choices, Rules),
    rows_max: usize,
) -> Result<Preview, ImportError> {
    let head = if whole {
        head
    } else {
        &head[..head.iter().rposition(|&b| b == b'\n').map_or(head.len(), |end| end + 1)]
    };
    let mut rows = Rows::open(head, rules.encoding)?;
    let headers: Vec<&str> = rows.headers.iter().map(String::as_str).collect();
    let fields = proposal(&headers, choices);
    let (mut parser, problem) = match Mapping::new(&headers, choices) {
        Ok(mapping) => (Some(RowParser::new(mapping, rules.country)), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let mut columns: Vec<PreviewColumn> = headers
        .iter()
        .zip(&fields)
        .map(|(header, field)| PreviewColumn {
            header: (*header).to_owned(),
            field: field.as_ref().map(Field::to_string),
            samples: Vec::new(),
        })
        .collect();
    let (mut shown, mut record) = (Vec::new(), ByteRecord::new());
    while shown.len() < rows_max && rows.next(&mut record)? {
        let cells: Vec<String> =
            record.iter().map(|cell| String::from_utf8_lossy(cell.trim_ascii()).into_owned()).collect();
        for (column, cell) in columns.iter_mut().zip(&cells) {
            if column.samples.len() < SAMPLES && !cell.is_empty() {
                column.samples.push(cell.clone());
            }
        }
        let line = rows.line(&record);
        let mut row = PreviewRow { line, cells, values: None, field: None, expected: None };
        match parser.as_mut().map(|parser| parser.parse(&record, Uuid::nil())) {
            None => {}
            Some(Ok(None)) => continue,
            Some(Ok(Some(lead))) => {
                row.values = Some(fields.iter().map(|field| value(&lead, field.as_ref()?)).collect())
            }
            Some(Err(refused)) => {
                row.field = Some(refused.column);
                row.expected = Some(refused.expected.trim_end_matches(',').to_owned());
            }
        }
        shown.push(row);
    }
    // A first line alone may be anything.
    if shown.is_empty() && columns.iter().all(|column| column.field.is_none()) {
        return Err(ImportError::Empty);
    }
    Ok(Preview {
        encoding: rows.encoding,
        separator: char::from(rows.separator),
        columns,
        problem,
        rows: shown,
    })
}

fn value(lead: &NewLead, field: &Field) -> Option<String> {
    match field {
        Field::Text(text) => lead.texts[*text as usize].as_ref().map(|text| text.as_str().to_owned()),
        Field::Number(index) => lead.numbers[*index].as_ref().map(|number| number.as_str().to_owned()),
        Field::Variable(name) => {
            let variable = lead.variables.iter().find(|variable| variable.name == *name);
            variable.map(|variable| variable.value.as_str().to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(head: &[u8], choices: &Choices, rules: Rules) -> Preview {
        preview(head, false, (choices, rules), 10).unwrap()
    }

    #[test]
    fn first_rows_are_shown_as_they_would_be_taken_in_or_with_what_is_wrong() {
        let rules = Rules { country: "AT".parse().ok(), ..Rules::default() };
        let found = look(b"name;phone;x\nAnn;0316 12345;1\nBob;n/a;2\n\nCut;031", &Choices::default(), rules);
        assert!(found.problem.as_ref().unwrap().contains("\"x\" is no field"), "{found:?}");
        assert_eq!((found.separator, found.rows.len()), (';', 2));
        assert_eq!(found.rows[0].values, None);
        let choices = Choices { ignore: vec!["x".to_owned()], ..Choices::default() };
        let found = look(b"name;phone;x\nAnn;0316 12345;1\nBob;n/a;2\n\nCut;031", &choices, rules);
        assert_eq!(found.problem, None);
        let fields: Vec<_> = found.columns.iter().map(|column| column.field.as_deref()).collect();
        assert_eq!(fields, [Some("name"), Some("number1"), None]);
        assert_eq!(found.columns[1].samples, ["0316 12345", "n/a"]);
        assert_eq!(found.rows[0].values, Some(vec![Some("Ann".into()), Some("+4331612345".into()), None]));
        assert_eq!((found.rows[1].line, found.rows[1].field.as_deref()), (3, Some("phone")));
        assert_eq!(found.rows[1].expected.as_deref(), Some("a telephone number"));
    }

    #[test]
    fn columns_may_be_chosen_by_their_places() {
        let columns = Some(vec![None, Field::of_name("number2"), Field::of_name("name")]);
        let choices = Choices { columns, ..Choices::default() };
        let found = look(b"same,same,\n1,2,Ann\n", &choices, Rules::default());
        assert_eq!(found.rows[0].values, Some(vec![None, Some("2".into()), Some("Ann".into())]));
        let found = look(b"a,b\n1,2\n", &choices, Rules::default());
        assert!(found.problem.unwrap().starts_with("the choice is of 3 columns; the file has 2"));
    }

    #[test]
    fn what_is_no_utf_8_is_taken_for_text_of_windows() {
        let found = look(b"name,phone\nM\xfcller,1\n", &Choices::default(), Rules::default());
        assert_eq!((found.encoding, found.rows[0].cells[0].as_str()), (Encoding::Windows1252, "M\u{fc}ller"));
        let found = look("name,phone\nM\u{fc}ller,1\n".as_bytes(), &Choices::default(), Rules::default());
        assert_eq!((found.encoding, found.rows[0].cells[0].as_str()), (Encoding::Utf8, "M\u{fc}ller"));
    }
}
