//! Leads as rows of CSV, in the columns that an import knows.

use std::collections::BTreeSet;

use engine::model::{Lead, NUMBERS};
use engine::value::{Number, Text};

use super::{cell, writer, written};
use crate::format::Nanos;

/// The columns of each export that an import takes in; behind them come [`STATE_COLUMNS`], then a column `variable:NAME` for each variable.
pub const LEAD_COLUMNS: [&str; 5 + NUMBERS] = [
    "name", "detail", "ukey", "udata", "email", "number1", "number2", "number3", "number4", "number5",
    "number6", "number7", "number8",
];

/// Columns that say how a lead stands. An import leaves them out.
pub const STATE_COLUMNS: [&str; 9] = [
    "lead_uuid",
    "lead_status",
    "lead_tries",
    "lead_res_dial",
    "lead_res_dial_detail",
    "lead_res_hangup",
    "lead_res_hangup_detail",
    "lead_created",
    "lead_updated",
];

/// Leads with these variables become CSV.
#[derive(Debug, Clone)]
pub struct LeadCsv {
    variables: Vec<String>,
}

/// A lead has a variable that was not among those of the columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a lead got the variable {0} while leads were exported")]
pub struct NewVariable(String);

impl LeadCsv {
    /// With a column for each of these variables.
    pub fn new(variables: BTreeSet<String>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    /// The line of headers.
    pub fn headers(&self) -> Vec<u8> {
        let mut csv = writer();
        let fixed = LEAD_COLUMNS.iter().chain(&STATE_COLUMNS).map(|column| (*column).to_owned());
        let variables = self.variables.iter().map(|name| format!("variable:{name}"));
        // Into memory: nothing can fail.
        let _ = csv.write_record(fixed.chain(variables));
        written(csv)
    }

    /// Rows.
    ///
    /// # Errors
    /// A variable that has no column.
    pub fn rows<'a>(&self, leads: impl IntoIterator<Item = &'a Lead>) -> Result<Vec<u8>, NewVariable> {
        let mut csv = writer();
        for lead in leads {
            let _ = csv.write_record(self.row(lead)?.iter().map(|cell| cell.as_bytes()));
        }
        Ok(written(csv))
    }

    fn row<'a>(&self, lead: &'a Lead) -> Result<Vec<std::borrow::Cow<'a, str>>, NewVariable> {
        let text =
            |text: &'a Option<Text>| text.as_ref().map_or("".into(), |text| cell::of_text(text.as_str()));
        let number =
            |n: &'a Option<Number>| n.as_ref().map_or("".into(), |number| cell::of_number(number.as_str()));
        let mut row = Vec::with_capacity(LEAD_COLUMNS.len() + STATE_COLUMNS.len() + self.variables.len());
        row.extend([&lead.name, &lead.detail, &lead.ukey, &lead.udata, &lead.email].map(text));
        row.extend(lead.numbers.iter().map(number));
        row.push(lead.uuid.to_string().into());
        row.push(crate::http::api::fields::lead_status(lead.status.code()).into());
        row.push(lead.tries.map(|tries| tries.to_string()).join(" ").into());
        row.push(lead.res_dial.to_string().into());
        row.push(text(&lead.res_dial_detail));
        row.push(lead.res_hangup.to_string().into());
        row.push(text(&lead.res_hangup_detail));
        row.push(Nanos(lead.stamps.created).to_string().into());
        row.push(lead.stamps.updated.map_or("".into(), |at| Nanos(at).to_string().into()));
        let from = row.len();
        row.resize(from + self.variables.len(), "".into());
        for variable in &lead.variables {
            let name = variable.name.as_str();
            let place = self.variables.binary_search_by(|known| known.as_str().cmp(name));
            let place = place.map_err(|_| NewVariable(name.to_owned()))?;
            // Of those with one name the last counts, as on the channel.
            row[from + place] = cell::of_text(&variable.value);
        }
        Ok(row)
    }
}
