//! Which column becomes which field.

use super::answers::OwnWords;
use super::headers::{Channels, DIRECT_MAIL, EMAIL, EVERY_CHANNEL, FIELDS, Meaning, PUSH, SMS, meaning, snake_case};
use super::mapping::Mapping;
use super::presets::{self, PRESETS, Preset};
use super::reading::Reading;
use super::report::ImportError;
use crate::people::{ADDRESS_FIELDS, ATTRIBUTE_NAME_CHARS_MAX, ATTRIBUTES_MAX, MatchKey, is_attribute_name};
use postrider_core::attribute::AttributeKind;
use postrider_core::error::{Code, Refusal};
use std::collections::BTreeSet;

/// Names that no attribute takes, beside [`FIELDS`].
const OTHER_FIELDS: [&str; 2] = ["address", "consent"];
/// Field words that stand for consent.
const CONSENT_FIELDS: [(&str, Meaning); 13] = [
    ("consent.email", Meaning::OptIn(EMAIL)),
    ("consent.sms", Meaning::OptIn(SMS)),
    ("consent.push", Meaning::OptIn(PUSH)),
    ("consent.direct_mail", Meaning::OptIn(DIRECT_MAIL)),
    ("!consent.email", Meaning::Negated(EMAIL)),
    ("!consent.sms", Meaning::Negated(SMS)),
    ("!consent.push", Meaning::Negated(PUSH)),
    ("!consent.direct_mail", Meaning::Negated(DIRECT_MAIL)),
    ("opt_out", Meaning::OptOut(EVERY_CHANNEL)),
    ("opt_out.email", Meaning::OptOut(EMAIL)),
    ("opt_out.sms", Meaning::OptOut(SMS)),
    ("opt_out.push", Meaning::OptOut(PUSH)),
    ("opt_out.direct_mail", Meaning::OptOut(DIRECT_MAIL)),
];
/// Begins the name of an attribute where a plain name could be something else, as in rules.
const ATTRIBUTES: &str = "attributes.";
/// The field word for a column that is left alone.
const NOTHING: &str = "-";

/// Where the cells of a column go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Nowhere.
    Nothing,
    /// A well-known field.
    Field(&'static str),
    /// A field of the address.
    Address(&'static str),
    /// Yes is consent, no a denial.
    OptIn(Channels),
    /// Yes is a denial, no is consent.
    Negated(Channels),
    /// Yes is a denial, no says nothing.
    OptOut(Channels),
    /// Anything is a denial.
    OptOutDate(Channels),
    /// An attribute; the word of a denial is one.
    Status(String),
    /// An attribute.
    Attribute(String),
}

impl Target {
    /// The field as a person would name it.
    pub fn name(&self) -> String {
        match self {
            Self::Nothing => NOTHING.to_owned(),
            Self::Field(name) => (*name).to_owned(),
            Self::Address(name) => format!("address.{name}"),
            Self::OptIn(channels) => consent_name(Meaning::OptIn(*channels)),
            Self::Negated(channels) => consent_name(Meaning::Negated(*channels)),
            Self::OptOut(channels) | Self::OptOutDate(channels) => consent_name(Meaning::OptOut(*channels)),
            Self::Status(name) | Self::Attribute(name) => name.clone(),
        }
    }
}

fn consent_name(meaning: Meaning) -> String {
    let word = CONSENT_FIELDS.iter().find(|(_, known)| *known == meaning);
    word.map_or_else(|| "consent".to_owned(), |(word, _)| (*word).to_owned())
}

/// The columns of a file, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub headers: Vec<String>,
    pub targets: Vec<Target>,
    /// Who said what each column is.
    pub origins: Vec<Origin>,
    /// Words of consent that the caller explained.
    pub own_words: OwnWords,
    /// The export of another system that the file is.
    pub preset: Option<&'static Preset>,
    /// Whether rows may set the consent of people who denied it before.
    pub revive_consent: bool,
    /// How the cells of each column are read; as text until [`super::types`] says otherwise.
    pub readings: Vec<Reading>,
}

/// Who said what a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The caller.
    Caller,
    /// The preset.
    Preset,
    /// The header, in the words of an export of a list or an audience.
    Export,
    /// The header, or nobody.
    Header,
}

impl Columns {
    /// Maps every column: first as the caller says (`column`, `field`), then by its header. A field is taken by its
    /// first column; whatever has no field becomes an attribute.
    ///
    /// # Errors
    /// `IMPORTS.MAPPING_INVALID` for a column or field that is not there, `IMPORTS.FILE_INVALID` for a first line
    /// that holds no headers.
    pub fn new(headers: &[String], mapping: &Mapping) -> Result<Self, ImportError> {
        let headers: Vec<String> = headers.iter().map(|header| header.trim().to_owned()).collect();
        if headers.iter().any(|header| header.contains('@') && header.contains('.')) {
            return Err(ImportError::file(
                "has an email address in its first line, where the names of the columns belong",
            ));
        }
        let mut targets: Vec<Option<Target>> = vec![None; headers.len()];
        for (column, field) in &mapping.columns {
            let place = place_of(&headers, column)?;
            let target = explicit(column, field)?;
            if target != Target::Nothing && targets.contains(&Some(target.clone())) {
                return Err(wrong(Some(field), format!("two columns cannot both be {field}")));
            }
            targets[place] = Some(target);
        }
        let mut origins: Vec<Origin> =
            targets.iter().map(|target| if target.is_some() { Origin::Caller } else { Origin::Header }).collect();
        for (place, header) in headers.iter().enumerate() {
            let Some((name, _)) = own_header(header).filter(|_| targets[place].is_none()) else { continue };
            let target = Some(Target::Attribute(name.to_owned()));
            if !targets.contains(&target) {
                (targets[place], origins[place]) = (target, Origin::Export);
            }
        }
        let preset = preset(&headers, mapping)?;
        let mut by_header: Vec<Option<Meaning>> = headers.iter().map(|header| meaning(header)).collect();
        for (place, field) in preset.map(|preset| preset.places(&headers)).unwrap_or_default() {
            if targets[place].is_some() {
                continue;
            }
            origins[place] = Origin::Preset;
            by_header[place] = Meaning::of_word(field);
            if by_header[place].is_none() {
                targets[place] = Some(Target::Attribute(field.to_owned()));
            }
        }
        let has = |wanted: Meaning, target: &Target| {
            by_header.contains(&Some(wanted)) || targets.contains(&Some(target.clone()))
        };
        let first_name = has(Meaning::Field("first_name"), &Target::Field("first_name"));
        for (place, meaning) in by_header.iter().enumerate() {
            if targets[place].is_some() {
                continue;
            }
            let target = match meaning {
                Some(Meaning::Name) if first_name => Some(Target::Field("last_name")),
                Some(Meaning::Field(name)) => Some(Target::Field(name)),
                Some(Meaning::Address(name)) => Some(Target::Address(name)),
                Some(Meaning::OptIn(channels)) => Some(Target::OptIn(*channels)),
                Some(Meaning::Negated(channels)) => Some(Target::Negated(*channels)),
                Some(Meaning::OptOut(channels)) => Some(Target::OptOut(*channels)),
                Some(Meaning::OptOutDate(channels)) => Some(Target::OptOutDate(*channels)),
                Some(Meaning::Ours) => Some(Target::Nothing),
                Some(Meaning::Name | Meaning::Status) | None => None,
            };
            let single = matches!(target, Some(Target::Field(_) | Target::Address(_)));
            if target.is_some() && !(single && targets.contains(&target)) {
                targets[place] = target;
            }
        }
        let targets = name_attributes(&headers, targets, &by_header)?;
        let own_words = OwnWords::new(&mapping.yes, &mapping.no);
        let (readings, revive_consent) = (vec![Reading::Text; headers.len()], mapping.revive_consent);
        Ok(Self { headers, targets, origins, own_words, preset, revive_consent, readings })
    }

    /// Whether some column, or the preset, says something about consent.
    pub fn tells_consent(&self) -> bool {
        let asks = |target: &Target| target.question().is_some();
        self.preset.is_some_and(|preset| preset.denies_all) || self.targets.iter().any(asks)
    }

    /// Every column and what becomes of it, such as `("Vorname", "first_name")`.
    pub fn named(&self) -> Vec<(String, String)> {
        self.headers.iter().zip(&self.targets).map(|(header, target)| (header.clone(), target.name())).collect()
    }

    /// By what the rows find their profiles: the first of email, customer id and phone that has a column.
    ///
    /// # Errors
    /// `IMPORTS.MAPPING_INVALID` if none has.
    pub fn match_key(&self, wanted: Option<MatchKey>) -> Result<MatchKey, ImportError> {
        let has = |key: &MatchKey| {
            self.targets.iter().any(|target| matches!(target, Target::Field(name) if *name == key.as_str()))
        };
        let found = match wanted {
            Some(key) => Some(key).filter(has),
            None => [MatchKey::Email, MatchKey::CustomerId, MatchKey::Phone].into_iter().find(has),
        };
        let needed = wanted.map_or("an email address, a customer id or a phone number", |key| match key {
            MatchKey::Email => "an email address",
            MatchKey::Phone => "a phone number",
            MatchKey::CustomerId => "a customer id",
        });
        found.ok_or_else(|| {
            let columns = self.headers.join(", ");
            wrong(None, format!("no column holds {needed}; say which one does; columns: {columns}"))
        })
    }
}

/// The preset that the caller names, or that the headers tell.
fn preset(headers: &[String], mapping: &Mapping) -> Result<Option<&'static Preset>, ImportError> {
    match mapping.preset.as_deref() {
        None => Ok(presets::recognize(headers, mapping.file_name.as_deref())),
        Some(presets::NONE) => Ok(None),
        Some(name) => presets::named(name).map(Some).ok_or_else(|| {
            let known: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            let problem = format!("is no preset; those are none, {}", known.join(", "));
            Refusal::field(Code::ImportMappingInvalid, "preset", Some(name), problem).into()
        }),
    }
}

fn wrong(value: Option<&str>, problem: impl Into<String>) -> ImportError {
    Refusal::field(Code::ImportMappingInvalid, "columns", value, problem).into()
}

/// The column that a person means: by its header to the letter, else whatever its case, else by its letters.
pub fn place_of(headers: &[String], column: &str) -> Result<usize, ImportError> {
    let column = column.trim();
    let ways: [&dyn Fn(&str) -> bool; 3] =
        [&|header| header == column, &|header| header.to_lowercase() == column.to_lowercase(), &|header| {
            !snake_case(column).is_empty() && snake_case(header) == snake_case(column)
        }];
    let found = ways.iter().find_map(|way| headers.iter().position(|header| way(header)));
    found.ok_or_else(|| {
        let problem = format!("there is no column {column}; columns: {}", headers.join(", "));
        wrong(Some(column), problem)
    })
}

/// What the caller wants a column to be.
pub fn explicit(column: &str, field: &str) -> Result<Target, ImportError> {
    let field = field.trim();
    if field.is_empty() || field == NOTHING {
        return Ok(Target::Nothing);
    }
    if let Some(name) = FIELDS.into_iter().find(|name| *name == field) {
        return Ok(Target::Field(name));
    }
    let address =
        field.strip_prefix("address.").and_then(|name| ADDRESS_FIELDS.into_iter().find(|known| *known == name));
    if let Some(name) = address {
        return Ok(Target::Address(name));
    }
    match CONSENT_FIELDS.into_iter().find(|(word, _)| *word == field) {
        Some((_, Meaning::OptIn(channels))) => return Ok(Target::OptIn(channels)),
        Some((_, Meaning::Negated(channels))) => return Ok(Target::Negated(channels)),
        Some((_, Meaning::OptOut(channels))) => return Ok(Target::OptOut(channels)),
        _ => {}
    }
    let name = field.strip_prefix(ATTRIBUTES).unwrap_or(field);
    if is_own_attribute(name) {
        return Ok(Target::Attribute(name.to_owned()));
    }
    let problem = format!(
        "{field} is no field for the column {column}: take a well-known field, address.city and the like, \
        consent.email, opt_out, an attribute in letters, digits and underscores, or - to leave the column out"
    );
    Err(wrong(Some(field), problem))
}

/// The attribute that a header of an export names, and how its cells are read: `attributes.points:number`, or
/// `attributes.points` if that is not known.
pub fn own_header(header: &str) -> Option<(&str, Option<Reading>)> {
    let (name, kind) = header.strip_prefix(ATTRIBUTES).map(|own| own.split_once(':').unwrap_or((own, "")))?;
    is_own_attribute(name).then(|| (name, AttributeKind::parse(kind).map(Reading::of_export)))
}

/// Whether a field of a record is an attribute, not one of the well-known fields.
pub fn is_own_attribute(field: &str) -> bool {
    is_attribute_name(field) && !FIELDS.contains(&field) && !OTHER_FIELDS.contains(&field)
}

/// Gives every column without a field an attribute of its own.
fn name_attributes(
    headers: &[String],
    targets: Vec<Option<Target>>,
    meanings: &[Option<Meaning>],
) -> Result<Vec<Target>, ImportError> {
    let mut taken: BTreeSet<String> = FIELDS.into_iter().chain(OTHER_FIELDS).map(str::to_owned).collect();
    taken.extend(targets.iter().flatten().map(Target::name));
    let mut named = Vec::with_capacity(targets.len());
    for (place, target) in targets.into_iter().enumerate() {
        named.push(target.unwrap_or_else(|| {
            let name = free_name(&snake_case(&headers[place]), place, &taken);
            taken.insert(name.clone());
            if meanings[place] == Some(Meaning::Status) { Target::Status(name) } else { Target::Attribute(name) }
        }));
    }
    // An export has a column for each attribute of the tenant, and each person has some of them.
    let is_own = |(header, target): &(&String, &Target)| {
        matches!(target, Target::Attribute(_) | Target::Status(_)) && own_header(header).is_none()
    };
    let attributes = headers.iter().zip(&named).filter(is_own).count();
    if attributes > ATTRIBUTES_MAX {
        let problem = format!("has {attributes} columns of its own, and a profile at most {ATTRIBUTES_MAX} attributes");
        return Err(ImportError::file(problem));
    }
    Ok(named)
}

fn free_name(wanted: &str, place: usize, taken: &BTreeSet<String>) -> String {
    let wanted = if wanted.is_empty() { format!("column_{}", place + 1) } else { wanted.to_owned() };
    let short: String = wanted.chars().take(ATTRIBUTE_NAME_CHARS_MAX - 4).collect();
    let suffixes = std::iter::once(String::new()).chain((2..).map(|number: usize| format!("_{number}")));
    let mut names = suffixes.map(|suffix| format!("{short}{suffix}"));
    names.find(|name| is_attribute_name(name) && !taken.contains(name)).unwrap_or(wanted)
}
