//! Audiences by rule as the audiences of campaigns.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind::Email;
use postrider_core::env::Clock as _;
use postrider_core::id::ScheduleId;
use postrider_store::job_audiences::Source;
use postrider_store::rules::rule_of;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::ready;

async fn audience(app: &TestApp, name: &str, rule: Value) -> String {
    let made = app.as_admin().post("/audiences", json!({ "name": name, "rule": rule })).await;
    made.data()["id"].as_str().unwrap().to_owned()
}

fn segment(id: &str) -> Value {
    json!({ "audienceId": id, "type": "segment" })
}

fn test(field: &str, op: &str, value: Value) -> Value {
    json!({ "field": field, "op": op, "value": value })
}

/// Beside the two readers of the list: ten people, of whom one said no and one has no address.
async fn people(app: &TestApp) {
    let records: Vec<Value> = (0..10)
        .map(|n| match n {
            8 => json!({ "email": "p8@example.test", "customer_id": "c8", "n": n, "consent": { "email": "denied" } }),
            9 => json!({ "customer_id": "c9", "n": n }),
            n => json!({ "email": format!("p{n}@example.test"), "customer_id": format!("c{n}"), "n": n }),
        })
        .collect();
    let body = json!({ "records": records, "matchKey": "customer_id" });
    app.as_admin().post("/records/profiles/upsert-batch", body).await.data();
}

async fn a_dry_run_counts(database: Database) {
    let app = TestApp::on(database).await;
    let admin = app.as_admin();
    let draft = ready(&app, Email).await;
    people(&app).await;
    let numbered = audience(&app, "Numbered", json!({ "field": "n", "op": "exists" })).await;
    let large = audience(&app, "Large", test("n", "gte", json!(5))).await;
    let seven = audience(&app, "Seven", test("n", "equals", json!(7))).await;
    let list = json!({ "audienceId": draft.list, "type": "audience" });
    for (include, exclude, expected) in [
        (json!([segment(&numbered)]), json!([]), [10, 0, 1, 1, 8]),
        (json!([list, segment(&numbered), segment(&large)]), json!([]), [12, 0, 1, 1, 10]),
        (json!([segment(&numbered)]), json!([segment(&large)]), [10, 5, 0, 0, 5]),
        (json!([segment(&numbered)]), json!([segment(&seven), list]), [10, 1, 1, 1, 7]),
        (json!([list]), json!([segment(&large)]), [2, 0, 0, 0, 2]),
    ] {
        let body = json!({ "include": include, "exclude": exclude });
        admin.put(&draft.path("/audience"), body.clone()).await.data();
        let run = admin.post(&draft.path("/send-jobs"), json!({ "dryRun": true })).await;
        let counts = &run.data()["plan"]["audience"];
        let counts =
            ["matched", "excluded", "suppressed", "unreachable", "targeted"].map(|name| counts[name].as_i64().unwrap());
        assert_eq!(counts, expected, "{body}");
        assert!(!run.data()["plan"]["samples"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_dry_run_counts_everybody_once_on_sqlite() {
    a_dry_run_counts(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_counts_everybody_once_on_postgres() {
    a_dry_run_counts(Database::Postgres).await;
}

#[tokio::test]
async fn an_audience_is_bound_by_its_type() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let draft = ready(&app, Email).await;
    let everybody = audience(&app, "Everybody", json!({ "field": "created_at", "op": "exists" })).await;
    let bound = admin.put(&draft.path("/audience"), json!({ "include": [segment(&everybody)] })).await;
    let expected = json!([{ "audienceId": everybody, "type": "segment", "name": "Everybody" }]);
    assert_eq!(bound.data()["audience"]["include"], expected);
    for wrong in [segment(&draft.list), json!({ "audienceId": everybody, "type": "audience" })] {
        let refused = admin.put(&draft.path("/audience"), json!({ "include": [wrong] })).await;
        let error = refused.refused(404, "JOURNEY_API.PUBLIC.CAMPAIGNS.AUDIENCE.NOT_FOUND");
        assert_eq!(error["details"]["path"], "include[0].audienceId");
    }
    admin.delete(&format!("/audiences/{everybody}")).await.data();
    let preflight = admin.post(&draft.path("/preflight"), json!({})).await;
    let codes: Vec<&str> =
        preflight.data()["issues"].as_array().unwrap().iter().map(|issue| issue["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"AUDIENCE_NOT_FOUND"), "{codes:?}");
}

#[tokio::test]
async fn preflight_finds_a_rule_that_fits_nobody() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let draft = ready(&app, Email).await;
    let nobody = audience(&app, "Nobody", test("n", "lt", json!(0))).await;
    admin.put(&draft.path("/audience"), json!({ "include": [segment(&nobody)] })).await.data();
    let preflight = admin.post(&draft.path("/preflight"), json!({})).await;
    assert!(preflight.data()["issues"].to_string().contains("AUDIENCE_EMPTY"), "{:?}", preflight.data());
}

#[tokio::test]
async fn a_committed_job_keeps_its_rule_and_a_plan_knows_it() {
    let app = TestApp::new().await;
    let admin = app.as_admin();
    let draft = ready(&app, Email).await;
    let rule = test("email", "endsWith", json!("@example.test"));
    let readers = audience(&app, "Readers", rule.clone()).await;
    admin.put(&draft.path("/audience"), json!({ "include": [segment(&readers)] })).await.data();
    let digest = async || {
        let body = json!({ "dryRun": true, "sendAt": "2026-05-01T09:00:00Z" });
        admin.post(&draft.path("/schedule-jobs"), body).await.data()["plan"]["digest"].clone()
    };
    let first = digest().await;
    let path = format!("/audiences/{readers}");
    admin.patch(&path, json!({ "name": "All readers" })).await.data();
    assert_eq!(digest().await, first, "a name is no part of a plan");
    admin.patch(&path, json!({ "rule": test("email", "endsWith", json!("@example.org")) })).await.data();
    let body = json!({ "sendAt": "2026-05-01T09:00:00Z", "expectPlan": first });
    let refused = admin.post(&draft.path("/schedule-jobs"), body.clone()).await;
    let error = refused.refused(409, "JOURNEY_API.SCHEDULE.PLAN_CHANGED");
    let change = &error["details"]["changes"][0];
    assert_eq!((&change["part"], &change["now"]), (&json!("audience.include"), &json!("All readers: 0 recipients")));
    assert_eq!(change["planned"], "other audiences, or another rule of one", "in words, not as a hash");

    admin.patch(&path, json!({ "rule": rule })).await.data();
    let job = admin.post(&draft.path("/schedule-jobs"), body).await;
    let job: ScheduleId = job.data()["scheduleId"].as_str().unwrap().parse().unwrap();
    admin.patch(&path, json!({ "rule": { "not": rule } })).await.data();
    let kept = app.store.read("test", move |tx| tx.schedule_audiences(job)).await.unwrap();
    assert_eq!(kept.include, [Source::Rule(rule_of(&rule).unwrap())]);
}

/// As many audiences as fit, each a rule as large as may be.
async fn a_campaign_of_the_largest_rules(database: Database) {
    let app = TestApp::on(database).await;
    let draft = ready(&app, Email).await;
    let mut conditions: Vec<Value> = vec![test("n", "after", json!({ "ago": "30d" })); 2];
    conditions.extend(vec![test("n", "contains", json!("x")); 87]);
    conditions.push(test("email", "endsWith", json!("@example.test")));
    conditions.push(test("n", "notIn", json!((0..400).collect::<Vec<i32>>())));
    let mut bound = Vec::new();
    for number in 0..50 {
        bound.push(segment(&audience(&app, &format!("Large {number}"), json!({ "any": conditions })).await));
    }
    let (include, exclude) = bound.split_at(25);
    let body = json!({ "include": include, "exclude": exclude });
    app.as_admin().put(&draft.path("/audience"), body).await.data();
    let (tenant, campaign, now) = (app.tenant(), draft.campaign.parse().unwrap(), app.clock.now());
    let reach = app.store.read("test", move |tx| tx.reach(tenant, campaign, Email, now, now)).await.unwrap();
    assert_eq!((reach.matched, reach.excluded), (2, 2));
}

#[tokio::test]
async fn a_campaign_of_the_largest_rules_is_counted_on_sqlite() {
    a_campaign_of_the_largest_rules(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_of_the_largest_rules_is_counted_on_postgres() {
    a_campaign_of_the_largest_rules(Database::Postgres).await;
}

#[tokio::test]
async fn preflight_warns_of_rules_that_compare_different_kinds() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let draft = ready(&app, Email).await;
        for n in 0..3 {
            let record = json!({ "email": format!("t{n}@example.test"), "points": n.to_string() });
            admin.post("/profiles/upsert", json!({ "record": record })).await.data();
        }
        let rich = audience(&app, "Rich", test("points", "gt", json!(1))).await;
        let local = audience(&app, "Local", test("city", "equals", json!("Ulm"))).await;
        admin
            .put(&draft.path("/audience"), json!({ "include": [segment(&rich)], "exclude": [segment(&local)] }))
            .await
            .data();
        let preflight = admin.post(&draft.path("/preflight"), json!({})).await;
        let issues = preflight.data()["issues"].as_array().unwrap();
        let found =
            |code: &str| issues.iter().find(|issue| issue["code"] == code).unwrap_or_else(|| panic!("{issues:?}"));
        let mismatch = found("TYPE_MISMATCH");
        assert_eq!((&mismatch["severity"], &mismatch["step"]), (&json!("warning"), &json!("audience")));
        assert!(
            mismatch["message"]
                .as_str()
                .unwrap()
                .starts_with("points is text for 3 people; the rule compares it with a number"),
            "{mismatch}"
        );
        assert_eq!(mismatch["refs"], json!([rich]));
        assert_eq!(mismatch["remediation"][0]["href"], format!("/public/v1/audiences/{rich}"));
        assert_eq!(found("FIELD_IN_ADDRESS")["refs"], json!([local]));
    }
}
