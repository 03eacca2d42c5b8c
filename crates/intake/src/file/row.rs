//! From the cells of a row to a record.
//!
//! An empty cell says nothing: the field stays as it is. Invariant: consent is never guessed. A cell that is neither
//! yes nor no refuses its row, and a denial in a row beats any consent in it.

use super::columns::{Columns, Target};
use super::headers::Channels;
use crate::people::{CONSENT_CHANNELS, MatchKey, ProfileRecord};
use postrider_core::error::{Detail, Refusal};
use serde_json::{Map, Value};

/// Words for yes, in lower case.
const YES: &[&str] = &[
    "yes",
    "y",
    "true",
    "t",
    "1",
    "x",
    "on",
    "ja",
    "j",
    "wahr",
    "oui",
    "si",
    "sí",
    "sim",
    "granted",
    "subscribed",
    "opted in",
    "opted-in",
    "opt-in",
    "optin",
    "confirmed",
    "agreed",
    "erteilt",
    "angemeldet",
];
/// Words for no, in lower case.
const NO: &[&str] = &[
    "no",
    "n",
    "false",
    "f",
    "0",
    "off",
    "nein",
    "falsch",
    "non",
    "não",
    "denied",
    "unsubscribed",
    "opted out",
    "opted-out",
    "opt-out",
    "optout",
    "declined",
    "verweigert",
    "abgemeldet",
];
/// Words for not knowing, in lower case.
const UNKNOWN: &[&str] = &["unknown", "unbekannt", "?", "-", "n/a", "none"];
/// Words of a status that mean that nothing may be sent, in lower case.
const DENYING_STATUS: &[&str] = &[
    "unsubscribed",
    "cleaned",
    "bounced",
    "hard bounced",
    "complained",
    "spam",
    "blocklisted",
    "blacklisted",
    "blocked",
    "suppressed",
    "opted out",
    "opted-out",
    "optout",
    "abgemeldet",
    "gesperrt",
];
/// Cells that databases write for nothing.
const NULLS: [&str; 3] = ["NULL", "\\N", "#N/A"];
/// Fields that are left out if they cannot be what their column says; the rest of the row is taken.
const LEFT_OUT: [&str; 4] = ["phone", "timezone", "locale", "push_tokens"];

/// A row that can be taken.
pub struct Parsed {
    pub record: ProfileRecord,
    /// What was left out and why.
    pub left_out: Vec<Refusal>,
}

/// Makes a record of a row.
///
/// # Errors
/// Why the row is refused.
pub fn parse(columns: &Columns, cells: &[String], key: MatchKey) -> Result<Parsed, Refusal> {
    let mut fields = Map::new();
    let mut address = Map::new();
    let mut consent = Consents::default();
    for (place, target) in columns.targets.iter().enumerate() {
        let Some(cell) = cells.get(place).map(|cell| cell.trim()) else { continue };
        if cell.is_empty() || NULLS.contains(&cell) {
            continue;
        }
        match target {
            Target::Nothing => {}
            Target::Field("phone") => drop(fields.insert("phone".into(), bare_phone(cell).into())),
            Target::Field("email") => drop(fields.insert("email".into(), bare_email(cell).into())),
            Target::Field("push_tokens") => {
                let tokens: Vec<&str> = cell.split([';', ' ', '\n']).map(str::trim).filter(|t| !t.is_empty()).collect();
                fields.insert("push_tokens".into(), tokens.into());
            }
            Target::Field(name) => drop(fields.insert((*name).into(), cell.into())),
            Target::Address(name) => drop(address.insert((*name).into(), cell.into())),
            Target::Attribute(name) => drop(fields.insert(name.clone(), cell.into())),
            Target::Status(name) => {
                if DENYING_STATUS.contains(&cell.to_lowercase().as_str()) {
                    consent.deny(super::headers::EMAIL);
                }
                fields.insert(name.clone(), cell.into());
            }
            Target::OptOutDate(channels) => consent.deny(*channels),
            Target::OptIn(channels) => match said(cell) {
                Some(Said::Yes) => consent.grant(*channels),
                Some(Said::No) => consent.deny(*channels),
                Some(Said::Nothing) => {}
                None => return Err(neither(&columns.headers[place], cell)),
            },
            Target::OptOut(channels) => match said(cell) {
                Some(Said::Yes) => consent.deny(*channels),
                Some(Said::No | Said::Nothing) => {}
                None => return Err(neither(&columns.headers[place], cell)),
            },
        }
    }
    if !address.is_empty() {
        fields.insert("address".into(), address.into());
    }
    if let Some(consent) = consent.into_field() {
        fields.insert("consent".into(), consent);
    }
    read(fields, key)
}

fn neither(header: &str, cell: &str) -> Refusal {
    Refusal::invalid(header, Some(cell), "is neither yes nor no")
}

/// Reads the record, if need be without the fields that a row can do without.
fn read(mut fields: Map<String, Value>, key: MatchKey) -> Result<Parsed, Refusal> {
    let mut left_out = Vec::new();
    loop {
        let refusal = match ProfileRecord::parse("", &fields) {
            Ok(record) => {
                record.key(key)?;
                return Ok(Parsed { record, left_out });
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

/// A number without the marks by which spreadsheets keep it text: `'+49…`, `="+49…"`, `tel:+49…`.
fn bare_phone(cell: &str) -> &str {
    let cell = cell.strip_prefix("tel:").unwrap_or(cell);
    cell.trim_start_matches(['\'', '=', '"']).trim_end_matches('"')
}

/// An address without `mailto:`.
fn bare_email(cell: &str) -> &str {
    match cell.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
        _ => cell,
    }
}

/// What a cell says to a yes-or-no question.
enum Said {
    Yes,
    No,
    Nothing,
}

fn said(cell: &str) -> Option<Said> {
    let word = cell.to_lowercase();
    let word = word.as_str();
    if YES.contains(&word) {
        Some(Said::Yes)
    } else if NO.contains(&word) {
        Some(Said::No)
    } else {
        UNKNOWN.contains(&word).then_some(Said::Nothing)
    }
}

/// What the columns of a row say about consent.
#[derive(Default)]
struct Consents {
    granted: Channels,
    denied: Channels,
}

impl Consents {
    const fn grant(&mut self, channels: Channels) {
        self.granted |= channels;
    }

    const fn deny(&mut self, channels: Channels) {
        self.denied |= channels;
    }

    fn into_field(self) -> Option<Value> {
        let mut field = Map::new();
        for (bit, channel) in CONSENT_CHANNELS.into_iter().enumerate() {
            let bit = 1 << bit;
            if self.denied & bit != 0 {
                field.insert(channel.into(), "denied".into());
            } else if self.granted & bit != 0 {
                field.insert(channel.into(), "granted".into());
            }
        }
        (!field.is_empty()).then_some(Value::Object(field))
    }
}
