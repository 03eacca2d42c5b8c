//! Whom the audiences of a campaign reach, on its summary.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind::Email;
use postrider_core::env::Clock as _;
use postrider_store::StoreError;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::ready;

const DAY_MS: i64 = 24 * 3_600_000;

/// Makes every count that was asked for, as an engine does; answers how many there were.
async fn count(app: &TestApp) -> usize {
    let now = app.clock.now();
    let counted = app.store.write("test.count", move |tx| {
        let mut counts = 0;
        while let Some(request) = tx.reach_next(now)? {
            assert!(tx.reach_claim(&request, now, now.plus_millis(1_000))?);
            let counted = tx.reach_count(&request, now)?;
            tx.reach_settle(&request, &counted, now)?;
            counts += 1;
        }
        Ok::<_, StoreError>(counts)
    });
    counted.await.unwrap()
}

async fn audience(app: &TestApp, campaign: &str) -> Value {
    app.as_admin().get(&format!("/campaigns/{campaign}/summary")).await.data()["audience"].clone()
}

async fn reach(app: &TestApp, campaign: &str) -> (String, Option<i64>, bool) {
    let reach = audience(app, campaign).await["reach"].clone();
    let count = reach["evaluatedCount"].as_i64();
    assert_eq!(count.is_some(), reach["evaluatedAt"].is_string(), "{reach}");
    (reach["status"].as_str().unwrap().to_owned(), count, reach["isStale"].as_bool().unwrap())
}

fn told(status: &str, count: Option<i64>, is_stale: bool) -> (String, Option<i64>, bool) {
    (status.to_owned(), count, is_stale)
}

async fn a_count_follows_the_audiences(database: Database) {
    let app = TestApp::on(database).await;
    let admin = app.as_admin();
    assert_eq!(reach(&app, &app.draft(Email).await).await, told("idle", None, false));
    let draft = ready(&app, Email).await;
    let campaign = &draft.campaign;
    assert_eq!(reach(&app, campaign).await, told("pending", None, false));
    assert_eq!(count(&app).await, 1);
    assert_eq!(reach(&app, campaign).await, told("ok", Some(2), false));
    assert_eq!(count(&app).await, 0, "nobody asks for what is fresh");

    app.clock.advance(1);
    let record = json!({ "email": "new@example.test", "plan": "gold" });
    admin.post("/profiles/upsert", json!({ "record": record })).await.data();
    let keys = json!({ "contactKeys": ["new@example.test"] });
    admin.post(&format!("/lists/{}/members:upsert", draft.list), keys.clone()).await.data();
    assert_eq!(reach(&app, campaign).await, told("ok", Some(2), true), "the list has changed");
    assert_eq!(reach(&app, campaign).await, told("pending", Some(2), true), "reading asked for a new count");
    assert_eq!(count(&app).await, 1);
    assert_eq!(reach(&app, campaign).await, told("ok", Some(3), false));
    app.clock.advance(DAY_MS + 1);
    assert_eq!(reach(&app, campaign).await, told("ok", Some(3), true), "it is old");

    let rule = json!({ "all": [{ "field": "plan", "op": "equals", "value": "gold" }, { "inList": draft.list }] });
    let made = admin.post("/audiences", json!({ "name": "Golden", "rule": rule })).await;
    let golden = made.data()["id"].as_str().unwrap().to_owned();
    let body = json!({
        "include": [{ "audienceId": draft.list, "type": "audience" }],
        "exclude": [{ "audienceId": golden, "type": "segment" }],
    });
    admin.put(&draft.path("/audience"), body).await.data();
    assert_eq!(reach(&app, campaign).await, told("pending", None, false), "the old count is of other audiences");
    assert_eq!(audience(&app, campaign).await["excluded"][0]["memberCount"], Value::Null);
    assert_eq!(count(&app).await, 1);
    assert_eq!(reach(&app, campaign).await, told("ok", Some(2), false));
    assert_eq!(audience(&app, campaign).await["excluded"][0]["memberCount"], 1);
    assert_eq!(admin.get(&format!("/audiences/{golden}")).await.data()["memberCount"], 1);

    app.clock.advance(1);
    let path = format!("/audiences/{golden}");
    admin.patch(&path, json!({ "name": "Gold" })).await.data();
    assert_eq!(reach(&app, campaign).await, told("ok", Some(2), false), "a name reaches nobody");
    admin.patch(&path, json!({ "rule": { "not": rule } })).await.data();
    assert_eq!(reach(&app, campaign).await, told("ok", Some(2), true), "the rule has changed");
    assert_eq!(count(&app).await, 1);
    assert_eq!(reach(&app, campaign).await, told("ok", Some(1), false));
    app.clock.advance(1);
    admin.post(&format!("/lists/{}/members:remove", draft.list), keys).await.data();
    assert_eq!(reach(&app, campaign).await, told("ok", Some(1), true), "the list in the rule has changed");
}

#[tokio::test]
async fn a_count_follows_the_audiences_on_sqlite() {
    a_count_follows_the_audiences(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_follows_the_audiences_on_postgres() {
    a_count_follows_the_audiences(Database::Postgres).await;
}

#[tokio::test]
async fn a_count_that_a_newer_wish_overtook_is_dropped() {
    let app = TestApp::new().await;
    let draft = ready(&app, Email).await;
    let now = app.clock.now();
    let begun = app.store.write("test", move |tx| {
        let request = tx.reach_next(now)?.expect("the draft was made with an audience");
        let counted = tx.reach_count(&request, now)?;
        Ok::<_, StoreError>((request, counted))
    });
    let (request, counted) = begun.await.unwrap();
    let body = json!({ "include": [{ "audienceId": draft.list, "type": "audience" }] });
    app.as_admin().put(&draft.path("/audience"), body).await.data();
    app.store.write("test", move |tx| tx.reach_settle(&request, &counted, now)).await.unwrap();
    assert_eq!(reach(&app, &draft.campaign).await, told("pending", None, false));
}

#[tokio::test]
async fn a_copy_is_counted_for_itself() {
    let app = TestApp::new().await;
    let draft = ready(&app, Email).await;
    let copy = app.as_admin().post(&draft.path("/clone"), json!({})).await;
    let copy = copy.data()["id"].as_str().unwrap();
    assert_eq!(reach(&app, copy).await, told("pending", None, false));
    assert_eq!(count(&app).await, 2);
    assert_eq!(reach(&app, copy).await, told("ok", Some(2), false));
}
