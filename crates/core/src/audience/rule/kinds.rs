//! Which conditions of a rule cannot find the values that people have: the two are of different kinds.

use super::field::ADDRESS_LINES;
use super::{Check, Field, Quantity, Rule, Scalar};
use crate::attribute::AttributeKind;
use crate::preflight::{FIELD_IN_ADDRESS, TYPE_MISMATCH};
use crate::schedule::Warning;
use crate::wording::{choice, grouped};
use std::collections::{BTreeMap, BTreeSet};

/// By attribute, how many people have a value of each kind.
pub type PeopleByKind = BTreeMap<String, BTreeMap<AttributeKind, i64>>;

/// The line of an address that an attribute of this name could be mistaken for: files and other systems call it by
/// the same name. None for `name`, which is the name of a person in a file.
#[must_use]
pub fn address_line(attribute: &str) -> Option<&'static str> {
    ADDRESS_LINES.into_iter().find(|line| *line == attribute && *line != "name")
}

impl Scalar {
    const fn kind(&self) -> AttributeKind {
        match self {
            Self::Text(_) => AttributeKind::Text,
            Self::Number(_) => AttributeKind::Number,
            Self::Bool(_) => AttributeKind::Boolean,
        }
    }
}

impl Check {
    /// The kinds of values that it compares with; empty if it compares with nothing.
    fn kinds(&self) -> BTreeSet<AttributeKind> {
        match self {
            Self::Exists | Self::Missing => BTreeSet::new(),
            Self::OneOf(values) | Self::NoneOf(values) => values.iter().map(Scalar::kind).collect(),
            Self::Compare(_, Quantity::Number(_)) | Self::Between(Quantity::Number(_), _) => {
                [AttributeKind::Number].into()
            }
            Self::Compare(_, Quantity::Moment(_)) | Self::Between(Quantity::Moment(_), _) => {
                [AttributeKind::Date].into()
            }
            Self::Contains(_) => [AttributeKind::Text, AttributeKind::List].into(),
            Self::StartsWith(_) | Self::EndsWith(_) => [AttributeKind::Text].into(),
        }
    }
}

impl Rule {
    /// The attributes that the rule looks at, by name.
    #[must_use]
    pub fn attributes(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.visit("rule", &mut |_, rule| {
            if let Self::Test(Field::Attribute(key), _) = rule {
                names.insert(key.as_str());
            }
        });
        names
    }

    /// What deserves a look before the rule is used: attributes whose values are of another kind than what the rule
    /// compares them with, and attributes that have the name of a line of an address.
    #[must_use]
    pub fn warnings(&self, people: &PeopleByKind) -> Vec<Warning> {
        let mut messages = BTreeSet::new();
        self.visit("rule", &mut |_, rule| {
            let Self::Test(Field::Attribute(key), check) = rule else { return };
            // A company is often an attribute on purpose.
            let is_meant = |line: &str| line == "company" && people.contains_key(line);
            if let Some(line) = address_line(key.as_str()).filter(|line| !is_meant(line)) {
                let message = format!("{line} is an attribute here; the {} is address.{line}.", address_words(line));
                messages.insert((FIELD_IN_ADDRESS, message));
            }
            let wanted = check.kinds();
            // A date is text in a certain form.
            let fits = |kind: AttributeKind| {
                wanted.contains(&kind) || (kind == AttributeKind::Date && wanted.contains(&AttributeKind::Text))
            };
            let counts = people.get(key.as_str()).into_iter().flatten();
            for (kind, count) in counts.filter(|(kind, count)| !wanted.is_empty() && !fits(**kind) && **count > 0) {
                let wanted: Vec<&str> = wanted.iter().map(|kind| kind.phrase()).collect();
                let people = if *count == 1 { "1 person".to_owned() } else { format!("{} people", grouped(*count)) };
                let message = format!(
                    "{} is {} for {people}; the rule compares it with {}. Values of different kinds are never equal, \
                     less or greater: import them again as another kind, or change the rule.",
                    key.as_str(),
                    kind.phrase(),
                    choice(&wanted),
                );
                messages.insert((TYPE_MISMATCH, message));
            }
        });
        messages.into_iter().map(|(code, message)| Warning { code, message }).collect()
    }
}

/// A line of an address in a sentence.
fn address_words(line: &str) -> String {
    match line {
        "line1" | "line2" => "line of an address".to_owned(),
        line => format!("{} of an address", line.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{Json, parse};
    use super::*;

    fn rule(field: &str, op: &str, value: Json) -> Rule {
        let text = |text: &str| Json::Text(text.into());
        let members = [("field", text(field)), ("op", text(op)), ("value", value)];
        parse(&Json::Map(members.into_iter().map(|(name, value)| (name.into(), value)).collect())).unwrap()
    }

    #[test]
    fn a_condition_warns_of_every_kind_that_it_cannot_find() {
        use AttributeKind::{Boolean, Date, List, Number, Text};
        let people: PeopleByKind =
            [("points".to_owned(), AttributeKind::ALL.into_iter().map(|kind| (kind, 997)).collect())].into();
        let text = |text: &str| Json::Text(text.into());
        let date = || text("2026-05-01");
        for (op, value, found) in [
            ("gt", Json::Int(1), &[Number][..]),
            ("between", Json::List(vec![Json::Int(1), Json::Int(2)]), &[Number]),
            ("equals", Json::Real(1.5), &[Number]),
            ("notEquals", Json::Bool(true), &[Boolean]),
            ("before", date(), &[Date]),
            ("gte", date(), &[Date]),
            ("equals", date(), &[Text, Date]),
            ("equals", text("x"), &[Text, Date]),
            ("in", Json::List(vec![text("x"), Json::Int(1)]), &[Text, Date, Number]),
            ("contains", text("x"), &[Text, Date, List]),
            ("startsWith", text("x"), &[Text, Date]),
            ("endsWith", text("x"), &[Text, Date]),
            ("exists", Json::Null, &AttributeKind::ALL),
            ("notExists", Json::Null, &AttributeKind::ALL),
        ] {
            let warnings = rule("points", op, value).warnings(&people);
            let warned = |kind: &AttributeKind| {
                let start = format!("points is {} for 997 people; the rule", kind.phrase());
                warnings.iter().any(|warning| warning.message.starts_with(&start))
            };
            for kind in AttributeKind::ALL {
                assert_eq!(warned(&kind), !found.contains(&kind), "{op} {kind:?}: {warnings:?}");
            }
            assert!(warnings.iter().all(|warning| warning.code == TYPE_MISMATCH));
        }
    }

    #[test]
    fn a_rule_says_the_same_once_and_nothing_of_fields_that_fit() {
        let people: PeopleByKind = [("points".to_owned(), [(AttributeKind::Text, 1)].into())].into();
        let compare = || rule("points", "gt", Json::Int(100));
        let twice = Rule::All(vec![compare(), Rule::Not(Box::new(compare())), rule("age", "gt", Json::Int(1))]);
        let messages: Vec<String> = twice.warnings(&people).into_iter().map(|warning| warning.message).collect();
        assert_eq!(
            messages,
            ["points is text for 1 person; the rule compares it with a number. Values of different kinds are never \
              equal, less or greater: import them again as another kind, or change the rule."]
        );
        assert_eq!(twice.attributes(), ["age", "points"].into());
    }

    #[test]
    fn a_rule_that_means_the_city_of_an_address_is_told_its_name() {
        for (field, found) in [
            ("city", Some("city is an attribute here; the city of an address is address.city.")),
            (
                "attributes.postal_code",
                Some("postal_code is an attribute here; the postal code of an address is address.postal_code."),
            ),
            ("address.city", None),
            ("name", None),
            ("company", Some("company is an attribute here; the company of an address is address.company.")),
            ("cityname", None),
        ] {
            let warnings = rule(field, "equals", Json::Text("Berlin".into())).warnings(&PeopleByKind::new());
            let codes: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.message.as_str())).collect();
            assert_eq!(codes, found.map(|message| (FIELD_IN_ADDRESS, message)).into_iter().collect::<Vec<_>>());
        }
        let people: PeopleByKind = [("company".to_owned(), [(AttributeKind::Text, 5)].into())].into();
        assert_eq!(rule("company", "equals", Json::Text("Acme".into())).warnings(&people), []);
    }
}
