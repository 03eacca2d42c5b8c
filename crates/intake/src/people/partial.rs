//! Rows of files that have a city but no street.

use super::ProfileRecord;
use super::field::at;
use postrider_core::error::Refusal;
use postrider_store::profiles::ProfileRow;
use serde_json::{Map, Value};

/// Whether the stored address stays because it has a street and the row of the file has none: an address is replaced
/// whole, so a file with a column for the city alone would delete streets. Then it returns what is left out, which is
/// nothing if the row agrees with the stored address.
pub fn kept_street(before: &ProfileRow, record: &ProfileRecord) -> Option<Option<Refusal>> {
    let (said, stored) = (lines(record.address.set()?), lines(before.address.as_ref()?));
    if has_street(&said) || !has_street(&stored) {
        return None;
    }
    let other = said.iter().find(|(line, value)| stored.get(*line) != Some(value));
    Some(other.map(|(line, value)| {
        let problem = "belongs to an address without a street, which does not replace the stored one with a street";
        Refusal::invalid(at(&record.path, &format!("address.{line}")), value.as_str(), problem)
    }))
}

fn lines(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn has_street(address: &Map<String, Value>) -> bool {
    address.get("line1").and_then(Value::as_str).is_some_and(|line| !line.is_empty())
}
