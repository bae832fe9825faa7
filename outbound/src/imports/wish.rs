//! What somebody wants of the rows of a file, as the parameters of a request say it; kept as that, so that an import goes on after a
//! restart as it began.

use std::collections::BTreeMap;
use std::str::FromStr;

use engine::ListImport;
use serde::{Deserialize, Serialize};

use crate::import::{Choices, Country, Field, Rules};

/// The parameters.
pub const PARAMETERS: [&str; 11] = [
    "name",
    "map",
    "ignore",
    "columns",
    "encoding",
    "default_country",
    "duplicates",
    "duplicates_by",
    "usable",
    "again",
    "dry_run",
];
/// What `usable` may be.
pub const USABLE: [&str; 2] = ["growing", "complete"];
/// Characters of the name of a file.
pub const NAME_MAX: usize = 200;
/// Columns that may be named.
pub const COLUMNS_MAX: usize = 200;
/// Fields, as parameters name them.
const FIELDS: &str = "name, detail, ukey, udata, email, number1 to number8, variable:NAME";

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// What the columns are.
    pub choices: Choices,
    /// What is done with text, numbers and duplicates.
    pub rules: Rules,
    /// The list is to be used when all rows are in.
    pub complete: bool,
    /// The file is taken in once more.
    pub again: bool,
    /// Rows are only looked at.
    pub dry_run: bool,
}

/// What is kept of a wish.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its parameters, by their names.
    pub parameters: BTreeMap<String, String>,
    /// Who has asked.
    pub by: String,
    /// Octets of the file.
    pub octets: u64,
}

impl Asked {
    /// What a row has, also one of an earlier build: `default_country` was `country`, and fields had more names and blanks around them.
    pub(super) fn kept(row: &str) -> Self {
        let mut asked: Self = serde_json::from_str(row).unwrap_or_default();
        let parameters = &mut asked.parameters;
        if let Some(country) = parameters.remove("country") {
            parameters.entry("default_country".to_owned()).or_insert(country);
        }
        if let Some(map) = parameters.get_mut("map") {
            let pair = |(header, field): (String, Field)| format!("{header}={field}");
            let pairs = parts(Some(map)).map(|part| Choices::parse_map(part).map_or(part.to_owned(), pair));
            *map = pairs.collect::<Vec<_>>().join(",");
        }
        if let Some(columns) = parameters.get_mut("columns") {
            let name = |part: &str| Field::of_name(part).map_or(part.to_owned(), |field| field.to_string());
            *columns = columns.split(',').map(|part| name(part.trim())).collect::<Vec<_>>().join(",");
        }
        asked
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

/// A parameter that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which.
    pub parameter: &'static str,
    /// What was expected.
    pub expected: String,
}

impl Wish {
    /// Reads the parameters.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn read<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Wrong> {
        let columns = get("columns").map(columns).transpose()?;
        if get("name")
            .is_some_and(|name| name.chars().count() > NAME_MAX || name.chars().any(char::is_control))
        {
            return Err(Wrong {
                parameter: "name",
                expected: format!("at most {NAME_MAX} printable characters"),
            });
        }
        let map = get("map").map(map).transpose()?.unwrap_or_default();
        let ignore = parts(get("ignore")).map(str::to_owned).collect();
        let rules = Rules {
            encoding: word("encoding", get("encoding"))?,
            country: get("default_country").map(country).transpose()?,
            duplicates: word("duplicates", get("duplicates"))?,
            duplicates_by: word("duplicates_by", get("duplicates_by"))?,
        };
        Ok(Self {
            choices: Choices { map, ignore, columns },
            rules,
            complete: match get("usable") {
                None | Some("growing") => false,
                Some("complete") => true,
                Some(_) => {
                    return Err(Wrong {
                        parameter: "usable",
                        expected: format!("one of {}", USABLE.join(", ")),
                    });
                }
            },
            again: switch("again", get("again"))?,
            dry_run: switch("dry_run", get("dry_run"))?,
        })
    }

    /// What it means for campaigns on the list until it is over.
    pub fn campaigns(&self) -> Option<ListImport> {
        match (self.dry_run, self.complete) {
            (true, _) => None,
            (false, false) => Some(ListImport::Growing),
            (false, true) => Some(ListImport::Held),
        }
    }
}

fn parts(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|part| !part.is_empty())
}

/// As the document has it: fields by the names that it gives them, and nothing around them.
fn field(name: &str) -> Option<Field> {
    Field::of_name(name).filter(|field| field.to_string() == name)
}

fn map(text: &str) -> Result<Vec<(String, Field)>, Wrong> {
    let pair = |part: &str| {
        let (header, name) = part.rsplit_once('=')?;
        header.contains(|c| c != ' ').then_some((header.trim().to_owned(), field(name)?))
    };
    let expected = || {
        format!(
            "HEADER=FIELD, with commas between several and no blanks around them, and one of these fields: {FIELDS}"
        )
    };
    text.split(',')
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(|| Wrong { parameter: "map", expected: expected() })
}

fn columns(text: &str) -> Result<Vec<Option<Field>>, Wrong> {
    let one = |part: &str| if part.is_empty() { Some(None) } else { field(part).map(Some) };
    let columns: Option<Vec<_>> = text.split(',').map(one).collect();
    columns.filter(|columns| columns.len() <= COLUMNS_MAX).ok_or_else(|| Wrong {
        parameter: "columns",
        expected: format!(
            "a field for each column of the file, at most {COLUMNS_MAX}, with commas between them and nothing for a column that is left out; fields are {FIELDS}"
        ),
    })
}

fn word<T: FromStr<Err = String> + Default>(parameter: &'static str, text: Option<&str>) -> Result<T, Wrong> {
    text.map_or_else(
        || Ok(T::default()),
        |text| text.parse().map_err(|expected| Wrong { parameter, expected }),
    )
}

/// As the document has it: in capitals.
fn country(text: &str) -> Result<Country, Wrong> {
    let country: Result<Country, String> = text.parse();
    country.ok().filter(|country| country.to_string() == text).ok_or_else(|| Wrong {
        parameter: "default_country",
        expected: "the two letters of a country, such as US or DE".to_owned(),
    })
}

fn switch(parameter: &'static str, text: Option<&str>) -> Result<bool, Wrong> {
    text.map_or(Ok(false), |text| {
        text.parse().map_err(|_| Wrong { parameter, expected: "true or false".to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &'static str)]) -> Result<Wish, &'static str> {
        let get = |name: &str| parameters.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        Wish::read(get).map_err(|wrong| wrong.parameter)
    }

    #[test]
    fn parameters_become_a_wish() {
        assert_eq!(read(&[]), Ok(Wish::default()));
        let wish = read(&[
            ("columns", "name,number1,,variable:CITY"),
            ("default_country", "AT"),
            ("usable", "complete"),
        ])
        .unwrap();
        let columns: Vec<_> = wish
            .choices
            .columns
            .as_ref()
            .unwrap()
            .iter()
            .map(|field| field.as_ref().map(Field::to_string))
            .collect();
        assert_eq!(
            columns,
            [Some("name".to_owned()), Some("number1".to_owned()), None, Some("variable:CITY".to_owned())]
        );
        assert_eq!(wish.campaigns(), Some(ListImport::Held));
        let wish = read(&[("dry_run", "true"), ("usable", "complete")]).unwrap();
        assert_eq!(wish.campaigns(), None);
    }

    #[test]
    fn what_an_earlier_build_has_kept_is_the_wish_that_it_was() {
        let kept = |parameters: &[(&str, &str)]| {
            let parameters: BTreeMap<_, _> = parameters.iter().copied().collect();
            let row = serde_json::json!({ "parameters": parameters, "by": "ann", "octets": 7 });
            let asked = Asked::kept(&row.to_string());
            Wish::read(|name| asked.get(name)).unwrap()
        };
        let earlier =
            kept(&[("country", "AT"), ("map", " Who=full name, Tel = Phone,,"), ("ignore", "x, y")]);
        let now = kept(&[("default_country", "AT"), ("map", "Who=name,Tel=number1"), ("ignore", "x,y")]);
        assert_eq!((&earlier, earlier.rules.country.is_some()), (&now, true));
        assert_eq!(
            kept(&[("columns", "name, phone,, variable:CITY")]),
            kept(&[("columns", "name,number1,,variable:CITY")])
        );
        assert_eq!(Asked::kept("no JSON"), Asked::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, text) in [
            ("map", "a"),
            ("map", "a=nothing"),
            ("map", "a=name,"),
            ("map", " =name"),
            ("map", "a=phone"),
            ("columns", " name"),
            ("columns", "name,nothing"),
            ("encoding", "latin-9"),
            ("default_country", "us"),
            ("default_country", "XX"),
            ("duplicates", "merge"),
            ("duplicates_by", "name"),
            ("usable", "never"),
            ("again", "yes"),
            ("dry_run", ""),
            ("name", "a\nb"),
        ] {
            assert_eq!(read(&[(name, text)]), Err(name), "{text}");
        }
    }
}
