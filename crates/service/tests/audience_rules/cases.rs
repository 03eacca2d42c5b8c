//! Profiles with values that are easily confused, and rules over them.

use postrider_core::audience::Consent;
use postrider_core::audience::rule::{RULE_CONDITIONS_MAX, RULE_DEPTH_MAX, RULE_VALUES_MAX};
use postrider_core::id::{ListId, ProfileId};
use postrider_core::time::Timestamp;
use postrider_store::profiles::ProfileRow;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub const NOW: &str = "2026-05-15T12:00:00Z";
const HOUR_MS: i64 = 3_600_000;

pub fn list() -> ListId {
    ListId::from(Uuid::from_u128(7))
}

/// Texts that a database might take for others.
const TEXTS: [&str; 24] = [
    "",
    " ",
    "a",
    "A",
    "ab",
    "ba",
    "aab",
    "ä",
    "a\u{308}",
    "Ä",
    "straße",
    "STRASSE",
    "it's",
    "%",
    "_",
    "\\",
    "\"q\"",
    "😀",
    "line\nline",
    "null",
    "true",
    "1",
    "1.0",
    "$1",
];

/// Texts that are dates, and some that are not quite.
const DATES: [&str; 40] = [
    "2026-05-15",
    "2026-05-14",
    "2024-02-29",
    "2026-02-29",
    "2026-02-30",
    "2026-04-31",
    "2000-02-29",
    "1900-02-29",
    "1969-12-31",
    "0000-01-01",
    "0000-02-29",
    "9999-12-31",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-05-15T12:00Z",
    "2026-05-15 12:00",
    "2026-05-15T12:00:00",
    "2026-05-15T12:00:00.000Z",
    "2026-05-15T12:00:00.001Z",
    "2026-05-15T12:00:00.0009Z",
    "2026-05-15T11:59:59.999999999Z",
    "2026-05-15T14:00:00+02:00",
    "2026-05-15T14:00+02:00",
    "2026-05-15T06:30:00.5-05:30",
    "2026-05-15T12:00:00.12",
    "2026-05-15T24:00Z",
    "2026-05-15T23:59:60Z",
    "2026-05-15T12:60Z",
    "2026-05-15T12:00+24:00",
    "2026-05-15T12:00+0200",
    "2026-05-15T12:00z",
    "2026-05-15t12:00Z",
    "2026-5-15",
    "20260515",
    "2026-W20",
    "٢٠٢٦-05-15",
    "2026-05-15T12:00:00,5Z",
    "2026-05-15T12:00:00.Z",
    " 2026-05-15",
];

fn numbers() -> Vec<Value> {
    vec![
        json!(0),
        json!(-0.0),
        json!(1),
        json!(1.0),
        json!(-1),
        json!(1.5),
        json!(0.1),
        json!(0.300_000_000_000_01),
        json!(0.3),
        json!(1e-7),
        json!(100),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_993_i64),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e20),
        json!(-1e300),
        json!(123_456_789.123_45),
    ]
}

fn lists() -> Vec<Value> {
    vec![json!([]), json!(["a"]), json!(["a", "b"]), json!(["A"]), json!(["it's", "ä"]), json!(["[\"a\"]"])]
}

fn stored() -> Vec<Value> {
    let texts = TEXTS.iter().chain(&DATES).map(|text| json!(text));
    texts.chain(numbers()).chain(lists()).chain([json!(true), json!(false)]).collect()
}

fn attributes(plan: Option<&Value>, score: Option<&Value>) -> String {
    let mut map = Map::new();
    for (name, value) in [("plan", plan), ("_Score9", score)] {
        if let Some(value) = value {
            map.insert(name.into(), value.clone());
        }
    }
    Value::Object(map).to_string()
}

/// One profile for each stored value, and one with nothing.
pub fn profiles() -> Vec<ProfileRow> {
    let stored = stored();
    let now = Timestamp::parse(NOW).unwrap();
    let mut profiles = vec![ProfileRow::empty(ProfileId::from(Uuid::from_u128(1)), now)];
    for (n, value) in stored.iter().enumerate() {
        let number = u128::try_from(n).unwrap() + 2;
        let hours = i64::try_from(n).unwrap() * HOUR_MS;
        let mut profile = ProfileRow::empty(ProfileId::from(Uuid::from_u128(number)), now.plus_millis(-20 * hours));
        profile.updated_at = now.plus_millis(-hours);
        profile.attributes = attributes(Some(value), stored.get(n * 7 % (stored.len() + 5)));
        let text = value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        profile.first_name.clone_from(&text);
        profile.customer_id = text.map(|text| format!("{text}{n}"));
        profile.email = (n % 3 == 0).then(|| format!("p{n}@example{}.com", n % 2));
        profile.phone = (n % 4 == 0).then(|| format!("+4930{n:07}"));
        profile.last_name = (n % 2 == 0).then(|| TEXTS[n % TEXTS.len()].to_owned());
        profile.timezone = (n % 5 == 0).then(|| "Europe/Berlin".to_owned());
        profile.locale = (n % 5 == 1).then(|| "de-DE".to_owned());
        profile.push_tokens = (n % 4 == 1).then(|| json!([format!("token-{}", n % 8), "it's"]).to_string());
        profile.address = (n % 3 == 1).then(|| match &profile.first_name {
            Some(city) => json!({ "city": city, "country": "DE" }).to_string(),
            None => json!({ "country": "AT" }).to_string(),
        });
        let consents = [Consent::Unknown, Consent::Granted, Consent::Denied];
        profile.consent_email = consents[n % 3];
        profile.consent_sms = consents[(n / 3) % 3];
        profile.consent_push = consents[(n / 9) % 3];
        profile.consent_direct_mail = consents[(n / 27) % 3];
        profiles.push(profile);
    }
    profiles
}

fn within(value: &Value) -> bool {
    value.as_f64().is_none_or(|number| number.abs() <= 9_007_199_254_740_991.0)
        && *value != json!(9_007_199_254_740_993_i64)
}

/// Values that a rule may compare with.
fn scalars() -> Vec<Value> {
    stored().into_iter().filter(|value| !value.is_array() && within(value)).collect()
}

fn quantities() -> Vec<Value> {
    let relative = [json!({ "ago": "0m" }), json!({ "ago": "30h" }), json!({ "ahead": "2w" }), json!({ "ago": "56d" })];
    let dates = DATES.iter().filter(|date| postrider_core::audience::rule::Moment::parse(date).is_ok());
    let numbers = numbers().into_iter().filter(within);
    numbers.chain(dates.map(|date| json!(date))).chain(relative).collect()
}

fn moments() -> Vec<Value> {
    quantities().into_iter().filter(|value| !value.is_number()).collect()
}

fn test(field: &str, op: &str, value: Value) -> Value {
    json!({ "field": field, "op": op, "value": value })
}

/// Every check with every value on an attribute, and every check on one field of each other kind.
pub fn every_check() -> Vec<Value> {
    let mut rules = Vec::new();
    for value in scalars() {
        for op in ["equals", "notEquals"] {
            rules.push(test("plan", op, value.clone()));
        }
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            for op in ["contains", "startsWith", "endsWith"] {
                rules.extend(["plan", "first_name", "address.city"].map(|field| test(field, op, json!(text))));
            }
            for op in ["equals", "notEquals"] {
                rules.extend(["customer_id", "last_name", "address.city"].map(|field| test(field, op, json!(text))));
            }
        }
    }
    for op in ["gt", "gte", "lt", "lte"] {
        rules.extend(quantities().into_iter().map(|value| test("plan", op, value)));
        rules.extend(moments().into_iter().map(|value| test("created_at", op, value)));
    }
    for field in [
        "email",
        "phone",
        "customer_id",
        "first_name",
        "last_name",
        "timezone",
        "locale",
        "address",
        "address.city",
        "push_tokens",
        "consent.push",
        "created_at",
        "updated_at",
        "plan",
        "attributes._Score9",
        "never_seen",
    ] {
        rules.extend(["exists", "notExists"].map(|op| json!({ "field": field, "op": op })));
    }
    rules.extend(["token-1", "it's", "token"].map(|token| test("push_tokens", "contains", json!(token))));
    rules.push(json!({ "inList": list().to_string() }));
    rules.push(json!({ "inList": Uuid::from_u128(8).to_string() }));
    rules
}

fn condition() -> impl Strategy<Value = Value> {
    let attribute = select(vec!["plan", "attributes._Score9"]);
    let text_field = select(vec![
        "email",
        "phone",
        "customer_id",
        "first_name",
        "last_name",
        "timezone",
        "locale",
        "address.country",
    ]);
    let text = select(TEXTS.iter().filter(|text| !text.is_empty()).map(|text| json!(text)).collect::<Vec<_>>());
    let part = select(vec!["contains", "startsWith", "endsWith"]);
    let order = select(vec!["gt", "gte", "lt", "lte"]);
    let set = select(vec!["in", "notIn"]);
    let some = proptest::collection::vec(select(scalars()), 1..6);
    let texts = proptest::collection::vec(text.clone(), 1..4);
    let numbers: Vec<Value> = quantities().into_iter().filter(Value::is_number).collect();
    let word = select(vec!["granted", "denied", "unknown"]);
    let channel = select(vec!["email", "sms", "push", "direct_mail"]);
    prop_oneof![
        (attribute.clone(), set.clone(), some).prop_map(|(field, op, values)| test(field, op, json!(values))),
        (attribute.clone(), order, select(quantities())).prop_map(|(field, op, value)| test(field, op, value)),
        (attribute.clone(), part.clone(), text.clone()).prop_map(|(field, op, value)| test(field, op, value)),
        (attribute.clone(), select(moments()), select(moments())).prop_map(|(field, low, high)| test(
            field,
            "between",
            json!([low, high])
        )),
        (attribute, select(numbers.clone()), select(numbers)).prop_map(|(field, low, high)| test(
            field,
            "between",
            json!([low, high])
        )),
        (text_field.clone(), set, texts).prop_map(|(field, op, values)| test(field, op, json!(values))),
        (text_field, part, text).prop_map(|(field, op, value)| test(field, op, value)),
        (channel, word).prop_map(|(channel, word)| test(&format!("consent.{channel}"), "equals", json!(word))),
        (select(vec!["created_at", "updated_at"]), select(vec!["before", "after"]), select(moments()))
            .prop_map(|(field, op, value)| test(field, op, value)),
        Just(json!({ "inList": list().to_string() })),
    ]
}

/// Random rules, the same ones in every run.
pub fn rules(count: usize) -> Vec<Value> {
    let rule = condition().prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({ "all": parts })),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({ "any": parts })),
            inner.prop_map(|part| json!({ "not": part })),
        ]
    });
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| rule.new_tree(&mut runner).unwrap().current()).collect()
}

/// Rules at their limits: the deepest, the widest, and the one with most values.
pub fn largest() -> Vec<Value> {
    let date = test("plan", "between", json!([{ "ago": "30d" }, "2026-05-15T14:00:00+02:00"]));
    let deepest = (2..RULE_DEPTH_MAX).fold(json!({ "any": [date] }), |inner, depth| match depth % 3 {
        0 => json!({ "not": inner }),
        1 => json!({ "all": [inner, date] }),
        _ => json!({ "any": [inner, date] }),
    });
    let widest = vec![date; RULE_CONDITIONS_MAX - 1];
    let texts: Vec<String> = (0..RULE_VALUES_MAX).map(|n| format!("{n}")).collect();
    vec![deepest, json!({ "all": widest }), json!({ "any": widest }), test("plan", "in", json!(texts))]
}
