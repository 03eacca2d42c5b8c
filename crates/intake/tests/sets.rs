//! Sets of records, on both databases.

#![cfg(test)]

use postrider_core::audience::evidence::{EvidenceSource, SourceKind};
use postrider_core::env::Entropy;
use postrider_core::id::TenantId;
use postrider_core::time::Timestamp;
use postrider_intake::people::{MatchKey, Origin, ProfileRecord, upsert_set};
use postrider_store::{Store, StoreError, Tx, on_both, statements, value::id};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const NOW: Timestamp = Timestamp::from_millis(1_777_626_000_000);
/// Sets that are applied one after the other, and records of each.
const SETS: u64 = 40;
const RECORDS: u64 = 25;

statements! { "sets":
    MAKE_TENANT = "INSERT INTO tenants (id, name, mail_cutoff_minutes, last_touchpoint_id, created_at, updated_at) \
        VALUES ($1, 'a tenant', 1020, 0, 0, 0)";
    PEOPLE = "SELECT COALESCE(email, '-') || ' ' || COALESCE(phone, '-') || ' ' || COALESCE(customer_id, '-') || ' ' \
        || COALESCE(first_name, '-') || ' ' || COALESCE(address, '-') || ' ' || consent_email || ' ' || consent_sms \
        || ' ' || attributes || ' ' || CAST(created_at AS TEXT) || ' ' || CAST(updated_at AS TEXT) \
        FROM profiles WHERE tenant_id = $1";
}

/// Numbers that look random and are the same in every run.
struct Numbers(AtomicU64);

impl Numbers {
    fn below(&self, bound: u64) -> u64 {
        let mut x = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % bound
    }
}

impl Entropy for Numbers {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.below(256).to_le_bytes()[0]);
    }
}

/// A record about one of few people, so that records of a set often meet in a key.
fn record(numbers: &Numbers, path: &str) -> Result<ProfileRecord, postrider_core::error::Refusal> {
    let mut fields = Map::new();
    let mut say = |name: &str, chance: u64, values: &[Value]| {
        if numbers.below(100) < chance {
            let value = &values[usize::try_from(numbers.below(values.len() as u64)).unwrap()];
            fields.insert(name.to_owned(), value.clone());
        }
    };
    let emails: Vec<Value> = (0..6).map(|n| json!(format!("person{n}@example.com"))).collect();
    let ids: Vec<Value> = (0..5).map(|n| json!(format!("C-{n}"))).chain([Value::Null]).collect();
    let phones: Vec<Value> = (0..5).map(|n| json!(format!("+4930123450{n}"))).collect();
    say("email", 80, &emails);
    say("customer_id", 60, &ids);
    say("phone", 50, &phones);
    say("first_name", 40, &[json!("Ada"), json!("Grace"), Value::Null]);
    say("address", 20, &[json!({"city": "Berlin"}), Value::Null]);
    say("consent", 40, &[json!({"email": "granted"}), json!({"email": "denied", "sms": "granted"}), Value::Null]);
    say("plan", 40, &[json!("gold"), json!("a \"b\" \\ ü"), json!(7), json!(1.50), json!(["x", "y"]), Value::Null]);
    say("seen", 20, &[json!(true), json!(false), Value::Null]);
    ProfileRecord::parse(path, &fields)
}

/// What became of each record: the operation, or the refusal.
fn apply(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: MatchKey,
    records: &[&ProfileRecord],
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<String>, StoreError> {
    let source = EvidenceSource { kind: SourceKind::ApiClient, id: tenant.into(), name: String::new() };
    let outcome =
        upsert_set(tx, tenant, key, records, Origin { source: &source, said: &[], typing: None }, now, entropy)?;
    let said = outcome.into_iter().map(|outcome| match outcome {
        Ok(applied) => applied.operation.as_str().to_owned(),
        Err(refusal) => refusal.message(),
    });
    Ok(said.collect())
}

fn people(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<String>, StoreError> {
    let mut people = tx.query_as(&PEOPLE, &[id(tenant)], |row| row.next::<String>())?;
    people.sort_unstable();
    Ok(people)
}

on_both! {
    a_set_does_what_its_records_do_one_by_one => |store: Store| async move {
        let entropy = Arc::new(Numbers(AtomicU64::new(7)));
        let tenants = [TenantId::new(NOW, &*entropy), TenantId::new(NOW, &*entropy)];
        let made = store.write("tenants", move |tx| {
            tenants.iter().try_for_each(|&tenant| tx.execute(&MAKE_TENANT, &[id(tenant)]).map(drop))
        });
        made.await.unwrap();
        for set in 0..SETS {
            let key = MatchKey::ALL[usize::try_from(set % 3).unwrap()];
            let now = NOW.plus_millis(i64::try_from(set).unwrap());
            let records: Vec<ProfileRecord> =
                (0..RECORDS).filter_map(|n| record(&entropy, &format!("records[{n}]")).ok()).collect();
            let entropy = Arc::clone(&entropy);
            let compare = store.write_guarded("compare", move |tx| {
                let records: Vec<&ProfileRecord> = records.iter().collect();
                let together = apply(tx, tenants[0], key, &records, now, &*entropy)?;
                let mut one_by_one = Vec::new();
                for record in records {
                    one_by_one.extend(apply(tx, tenants[1], key, &[record], now, &*entropy)?);
                }
                Ok::<_, StoreError>([(together, people(tx, tenants[0])?), (one_by_one, people(tx, tenants[1])?)])
            });
            let [together, one_by_one] = compare.await.unwrap();
            assert_eq!(together, one_by_one, "set {set}, by {}", key.as_str());
        }
    };
}
