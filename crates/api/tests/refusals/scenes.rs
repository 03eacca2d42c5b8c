//! States of the world that requests alone do not make: rows that only a broken program leaves, a store that fails.

use super::support::{TestAnswer, TestApp, api_request};
use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Method, Request};
use postrider_core::channel::ChannelKind;
use postrider_core::env::BoxFuture;
use postrider_core::id::CampaignId;
use postrider_core::schedule::{Intent, Mode, TimezoneSource};
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::campaigns::Campaign;
use postrider_store::probe::Probe;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A copy of an empty draft with something changed that no request can change.
pub async fn odd_campaign(
    app: &TestApp,
    channel: ChannelKind,
    change: impl Fn(&mut Campaign) + Send + Sync + 'static,
) -> String {
    let draft: CampaignId = app.draft(channel).await.parse().unwrap();
    alter(app, draft, change).await
}

/// A copy of a campaign, its audience with it, with something changed that no request can change.
pub async fn alter(
    app: &TestApp,
    original: CampaignId,
    change: impl Fn(&mut Campaign) + Send + Sync + 'static,
) -> String {
    let tenant = app.tenant();
    let id = CampaignId::new(Timestamp::from_millis(0), &*app.entropy);
    let copied = app.store.write("test.alter", move |tx| {
        let mut campaign = tx.campaign_get(tenant, original)?.expect("the test has just made it");
        campaign.id = id;
        campaign.external_id = None;
        change(&mut campaign);
        tx.campaign_insert(tenant, &campaign)?;
        let audiences = tx.campaign_audiences(tenant, original)?;
        let bindings: Vec<_> = audiences.into_iter().map(|audience| audience.binding).collect();
        tx.campaign_audiences_replace(tenant, id, &bindings)
    });
    copied.await.unwrap();
    id.to_string()
}

/// Without the version that a job would send.
pub fn versionless(campaign: &mut Campaign) {
    campaign.current_version_id = None;
}

/// With an intent of the scheduling model that its channel does not have.
pub fn of_the_other_model(campaign: &mut Campaign) {
    campaign.intent = Some(other_model(campaign.channel));
}

/// An intent of the scheduling model that a channel does not have.
fn other_model(channel: ChannelKind) -> Intent {
    let is_digital = channel.is_digital();
    Intent {
        mode: if is_digital { Mode::BatchOnDate } else { Mode::At },
        send_at_text: (!is_digital).then(|| "2026-05-01T09:00:00Z".to_owned()),
        send_at: None,
        batch_date: is_digital.then(|| "2026-05-01".to_owned()),
        timezone: "UTC".to_owned(),
        timezone_source: TimezoneSource::UtcFallback,
        resolution: None,
    }
}

/// A store of which every transaction fails.
pub struct Failing(StoreError);

impl Failing {
    /// What no answer may tell.
    pub const SECRET: &str = "10.1.2.3: SELECT";

    pub fn of(app: &TestApp, failure: StoreError) {
        app.store.set_probe(Arc::new(Self(failure)));
    }
}

impl Probe for Failing {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(Err(self.0.clone())))
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Keeps every transaction of one name waiting until it is let through.
pub struct Gate {
    op: &'static str,
    pub arrived: Semaphore,
    pub open: Semaphore,
}

impl Gate {
    pub fn before(app: &TestApp, op: &'static str) -> Arc<Self> {
        let gate = Arc::new(Self { op, arrived: Semaphore::new(0), open: Semaphore::new(0) });
        app.store.set_probe(gate.clone());
        gate
    }
}

impl Probe for Gate {
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if op == self.op {
                self.arrived.add_permits(1);
                self.open.acquire().await.unwrap().forget();
            }
            Ok(())
        })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// An import job that waits for its file.
pub struct Import<'a> {
    app: &'a TestApp,
    path: String,
    upload_token: String,
}

impl<'a> Import<'a> {
    pub async fn new(app: &'a TestApp) -> Self {
        let made = app.as_admin().post("/import-jobs", json!({ "format": "csv" })).await;
        let text = |name: &str| made.data()[name].as_str().unwrap().to_owned();
        let upload_token = text("uploadUrl").rsplit('/').next().unwrap().to_owned();
        Self { app, path: format!("/import-jobs/{}", text("id")), upload_token }
    }

    /// Sends a file.
    pub async fn file(&self, text: &str) -> TestAnswer {
        self.body(Body::from(text.to_owned())).await
    }

    /// Begins to send a file whose length the head names.
    pub async fn of_length(&self, bytes: &'static str) -> TestAnswer {
        let mut request = self.request().await;
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static(bytes));
        self.app.send(request).await
    }

    async fn body(&self, body: Body) -> TestAnswer {
        let mut request = self.request().await;
        *request.body_mut() = body;
        self.app.send(request).await
    }

    async fn request(&self) -> Request<Body> {
        let token = self.app.token(&[Scope::CdpImportsWrite]).await;
        api_request(Method::PUT, &format!("{}/file", self.path), &token, None, None)
    }

    pub async fn mapping(&self, body: Value) -> TestAnswer {
        self.app.as_admin().post(&format!("{}/mapping", self.path), body).await
    }

    pub async fn start(&self) -> TestAnswer {
        self.app.as_admin().post(&format!("{}/start", self.path), json!({})).await
    }

    /// While the file comes, somebody else begins to send one.
    pub async fn superseded(&self) -> TestAnswer {
        let (service, token) = (self.app.service.clone(), self.upload_token.clone());
        let file = futures_util::stream::once(async move {
            drop(service.begin_import_upload_by_token(&token, None, None).await.unwrap());
            Ok::<_, std::io::Error>("email\na@example.test\n")
        });
        self.body(Body::from_stream(file)).await
    }
}
