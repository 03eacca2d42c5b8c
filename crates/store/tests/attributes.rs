//! Kinds and counts of attributes, on both databases.

#![cfg(test)]

use postrider_core::attribute::AttributeKind;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::attributes::{Attribute, kind_of};
use postrider_store::profiles::ProfileRow;
use postrider_store::testkit::{Database, fresh_store, of_version};
use postrider_store::{Store, statements};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_777_626_000_000);
/// A schema without kinds.
const WITHOUT_KINDS: i64 = 7;

statements! { "kinds":
    MAKE_TENANT = "INSERT INTO tenants (id, name, mail_cutoff_minutes, last_touchpoint_id, created_at, updated_at) \
        VALUES ($1, 'a tenant', 1020, 0, 0, 0)";
}

/// Values of every kind, and texts that almost look like dates.
fn values() -> Vec<Value> {
    vec![
        json!(5),
        json!(-7.5),
        json!("298"),
        json!("gold"),
        json!(""),
        json!("2026-05-01"),
        json!("2026-05-01T09:00:00+02:00"),
        json!("2026-05-01 09:00"),
        json!("2026-05-01T"),
        json!("2026-05-01x"),
        json!("2026-05-01\n"),
        json!("2026-05-01\n2026-05-02"),
        json!("2026-05-01 09:00\nand more"),
        json!("２０２６-05-01"),
        json!("x2026-05-01"),
        json!(true),
        json!(false),
        json!([]),
        json!(["2026-05-01"]),
    ]
}

#[tokio::test]
async fn kinds_and_counts_of_people_of_an_older_schema_are_filled() {
    for database in [Database::Sqlite, Database::Postgres] {
        let (folder, older) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = fresh_store(database, folder.path()).await;
        let tenant = TenantId::from(Uuid::from_u128(1));
        let people: Vec<ProfileRow> = (0..).zip(values()).map(|(number, value)| person(number, &value)).collect();
        let names = ["mixed", "points", "never"];
        let made = store.write("make", move |tx| {
            tx.execute(&MAKE_TENANT, &[postrider_store::value::id(tenant)])?;
            tx.profiles_insert(tenant, &people)?;
            // The older schema has the names alone.
            tx.attribute_kinds_set(tenant, names.map(|name| (name, AttributeKind::List)))
        });
        made.await.unwrap();
        let url = of_version(WITHOUT_KINDS, &store, database, older.path()).await;
        let store = Store::open(&url).await.unwrap();
        let found = store.read("attributes", move |tx| tx.attributes(tenant)).await.unwrap();

        let mut mixed: BTreeMap<AttributeKind, i64> = BTreeMap::new();
        for value in values() {
            *mixed.entry(kind_of(&value).unwrap()).or_default() += 1;
        }
        assert_eq!(mixed.len(), AttributeKind::ALL.len(), "every kind is among the values");
        let points = BTreeMap::from([(AttributeKind::Number, i64::try_from(values().len()).unwrap())]);
        let expected = [
            ("mixed", Some(AttributeKind::Text), mixed),
            ("never", None, BTreeMap::new()),
            ("points", Some(AttributeKind::Number), points),
        ];
        let expected = expected.map(|(name, kind, people)| Attribute { name: name.to_owned(), kind, people });
        assert_eq!(found, expected, "{database:?}");
        let people =
            store.read("people", move |tx| tx.attribute_people(tenant, &["points", "never", "x"])).await.unwrap();
        assert_eq!(people, BTreeMap::from([("points".to_owned(), expected[2].people.clone())]));
    }
}

/// Somebody with a value of any kind, a number, and what does not count.
fn person(number: u64, value: &Value) -> ProfileRow {
    let attributes = json!({ "mixed": value, "points": number, "never": null });
    ProfileRow {
        email: Some(format!("p{number}@example.com")),
        attributes: attributes.to_string(),
        ..ProfileRow::empty(ProfileId::from(Uuid::from_u128(u128::from(number) + 1)), NOW)
    }
}
