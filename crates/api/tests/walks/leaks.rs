//! What one tenant reads is the same to the byte, whatever another tenant has.

use super::routes::{ROWS, Row};
use super::support::things::{Made, Thing, make};
use super::support::{TestAnswer, TestApp, random_uuid_v4};
use axum::http::Method;
use postrider_core::id::TenantId;
use postrider_store::testkit::Database;
use serde_json::json;

const THINGS: &[Thing] = &[
    Thing::Nothing,
    Thing::Draft,
    Thing::Job,
    Thing::Delivery,
    Thing::Test,
    Thing::List,
    Thing::Audience,
    Thing::Profile,
    Thing::Template,
    Thing::Sender,
    Thing::Suppression,
    Thing::Webhook,
    Thing::WebhookDelivery,
    Thing::ImportJob,
];

/// Queries that look for what the other tenant has.
const QUERIES: &[&str] = &[
    "/campaigns?search=Spring",
    "/campaigns?tag=general&limit=100",
    "/campaigns?category=general",
    "/campaigns?executionStatus=scheduled",
    "/lists?page=2&pageSize=1",
    "/suppressions?address=gone@example.test",
];

/// Routes that change nothing.
fn reads(row: &&Row) -> bool {
    let scope = row.scope.as_str();
    row.method == Method::GET || scope.ends_with(":read") || scope.ends_with(":preview")
}

/// Everything that a tenant can read.
async fn everything(app: &TestApp, tenant: TenantId, made: &[(Thing, Made)]) -> Vec<(String, u16, String)> {
    let admin = app.admin_of(tenant);
    let mut told = Vec::new();
    let mut note = |name: String, answer: TestAnswer| {
        let body = String::from_utf8(answer.bytes.clone()).unwrap();
        told.push((name, answer.status, body.replace(answer.header("x-correlation-id"), "")));
    };
    for row in ROWS.iter().filter(reads) {
        let own = &made.iter().find(|(thing, _)| *thing == row.about).expect("one of each was made").1;
        note(row.name(), admin.send(row.method.clone(), &row.at(&own.ids), row.body(own)).await);
    }
    for query in QUERIES {
        note((*query).to_owned(), admin.get(query).await);
    }
    let draft = &made.iter().find(|(thing, _)| *thing == Thing::Draft).expect("one of each was made").1;
    for (job, body) in [
        ("send-jobs", json!({ "dryRun": true })),
        ("schedule-jobs", json!({ "dryRun": true, "sendAt": "2026-05-01T09:00:00Z" })),
    ] {
        // The rest of the answer has an id that a dry run has made up.
        let answer = admin.post(&format!("/campaigns/{}/{job}", draft.ids[0]), body).await;
        told.push((job.to_owned(), answer.status, answer.data()["plan"].to_string()));
    }
    told
}

async fn one_of_each(app: &TestApp, tenant: TenantId) -> Vec<(Thing, Made)> {
    let mut made = Vec::new();
    for thing in THINGS {
        made.push((*thing, make(app, tenant, *thing).await));
    }
    made
}

async fn tenants_do_not_see_each_other(database: Database) {
    let app = TestApp::on(database).await;
    let stranger = app.another_tenant().await;
    // Preflight warns of another tenant at the same domain unless the operator bound the domain.
    for tenant in [stranger, app.tenant()] {
        app.service.set_sender_domains(tenant, vec!["example.test".to_owned()]).await.unwrap();
    }
    let own = one_of_each(&app, stranger).await;
    let before = everything(&app, stranger, &own).await;
    let foreign = one_of_each(&app, app.tenant()).await;
    // Even what stops messages stops only their own.
    for address in ["reader1@example.test", "example.test"] {
        let body = json!({ "channel": "email", "address": address, "reason": "manual" });
        app.as_admin().post("/suppressions", body).await.data();
    }
    let after = everything(&app, stranger, &own).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
        for id in foreign.iter().flat_map(|(_, made)| made.all()) {
            assert!(!after.2.contains(id.as_str()), "{} tells of {id}", after.0);
        }
    }
}

#[tokio::test]
async fn tenants_do_not_see_each_other_on_sqlite() {
    tenants_do_not_see_each_other(Database::Sqlite).await;
}

#[tokio::test]
async fn tenants_do_not_see_each_other_on_postgres() {
    tenants_do_not_see_each_other(Database::Postgres).await;
}

#[tokio::test]
async fn keys_and_names_of_one_tenant_are_free_for_another() {
    let app = TestApp::new().await;
    let stranger = app.another_tenant().await;
    let key = random_uuid_v4(&app.entropy);
    let campaign = json!({ "campaignType": "broadcast", "name": "A", "channel": "email", "externalId": "shared-1" });
    let person = json!({ "record": { "email": "both@example.test", "customer_id": "C-1" } });
    let suppression = json!({ "channel": "email", "address": "both@example.test", "reason": "manual" });
    let list = json!({ "name": "Shared" });
    let requests =
        [("/campaigns", &campaign), ("/profiles/upsert", &person), ("/suppressions", &suppression), ("/lists", &list)];
    for (path, body) in requests {
        let ours = app.as_admin().idempotent(&key).post(path, body.clone()).await;
        let theirs = app.admin_of(stranger).idempotent(&key).post(path, body.clone()).await;
        assert_eq!(theirs.status, ours.status, "{path}: {}", theirs.json);
        assert_eq!(theirs.header("idempotent-replayed"), "", "{path}");
        assert_ne!(theirs.data()["id"], ours.data()["id"], "{path}");
    }
    // A key of a member of another tenant names nobody here.
    let theirs = make(&app, stranger, Thing::List).await;
    app.as_admin().post("/profiles/upsert", json!({ "record": { "email": "ours@example.test" } })).await.data();
    let body = json!({ "contactKeys": ["ours@example.test", "nobody@example.test"] });
    let answer = app.admin_of(stranger).post(&format!("/lists/{}/members:upsert", theirs.ids[0]), body).await;
    assert_eq!(answer.data()["notFound"], json!(["nobody@example.test", "ours@example.test"]));
    assert_eq!((&answer.data()["added"], &answer.data()["invalid"]), (&json!(0), &json!([])));
}
