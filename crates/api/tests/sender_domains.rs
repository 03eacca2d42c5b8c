//! Domains that the operator binds to a tenant, and what other tenants can do with them.

#![cfg(test)]

mod support;

use postrider_core::channel::ChannelKind;
use postrider_core::id::TenantId;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use support::ready::{Ready, ready_for};
use support::{TestAnswer, TestApp};

const NOT_ALLOWED: &str = "JOURNEY_API.PUBLIC.SENDER_PROFILES.DOMAIN_NOT_ALLOWED";

async fn both(test: impl AsyncFn(TestApp)) {
    for database in [Database::Sqlite, Database::Postgres] {
        test(TestApp::on(database).await).await;
    }
}

async fn bind(app: &TestApp, tenant: TenantId, domains: &[&str]) {
    let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
    app.service.set_sender_domains(tenant, domains).await.unwrap();
}

async fn sender(app: &TestApp, tenant: TenantId, from: &str) -> TestAnswer {
    let body = json!({ "name": "S", "channel": "email", "fromEmail": from, "fromName": "Us" });
    app.admin_of(tenant).post("/sender-profiles", body).await
}

/// Codes of the issues of a campaign's preflight with their severity.
async fn issues(app: &TestApp, tenant: TenantId, ready: &Ready) -> Vec<(String, String)> {
    let answer = app.admin_of(tenant).post(&ready.path("/preflight"), json!({})).await;
    let text = |issue: &Value, name: &str| issue[name].as_str().unwrap().to_owned();
    let issues = answer.data()["issues"].as_array().unwrap();
    issues.iter().map(|issue| (text(issue, "severity"), text(issue, "code"))).collect()
}

fn has(issues: &[(String, String)], severity: &str, code: &str) -> bool {
    issues.iter().any(|(found, issue)| found == severity && issue == code)
}

#[tokio::test]
async fn a_tenant_with_domains_sends_from_these_and_from_what_is_below_them() {
    both(async |app| {
        let tenant = app.tenant();
        bind(&app, tenant, &["Bank-A.test.", "MÜLLER.example", "bank-a.test"]).await;
        let bound = app.as_admin().get("/tenant").await;
        assert_eq!(bound.data()["senderDomains"], json!(["bank-a.test", "xn--mller-kva.example"]));
        for (from, is_allowed) in [
            ("billing@bank-a.test", true),
            ("Billing@MAIL.Bank-A.test", true),
            ("us@müller.example", true),
            ("us@mail.xn--mller-kva.example", true),
            ("billing@bank-b.test", false),
            ("billing@notbank-a.test", false),
            ("billing@bank-a.test.evil.example", false),
            ("billing@test", false),
        ] {
            let made = sender(&app, tenant, from).await;
            if is_allowed {
                let id = made.data()["id"].as_str().unwrap();
                let path = format!("/sender-profiles/{id}");
                let moved = app.as_admin().patch(&path, json!({ "fromEmail": "x@bank-b.test" })).await;
                assert_eq!(moved.refused(400, NOT_ALLOWED)["details"]["path"], "fromEmail", "{from}");
                app.as_admin().patch(&path, json!({ "name": "T" })).await.data();
            } else {
                assert_eq!(made.refused(400, NOT_ALLOWED)["details"]["path"], "fromEmail", "{from}");
            }
        }
        for path in ["senderDomains"] {
            for value in [json!([]), json!(["evil.example"]), Value::Null] {
                let answer = app.as_admin().patch("/tenant", json!({ path: value })).await;
                let error = answer.refused(400, "JOURNEY_API.VALIDATION.REQUEST_INVALID");
                assert_eq!(error["details"]["path"], path);
            }
        }
        bind(&app, tenant, &[]).await;
        assert_eq!(app.as_admin().get("/tenant").await.data()["senderDomains"], json!([]));
        sender(&app, tenant, "billing@bank-b.test").await.data();
    })
    .await;
}

#[tokio::test]
async fn a_tenant_without_domains_keeps_away_from_those_of_others() {
    both(async |app| {
        let other = app.another_tenant().await;
        bind(&app, app.tenant(), &["bank-a.test"]).await;
        for from in ["billing@bank-a.test", "billing@mail.BANK-A.test"] {
            assert_eq!(sender(&app, other, from).await.refused(400, NOT_ALLOWED)["details"]["path"], "fromEmail");
        }
        sender(&app, other, "billing@bank-b.test").await.data();
        bind(&app, app.tenant(), &["bank-b.test"]).await;
        sender(&app, other, "billing@bank-a.test").await.data();
    })
    .await;
}

#[tokio::test]
async fn two_tenants_at_one_domain_that_is_not_bound_get_a_warning() {
    both(async |app| {
        let (ours, other) = (app.tenant(), app.another_tenant().await);
        let ready = ready_for(&app.as_admin(), ChannelKind::Email).await;
        assert!(!has(&issues(&app, ours, &ready).await, "warning", "SENDER_DOMAIN_SHARED"));
        let theirs = sender(&app, other, "them@EXAMPLE.test").await;
        assert!(has(&issues(&app, ours, &ready).await, "warning", "SENDER_DOMAIN_SHARED"));
        bind(&app, ours, &["example.test"]).await;
        assert!(!has(&issues(&app, ours, &ready).await, "warning", "SENDER_DOMAIN_SHARED"), "it is its own");
        bind(&app, ours, &[]).await;
        let path = format!("/sender-profiles/{}", theirs.data()["id"].as_str().unwrap());
        app.admin_of(other).patch(&path, json!({ "fromEmail": "them@elsewhere.test" })).await.data();
        assert!(!has(&issues(&app, ours, &ready).await, "warning", "SENDER_DOMAIN_SHARED"));
    })
    .await;
}

#[tokio::test]
async fn a_sender_from_before_the_binding_blocks_its_campaign() {
    both(async |app| {
        let (ours, other) = (app.tenant(), app.another_tenant().await);
        let theirs = ready_for(&app.admin_of(other), ChannelKind::Email).await;
        for (bound_to, domain) in [(ours, "example.test"), (other, "shop.test")] {
            bind(&app, bound_to, &[domain]).await;
            assert!(has(&issues(&app, other, &theirs).await, "blocker", "SENDER_DOMAIN_NOT_ALLOWED"));
            for (rest, body) in [
                ("/schedule-jobs", json!({ "sendAt": "2026-05-01T09:00:00Z" })),
                ("/send-jobs", json!({})),
                ("/test-sends", json!({ "addresses": ["me@example.test"] })),
            ] {
                let answer = app.admin_of(other).post(&theirs.path(rest), body).await;
                answer.refused(400, "JOURNEY_API.BROADCASTS.SCHEDULE.PREFLIGHT_BLOCKERS");
                assert!(answer.json.to_string().contains("SENDER_DOMAIN_NOT_ALLOWED"), "{rest}: {}", answer.json);
            }
            bind(&app, bound_to, &[]).await;
        }
        assert!(!has(&issues(&app, other, &theirs).await, "blocker", "SENDER_DOMAIN_NOT_ALLOWED"));
    })
    .await;
}

#[tokio::test]
async fn what_is_no_domain_is_not_bound() {
    let app = TestApp::new().await;
    for bad in ["", "a b.test", "*.bank.test", "billing@bank.test", "bank..test", "10.0.0.1", "https://bank.test"] {
        assert!(app.service.set_sender_domains(app.tenant(), vec![bad.to_owned()]).await.is_err(), "{bad}");
    }
    let nobody = TenantId::from(uuid::Uuid::nil());
    assert!(app.service.set_sender_domains(nobody, vec!["bank.test".to_owned()]).await.is_err());
}
