//! What a rule means, said once more without SQL.

use postrider_core::audience::Consent;
use postrider_core::audience::rule::{Check, Comparison, Field, Number, Quantity, Rule, Scalar, TextField};
use postrider_core::channel::ChannelKind;
use postrider_core::id::ProfileId;
use postrider_core::time::{Date, Timestamp, WrittenTime, Zone};
use postrider_store::profiles::ProfileRow;
use serde_json::Value;
use std::cmp::Ordering;

/// Every third profile is a friend.
pub fn members(people: &[ProfileRow]) -> Vec<ProfileId> {
    people.iter().step_by(3).map(|profile| profile.id).collect()
}

/// Whether a profile fulfils a rule.
pub fn fits(rule: &Rule, profile: &ProfileRow, people: &[ProfileRow], now: Timestamp) -> bool {
    match rule {
        Rule::All(parts) => parts.iter().all(|part| fits(part, profile, people, now)),
        Rule::Any(parts) => parts.iter().any(|part| fits(part, profile, people, now)),
        Rule::Not(part) => !fits(part, profile, people, now),
        Rule::InList(list) => *list == super::cases::list() && members(people).contains(&profile.id),
        Rule::Test(field, check) => passes(value(field, profile).as_ref(), check, now),
    }
}

/// The value of a field as JSON; instants as RFC 3339.
fn value(field: &Field, profile: &ProfileRow) -> Option<Value> {
    let json = |text: &Option<String>| text.as_ref().map(|text| serde_json::from_str::<Value>(text).unwrap());
    let text = |text: &Option<String>| text.clone().map(Value::from);
    let consent = |consent: Consent| Some(Value::from(consent.as_str()));
    match field {
        Field::Text(TextField::Email) => text(&profile.email),
        Field::Text(TextField::Phone) => text(&profile.phone),
        Field::Text(TextField::CustomerId) => text(&profile.customer_id),
        Field::Text(TextField::FirstName) => text(&profile.first_name),
        Field::Text(TextField::LastName) => text(&profile.last_name),
        Field::Text(TextField::Timezone) => text(&profile.timezone),
        Field::Text(TextField::Locale) => text(&profile.locale),
        Field::AddressLine(line) => json(&profile.address)?.get(line).cloned(),
        Field::Address => json(&profile.address),
        Field::PushTokens => json(&profile.push_tokens),
        Field::Consent(channel) => consent(match channel.0 {
            ChannelKind::Email => profile.consent_email,
            ChannelKind::Sms => profile.consent_sms,
            ChannelKind::Push => profile.consent_push,
            ChannelKind::DirectMail => profile.consent_direct_mail,
        }),
        Field::CreatedAt => Some(profile.created_at.to_string().into()),
        Field::UpdatedAt => Some(profile.updated_at.to_string().into()),
        Field::Attribute(key) => json(&Some(profile.attributes.clone()))?.get(key.as_str()).cloned(),
    }
}

fn passes(value: Option<&Value>, check: &Check, now: Timestamp) -> bool {
    let Some(value) = value else { return *check == Check::Missing };
    let text = value.as_str();
    match check {
        Check::Exists => true,
        Check::Missing => false,
        Check::OneOf(scalars) => scalars.iter().any(|scalar| is(value, scalar)),
        Check::NoneOf(scalars) => !scalars.iter().any(|scalar| is(value, scalar)),
        Check::Compare(comparison, quantity) => compare(value, quantity, now).is_some_and(|order| match comparison {
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }),
        Check::Between(low, high) => {
            compare(value, low, now).is_some_and(Ordering::is_ge)
                && compare(value, high, now).is_some_and(Ordering::is_le)
        }
        Check::Contains(part) => match value {
            Value::Array(items) => items.iter().any(|item| item == part.as_str()),
            _ => text.is_some_and(|text| text.contains(part)),
        },
        Check::StartsWith(part) => text.is_some_and(|text| text.starts_with(part)),
        Check::EndsWith(part) => text.is_some_and(|text| text.ends_with(part)),
    }
}

fn is(value: &Value, scalar: &Scalar) -> bool {
    match scalar {
        Scalar::Text(text) => value.as_str() == Some(text),
        Scalar::Bool(bool) => value.as_bool() == Some(*bool),
        Scalar::Number(number) => order(value, *number) == Some(Ordering::Equal),
    }
}

fn compare(value: &Value, quantity: &Quantity, now: Timestamp) -> Option<Ordering> {
    match quantity {
        Quantity::Number(number) => order(value, *number),
        Quantity::Moment(moment) => Some(instant(value.as_str()?)?.cmp(&moment.at(now))),
    }
}

/// How a stored number compares, without rounding where both are whole.
#[expect(clippy::cast_precision_loss, reason = "the numbers of rules are within 2^53")]
fn order(value: &Value, number: Number) -> Option<Ordering> {
    match (value.as_i64(), number) {
        (Some(value), Number::Int(number)) => Some(value.cmp(&number)),
        (_, Number::Int(number)) => value.as_f64()?.partial_cmp(&(number as f64)),
        (_, Number::Real(number)) => value.as_f64()?.partial_cmp(&number),
    }
}

/// A day, or a day and a time of day with or without offset; what is finer than a millisecond is cut off.
fn instant(text: &str) -> Option<Timestamp> {
    let day = text.get(..10)?;
    Date::parse(day)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return at(&format!("{day}T00:00Z"), 0);
    }
    let clock = rest.strip_prefix(['T', ' '])?;
    let clock = clock.strip_suffix('Z').unwrap_or(clock);
    let zone = clock.len().checked_sub(6).and_then(|at| clock.get(at..));
    let zone = zone.filter(|zone| !rest.ends_with('Z') && zone.starts_with(['+', '-']));
    let clock = zone.map_or(clock, |zone| clock.strip_suffix(zone).unwrap());
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) if clock.len() == 8 => (clock, fraction),
        Some(_) => return None,
        None => (clock, "0"),
    };
    let strict = clock.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
        && matches!(clock.len(), 5 | 8)
        && (1..=9).contains(&fraction.len())
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && zone.is_none_or(|zone| zone.as_bytes()[3] == b':');
    let millis: i64 = if strict { format!("{fraction:0<3}")[..3].parse().ok()? } else { return None };
    at(&format!("{day}T{clock}{}", zone.unwrap_or("Z")), millis)
}

/// Four hundred years have the same days everywhere in the calendar, which keeps the ends of it away.
fn at(written: &str, millis: i64) -> Option<Timestamp> {
    const CYCLE_MS: i64 = 146_097 * 24 * 3_600_000;
    let year: i64 = written[..4].parse().ok()?;
    let moved = if year < 5_000 { 400 } else { -400 };
    let near = format!("{:04}{}", year + moved, &written[4..]);
    let at = WrittenTime::parse(&near).ok()?.resolve(&Zone::utc()).ok()?.instant;
    Some(at.plus_millis(millis - moved / 400 * CYCLE_MS))
}
