//! From JSON to a rule, with the path of what is wrong in it.

use super::field::{Field, Kind, TextField};
use super::value::{Moment, Number, Quantity, Scalar};
use super::{
    Check, Comparison, RULE_CONDITIONS_MAX, RULE_DEPTH_MAX, RULE_NUMBER_MAX, RULE_TEXT_CHARS_MAX, RULE_VALUES_MAX, Rule,
};
use crate::address::normalize_phone;
use crate::audience::Consent;
use crate::error::Refusal;

/// A JSON value, however it was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number of 64 bits.
    Int(i64),
    /// Any other number.
    Real(f64),
    /// Text.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Map(Vec<(String, Self)>),
}

type Members = [(String, Json)];

/// Reads a rule; its path is `rule`.
///
/// # Errors
/// `REQUEST_INVALID` with the path of the first thing that is wrong, such as `rule.all[1].value`.
pub fn parse(json: &Json) -> Result<Rule, Refusal> {
    Reader::default().condition("rule", json, 1)
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    conditions: usize,
    values: usize,
}

impl Reader {
    fn condition(&mut self, path: &str, json: &Json, depth: usize) -> Result<Rule, Refusal> {
        let Json::Map(members) = json else { return Err(wrong(path, json, "must be an object")) };
        if depth > RULE_DEPTH_MAX {
            return Err(refuse(path, format!("is nested more than {RULE_DEPTH_MAX} deep")));
        }
        self.conditions += 1;
        if self.conditions > RULE_CONDITIONS_MAX {
            return Err(refuse(path, format!("is one condition more than the {RULE_CONDITIONS_MAX} a rule may have")));
        }
        let form = ["all", "any", "not", "inList", "field"].into_iter().find(|form| member(members, form).is_some());
        let Some(form) = form else {
            return Err(refuse(path, "must have all, any, not, inList, or field with op"));
        };
        let known: &[&str] = if form == "field" { &["field", "op", "value"] } else { &[form] };
        if let Some((name, value)) = members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            return Err(wrong(&format!("{path}.{name}"), value, format!("does not belong beside {form}")));
        }
        let json = member(members, form).unwrap_or(&Json::Null);
        let inner = &format!("{path}.{form}");
        match form {
            "all" => self.group(inner, json, depth).map(Rule::All),
            "any" => self.group(inner, json, depth).map(Rule::Any),
            "not" => self.condition(inner, json, depth + 1).map(|condition| Rule::Not(Box::new(condition))),
            "inList" => in_list(inner, json),
            _ => self.test(path, members),
        }
    }

    fn group(&mut self, path: &str, json: &Json, depth: usize) -> Result<Vec<Rule>, Refusal> {
        let Json::List(items) = json else { return Err(wrong(path, json, "must be a list of conditions")) };
        if items.is_empty() {
            return Err(refuse(path, "must have at least one condition"));
        }
        let items = items.iter().enumerate();
        items.map(|(index, item)| self.condition(&format!("{path}[{index}]"), item, depth + 1)).collect()
    }

    fn test(&mut self, path: &str, members: &Members) -> Result<Rule, Refusal> {
        let at = |name: &str| format!("{path}.{name}");
        let name = text(&at("field"), member(members, "field").unwrap_or(&Json::Null))?;
        let field = Field::parse(name).map_err(|problem| Refusal::invalid(at("field"), Some(name), problem))?;
        let op = text(&at("op"), member(members, "op").unwrap_or(&Json::Null))?;
        let ops = ops(field.kind());
        if !ops.contains(&op) {
            let problem = format!("cannot be asked of {name}; what can is {}", ops.join(", "));
            return Err(Refusal::invalid(at("op"), Some(op), problem));
        }
        let path = at("value");
        let value = member(members, "value").unwrap_or(&Json::Null);
        let check = self.check(&path, &field, op, value)?;
        Ok(Rule::Test(field, check))
    }

    fn check(&mut self, path: &str, field: &Field, op: &str, value: &Json) -> Result<Check, Refusal> {
        let compare = |comparison, quantity| Check::Compare(comparison, quantity);
        Ok(match op {
            "exists" | "notExists" if *value != Json::Null => return Err(wrong(path, value, "must be left out here")),
            "exists" => Check::Exists,
            "notExists" => Check::Missing,
            "equals" => Check::OneOf(vec![self.scalar(path, field, value)?]),
            "notEquals" => Check::NoneOf(vec![self.scalar(path, field, value)?]),
            "in" => Check::OneOf(self.scalars(path, field, value)?),
            "notIn" => Check::NoneOf(self.scalars(path, field, value)?),
            "gt" => compare(Comparison::Greater, self.quantity(path, field, value)?),
            "gte" => compare(Comparison::AtLeast, self.quantity(path, field, value)?),
            "lt" => compare(Comparison::Less, self.quantity(path, field, value)?),
            "lte" => compare(Comparison::AtMost, self.quantity(path, field, value)?),
            "before" => compare(Comparison::Less, self.moment(path, value).map(Quantity::Moment)?),
            "after" => compare(Comparison::Greater, self.moment(path, value).map(Quantity::Moment)?),
            "between" => self.between(path, field, value)?,
            "contains" => Check::Contains(self.part(path, field, value)?),
            "startsWith" => Check::StartsWith(self.part(path, field, value)?),
            _ => Check::EndsWith(self.part(path, field, value)?),
        })
    }

    fn count(&mut self, path: &str) -> Result<(), Refusal> {
        self.values += 1;
        if self.values > RULE_VALUES_MAX {
            return Err(refuse(path, format!("is one value more than the {RULE_VALUES_MAX} a rule may have")));
        }
        Ok(())
    }

    fn scalars(&mut self, path: &str, field: &Field, value: &Json) -> Result<Vec<Scalar>, Refusal> {
        let Json::List(items) = value else { return Err(wrong(path, value, "must be a list of values")) };
        if items.is_empty() {
            return Err(refuse(path, "must have at least one value"));
        }
        let items = items.iter().enumerate();
        items.map(|(index, item)| self.scalar(&format!("{path}[{index}]"), field, item)).collect()
    }

    fn scalar(&mut self, path: &str, field: &Field, value: &Json) -> Result<Scalar, Refusal> {
        self.count(path)?;
        let number = || wrong(path, value, format!("must be within {RULE_NUMBER_MAX} of zero"));
        match (field.kind(), value) {
            (Kind::Any, Json::Bool(value)) => Ok(Scalar::Bool(*value)),
            (Kind::Any, Json::Int(value)) => Number::int(*value).map(Scalar::Number).ok_or_else(number),
            (Kind::Any, Json::Real(value)) => Number::real(*value).map(Scalar::Number).ok_or_else(number),
            (Kind::Any, Json::Text(value)) => fitting(path, value).map(Scalar::Text),
            (Kind::Any, _) => Err(wrong(path, value, "must be text, a number, true or false")),
            (Kind::Consent, Json::Text(word)) if Consent::parse(word).is_some() => Ok(Scalar::Text(word.clone())),
            (Kind::Consent, _) => Err(wrong(path, value, "must be granted, denied or unknown")),
            (_, Json::Text(value)) => fitting(path, value).map(|value| Scalar::Text(as_stored(field, value))),
            (_, _) => Err(wrong(path, value, "must be text")),
        }
    }

    fn quantity(&mut self, path: &str, field: &Field, value: &Json) -> Result<Quantity, Refusal> {
        let number = match value {
            _ if field.kind() == Kind::Date => None,
            Json::Int(value) => Some(Number::int(*value)),
            Json::Real(value) => Some(Number::real(*value)),
            _ => None,
        };
        let Some(number) = number else { return self.moment(path, value).map(Quantity::Moment) };
        self.count(path)?;
        let problem = || wrong(path, value, format!("must be within {RULE_NUMBER_MAX} of zero"));
        number.map(Quantity::Number).ok_or_else(problem)
    }

    fn moment(&mut self, path: &str, value: &Json) -> Result<Moment, Refusal> {
        self.count(path)?;
        match value {
            Json::Text(text) => Moment::parse(text).map_err(|problem| wrong(path, value, problem)),
            Json::Map(members) => match members.as_slice() {
                [(word, span)] if word == "ago" || word == "ahead" => {
                    let path = format!("{path}.{word}");
                    let text = text(&path, span)?;
                    Moment::from_now(text, word == "ahead").map_err(|problem| wrong(&path, span, problem))
                }
                _ => Err(refuse(path, "must be { \"ago\": \"30d\" } or { \"ahead\": \"30d\" }")),
            },
            _ => Err(wrong(path, value, "must be a date such as 2026-05-01, or one relative to now")),
        }
    }

    fn between(&mut self, path: &str, field: &Field, value: &Json) -> Result<Check, Refusal> {
        let Json::List(ends) = value else { return Err(wrong(path, value, "must be a list of two values")) };
        let [low, high] = ends.as_slice() else { return Err(refuse(path, "must have two values")) };
        let low = self.quantity(&format!("{path}[0]"), field, low)?;
        let high = self.quantity(&format!("{path}[1]"), field, high)?;
        if matches!(low, Quantity::Number(_)) != matches!(high, Quantity::Number(_)) {
            return Err(refuse(path, "must have two numbers or two dates"));
        }
        Ok(Check::Between(low, high))
    }

    fn part(&mut self, path: &str, field: &Field, value: &Json) -> Result<String, Refusal> {
        self.count(path)?;
        let text = fitting(path, text(path, value)?)?;
        if text.is_empty() {
            return Err(refuse(path, "must not be empty"));
        }
        let is_email = *field == Field::Text(TextField::Email);
        Ok(if is_email { text.to_lowercase() } else { text })
    }
}

/// What can be asked of a field of that kind.
const fn ops(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text => {
            &["equals", "notEquals", "in", "notIn", "contains", "startsWith", "endsWith", "exists", "notExists"]
        }
        Kind::Consent => &["equals", "notEquals", "in", "notIn", "exists", "notExists"],
        Kind::List => &["contains", "exists", "notExists"],
        Kind::Date => &["gt", "gte", "lt", "lte", "between", "before", "after", "exists", "notExists"],
        Kind::Whole => &["exists", "notExists"],
        Kind::Any => &[
            "equals",
            "notEquals",
            "in",
            "notIn",
            "gt",
            "gte",
            "lt",
            "lte",
            "between",
            "before",
            "after",
            "contains",
            "startsWith",
            "endsWith",
            "exists",
            "notExists",
        ],
    }
}

fn in_list(path: &str, json: &Json) -> Result<Rule, Refusal> {
    let id = text(path, json)?;
    id.parse().map(Rule::InList).map_err(|_| wrong(path, json, "is not a UUID"))
}

fn member<'m>(members: &'m Members, name: &str) -> Option<&'m Json> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn text<'j>(path: &str, json: &'j Json) -> Result<&'j str, Refusal> {
    match json {
        Json::Text(text) => Ok(text),
        Json::Null => Err(refuse(path, "is missing")),
        _ => Err(wrong(path, json, "must be text")),
    }
}

/// Text that both databases can hold, not too long.
fn fitting(path: &str, text: &str) -> Result<String, Refusal> {
    if text.contains('\0') {
        return Err(refuse(path, "contains a zero character"));
    }
    if text.chars().count() > RULE_TEXT_CHARS_MAX {
        return Err(refuse(path, format!("is longer than {RULE_TEXT_CHARS_MAX} characters")));
    }
    Ok(text.to_owned())
}

/// The form in which profiles have such a value: small letters in an email address, E.164 in a phone number.
fn as_stored(field: &Field, value: String) -> String {
    match field {
        Field::Text(TextField::Email) => value.trim().to_lowercase(),
        Field::Text(TextField::Phone) => normalize_phone(&value).unwrap_or(value),
        _ => value,
    }
}

fn refuse(path: &str, problem: impl Into<String>) -> Refusal {
    Refusal::invalid(path, None, problem)
}

/// A refusal that shows what was sent, if it is short by nature.
fn wrong(path: &str, value: &Json, problem: impl Into<String>) -> Refusal {
    let shown = match value {
        Json::Text(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Int(value) => Some(value.to_string()),
        Json::Real(value) => Some(value.to_string()),
        Json::Null | Json::List(_) | Json::Map(_) => None,
    };
    Refusal::invalid(path, shown.as_deref(), problem)
}
