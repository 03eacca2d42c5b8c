//! Refused rows as they are written out, to be corrected and imported again.

use super::object::object;
use postrider_core::import::ImportSeverity;
use serde_json::{Value, json};

/// What is said of a row: its line, how it is meant, and why.
type Said<'s> = (u64, ImportSeverity, &'s str);

/// The column or field with the line on which a row began.
pub const LINE: &str = "postrider_line";
/// The column or field with the severity: `error` or `warning`.
pub const SEVERITY: &str = "postrider_severity";
/// The column or field with the reason.
pub const REASON: &str = "postrider_reason";

/// The cells of a row with line, severity and reason behind them. A row too short is filled up, so that these stand under their
/// headers.
pub fn mendable(cells: &[String], columns: usize, (line, severity, reason): Said<'_>) -> Vec<String> {
    let missing = columns.saturating_sub(cells.len());
    let filled = std::iter::repeat_n(String::new(), missing);
    cells
        .iter()
        .cloned()
        .chain(filled)
        .chain([line.to_string(), severity.as_str().to_owned(), reason.to_owned()])
        .collect()
}

/// A line of JSON with its number and the reason beside it; what is no object stands there as text.
pub fn mendable_line(text: &str, (line, severity, reason): Said<'_>) -> Value {
    let record = object(text).map_or_else(|_| Value::from(text), Value::Object);
    json!({ "record": record, LINE: line, SEVERITY: severity.as_str(), REASON: reason })
}
