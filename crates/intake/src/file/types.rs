//! Which kind each column is: as the caller says, else as its cells say all over the file.
//!
//! Nothing is guessed. What can be read in two ways is asked before the import starts; what fits no kind in every
//! cell stays text, with a suggestion.

use super::columns::{Columns, Target, own_header, place_of};
use super::forms::Forms;
use super::headers::snake_case;
use super::mapping::Mapping;
use super::object::Fields;
use super::reading::{Decimal, Order, Reading, Separator};
use super::report::ImportError;
use crate::people::Typing;
use postrider_core::attribute::AttributeKind;
use postrider_core::error::{Code, Refusal};
use postrider_core::wording::grouped;
use std::collections::BTreeMap;

/// Of a hundred cells, how many are of another kind before it is suggested.
const SUGGESTED_PERCENT: u64 = 90;
/// Of a hundred cells, how many hold a separator before a list is suggested.
const LISTS_PERCENT: u64 = 10;
/// Last words of headers whose numbers are names of something: nobody calculates with them.
const ID_WORDS: [&str; 16] = [
    "id", "nr", "no", "number", "nummer", "numero", "code", "zip", "plz", "postcode", "postal", "iban", "ean", "isbn",
    "sku", "phone",
];
/// Words of headers under which a number may be a date that a spreadsheet has counted.
const DATE_WORDS: [&str; 17] = [
    "date",
    "datum",
    "birthday",
    "birthdate",
    "dob",
    "birth",
    "born",
    "geburtstag",
    "geburtsdatum",
    "geboren",
    "fecha",
    "nacimiento",
    "naissance",
    "nascita",
    "urodzenia",
    "narozeni",
    "fodelsedatum",
];

/// What a caller asks for: a kind, and how it is written if the caller says that too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Known(Reading),
    Number,
    Date,
    List,
}

/// What a person is shown of a column that becomes an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// How its cells are read.
    pub reading: Reading,
    /// Cells that do not fit; their rows are imported without them.
    pub misfits: u64,
    /// What else it could be, in a sentence.
    pub suggestion: Option<String>,
}

/// The kinds of the columns of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types {
    /// By the place of the column; none for those that become no attribute.
    pub columns: Vec<Option<ColumnType>>,
    /// What must be answered before the import can start, each a sentence.
    pub questions: Vec<String>,
    /// What the rows say of the kinds of attributes.
    pub typing: Typing,
}

impl Types {
    /// The kinds of the columns of a table.
    ///
    /// # Errors
    /// `IMPORTS.MAPPING_INVALID` for a kind that there is not, or of a column that becomes no attribute.
    pub fn of_table(columns: &Columns, seen: &[Forms], mapping: &Mapping) -> Result<Self, ImportError> {
        let mut wanted = vec![None; columns.targets.len()];
        for (name, word) in &mapping.types {
            let named = |target: &Target| matches!(target, Target::Attribute(known) if known == name);
            let place = columns.targets.iter().position(named);
            let place = place.map_or_else(|| place_of(&columns.headers, name), Ok)?;
            if !matches!(columns.targets[place], Target::Attribute(_)) {
                let problem = format!("{name} becomes {}, which has a kind of its own", columns.targets[place].name());
                return Err(wrong(name, problem));
            }
            wanted[place] = Some(Wanted::parse(name, word)?);
        }
        let mut types = Self::default();
        for (place, target) in columns.targets.iter().enumerate() {
            let name = match target {
                Target::Attribute(name) => name,
                _ => {
                    types.columns.push(None);
                    continue;
                }
            };
            let seen = seen.get(place).cloned().unwrap_or_default();
            types.add(&columns.headers[place], name, &seen, wanted[place]);
        }
        Ok(types)
    }

    /// The kinds of the fields of records. Their values have kinds already, so only those that the caller names are
    /// read anew.
    ///
    /// # Errors
    /// As [`Types::of_table`].
    pub fn of_records(
        fields: &Fields,
        names: &[String],
        seen: &[Forms],
        mapping: &Mapping,
    ) -> Result<Self, ImportError> {
        let mut types = Self::default();
        for (place, name) in names.iter().enumerate() {
            let target = fields.target(name);
            let is_attribute = super::columns::is_own_attribute(&target);
            let said = mapping.types.get(name).or_else(|| mapping.types.get(&target));
            match (is_attribute, said) {
                (false, _) => types.columns.push(None),
                (true, said) => {
                    let wanted = said.map(|word| Wanted::parse(name, word)).transpose()?;
                    types.add(name, &target, &seen.get(place).cloned().unwrap_or_default(), wanted);
                }
            }
        }
        Ok(types)
    }

    fn add(&mut self, header: &str, name: &str, seen: &Forms, wanted: Option<Wanted>) {
        let exported = own_header(header).and_then(|(_, reading)| reading);
        let (reading, question) = match (wanted, exported) {
            (Some(wanted), _) => wanted.reading(header, seen),
            (None, Some(reading)) => (reading, None),
            (None, None) => recognized(header, seen),
        };
        let is_said = wanted.is_some() || exported.is_some() || question.is_some();
        let suggestion = if is_said { None } else { suggestion(header, seen, reading) };
        let misfits = seen.cells.saturating_sub(seen.fits(reading));
        self.questions.extend(question);
        self.columns.push(Some(ColumnType { reading, misfits, suggestion }));
        if wanted.is_some() {
            self.typing.declared.insert(name.to_owned(), reading.kind());
        } else if reading != Reading::Text {
            self.typing.recognized.insert(name.to_owned(), reading.kind());
        }
    }

    /// How the cells of each column are read.
    pub fn readings(&self) -> Vec<Reading> {
        let reading = |column: &Option<ColumnType>| column.as_ref().map_or(Reading::Text, |column| column.reading);
        self.columns.iter().map(reading).collect()
    }
}

fn wrong(value: &str, problem: impl Into<String>) -> ImportError {
    Refusal::field(Code::ImportMappingInvalid, "types", Some(value), problem).into()
}

/// How fields that the caller gives a kind are read, by the names that they have in the records after renaming.
///
/// # Errors
/// `IMPORTS.MAPPING_INVALID` for a kind that there is not.
pub fn readings_of_fields(fields: &Fields, mapping: &Mapping) -> Result<BTreeMap<String, Reading>, ImportError> {
    let readings = mapping.types.iter().map(|(name, word)| {
        let (reading, _) = Wanted::parse(name, word)?.reading(name, &Forms::default());
        let target = fields.target(name);
        if super::columns::is_own_attribute(&target) {
            Ok((target, reading))
        } else {
            Err(wrong(name, format!("{target} has a kind of its own")))
        }
    });
    readings.collect()
}

impl Wanted {
    fn parse(name: &str, word: &str) -> Result<Self, ImportError> {
        let (kind, option) = word.split_once(':').unwrap_or((word, ""));
        let mut chars = option.chars();
        Ok(match (AttributeKind::parse(kind.trim()), option, chars.next(), chars.next()) {
            (Some(AttributeKind::Text), "", ..) => Self::Known(Reading::Text),
            (Some(AttributeKind::Boolean), "", ..) => Self::Known(Reading::Boolean),
            (Some(AttributeKind::Number), "", ..) => Self::Number,
            (Some(AttributeKind::Number), "point", ..) => Self::Known(Reading::Number(Decimal::Point)),
            (Some(AttributeKind::Number), "comma", ..) => Self::Known(Reading::Number(Decimal::Comma)),
            (Some(AttributeKind::Date), "", ..) => Self::Date,
            (Some(AttributeKind::Date), "dmy", ..) => Self::Known(Reading::Date(Order::DayFirst)),
            (Some(AttributeKind::Date), "mdy", ..) => Self::Known(Reading::Date(Order::MonthFirst)),
            (Some(AttributeKind::Date), "excel", ..) => Self::Known(Reading::Date(Order::Spreadsheet)),
            (Some(AttributeKind::List), "", ..) => Self::List,
            (Some(AttributeKind::List), "json", ..) => Self::Known(Reading::List(Separator::Json)),
            (Some(AttributeKind::List), _, Some(separator), None) if !separator.is_alphanumeric() => {
                Self::Known(Reading::List(Separator::Char(separator)))
            }
            _ => {
                let problem = format!(
                    "{word} is not a kind for {name}: take text, number, number:point, number:comma, date, date:dmy, \
                    date:mdy, date:excel, boolean, list, or list with its separator, such as list:;"
                );
                return Err(wrong(word, problem));
            }
        })
    }

    /// How the cells are read, and what must be asked because they can be read in two ways.
    fn reading(self, header: &str, seen: &Forms) -> (Reading, Option<String>) {
        match self {
            Self::Known(reading) => (reading, None),
            Self::List => (Reading::List(seen.separator()), None),
            Self::Number => match seen.decimal() {
                Some(decimal) => (Reading::Number(decimal), None),
                None => (Reading::Text, Some(which_decimal(header))),
            },
            Self::Date => match seen.order() {
                Some(order) => (Reading::Date(order), None),
                None => (Reading::Text, Some(which_order(header))),
            },
        }
    }
}

/// What the cells of a column are, if all of them are that, and what must be asked.
fn recognized(header: &str, seen: &Forms) -> (Reading, Option<String>) {
    let name = snake_case(header);
    let words = || name.split('_');
    let all = |count: u64| count == seen.cells;
    if seen.cells == 0 {
        return (Reading::Text, None);
    }
    if all(seen.json) {
        return (Reading::List(Separator::Json), None);
    }
    if all(seen.words) && seen.languages != 0 {
        return (Reading::Boolean, None);
    }
    if seen.ids == 0
        && all(seen.point.max(seen.comma))
        && !words().next_back().is_some_and(|word| ID_WORDS.contains(&word))
    {
        if all(seen.days) && words().any(|word| DATE_WORDS.contains(&word)) {
            return (Reading::Text, Some(which_days(header)));
        }
        return match seen.decimal() {
            Some(decimal) => (Reading::Number(decimal), None),
            None => (Reading::Text, Some(which_decimal(header))),
        };
    }
    if all(seen.day_first.max(seen.month_first)) {
        return match seen.order() {
            Some(order) => (Reading::Date(order), None),
            None => (Reading::Text, Some(which_order(header))),
        };
    }
    (Reading::Text, None)
}

fn which_order(header: &str) -> String {
    format!(
        "{header}: the dates can be read with the day or with the month first; say date:dmy or date:mdy \
        (--type {header}=date:dmy), or text to leave them as they are"
    )
}

fn which_decimal(header: &str) -> String {
    format!(
        "{header}: the numbers can be read with a decimal point or with a decimal comma; say number:point or \
        number:comma (--type {header}=number:comma), or text to leave them as they are"
    )
}

fn which_days(header: &str) -> String {
    format!(
        "{header}: the numbers can be dates that a spreadsheet has counted in days; say date:excel or number \
        (--type {header}=date:excel), or text to leave them as they are"
    )
}

/// What a column that stays text is for the most part.
fn suggestion(header: &str, seen: &Forms, reading: Reading) -> Option<String> {
    let many = |count: u64, percent: u64| count > 0 && count * 100 >= seen.cells * percent;
    if reading != Reading::Text || seen.ids > 0 {
        return None;
    }
    let kinds = [
        (seen.point.max(seen.comma), "number", "numbers", seen.no_number_at),
        (seen.day_first.max(seen.month_first), "date", "dates", seen.no_date_at),
        (seen.words, "boolean", "yes or no", seen.no_word_at),
    ];
    let mostly = kinds.into_iter().find(|(count, ..)| *count < seen.cells && many(*count, SUGGESTED_PERCENT));
    if let Some((count, kind, values, line)) = mostly {
        let shown = |number: u64| grouped(i64::try_from(number).unwrap_or(i64::MAX));
        return Some(format!(
            "{} of {} values are {values}, and the first that is not is in line {}; --type {header}={kind} takes these \
            and leaves the others out",
            shown(count),
            shown(seen.cells),
            shown(line),
        ));
    }
    if many(seen.semicolons.max(seen.bars), LISTS_PERCENT) {
        let separator = if seen.semicolons >= seen.bars { ';' } else { '|' };
        return Some(format!("some values look like lists; --type '{header}=list:{separator}' takes them apart"));
    }
    None
}
