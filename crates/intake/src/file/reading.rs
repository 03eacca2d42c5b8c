//! How the cells of a column are read as values of one kind.
//!
//! Invariant: reading loses nothing. A cell becomes a value that says the same, says nothing at all, or does not fit,
//! and then its row is imported without it and the report says so.

use crate::people::{ATTRIBUTE_LIST_ITEMS_MAX, plain_number};
use postrider_core::attribute::{AttributeKind, looks_like_date};
use postrider_core::audience::rule::Moment;
use postrider_core::time::{DAY_MS, Timestamp};
use serde_json::{Number, Value};

/// Words by which people leave a cell empty where a number, a date, or yes or no belongs.
const NOTHING: [&str; 14] = [
    "-",
    "–",
    "—",
    "?",
    "n/a",
    "na",
    "nan",
    "none",
    "null",
    "k.a.",
    "unknown",
    "unbekannt",
    "0000-00-00",
    "0000-00-00 00:00:00",
];
/// Yes and no of one language each. A column is of booleans only if its words are of one language: `no` and `da`
/// together are countries or languages.
const YES_NO: [(&[&str], &[&str]); 21] = [
    (&["yes"], &["no"]),
    (&["y"], &["n"]),
    (&["true"], &["false"]),
    (&["ja"], &["nein"]),
    (&["j"], &["n"]),
    (&["wahr"], &["falsch"]),
    (&["oui"], &["non"]),
    (&["vrai"], &["faux"]),
    (&["si", "sí", "sì"], &["no"]),
    (&["sim"], &["não", "nao"]),
    (&["ja"], &["nej", "nei", "nee"]),
    (&["tak"], &["nie"]),
    (&["ano", "áno"], &["ne", "nie"]),
    (&["kyllä"], &["ei"]),
    (&["igen"], &["nem"]),
    (&["evet"], &["hayır", "hayir"]),
    (&["da"], &["nu"]),
    (&["da"], &["ne"]),
    (&["да"], &["нет"]),
    (&["так"], &["ні"]),
    (&["ναι"], &["όχι", "οχι"]),
];
/// Longest word of [`YES_NO`] and [`NOTHING`], in bytes.
const WORD_BYTES_MAX: usize = 20;
/// The days that a spreadsheet counts from 1 March 1900, when its count becomes right, to the year 9999.
const SPREADSHEET_DAYS: std::ops::RangeInclusive<i64> = 61..=2_958_465;
/// 1 January 1970 in the days of a spreadsheet.
const SPREADSHEET_EPOCH: i64 = 25_569;

/// What parts the whole part of a number from its fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimal {
    /// `1,234.50`
    Point,
    /// `1.234,50`
    Comma,
}

/// What comes first in a date that does not begin with its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `31/12/1999`
    DayFirst,
    /// `12/31/1999`
    MonthFirst,
    /// The days that a spreadsheet counts: `36525`.
    Spreadsheet,
}

/// What parts the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// The list is a JSON array.
    Json,
    /// This character.
    Char(char),
}

/// How the cells of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// As they are.
    #[default]
    Text,
    /// As numbers.
    Number(Decimal),
    /// As dates, which become ISO 8601. Dates that begin with their year can stand among them.
    Date(Order),
    /// As true or false.
    Boolean,
    /// As lists of texts.
    List(Separator),
}

/// What a cell is.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is said.
    Nothing,
    /// This value.
    Value(Value),
    /// It does not fit.
    Misfit,
}

impl Reading {
    /// The kind of the values.
    pub const fn kind(self) -> AttributeKind {
        match self {
            Self::Text => AttributeKind::Text,
            Self::Number(_) => AttributeKind::Number,
            Self::Date(_) => AttributeKind::Date,
            Self::Boolean => AttributeKind::Boolean,
            Self::List(_) => AttributeKind::List,
        }
    }

    /// The words by which a caller asks for it, such as `date:dmy`.
    pub fn word(self) -> String {
        let kind = self.kind().as_str();
        match self {
            Self::Text | Self::Boolean | Self::Number(Decimal::Point) | Self::List(Separator::Json) => kind.to_owned(),
            Self::Number(Decimal::Comma) => format!("{kind}:comma"),
            Self::Date(Order::DayFirst) => format!("{kind}:dmy"),
            Self::Date(Order::MonthFirst) => format!("{kind}:mdy"),
            Self::Date(Order::Spreadsheet) => format!("{kind}:excel"),
            Self::List(Separator::Char(separator)) => format!("{kind}:{separator}"),
        }
    }

    /// How the values of a kind are written in an export of a list or an audience.
    pub const fn of_export(kind: AttributeKind) -> Self {
        match kind {
            AttributeKind::Text => Self::Text,
            AttributeKind::Number => Self::Number(Decimal::Point),
            AttributeKind::Date => Self::Date(Order::DayFirst),
            AttributeKind::Boolean => Self::Boolean,
            AttributeKind::List => Self::List(Separator::Char(';')),
        }
    }

    /// Reads a cell that is not blank.
    pub fn read(self, cell: &str) -> Cell {
        let value = match self {
            Self::Text => return Cell::Value(cell.into()),
            Self::List(separator) => items(cell, separator).map(Value::from),
            _ if says_nothing(cell) => return Cell::Nothing,
            Self::Number(decimal) => number(cell, decimal).map(Value::Number),
            Self::Date(order) => date(cell, order).map(Value::from),
            Self::Boolean => boolean(cell).map(|(truth, _)| Value::from(truth)),
        };
        value.map_or(Cell::Misfit, Cell::Value)
    }
}

/// Whether a cell only says that there is nothing, in a column of anything but text.
pub fn says_nothing(cell: &str) -> bool {
    cell.len() <= WORD_BYTES_MAX && NOTHING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Yes or no, with a bit for each language in which it is that.
pub fn boolean(cell: &str) -> Option<(bool, u32)> {
    if cell.len() > WORD_BYTES_MAX {
        return None;
    }
    let word = cell.to_lowercase();
    let (mut truth, mut languages) = (false, 0);
    for (place, (yes, no)) in YES_NO.iter().enumerate() {
        let is_yes = yes.contains(&word.as_str());
        if is_yes || no.contains(&word.as_str()) {
            truth = is_yes;
            languages |= 1 << place;
        }
    }
    (languages != 0).then_some((truth, languages))
}

/// The number that a cell is. Thousands may be grouped by the other sign, by blanks or by apostrophes.
pub fn number(cell: &str, decimal: Decimal) -> Option<Number> {
    let unsigned = cell.strip_prefix(['-', '−']).unwrap_or(cell);
    let sign = if unsigned.len() < cell.len() { "-" } else { "" };
    let (point, other) = match decimal {
        Decimal::Point => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    let (whole, fraction) = match unsigned.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let is_mark = |c: char| c == other || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’');
    let whole = match whole.chars().find(|c| is_mark(*c)) {
        None => whole.to_owned(),
        Some(mark) => {
            let groups: Vec<&str> = whole.split(mark).collect();
            let is_grouped = matches!(groups[0].len(), 1..=3)
                && !groups[0].starts_with('0')
                && groups[1..].iter().all(|group| group.len() == 3);
            if !is_grouped {
                return None;
            }
            groups.concat()
        }
    };
    match fraction {
        Some(fraction) => plain_number(&format!("{sign}{whole}.{fraction}")),
        None => plain_number(&format!("{sign}{whole}")),
    }
}

/// The date that a cell is, in ISO 8601. What has that form already stays as it is.
pub fn date(cell: &str, order: Order) -> Option<String> {
    let exists = |text: &String| Moment::parse(text).is_ok();
    if looks_like_date(cell) {
        return Some(cell.to_owned()).filter(exists);
    }
    if order == Order::Spreadsheet
        && let Ok(days) = cell.parse::<i64>()
    {
        let instant = Timestamp::from_millis((days - SPREADSHEET_EPOCH).checked_mul(DAY_MS)?);
        return SPREADSHEET_DAYS.contains(&days).then(|| instant.to_string().chars().take(10).collect());
    }
    let spaced = cell.replace(". ", ".");
    let (day, time) = spaced.split_once([' ', 'T']).unwrap_or((&spaced, ""));
    let day = day.trim_end_matches(['.', ',']);
    let mark = day.chars().find(|c| !c.is_ascii_digit()).filter(|mark| matches!(mark, '.' | '/' | '-'))?;
    let parts: Vec<&str> = day.split(mark).collect();
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = match (a.len(), b.len(), c.len(), order) {
        (4, 1 | 2, 1 | 2, _) => (a, b, c),
        (1 | 2, 1 | 2, 4, Order::MonthFirst) => (c, a, b),
        (1 | 2, 1 | 2, 4, Order::DayFirst) => (c, b, a),
        _ => return None,
    };
    let day = format!("{year}-{month:0>2}-{day:0>2}");
    Some(if time.trim().is_empty() { day } else { format!("{day}T{:0>5}", time.trim()) }).filter(exists)
}

/// The items of a list, without blank ones.
pub fn items(cell: &str, separator: Separator) -> Option<Vec<String>> {
    let items: Vec<String> = match (json_items(cell), separator) {
        (Some(items), _) => items,
        (None, Separator::Json) => return None,
        (None, Separator::Char(separator)) => {
            cell.split(separator).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
        }
    };
    (items.len() <= ATTRIBUTE_LIST_ITEMS_MAX).then_some(items)
}

/// The items of a JSON array of texts, numbers and truths.
pub fn json_items(cell: &str) -> Option<Vec<String>> {
    if !cell.starts_with('[') {
        return None;
    }
    let items: Vec<Value> = serde_json::from_str(cell).ok()?;
    let items = items.into_iter().map(|item| match item {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(item.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    items.collect()
}
