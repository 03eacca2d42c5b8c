//! What a tenant sets of its own: zone and cut-off, what its jobs do, how much it sends in a minute.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind;
use postrider_core::schedule::{OnMissed, PolicyDefaults};
use postrider_core::time::HOUR_MS;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::TestApp;
use support::ready::ready;

async fn both(test: impl AsyncFn(TestApp)) {
    for database in [Database::Sqlite, Database::Postgres] {
        test(TestApp::on(database).await).await;
    }
}

#[tokio::test]
async fn absent_leaves_and_null_takes_away() {
    both(async |app| {
        let admin = app.as_admin();
        let fresh = admin.get("/tenant").await;
        let none = json!({ "latestStartMinutes": null, "onMissed": null, "latestFinishMinutes": null,
            "onUncertain": null, "ratePerMinute": null });
        assert_eq!(fresh.data()["policyDefaults"], none);
        assert_eq!(
            fresh.data()["rateBudgets"],
            json!({ "email": null, "sms": null, "push": null, "direct_mail": null })
        );
        assert_eq!((&fresh.data()["defaultTimezone"], &fresh.data()["mailCutoff"]), (&Value::Null, &json!("17:00")));

        app.clock.advance(1_000);
        let all = json!({
            "name": "Acme & Sons", "defaultTimezone": "europe/oslo", "mailCutoff": "12:30",
            "policyDefaults": { "latestStartMinutes": 90, "onMissed": "cancel", "onUncertain": "retry" },
            "rateBudgets": { "email": 600, "direct_mail": 5 },
        });
        let set = admin.patch("/tenant", all).await;
        let data = set.data();
        assert_eq!(data["updatedAt"], "2026-03-01T12:00:01.000Z");
        assert_eq!((&data["defaultTimezone"], &data["mailCutoff"]), (&json!("Europe/Oslo"), &json!("12:30")));
        assert_eq!((&data["policyDefaults"]["onMissed"], &data["policyDefaults"]["ratePerMinute"]), (&json!("cancel"), &Value::Null));

        let some = json!({ "policyDefaults": { "onMissed": null, "ratePerMinute": 100 }, "rateBudgets": { "email": null, "sms": 1 } });
        let set = admin.patch("/tenant", some).await;
        let data = set.data();
        let policy = json!({ "latestStartMinutes": 90, "onMissed": null, "latestFinishMinutes": null,
            "onUncertain": "retry", "ratePerMinute": 100 });
        assert_eq!(data["policyDefaults"], policy);
        assert_eq!(data["rateBudgets"], json!({ "email": null, "sms": 1, "push": null, "direct_mail": 5 }));
        assert_eq!((&data["name"], &data["mailCutoff"]), (&json!("Acme & Sons"), &json!("12:30")));
        assert_eq!(admin.get("/tenant").await.data(), data);
        assert_eq!(admin.patch("/tenant", json!({})).await.data(), data);

        let nothing =
            json!({ "defaultTimezone": null, "mailCutoff": null, "policyDefaults": null, "rateBudgets": null });
        let set = admin.patch("/tenant", nothing).await;
        for field in ["defaultTimezone", "mailCutoff", "policyDefaults", "rateBudgets"] {
            assert_eq!(set.data()[field], fresh.data()[field], "{field}");
        }
        let stranger = app.another_tenant().await;
        assert_eq!(app.admin_of(stranger).get("/tenant").await.data()["name"], "Stranger");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_path_and_changes_nothing() {
    let app = TestApp::new().await;
    let before = app.as_admin().get("/tenant").await;
    for (body, path) in [
        (json!({ "policyDefaults": { "onMissed": "panic" } }), "policyDefaults.onMissed"),
        (json!({ "policyDefaults": { "onUncertain": "" } }), "policyDefaults.onUncertain"),
        (json!({ "policyDefaults": { "latestStartMinutes": 43_201 } }), "policyDefaults.latestStartMinutes"),
        (json!({ "policyDefaults": { "latestStartMinutes": -1 } }), "policyDefaults.latestStartMinutes"),
        (json!({ "policyDefaults": { "latestFinishMinutes": 0 } }), "policyDefaults.latestFinishMinutes"),
        (json!({ "policyDefaults": { "ratePerMinute": 0 } }), "policyDefaults.ratePerMinute"),
        (json!({ "policyDefaults": { "ratePerMinute": "10" } }), "policyDefaults.ratePerMinute"),
        (json!({ "policyDefaults": { "latestStart": null } }), "policyDefaults.latestStart"),
        (json!({ "policyDefaults": 5 }), "policyDefaults"),
        (json!({ "rateBudgets": { "email": 0 } }), "rateBudgets.email"),
        (json!({ "rateBudgets": { "direct_mail": 1_000_000_001 } }), "rateBudgets.direct_mail"),
        (json!({ "rateBudgets": { "fax": 1 } }), "rateBudgets.fax"),
        (json!({ "mailCutoff": "25:00", "name": "Other" }), "mailCutoff"),
        (json!({ "rateLimits": { "read": 1 } }), "rateLimits"),
    ] {
        let answer = app.as_admin().patch("/tenant", body.clone()).await;
        let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
        assert_eq!(error["details"]["path"], path, "{body}: {error}");
    }
    assert_eq!(app.as_admin().get("/tenant").await.data(), before.data());
}

#[tokio::test]
async fn a_job_takes_its_policy_from_the_request_then_the_tenant_then_the_configuration() {
    let configured = PolicyDefaults {
        on_missed: OnMissed::Send,
        rate_per_minute: Some(7),
        latest_start_after_ms: Some(HOUR_MS),
        ..PolicyDefaults::default()
    };
    let app = TestApp::with_settings(Database::Sqlite, |settings| settings.policy = configured).await;
    let policy = async |request: Value| {
        let email = ready(&app, ChannelKind::Email).await;
        let body = json!({ "sendAt": "2026-05-01T09:00:00Z", "policy": request });
        app.as_admin().post(&email.path("/schedule-jobs"), body).await.data();
        app.as_admin().get(&email.path("/status")).await.data()["execution"]["policy"].clone()
    };
    let told = |start: &str, missed: &str, finish: Option<&str>, uncertain: &str, rate: u32| {
        json!({ "latestStart": format!("2026-05-01T{start}:00.000Z"), "onMissed": missed, "latestFinish": finish,
            "onUncertain": uncertain, "ratePerMinute": rate })
    };
    assert_eq!(policy(json!({})).await, told("10:00", "send", None, "hold", 7));
    let own =
        json!({ "latestStartMinutes": 15, "onMissed": "cancel", "latestFinishMinutes": 120, "onUncertain": "retry" });
    app.as_admin().patch("/tenant", json!({ "policyDefaults": own })).await.data();
    assert_eq!(policy(json!({})).await, told("09:15", "cancel", Some("2026-05-01T11:00:00.000Z"), "retry", 7));
    let asked = json!({ "onMissed": "hold", "ratePerMinute": 3, "latestStart": "2026-05-01T09:30:00Z" });
    assert_eq!(policy(asked).await, told("09:30", "hold", Some("2026-05-01T11:00:00.000Z"), "retry", 3));
}
