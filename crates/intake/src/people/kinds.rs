//! Kinds of attributes while a set of records is applied.
//!
//! An attribute keeps its kind. A value of another kind is converted if that loses nothing, otherwise it does not fit:
//! the record is refused, or taken without it if it is the row of a file.

use super::ProfileRecord;
use super::field::at;
use postrider_core::attribute::AttributeKind;
use postrider_core::audience::rule::Moment;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::TenantId;
use postrider_store::attributes::{AttributeCounts, kind_of};
use postrider_store::{StoreError, Tx};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Most digits that a number keeps whatever program reads it (IEEE 754 binary64).
const NUMBER_DIGITS_MAX: usize = 15;

/// Values of attributes; none clears one.
pub type Attributes = BTreeMap<String, Option<Value>>;

/// What a file says of kinds beside its records. A record of a file is taken without a value that does not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typing {
    /// Kinds that attributes take even if they have another one; values that are stored stay as they are.
    pub declared: BTreeMap<String, AttributeKind>,
    /// Kinds of attributes that have none yet.
    pub recognized: BTreeMap<String, AttributeKind>,
}

/// A change of one attribute: its name, and the kinds of the old and the new value.
pub type Counted = (String, Option<AttributeKind>, Option<AttributeKind>);

/// The kinds at hand, and what the set changes about them.
pub struct Kinds {
    known: BTreeMap<String, AttributeKind>,
    recognized: BTreeMap<String, AttributeKind>,
    leaves_out: bool,
    /// Kinds to be written.
    learned: BTreeMap<String, AttributeKind>,
    counts: AttributeCounts,
}

impl Kinds {
    /// Reads the kinds of every attribute that the records name.
    pub fn load(
        tx: &mut Tx<'_>,
        tenant: TenantId,
        records: &[&ProfileRecord],
        typing: Option<&Typing>,
    ) -> Result<Self, StoreError> {
        let (leaves_out, nothing) = (typing.is_some(), Typing::default());
        let typing = typing.unwrap_or(&nothing);
        let names: BTreeSet<&str> =
            records.iter().flat_map(|record| record.attributes.keys().map(String::as_str)).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let mut known = tx.attribute_kinds(tenant, &names)?;
        let mut learned = BTreeMap::new();
        for (name, kind) in &typing.declared {
            let is_new = names.contains(&name.as_str()) && known.insert(name.clone(), *kind) != Some(*kind);
            if is_new {
                learned.insert(name.clone(), *kind);
            }
        }
        let recognized = typing.recognized.clone();
        Ok(Self { known, recognized, leaves_out, learned, counts: AttributeCounts::new() })
    }

    /// Takes kinds that earlier sets decided without writing them.
    pub fn know(&mut self, kinds: &BTreeMap<String, AttributeKind>) {
        for (name, kind) in kinds {
            self.known.entry(name.clone()).or_insert(*kind);
        }
    }

    /// The kinds that this set decides.
    pub const fn learned(&self) -> &BTreeMap<String, AttributeKind> {
        &self.learned
    }

    /// The attributes of a record in the kinds that they have, and what is left out.
    ///
    /// # Errors
    /// `PROFILES.ATTRIBUTE_KIND` for a value that does not fit, unless it is left out.
    pub fn fit<'r>(&self, record: &'r ProfileRecord) -> Result<(Cow<'r, Attributes>, Vec<Refusal>), Refusal> {
        let (mut fitted, mut left_out) = (Cow::Borrowed(&record.attributes), Vec::new());
        for (name, value) in &record.attributes {
            let kind = self.known.get(name).or_else(|| self.recognized.get(name));
            let (Some(kind), Some(value)) = (kind, value) else { continue };
            match converted(*kind, value) {
                Fit::Kept => {}
                Fit::Into(value) => drop(fitted.to_mut().insert(name.clone(), value)),
                Fit::Not => {
                    let refusal = misfit(at(&record.path, name), *kind, value);
                    if !self.leaves_out {
                        return Err(refusal);
                    }
                    fitted.to_mut().remove(name);
                    left_out.push(refusal);
                }
            }
        }
        Ok((fitted, left_out))
    }

    /// Takes note of values that were taken. The first value of an attribute decides its kind.
    pub fn learn(&mut self, attributes: &Attributes, changed: Vec<Counted>) {
        for (name, value) in attributes {
            if let (Some(value), false) = (value, self.known.contains_key(name)) {
                let first = match kind_of(value) {
                    // Text that looks like a date can be anything in the next record.
                    Some(AttributeKind::Date) | None => AttributeKind::Text,
                    Some(kind) => kind,
                };
                let kind = self.recognized.get(name).copied().unwrap_or(first);
                self.known.insert(name.clone(), kind);
                self.learned.insert(name.clone(), kind);
            }
        }
        for (name, old, new) in changed {
            if old == new {
                continue;
            }
            if let Some(old) = old {
                *self.counts.entry((name.clone(), old)).or_default() -= 1;
            }
            if let Some(new) = new {
                *self.counts.entry((name, new)).or_default() += 1;
            }
        }
    }

    /// Writes what the set has changed.
    pub fn save(self, tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
        if !self.learned.is_empty() {
            tx.attribute_kinds_set(tenant, self.learned.iter().map(|(name, kind)| (name.as_str(), *kind)))?;
        }
        if self.counts.is_empty() {
            return Ok(());
        }
        tx.attribute_counts_add(tenant, &self.counts)
    }
}

/// How a value fits a kind.
#[derive(Debug, PartialEq)]
enum Fit {
    /// As it is.
    Kept,
    /// As this value; none clears the attribute.
    Into(Option<Value>),
    /// Not without losing something.
    Not,
}

fn converted(kind: AttributeKind, value: &Value) -> Fit {
    use AttributeKind::{Boolean, Date, List, Number, Text};
    let into = |value: Option<Value>| value.map_or(Fit::Not, |value| Fit::Into(Some(value)));
    match (kind, value) {
        (Text, Value::String(_)) | (Number, Value::Number(_)) | (Boolean, Value::Bool(_)) | (List, Value::Array(_)) => {
            Fit::Kept
        }
        (_, Value::String(text)) if text.trim().is_empty() => Fit::Into(None),
        (Date, Value::String(text)) if Moment::parse(text).is_ok() => Fit::Kept,
        (Text, Value::Number(number)) => into(Some(number.to_string().into())),
        (Text, Value::Bool(truth)) => into(Some(truth.to_string().into())),
        (Number, Value::String(text)) => into(plain_number(text.trim()).map(Value::Number)),
        (Boolean, Value::String(text)) => into(match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            _ => None,
        }),
        (Boolean, Value::Number(number)) => into(match number.as_u64() {
            Some(1) => Some(true.into()),
            Some(0) => Some(false.into()),
            _ => None,
        }),
        _ => Fit::Not,
    }
}

/// The number that a text says in the form of JSON without an exponent (RFC 8259 §6), if reading it loses nothing:
/// `00123` and numbers of more than fifteen digits are ids rather than numbers.
pub fn plain_number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let leads_with_zero = whole.len() > 1 && whole.starts_with('0');
    if !all_digits(whole) || !all_digits(fraction) || leads_with_zero || digits.len() > NUMBER_DIGITS_MAX + 1 {
        return None;
    }
    if digits.contains('.') {
        return text.parse().ok().and_then(Number::from_f64);
    }
    if digits.len() > NUMBER_DIGITS_MAX { None } else { text.parse::<i64>().ok().map(Number::from) }
}

/// The refusal of a value that is not of the attribute's kind.
pub fn misfit(path: String, kind: AttributeKind, value: &Value) -> Refusal {
    let shown = match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) | Value::Null => None,
    };
    Refusal::field(Code::ProfileAttributeKind, path, shown.as_deref(), format!("must be {}", kind.phrase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_value_of_another_kind_is_converted_only_if_that_loses_nothing() {
        use AttributeKind::{Boolean, Date, List, Number, Text};
        let cases = [
            (Number, json!("50"), Some(json!(50))),
            (Number, json!("-77.02"), Some(json!(-77.02))),
            (Number, json!("00123"), None),
            (Number, json!("1.234,50"), None),
            (Number, json!("4006381333931001"), None),
            (Number, json!(true), None),
            (Text, json!(50), Some(json!("50"))),
            (Text, json!(false), Some(json!("false"))),
            (Text, json!(["a"]), None),
            (Date, json!("1954-05-02"), Some(json!("1954-05-02"))),
            (Date, json!("1954-05-02T10:00:00Z"), Some(json!("1954-05-02T10:00:00Z"))),
            (Date, json!("02.05.1954"), None),
            (Date, json!("1954-02-31"), None),
            (Boolean, json!("true"), Some(json!(true))),
            (Boolean, json!(0), Some(json!(false))),
            (Boolean, json!(2), None),
            (List, json!("vip"), None),
        ];
        for (kind, value, expected) in cases {
            let fitted = match converted(kind, &value) {
                Fit::Kept => Some(value.clone()),
                Fit::Into(fitted) => fitted,
                Fit::Not => None,
            };
            assert_eq!(fitted, expected, "{value} as {kind:?}");
        }
        assert_eq!(converted(Number, &json!(" ")), Fit::Into(None), "blank text clears");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "\\PC{0,12}".prop_map(Value::from),
            "-?[0-9]{1,17}(\\.[0-9]{0,8})?".prop_map(Value::from),
            "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?".prop_map(Value::from),
            prop_oneof![Just("true"), Just("FALSE"), Just(" 1 "), Just("0"), Just(" ")].prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            proptest::collection::vec("[a-z]{0,3}", 0..3).prop_map(Value::from),
        ]
    }

    /// What a text says, if it is the form of a number or of a truth.
    fn said(text: &str) -> Value {
        serde_json::from_str(&text.trim().to_ascii_lowercase()).unwrap_or_else(|_| text.into())
    }

    proptest! {
        /// A value is kept, or becomes one that says the same, or is left out and reported; it is cleared only if blank.
        #[test]
        fn no_value_is_lost_silently(value in any_value().prop_filter("absent", |value| !value.is_null())) {
            for kind in AttributeKind::ALL {
                match converted(kind, &value) {
                    Fit::Kept => prop_assert!(
                        kind_of(&value).is_some_and(|found| found == kind || (found, kind) == (AttributeKind::Date, AttributeKind::Text))
                            || kind == AttributeKind::Date && Moment::parse(value.as_str().unwrap()).is_ok(),
                        "{value} kept as {kind:?}"
                    ),
                    Fit::Into(None) => prop_assert_eq!(value.as_str().map(str::trim), Some("")),
                    Fit::Into(Some(made)) => {
                        prop_assert!(matches!(converted(kind, &made), Fit::Kept), "{} of {} is stable", made, value);
                        let (before, after) = match (&value, &made) {
                            (Value::Number(number), Value::Bool(truth)) => (number.as_f64(), Some(f64::from(*truth))),
                            (Value::String(text), Value::Number(number)) => (said(text).as_f64(), number.as_f64()),
                            (Value::String(text), Value::Bool(_)) => {
                                prop_assert_eq!(said(text), made);
                                continue;
                            }
                            (_, Value::String(text)) => {
                                prop_assert_eq!(&value.to_string(), text);
                                continue;
                            }
                            (value, made) => return Err(TestCaseError::fail(format!("{value} became {made}"))),
                        };
                        prop_assert_eq!(before, after);
                    }
                    Fit::Not => {
                        let refusal = misfit("x".to_owned(), kind, &value);
                        prop_assert_eq!(refusal.code, Code::ProfileAttributeKind);
                    }
                }
            }
        }
    }
}
