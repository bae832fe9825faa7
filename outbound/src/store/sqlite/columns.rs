//! How values stand in columns. [`Columns`] reads a row from left to right, [`Values`] writes one in the same order.

use std::collections::BTreeMap;

use engine::model::{Rules, Stamps, Variable};
use engine::time::Wall;
use engine::value::{InvalidValue, VariableName};
use rusqlite::types::{FromSql, ToSqlOutput, Type, Value, ValueRef};
use rusqlite::{Result, Row};
use uuid::Uuid;

/// Reads a row's columns one after another.
pub(in crate::store) struct Columns<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Columns<'r, 's> {
    pub(super) fn new(row: &'r Row<'s>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: FromSql>(&mut self) -> Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    pub(super) fn id(&mut self) -> Result<Uuid> {
        Ok(Uuid::from_bytes(self.take()?))
    }

    pub(super) fn opt_id(&mut self) -> Result<Option<Uuid>> {
        Ok(self.take::<Option<[u8; 16]>>()?.map(Uuid::from_bytes))
    }

    /// A value that must still satisfy the rules of its type.
    pub(super) fn text<T>(&mut self, parse: fn(&str) -> Result<T, InvalidValue>) -> Result<Option<T>> {
        let Some(text) = self.take::<Option<String>>()? else {
            return Ok(None);
        };
        parse(&text).map(Some).map_err(|error| self.invalid(Box::new(error)))
    }

    pub(super) fn code<T>(&mut self, from_code: fn(u8) -> Option<T>) -> Result<T> {
        let code: u8 = self.take()?;
        from_code(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(self.next - 1, code.into()))
    }

    pub(super) fn wall(&mut self) -> Result<Wall> {
        self.take().map(Wall)
    }

    pub(super) fn stamps(&mut self) -> Result<Stamps> {
        let created = self.wall()?;
        let updated = self.take::<Option<i64>>()?.map(Wall);
        let deleted = self.take::<Option<i64>>()?.map(Wall);
        Ok(Stamps { created, updated, deleted })
    }

    pub(super) fn variables(&mut self) -> Result<Vec<Variable>> {
        let json: String = self.take()?;
        let pairs: Vec<(String, String)> =
            serde_json::from_str(&json).map_err(|error| self.invalid(Box::new(error)))?;
        let mut variables = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let name = VariableName::parse(&name).map_err(|error| self.invalid(Box::new(error)))?;
            variables.push(Variable { name, value });
        }
        Ok(variables)
    }

    /// Settings that must still be such as this version knows.
    pub(super) fn rules<T: Rules>(&mut self) -> Result<T> {
        let json: String = self.take()?;
        let pairs: BTreeMap<String, String> =
            serde_json::from_str(&json).map_err(|error| self.invalid(Box::new(error)))?;
        let mut rules = T::default();
        for (name, text) in pairs {
            rules.set(&name, &text).map_err(|error| self.invalid(Box::new(error)))?;
        }
        Ok(rules)
    }

    fn invalid(&self, error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
        rusqlite::Error::FromSqlConversionFailure(self.next - 1, Type::Text, error)
    }
}

/// The values of a row, in the order of its columns.
#[derive(Default)]
pub(in crate::store) struct Values<'a>(pub(super) Vec<ToSqlOutput<'a>>);

impl<'a> Values<'a> {
    pub(super) fn id(self, uuid: &'a Uuid) -> Self {
        self.push(ToSqlOutput::Borrowed(ValueRef::Blob(uuid.as_bytes())))
    }

    pub(super) fn opt_id(self, uuid: Option<&'a Uuid>) -> Self {
        match uuid {
            Some(uuid) => self.id(uuid),
            None => self.push(ToSqlOutput::Owned(Value::Null)),
        }
    }

    pub(super) fn text(self, text: Option<&'a str>) -> Self {
        match text {
            Some(text) => self.push(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
            None => self.push(ToSqlOutput::Owned(Value::Null)),
        }
    }

    pub(super) fn int(self, number: impl Into<i64>) -> Self {
        self.push(ToSqlOutput::Owned(Value::Integer(number.into())))
    }

    pub(super) fn opt_int(self, number: Option<impl Into<i64>>) -> Self {
        let value = number.map_or(Value::Null, |number| Value::Integer(number.into()));
        self.push(ToSqlOutput::Owned(value))
    }

    pub(super) fn stamps(self, stamps: &Stamps) -> Self {
        let Stamps { created, updated, deleted } = stamps;
        self.int(created.0).opt_int(updated.map(|wall| wall.0)).opt_int(deleted.map(|wall| wall.0))
    }

    pub(super) fn variables(self, variables: &[Variable]) -> Self {
        let pairs = variables.iter().map(|v| serde_json::json!([v.name.as_str(), v.value])).collect();
        self.push(ToSqlOutput::Owned(Value::Text(serde_json::Value::Array(pairs).to_string())))
    }

    pub(super) fn rules(self, rules: &impl Rules) -> Self {
        let pairs = rules.all().into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        self.push(ToSqlOutput::Owned(Value::Text(serde_json::Value::Object(pairs).to_string())))
    }

    fn push(mut self, value: ToSqlOutput<'a>) -> Self {
        self.0.push(value);
        self
    }
}

/// `?1, ?2 ...` for so many columns.
pub(super) fn placeholders(count: usize) -> String {
    (1..=count).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ")
}
