//! Records as programs send them.

use super::ProfileRecord;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Any JSON of at most three levels.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 32, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..8).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Names that records have, and some that none has.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "email",
        "phone",
        "customer_id",
        "first_name",
        "last_name",
        "timezone",
        "locale",
        "push_tokens",
        "address",
        "consent",
        "line1",
        "city",
        "sms",
        "plan",
        "campaign",
    ];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), ".{0,10}"]
}

proptest! {
    #[test]
    fn a_record_is_taken_or_refused_below_its_own_path(
        fields in prop::collection::btree_map(name(), json(), 0..10),
    ) {
        let fields: Map<String, Value> = fields.into_iter().collect();
        if let Err(refusal) = ProfileRecord::parse("records[7]", &fields) {
            prop_assert!(refusal.message().starts_with("records[7]."), "{}", refusal.message());
        }
    }

    #[test]
    fn what_was_taken_is_taken_again_in_its_normal_form(email in "[A-Za-z]{1,8}@[A-Za-z]{1,8}\\.[a-z]{2}") {
        let parse = |email: &str| {
            let fields = Map::from_iter([("email".to_owned(), Value::from(email))]);
            ProfileRecord::parse("record", &fields).map(|record| record.email.set().cloned())
        };
        let normal = parse(&format!(" {email} ")).unwrap().unwrap();
        prop_assert_eq!(parse(&normal).unwrap(), Some(normal));
    }
}
