//! Which column of a file is which field of a lead: by its header, or as the user says. What nobody has said anything about
//! is an error, never left out in silence.

use std::fmt::Write as _;

use super::field::{FIELDS, Field};
use super::report;
use crate::admin::bounds;
use crate::export::STATE_COLUMNS;

/// Columns that an error names; of the others it says how many there are.
const LISTED_MAX: usize = 12;

/// What a user has said about columns, by their headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// These columns hold these fields.
    pub map: Vec<(String, Field)>,
    /// These are left out.
    pub ignore: Vec<String>,
    /// Each column of the file in its order: which field it holds, or that it is left out. Then neither headers nor
    /// the other choices say anything.
    pub columns: Option<Vec<Option<Field>>>,
}

/// One column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// As the file has it.
    pub(super) header: String,
    /// `None` where it is left out.
    pub(super) field: Option<Field>,
}

/// Every column of a file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping(pub(super) Vec<Column>);

/// Why the columns of a file cannot be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Columns that are no field of a lead, and those that there are.
    #[error("{}", unknown_text(unknown, columns))]
    Unknown {
        /// Which of them.
        unknown: Vec<String>,
        /// All of the file.
        columns: Vec<String>,
    },
    /// A choice names a column that the file does not have.
    #[error("there is no column {choice:?} in the file; it has {}", listed(columns))]
    NoSuchColumn {
        /// What was named.
        choice: String,
        /// All of the file.
        columns: Vec<String>,
    },
    /// Two columns for one field.
    #[error(
        "the columns {first:?} and {second:?} are both {field}: leave one of them out (--ignore {second:?})"
    )]
    Twice {
        /// The field.
        field: String,
        /// A column.
        first: String,
        /// Another one.
        second: String,
    },
    /// Nobody could be called.
    #[error("no column holds numbers; the file has {}: name one (--map \"COLUMN=number1\")", listed(columns))]
    NoNumber {
        /// All of the file.
        columns: Vec<String>,
    },
    /// The choice is of a file with more or fewer columns.
    #[error("the choice is of {chosen} columns; the file has {}: {}", columns.len(), listed(columns))]
    Columns {
        /// How many were chosen of.
        chosen: usize,
        /// All of the file.
        columns: Vec<String>,
    },
    /// More variables than a lead may have.
    #[error("a lead has at most {} variables", bounds::VARIABLES)]
    TooManyVariables,
}

impl Choices {
    /// Reads `HEADER=FIELD`, where the field is one of those that headers may name, or `variable:NAME`.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse_map(text: &str) -> Result<(String, Field), String> {
        let read = text.rsplit_once('=').and_then(|(header, field)| Some((header, Field::of_name(field)?)));
        let (header, field) =
            read.ok_or_else(|| format!("HEADER=FIELD expected, with one of these fields: {FIELDS}"))?;
        Ok((header.trim().to_owned(), field))
    }
}

impl Mapping {
    /// Maps the headers of a file.
    ///
    /// # Errors
    /// [`MappingError`] with what to do.
    pub fn new(headers: &[&str], choices: &Choices) -> Result<Self, MappingError> {
        let headers: Vec<&str> = headers.iter().map(|header| header.trim()).collect();
        let columns = || headers.iter().map(|&header| header.to_owned()).collect::<Vec<_>>();
        let mut named = choices.map.iter().map(|(header, _)| header).chain(&choices.ignore);
        if choices.columns.is_none()
            && let Some(choice) = named.find(|named| !headers.iter().any(|header| same(header, named)))
        {
            return Err(MappingError::NoSuchColumn { choice: choice.clone(), columns: columns() });
        }
        if let Some(chosen) = choices.columns.as_ref().map(Vec::len).filter(|&chosen| chosen != headers.len())
        {
            return Err(MappingError::Columns { chosen, columns: columns() });
        }
        let (mut mapped, mut unknown) = (Vec::<Column>::new(), Vec::new());
        for (place, header) in headers.iter().enumerate() {
            let Ok(field) = field_at(place, header, choices) else {
                unknown.push((*header).to_owned());
                continue;
            };
            if field.is_some()
                && let Some(first) = mapped.iter().find(|column| column.field == field)
            {
                let field = field.map(|field| field.to_string()).unwrap_or_default();
                let (first, second) = (first.header.clone(), (*header).to_owned());
                return Err(MappingError::Twice { field, first, second });
            }
            mapped.push(Column { header: (*header).to_owned(), field });
        }
        if !unknown.is_empty() {
            return Err(MappingError::Unknown { unknown, columns: columns() });
        }
        let count =
            |is: fn(&Field) -> bool| mapped.iter().filter_map(|c| c.field.as_ref()).filter(|f| is(f)).count();
        if count(|field| matches!(field, Field::Number(_))) == 0 {
            return Err(MappingError::NoNumber { columns: columns() });
        }
        if count(|field| matches!(field, Field::Variable(_))) > bounds::VARIABLES {
            return Err(MappingError::TooManyVariables);
        }
        Ok(Self(mapped))
    }
}

/// What is known of the columns of a file: their fields, where they hold some.
pub(super) fn proposal(headers: &[&str], choices: &Choices) -> Vec<Option<Field>> {
    let field = |(place, header): (usize, &&str)| field_at(place, header.trim(), choices).ok().flatten();
    headers.iter().enumerate().map(field).collect()
}

struct Unknown;

fn field_at(place: usize, header: &str, choices: &Choices) -> Result<Option<Field>, Unknown> {
    match &choices.columns {
        Some(columns) => columns.get(place).cloned().ok_or(Unknown),
        None => field_of(header, choices),
    }
}

/// What a user says counts before what the header says.
fn field_of(header: &str, choices: &Choices) -> Result<Option<Field>, Unknown> {
    if let Some((_, field)) = choices.map.iter().find(|(named, _)| same(header, named)) {
        return Ok(Some(field.clone()));
    }
    if choices.ignore.iter().any(|named| same(header, named)) || is_ours(header) {
        return Ok(None);
    }
    Field::of_name(header).map(Some).ok_or(Unknown)
}

/// Columns of reports and exports that are no fields.
fn is_ours(header: &str) -> bool {
    report::COLUMNS.contains(&header) || STATE_COLUMNS.contains(&header)
}

fn same(header: &str, named: &str) -> bool {
    header.eq_ignore_ascii_case(named.trim())
}

fn listed(columns: &[String]) -> String {
    let shown = columns.iter().take(LISTED_MAX).map(|column| format!("{column:?}"));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if let Some(more) = columns.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

fn unknown_text(unknown: &[String], columns: &[String]) -> String {
    let is = if unknown.len() == 1 { "is no field" } else { "are no fields" };
    let mut text = format!("{} {is} of a lead: say what to do with it", listed(unknown));
    for header in unknown.iter().take(LISTED_MAX) {
        let _ = write!(text, ", --map \"{header}=FIELD\" or --ignore \"{header}\"");
    }
    let _ = write!(
        text,
        " (over HTTP the parameters map=HEADER=FIELD and ignore=HEADER, with commas between several); fields are {FIELDS}"
    );
    if unknown.len() < columns.len() {
        let _ = write!(text, "; the file has {}", listed(columns));
    }
    if columns.len() > LISTED_MAX * LISTED_MAX {
        text +=
            "; is its line of headers ended? curl -d takes the ends of lines away, --data-binary does not";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(headers: &[&str], choices: &Choices) -> Result<Vec<String>, MappingError> {
        let mapping = Mapping::new(headers, choices)?;
        Ok(mapping.0.iter().map(|c| c.field.as_ref().map_or("-".to_owned(), Field::to_string)).collect())
    }

    fn choices(map: &[&str], ignore: &[&str]) -> Choices {
        Choices {
            map: map.iter().map(|text| Choices::parse_map(text).unwrap()).collect(),
            ignore: ignore.iter().map(|&header| header.to_owned()).collect(),
            columns: None,
        }
    }

    #[test]
    fn headers_are_mapped_and_choices_count_first() {
        let plain = fields(&["Name", "Phone", "number 2", "variable:CITY"], &Choices::default()).unwrap();
        assert_eq!(plain, ["name", "number1", "number2", "variable:CITY"]);
        let chosen = choices(&["ort=variable:CITY", "a=b=number1", "Name=detail"], &["Rest", ""]);
        let mapped = fields(&["name", "a=b", "Ort", "rest", ""], &chosen).unwrap();
        assert_eq!(mapped, ["detail", "number1", "variable:CITY", "-", "-"]);
    }

    #[test]
    fn a_column_that_nobody_knows_is_an_error_that_says_what_there_is() {
        let error = fields(&["phone", "City", "Zip"], &Choices::default()).unwrap_err();
        let said = error.to_string();
        for part in [
            "\"City\", \"Zip\" are no fields",
            "--map \"Zip=FIELD\"",
            "--ignore \"City\"",
            "\"phone\"",
            "number8",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn an_error_names_some_columns_of_very_many_and_says_where_they_may_come_from() {
        let many: Vec<String> = (0..2_000).map(|n| format!("K{n}Customer {n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let said = fields(&many, &Choices::default()).unwrap_err().to_string();
        assert!(said.contains("and 1988 more are no fields") && said.contains("--data-binary"), "{said}");
        assert!(said.len() < 2_000, "{}", said.len());
        let plain = fields(&["Phone number", "Customer No", "Mail"], &Choices::default()).unwrap();
        assert_eq!(plain, ["number1", "ukey", "email"]);
    }

    #[test]
    fn the_columns_of_a_report_are_left_out_so_that_a_mended_report_can_be_imported() {
        let headers = [&report::COLUMNS[..], &["phone"]].concat();
        assert_eq!(fields(&headers, &Choices::default()).unwrap(), ["-", "-", "-", "number1"]);
    }

    #[test]
    fn two_columns_that_may_be_the_same_field_wait_for_what_the_user_says() {
        let headers = ["Phone", "Mobile"];
        let twice = Mapping::new(&headers, &Choices::default()).unwrap_err();
        assert!(
            matches!(&twice, MappingError::Twice { first, second, .. } if [first, second] == headers),
            "{twice}"
        );
        let map = vec![Choices::parse_map("Mobile=number2").unwrap()];
        let mapping = Mapping::new(&headers, &Choices { map, ..Choices::default() }).unwrap();
        let fields: Vec<Option<Field>> = mapping.0.into_iter().map(|column| column.field).collect();
        assert_eq!(fields, [Some(Field::Number(0)), Some(Field::Number(1))]);
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        let none = Choices::default();
        let twice = fields(&["phone", "Number1"], &none).unwrap_err().to_string();
        assert!(twice.contains("\"phone\" and \"Number1\" are both number1"), "{twice}");
        assert!(matches!(fields(&["name"], &none), Err(MappingError::NoNumber { .. })));
        let gone = fields(&["phone"], &choices(&["tel=number1"], &[])).unwrap_err().to_string();
        assert!(gone.contains("no column \"tel\" in the file; it has \"phone\""), "{gone}");
        assert!(matches!(fields(&["phone"], &choices(&[], &["x"])), Err(MappingError::NoSuchColumn { .. })));
        let many: Vec<String> = (0..25).map(|n| format!("variable:V{n}")).collect();
        let many: Vec<&str> = std::iter::once("phone").chain(many.iter().map(String::as_str)).collect();
        assert_eq!(fields(&many, &none), Err(MappingError::TooManyVariables));
        for bad in ["tel", "tel=", "tel=timezone", "tel=variable:a b"] {
            assert!(Choices::parse_map(bad).unwrap_err().contains("HEADER=FIELD"), "{bad}");
        }
    }
}
