//! One row of a file becomes a lead, or is refused with the field and what was expected there. Pure.

use std::borrow::Cow;

use csv::ByteRecord;
use engine::model::NUMBERS;
use engine::value::Number;
use uuid::Uuid;

use super::field::Field;
use super::mapping::Mapping;
use super::rules::Country;
use crate::admin::{expands, variable};
use crate::export::cell;
use crate::store::import::NewLead;

/// Reads rows of one file.
#[derive(Debug)]
pub struct RowParser {
    mapping: Mapping,
    country: Option<Country>,
    /// A number without its decoration, or a variable as `name=value`: kept, so that not each row makes a new one.
    scratch: String,
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The column, by its header; empty where it is about the row.
    pub column: String,
    /// What was expected.
    pub expected: Cow<'static, str>,
}

impl Refused {
    fn row(expected: impl Into<Cow<'static, str>>) -> Self {
        Self { column: String::new(), expected: expected.into() }
    }
}

impl RowParser {
    /// Of a file with these columns, whose numbers are from this country where that is known.
    pub fn new(mapping: Mapping, country: Option<Country>) -> Self {
        Self { mapping, country, scratch: String::new() }
    }

    /// The lead of a row; `None` where all of its fields are empty.
    ///
    /// # Errors
    /// [`Refused`] with the first field that is not as it should be.
    pub fn parse(&mut self, record: &ByteRecord, uuid: Uuid) -> Result<Option<NewLead>, Refused> {
        let columns = self.mapping.0.len();
        if record.len() != columns {
            if record.iter().all(|field| field.trim_ascii().is_empty()) {
                return Ok(None);
            }
            return Err(Refused::row(format!(
                "{columns} fields, as the header has (the row has {})",
                record.len()
            )));
        }
        let mut lead = NewLead {
            uuid,
            texts: [const { None }; 5],
            numbers: [const { None }; NUMBERS],
            variables: Vec::new(),
        };
        let mut empty = true;
        for (column, octets) in self.mapping.0.iter().zip(record) {
            empty &= octets.trim_ascii().is_empty();
            let Some(field) = column.field.as_ref().filter(|_| !octets.trim_ascii().is_empty()) else {
                continue;
            };
            set(&mut lead, field, octets, self.country, &mut self.scratch)
                .map_err(|expected| Refused { column: column.header.clone(), expected })?;
        }
        if empty {
            return Ok(None);
        }
        if lead.numbers.iter().all(Option::is_none) {
            return Err(Refused::row("at least one number"));
        }
        Ok(Some(lead))
    }
}

impl RowParser {
    /// How a cell of a refused row stands in the report: as it was, but for formulas. One that is read as a number is that number, for a
    /// mark would keep the decoration that is taken off it.
    pub(super) fn reported<'a>(&mut self, column: usize, octets: &'a [u8]) -> Cow<'a, [u8]> {
        let octets = octets.trim_ascii();
        let field = self.mapping.0.get(column).and_then(|column| column.field.as_ref());
        if let Some(Field::Number(_)) = field
            && cell::is_formula(octets)
            && let Ok(text) = std::str::from_utf8(octets)
            && let Ok(number) = number(text, self.country, &mut self.scratch)
        {
            return cell::of_number(number.as_str()).into_owned().into_bytes().into();
        }
        cell::of_cell(octets)
    }
}

fn set(
    lead: &mut NewLead,
    field: &Field,
    octets: &[u8],
    country: Option<Country>,
    scratch: &mut String,
) -> Result<(), Cow<'static, str>> {
    let octets = if matches!(field, Field::Number(_)) { octets.trim_ascii() } else { cell::to_text(octets) };
    let text = std::str::from_utf8(octets).map_err(|_| "text in UTF-8")?;
    match field {
        // Nothing but a mark.
        Field::Text(_) if text.is_empty() => {}
        Field::Text(kind) => {
            lead.texts[*kind as usize] = Some(kind.parse(text).map_err(|error| error.expected)?);
        }
        Field::Number(index) => lead.numbers[*index] = Some(number(text, country, scratch)?),
        Field::Variable(name) => {
            // As from a client without write class system: files hold what customers have typed.
            if expands(text) {
                return Err("a value without ${ and $[".into());
            }
            scratch.clear();
            scratch.extend([name.as_str(), "=", text]);
            lead.variables.push(variable(scratch).map_err(|error| error.expected)?);
        }
    }
    Ok(())
}

/// Takes off what people write between digits; with a country it becomes E.164.
fn number(text: &str, country: Option<Country>, scratch: &mut String) -> Result<Number, Cow<'static, str>> {
    let plain = |text: &str| Number::parse(text).map_err(|error| error.expected);
    if let Some(country) = country.filter(|_| !text.starts_with("sip:")) {
        return plain(&country.normalise(cell::to_number(text).unwrap_or(text))?);
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'+') || text.starts_with("sip:") {
        return plain(text);
    }
    // As an export marks it: nothing is taken off.
    let marked = cell::to_number(text);
    if let Some(Ok(number)) = marked.map(Number::parse) {
        return Ok(number);
    }
    let text = marked.unwrap_or(text);
    if text.starts_with(['+']) && text.contains("(0)") {
        return Err("a number without the (0) behind its country code".into());
    }
    scratch.clear();
    scratch.extend(text.chars().filter(|&c| !is_decoration(c)));
    plain(scratch)
}

/// Blanks, dashes, dots and brackets; those of word processors too.
fn is_decoration(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | '[' | ']' | '\u{2010}'..='\u{2015}') || c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use engine::value::Text;

    use super::super::mapping::Choices;
    use super::*;

    fn parse(headers: &[&str], row: &[&[u8]]) -> Result<Option<NewLead>, Refused> {
        let mapping = Mapping::new(headers, &Choices::default()).unwrap();
        RowParser::new(mapping, None).parse(&ByteRecord::from(row.to_vec()), Uuid::nil())
    }

    fn refused(headers: &[&str], row: &[&[u8]]) -> (String, String) {
        let Refused { column, expected } = parse(headers, row).unwrap_err();
        (column, expected.into_owned())
    }

    fn first_number(text: &str) -> Option<String> {
        let lead = parse(&["phone"], &[text.as_bytes()]).ok().flatten();
        lead.and_then(|lead| lead.numbers[0].as_ref().map(|number| number.as_str().to_owned()))
    }

    #[test]
    fn every_field_has_its_place() {
        let headers = ["Name", "detail", "ukey", "udata", "email", "phone", "number8", "variable:CITY"];
        let row = [" Ann ", "d", "k", "u", "a@b", "1", "8", "Graz = \u{f6}"].map(str::as_bytes);
        let lead = parse(&headers, &row).unwrap().unwrap();
        let texts = lead.texts.map(|text| text.unwrap().as_str().to_owned());
        assert_eq!(texts, ["Ann", "d", "k", "u", "a@b"]);
        assert_eq!(lead.numbers[0], Number::parse("1").ok());
        assert_eq!(lead.numbers[7], Number::parse("8").ok());
        assert!(lead.numbers[1..7].iter().all(Option::is_none));
        assert_eq!(
            (lead.variables[0].name.as_str(), lead.variables[0].value.as_str()),
            ("CITY", "Graz = \u{f6}")
        );
    }

    #[test]
    fn an_empty_field_is_none_and_a_row_of_empty_fields_is_no_row() {
        let lead = parse(&["name", "phone"], &[b" ", b"1"]).unwrap().unwrap();
        assert_eq!(lead.texts[0], None::<Text>);
        assert_eq!(parse(&["name", "phone"], &[b"", b" "]), Ok(None));
        assert_eq!(parse(&["name", "phone"], &[b""]), Ok(None));
    }

    #[test]
    fn numbers_lose_the_decoration_that_people_give_them() {
        for (written, number) in [
            ("+12025550100", "+12025550100"),
            ("+1 (202) 555-0100", "+12025550100"),
            ("0316.123-45", "031612345"),
            ("0316\u{a0}123\u{2013}45", "031612345"),
            ("[0316] 1", "03161"),
            ("*21#", "*21#"),
            ("sip:ann-lee@10.0.0.1:5060", "sip:ann-lee@10.0.0.1:5060"),
        ] {
            assert_eq!(first_number(written).as_deref(), Some(number), "{written}");
        }
    }

    #[test]
    fn numbers_of_a_country_become_e_164_or_are_refused_and_sip_addresses_stay() {
        let parse = |text: &str| {
            let mapping = Mapping::new(&["phone"], &Choices::default()).unwrap();
            let lead =
                RowParser::new(mapping, "AT".parse().ok()).parse(&ByteRecord::from(vec![text]), Uuid::nil());
            lead.map(|lead| lead.unwrap().numbers[0].as_ref().unwrap().as_str().to_owned())
        };
        assert_eq!(parse("0316/123 45").as_deref(), Ok("+4331612345"));
        assert_eq!(parse("sip:ann@10.0.0.1").as_deref(), Ok("sip:ann@10.0.0.1"));
        let refused = parse("n/a").unwrap_err();
        assert_eq!((refused.column.as_str(), &*refused.expected), ("phone", "a telephone number"));
    }

    #[test]
    fn the_marks_of_an_export_come_off_and_keep_a_value_as_it_is() {
        let headers = ["name", "detail", "udata", "number1", "number2", "variable:EMPTY", "variable:SUM"];
        let row =
            ["'=1+2", "' blanks '", "'t Hooft ", "'030 123-4", "+49 30-1", "'", "'\t=A1"].map(str::as_bytes);
        let lead = parse(&headers, &row).unwrap().unwrap();
        let texts = lead.texts.iter().flatten().map(Text::as_str).collect::<Vec<_>>();
        assert_eq!(texts, ["=1+2", " blanks ", "'t Hooft"]);
        let numbers = lead.numbers.iter().flatten().map(Number::as_str).collect::<Vec<_>>();
        assert_eq!(numbers, ["030 123-4", "+49301"]);
        let values = lead.variables.iter().map(|variable| variable.value.as_str()).collect::<Vec<_>>();
        assert_eq!(values, ["", "\t=A1"]);
        assert_eq!(parse(&["name", "phone"], &[b"'", b"1"]).unwrap().unwrap().texts[0], None);
        assert_eq!(first_number("'(0316) 12").as_deref(), Some("031612"));
    }

    #[test]
    fn a_cell_of_the_report_is_no_formula_and_is_read_as_what_it_was() {
        let read = |parser: &mut RowParser, column: usize, cell: &[u8]| {
            // The lead has a number, whatever the other one is.
            let row: [&[u8]; 3] = match column {
                0 => [cell, b"1", b""],
                1 => [b"", cell, b"1"],
                _ => [b"", b"1", cell],
            };
            parser.parse(&ByteRecord::from(row.to_vec()), Uuid::nil())
        };
        let cells = [
            "=1+2",
            "@x",
            "-2+3",
            "+49 30-1",
            "+49 (0)30 1",
            "+1+1",
            "+",
            "-",
            "-5",
            "+4930123",
            "'+49 30-1",
            "030 12",
            "n/a",
            "",
            "'",
            " x ",
            "=A1 '",
            "--1",
            "+49\u{a0}30 12",
            "=\u{e9}",
        ];
        for country in [None, "DE".parse().ok()] {
            let mapping = Mapping::new(&["name", "number1", "number2"], &Choices::default()).unwrap();
            let mut parser = RowParser::new(mapping, country);
            for (column, text) in (0..3).flat_map(|column| cells.map(|cell| (column, cell))) {
                let reported = parser.reported(column, text.as_bytes()).into_owned();
                let shown = String::from_utf8_lossy(&reported).into_owned();
                assert!(!cell::is_formula(&reported), "{text}: {shown}");
                let [before, after] =
                    [text.as_bytes(), &reported].map(|cell| read(&mut parser, column, cell));
                assert_eq!(before, after, "{column} {country:?} {text}: {shown}");
            }
            assert_eq!(&*parser.reported(9, b"=1"), b"'=1", "a row may have too many fields");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = "1".repeat(65);
        for bad in
            ["-", "()", "4,91E+11", "12/34", "1@evil", "1&PJSIP/2", "+49 (0)30 12", "${X}", "\u{661}", &long]
        {
            assert_eq!(first_number(bad), None, "{bad}");
        }
        let (column, expected) = refused(&["Phone"], &[b"n/a"]);
        assert!(column == "Phone" && expected.contains("a number of digits"), "{column}: {expected}");
    }

    #[test]
    fn a_lead_without_a_number_is_refused() {
        assert_eq!(
            refused(&["name", "phone"], &[b"Ann", b" "]),
            (String::new(), "at least one number".into())
        );
    }

    #[test]
    fn texts_have_the_rules_of_the_actions() {
        let long = "x".repeat(1001);
        for (header, bad) in [
            ("name", "a ${X}"),
            ("ukey", "$[1+1]"),
            ("udata", "${X}"),
            ("variable:CITY", "${X}"),
            ("detail", "a\nb"),
            ("email", &long),
            ("variable:CITY", &long),
            ("variable:CITY", "a\rb"),
        ] {
            let (column, _) = refused(&[header, "phone"], &[bad.as_bytes(), b"1"]);
            assert_eq!(column, header, "{bad}");
        }
        assert!(parse(&["detail", "email", "phone"], &[b"5 $ ${X}", b"$[", b"1"]).unwrap().is_some());
    }

    #[test]
    fn text_in_another_encoding_is_refused() {
        assert_eq!(
            refused(&["name", "phone"], &[b"M\xfcller", b"1"]),
            ("name".into(), "text in UTF-8".into())
        );
    }

    #[test]
    fn a_row_with_more_or_fewer_fields_than_the_header_is_refused() {
        let (column, expected) = refused(&["name", "phone"], &[b"Ann", b"1", b"2"]);
        assert_eq!((column.as_str(), expected.as_str()), ("", "2 fields, as the header has (the row has 3)"));
        assert!(parse(&["name", "phone"], &[b"Ann"]).is_err());
    }
}
