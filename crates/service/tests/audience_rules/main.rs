//! Rules on both databases against an evaluator of a few lines: the same people, whatever the rule and the profile.

#![cfg(test)]

mod cases;
mod oracle;

use cases::{NOW, list, profiles, rules};
use oracle::fits;
use postrider_core::audience::rule::Rule;
use postrider_core::id::{ListId, ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::lists::ListRow;
use postrider_store::profiles::ProfileRow;
use postrider_store::rules::rule_of;
use postrider_store::tenants::Tenant;
use postrider_store::testkit::{Database, fresh_store};
use postrider_store::{Store, StoreError};
use serde_json::Value;
use uuid::Uuid;

/// Random rules that each database is asked.
const RULES: usize = 400;

fn now() -> Timestamp {
    Timestamp::parse(NOW).unwrap()
}

async fn world(database: Database, folder: &std::path::Path) -> (Store, TenantId, Vec<ProfileRow>) {
    let store = fresh_store(database, folder).await;
    let (tenant, other) = (TenantId::from(Uuid::from_u128(1)), TenantId::from(Uuid::from_u128(2)));
    let people = profiles();
    let written = people.clone();
    let write = store.write("world", move |tx| {
        for (id, name) in [(tenant, "One"), (other, "Two")] {
            let tenant = Tenant {
                id,
                name: name.into(),
                default_timezone: None,
                mail_cutoff_minutes: 0,
                require_unsubscribe_link: true,
                mail_unknown: true,
                created_at: now(),
                updated_at: now(),
            };
            tx.tenant_insert(&tenant)?;
        }
        tx.profiles_insert(tenant, &written)?;
        let row = ListRow {
            id: list(),
            name: "Friends".into(),
            description: None,
            member_count: 0,
            created_at: now(),
            updated_at: now(),
        };
        tx.list_insert(tenant, &row)?;
        let theirs = ListRow { id: ListId::from(Uuid::from_u128(8)), ..row };
        tx.list_insert(other, &theirs)?;
        let members: Vec<ProfileId> = oracle::members(&written);
        tx.list_members_add(tenant, list(), &members, now())?;
        Ok::<_, StoreError>(())
    });
    write.await.unwrap();
    (store, tenant, people)
}

async fn ask(store: &Store, tenant: TenantId, rule: &Rule) -> Vec<ProfileId> {
    let asked = rule.clone();
    let read = store.read("rule", move |tx| {
        let count = tx.rule_count(tenant, &asked, now())?;
        let found: Vec<ProfileId> =
            tx.rule_sample(tenant, &asked, now(), 1_000)?.iter().map(|profile| profile.id).collect();
        assert_eq!(usize::try_from(count).unwrap(), found.len(), "{asked:?}");
        Ok::<_, StoreError>(found)
    });
    read.await.unwrap_or_else(|error| panic!("{rule:?}: {error}"))
}

async fn both_agree_with_the_oracle(rules: Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let (sqlite, tenant, people) = world(Database::Sqlite, folder.path()).await;
    let (postgres, _, _) = world(Database::Postgres, folder.path()).await;
    for json in rules {
        let rule = rule_of(&json).unwrap_or_else(|refusal| panic!("{json}: {refusal}"));
        let expected: Vec<ProfileId> =
            people.iter().filter(|profile| fits(&rule, profile, &people, now())).map(|profile| profile.id).collect();
        for (name, store) in [("SQLite", &sqlite), ("PostgreSQL", &postgres)] {
            let found = ask(store, tenant, &rule).await;
            let differing: Vec<&str> = people
                .iter()
                .filter(|profile| expected.contains(&profile.id) != found.contains(&profile.id))
                .map(|profile| profile.attributes.as_str())
                .collect();
            assert!(differing.is_empty(), "{name}: {json} differs for {differing:#?}");
            assert_eq!(found, expected, "{name}: {json}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_check_of_every_kind_of_field_means_the_same() {
    both_agree_with_the_oracle(cases::every_check()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_rules_mean_the_same() {
    both_agree_with_the_oracle(cases::largest()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_rules_mean_the_same() {
    both_agree_with_the_oracle(rules(RULES)).await;
}
