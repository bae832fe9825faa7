//! Leads and results as CSV for others: columns and cells, pure. How they are sent is in `http::api::exports`; what an import makes of
//! such a file again is in [`import`](crate::import), which reads cells by [`cell`], too.

pub(crate) mod cell;
mod leads;
mod results;

pub use leads::{LEAD_COLUMNS, LeadCsv, STATE_COLUMNS};
pub use results::{RESULT_COLUMNS, ResultCsv};

use csv::{Terminator, Writer, WriterBuilder};

/// A writer of rows as RFC 4180 has them.
fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new())
}

/// What was written. Memory cannot fail.
fn written(writer: Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().unwrap_or_default()
}
