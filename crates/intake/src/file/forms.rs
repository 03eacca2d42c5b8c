//! What the cells of a column look like, counted over the whole file in a few numbers.

use super::reading::{Decimal, Order, Reading, Separator, boolean, date, json_items, number, says_nothing};
use postrider_core::attribute::looks_like_date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A whole number of so many digits without marks is an id, a phone number or an article number.
const ID_DIGITS_MIN: usize = 10;
/// Days of a spreadsheet between 1927 and 2064: numbers that may be dates.
const LIKELY_SPREADSHEET_DAYS: std::ops::RangeInclusive<i64> = 10_000..=60_000;
/// After so many cells without a word for yes or no, a column is not one of them.
const HOPELESS_CELLS: u64 = 100;

/// How many cells of a column can be read in each way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Forms {
    /// Cells that say something.
    pub cells: u64,
    /// Ids that look like numbers: `00123`, `+49…`, ten digits and more.
    pub ids: u64,
    /// Numbers with a decimal point, or without a fraction.
    pub point: u64,
    /// Numbers with a decimal comma, or without a fraction.
    pub comma: u64,
    /// Numbers that are both, and not the same: `1.234`.
    pub either_number: u64,
    /// Dates with the day before the month, or with the year first.
    pub day_first: u64,
    /// Dates with the month before the day, or with the year first.
    pub month_first: u64,
    /// Dates that are both, and not the same: `02/05/1954`.
    pub either_date: u64,
    /// Whole numbers that may be the days of a spreadsheet.
    pub days: u64,
    /// Words for yes or no.
    pub words: u64,
    /// The languages of all these words, as bits.
    pub languages: u32,
    /// JSON arrays.
    pub json: u64,
    /// Cells with a semicolon within.
    pub semicolons: u64,
    /// Cells with a vertical bar within.
    pub bars: u64,
    /// The first line whose cell is no number; 0 if there is none.
    pub no_number_at: u64,
    /// The first line whose cell is no date; 0 if there is none.
    pub no_date_at: u64,
    /// The first line whose cell is neither yes nor no; 0 if there is none.
    pub no_word_at: u64,
}

impl Forms {
    /// Looks at one more cell of a table.
    pub fn look(&mut self, cell: &str, line: u64) {
        let cell = cell.trim();
        if cell.is_empty() || says_nothing(cell) {
            return;
        }
        self.cells += 1;
        let begins_with_digit = cell.starts_with(|c: char| c.is_ascii_digit());
        let is_number = (begins_with_digit || cell.starts_with(['-', '−'])) && self.look_number(cell);
        if cell.starts_with('+') {
            self.ids += 1;
        }
        let is_date = begins_with_digit && !is_number && self.look_date(cell);
        let is_hopeless = self.words == 0 && self.cells > HOPELESS_CELLS;
        let word = if begins_with_digit || is_hopeless { None } else { boolean(cell) };
        if let Some((_, languages)) = word {
            self.word(languages);
        }
        self.json += u64::from(json_items(cell).is_some());
        self.semicolons += u64::from(cell.contains(';'));
        self.bars += u64::from(cell.contains('|'));
        self.missed(is_number, is_date, word.is_some(), line);
    }

    /// Looks at one more value of a record.
    pub fn look_value(&mut self, value: &Value, line: u64) {
        if *value == Value::Null {
            return;
        }
        self.cells += 1;
        let is_date =
            matches!(value, Value::String(text) if looks_like_date(text) && date(text, Order::DayFirst).is_some());
        match value {
            Value::Number(_) => {
                self.point += 1;
                self.comma += 1;
            }
            Value::Bool(_) => self.word(u32::MAX),
            Value::Array(_) => self.json += 1,
            Value::String(_) if is_date => {
                self.day_first += 1;
                self.month_first += 1;
            }
            Value::String(_) | Value::Object(_) | Value::Null => {}
        }
        self.missed(value.is_number(), is_date, value.is_boolean(), line);
    }

    fn look_number(&mut self, cell: &str) -> bool {
        let point = number(cell, Decimal::Point);
        let has_marks = !cell.bytes().all(|byte| byte.is_ascii_digit());
        let comma = if has_marks { number(cell, Decimal::Comma) } else { point.clone() };
        self.point += u64::from(point.is_some());
        self.comma += u64::from(comma.is_some());
        self.either_number += u64::from(point.is_some() && comma.is_some() && point != comma);
        if !has_marks && cell.len() > 1 && (cell.starts_with('0') || cell.len() >= ID_DIGITS_MIN) {
            self.ids += 1;
        }
        if !has_marks && cell.len() == 5 {
            self.days += u64::from(cell.parse().is_ok_and(|days| LIKELY_SPREADSHEET_DAYS.contains(&days)));
        }
        point.is_some() || comma.is_some()
    }

    fn look_date(&mut self, cell: &str) -> bool {
        let (day_first, month_first) = (date(cell, Order::DayFirst), date(cell, Order::MonthFirst));
        // Where dates are written with points, the day comes first (CLDR).
        let is_pointed = day_first.is_some() && cell.contains('.') && day_first != month_first;
        let month_first = month_first.filter(|_| !is_pointed);
        self.day_first += u64::from(day_first.is_some());
        self.month_first += u64::from(month_first.is_some());
        self.either_date += u64::from(day_first.is_some() && month_first.is_some() && day_first != month_first);
        day_first.is_some() || month_first.is_some()
    }

    const fn word(&mut self, languages: u32) {
        self.languages = if self.words == 0 { languages } else { self.languages & languages };
        self.words += 1;
    }

    const fn missed(&mut self, is_number: bool, is_date: bool, is_word: bool, line: u64) {
        if !is_number && self.no_number_at == 0 {
            self.no_number_at = line;
        }
        if !is_date && self.no_date_at == 0 {
            self.no_date_at = line;
        }
        if !is_word && self.no_word_at == 0 {
            self.no_word_at = line;
        }
    }

    /// How many cells a reading fits.
    pub fn fits(&self, reading: Reading) -> u64 {
        match reading {
            Reading::Text | Reading::List(Separator::Char(_)) => self.cells,
            Reading::Number(Decimal::Point) => self.point,
            Reading::Number(Decimal::Comma) => self.comma,
            Reading::Date(Order::DayFirst) => self.day_first,
            Reading::Date(Order::MonthFirst) => self.month_first,
            Reading::Date(Order::Spreadsheet) => self.days.max(self.day_first),
            Reading::Boolean => self.words,
            Reading::List(Separator::Json) => self.json,
        }
    }

    /// How the numbers are written; none if that cannot be known.
    pub const fn decimal(&self) -> Option<Decimal> {
        match (self.point > self.comma, self.point == self.comma, self.either_number) {
            (true, _, _) | (_, true, 0) => Some(Decimal::Point),
            (false, false, _) => Some(Decimal::Comma),
            (false, true, _) => None,
        }
    }

    /// How the dates are written; none if that cannot be known.
    pub const fn order(&self) -> Option<Order> {
        match (self.day_first > self.month_first, self.day_first == self.month_first, self.either_date) {
            (true, _, _) | (_, true, 0) => Some(Order::DayFirst),
            (false, false, _) => Some(Order::MonthFirst),
            (false, true, _) => None,
        }
    }

    /// What seems to part the items of lists.
    pub const fn separator(&self) -> Separator {
        if self.json == self.cells {
            Separator::Json
        } else if self.semicolons > 0 || self.bars == 0 {
            Separator::Char(if self.semicolons == 0 && self.bars == 0 { ',' } else { ';' })
        } else {
            Separator::Char('|')
        }
    }
}
