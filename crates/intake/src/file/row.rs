//! From the cells of a row to a record.
//!
//! An empty cell says nothing: the field stays as it is.

use super::columns::{Columns, Target};
use super::consent::Consents;
use super::headers::EMAIL;
use super::reading::Cell;
use crate::people::{MatchKey, ProfileRecord, misfit};
use postrider_core::audience::Consent;
use postrider_core::error::{Detail, Refusal};
use postrider_core::formula::unguarded;
use serde_json::{Map, Value};

/// Cells that databases write for nothing.
const NULLS: [&str; 3] = ["NULL", "\\N", "#N/A"];
/// Fields that are left out if they cannot be what their column says; the rest of the row is taken.
const LEFT_OUT: [&str; 4] = ["phone", "timezone", "locale", "push_tokens"];

/// The text of a cell without the marks by which spreadsheets keep it text (`="01067"`, `'02138`); empty if it is how
/// databases write nothing.
pub fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    let quoted = cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"')).filter(|cell| !cell.contains('"'));
    let cell = quoted.unwrap_or_else(|| unguarded(cell));
    if NULLS.contains(&cell) { "" } else { cell }
}

/// A row that can be taken.
pub struct Parsed {
    pub record: ProfileRecord,
    /// What was left out and why.
    pub left_out: Vec<Refusal>,
    /// Which columns said what about consent.
    pub consents: Consents,
}

/// Makes a record of a row.
///
/// # Errors
/// Why the row is refused.
pub fn parse(columns: &Columns, cells: &[String], key: MatchKey) -> Result<Parsed, Refusal> {
    let mut fields = Map::new();
    let mut address = Map::new();
    let mut consents = Consents::default();
    let mut left_out = Vec::new();
    for (place, target) in columns.targets.iter().enumerate() {
        let Some(cell) = cells.get(place).map(|cell| bare(cell)) else { continue };
        if cell.is_empty() {
            continue;
        }
        if let Some(question) = target.question() {
            consents.take(question, &columns.headers[place], cell, &columns.own_words)?;
        }
        match target {
            Target::Nothing => {}
            Target::Field("email") => drop(fields.insert("email".into(), bare_email(cell).into())),
            Target::Field("push_tokens") => {
                fields.insert("push_tokens".into(), tokens(cell));
            }
            Target::Field(name) => drop(fields.insert((*name).into(), cell.into())),
            Target::Address(name) => drop(address.insert((*name).into(), cell.into())),
            Target::Attribute(name) => {
                let reading = columns.readings[place];
                match reading.read(cell) {
                    Cell::Value(value) => drop(fields.insert(name.clone(), value)),
                    Cell::Nothing => {}
                    Cell::Misfit => left_out.push(misfit(name.clone(), reading.kind(), &cell.into())),
                }
            }
            Target::Status(name) => drop(fields.insert(name.clone(), cell.into())),
            Target::OptIn(_) | Target::Negated(_) | Target::OptOut(_) | Target::OptOutDate(_) => {}
        }
    }
    if !address.is_empty() {
        fields.insert("address".into(), address.into());
    }
    if let Some(preset) = columns.preset.filter(|preset| preset.denies_all) {
        consents.say(EMAIL, Consent::Denied, "preset", preset.about);
    }
    consents.write_into(&mut fields);
    let mut parsed = read(fields, key, consents, left_out)?;
    parsed.record.keeps_denials = !columns.revive_consent;
    Ok(parsed)
}

/// Reads the record, if need be without the fields that a row can do without.
fn read(
    mut fields: Map<String, Value>,
    key: MatchKey,
    consents: Consents,
    mut left_out: Vec<Refusal>,
) -> Result<Parsed, Refusal> {
    loop {
        let refusal = match ProfileRecord::parse("", &fields) {
            Ok(record) => {
                record.key(key)?;
                return Ok(Parsed { record, left_out, consents });
            }
            Err(refusal) => refusal,
        };
        let field = field_of(&refusal).filter(|field| LEFT_OUT.contains(field) && *field != key.as_str());
        match field.and_then(|field| fields.remove(field)) {
            Some(_) => left_out.push(refusal),
            None => return Err(refusal),
        }
    }
}

/// The well-known field that a refusal is about.
fn field_of(refusal: &Refusal) -> Option<&str> {
    match &refusal.detail {
        Detail::Field { path, .. } => path.split(['.', '[']).next(),
        Detail::None | Detail::Scope { .. } | Detail::Limit { .. } | Detail::Issues(_) | Detail::Changes(_) => None,
    }
}

/// Devices: JSON, or plain tokens separated by semicolons or blanks.
fn tokens(cell: &str) -> Value {
    let json = Some(cell).filter(|cell| cell.starts_with(['[', '{']));
    match json.and_then(|json| serde_json::from_str(json).ok()) {
        Some(Value::Object(one)) => vec![Value::Object(one)].into(),
        Some(list) => list,
        None if json.is_some() => vec![cell].into(),
        None => {
            let tokens: Vec<&str> = cell.split([';', ' ', '\n']).map(str::trim).filter(|t| !t.is_empty()).collect();
            tokens.into()
        }
    }
}

/// An address without `mailto:`.
fn bare_email(cell: &str) -> &str {
    match cell.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
        _ => cell,
    }
}
