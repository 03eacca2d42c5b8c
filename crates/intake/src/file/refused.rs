//! Refused rows as they are written out, to be corrected and imported again.

use super::object::object;
use serde_json::{Value, json};

/// The column or field with the line on which a row began.
pub const LINE: &str = "postrider_line";
/// The column or field with the reason.
pub const REASON: &str = "postrider_reason";

/// The cells of a row with line and reason behind them. A row too short is filled up, so that these stand under their
/// headers.
pub fn mendable(cells: &[String], columns: usize, line: u64, reason: &str) -> Vec<String> {
    let missing = columns.saturating_sub(cells.len());
    let filled = std::iter::repeat_n(String::new(), missing);
    cells.iter().cloned().chain(filled).chain([line.to_string(), reason.to_owned()]).collect()
}

/// A line of JSON with its number and the reason beside it; what is no object stands there as text.
pub fn mendable_line(text: &str, line: u64, reason: &str) -> Value {
    let record = object(text).map_or_else(|_| Value::from(text), Value::Object);
    json!({ "record": record, LINE: line, REASON: reason })
}
