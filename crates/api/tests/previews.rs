//! Previews that meet others, and previews that take too long.

#![cfg(test)]

mod support;

use axum::http::Method;
use postrider_core::env::BoxFuture;
use postrider_core::id::TenantId;
use postrider_core::scope::Scope;
use postrider_service::audiences::PREVIEW_MAX;
use postrider_store::StoreError;
use postrider_store::probe::Probe;
use postrider_store::rules::LOOKED_AT_MAX;
use postrider_store::testkit::Database;
use serde_json::{Value, json};
use std::sync::Arc;
use support::{FixedClock, TestAnswer, TestApp};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

const DATABASES: [Database; 2] = [Database::Sqlite, Database::Postgres];
/// The transaction that looks at a page of profiles.
const LOOK: &str = "audiences.preview";

fn everybody() -> Value {
    json!({ "rule": { "field": "email", "op": "exists" } })
}

/// Keeps every look waiting until it is let through.
struct Gate {
    arrived: Semaphore,
    open: Semaphore,
}

impl Gate {
    async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }
}

impl Probe for Gate {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if op == LOOK {
                self.arrived.add_permits(1);
                self.open.acquire().await.unwrap().forget();
            }
            Ok(())
        })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Lets the time of a preview pass with each look.
struct Slow(Arc<FixedClock>);

impl Probe for Slow {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }

    fn after(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        if op == LOOK {
            self.0.advance(i64::try_from(PREVIEW_MAX.as_millis()).unwrap());
        }
        Box::pin(async { Ok(()) })
    }
}

fn preview(app: &Arc<TestApp>, tenant: TenantId) -> JoinHandle<TestAnswer> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let token = app.token_of(tenant, &[Scope::CdpAudiencesPreview]).await;
        app.request(Method::POST, "/audiences/preview", &token, Some(everybody())).await
    })
}

#[tokio::test]
async fn the_second_preview_of_a_tenant_waits_and_that_of_another_tenant_does_not() {
    for database in DATABASES {
        let app = Arc::new(TestApp::on(database).await);
        let (tenant, stranger) = (app.tenant(), app.another_tenant().await);
        let gate = Arc::new(Gate { arrived: Semaphore::new(0), open: Semaphore::new(0) });
        app.store.set_probe(gate.clone());
        let first = preview(&app, tenant);
        gate.arrival().await;
        let second = preview(&app, tenant);
        let other = preview(&app, stranger);
        gate.arrival().await;
        assert_eq!(gate.arrived.available_permits(), 0, "the second one of the tenant has not begun to look");
        // If the second arrival were that of the second preview, the other tenant's would now not end.
        gate.open.add_permits(2);
        for ended in [first, other] {
            assert_eq!(ended.await.unwrap().data()["isExact"], true);
        }
        gate.arrival().await;
        gate.open.add_permits(1);
        assert_eq!(second.await.unwrap().data()["isExact"], true);
    }
}

#[tokio::test]
async fn a_preview_that_runs_out_of_time_returns_what_it_has_found_and_says_so() {
    for database in DATABASES {
        let app = TestApp::on(database).await;
        let admin = app.as_admin();
        let records: Vec<Value> =
            (0..=LOOKED_AT_MAX).map(|n| json!({ "email": format!("p{n}@example.test") })).collect();
        admin.post("/records/profiles/upsert-batch", json!({ "records": records })).await.data();
        let exact = admin.post("/audiences/preview", everybody()).await;
        assert_eq!((&exact.data()["matchCount"], &exact.data()["isExact"]), (&json!(LOOKED_AT_MAX + 1), &json!(true)));
        app.store.set_probe(Arc::new(Slow(app.clock.clone())));
        let partial = admin.post("/audiences/preview", everybody()).await;
        let data = partial.data();
        assert_eq!((&data["matchCount"], &data["isExact"]), (&json!(LOOKED_AT_MAX), &json!(false)));
        assert_eq!(data["sampleRecords"].as_array().unwrap().len(), 10);
    }
}
