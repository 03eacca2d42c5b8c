//! `TestApp`: the whole API in process, on a fresh database, with a clock and chance that tests set.
//!
//! In a test file beside this folder (`cfg(test)` lets its own helpers unwrap, as tests may):
//!
//! ```ignore
//! #![cfg(test)]
//!
//! mod support;
//! use support::TestApp;
//!
//! #[tokio::test]
//! async fn a_list_can_be_made() {
//!     let app = TestApp::new().await; // SQLite, one tenant, all four channels, 2026-03-01T12:00:00Z
//!     let made = app.as_admin().post("/lists", json!({ "name": "Friends" })).await; // below /public/v1, every scope
//!     assert_eq!(made.status, 201);
//!     let id = made.json["data"]["id"].as_str().unwrap();
//!
//!     let token = app.token(&[Scope::CdpListsRead]).await; // a real token, from /oauth/token
//!     let read = app.request(Method::GET, &format!("/lists/{id}"), &token, None).await;
//!     assert_eq!(read.data()["name"], "Friends"); // data() insists on success
//!
//!     let stranger = app.another_tenant().await;
//!     let hidden = app.admin_of(stranger).get(&format!("/lists/{id}")).await;
//!     hidden.refused(404, "JOURNEY_API.PUBLIC.LISTS.NOT_FOUND");
//!     app.clock.advance(60_000); // milliseconds
//! }
//! ```
//!
//! `TestApp::on(Database::Postgres)` takes the other database, `TestApp::with_channels(&[…])` other channels,
//! `TestApp::with_settings(database, |settings| …)` anything else; `.idempotent(key)` before a verb sends an
//! `Idempotency-Key`, `app.send(request)` sends any request, and `app.store` is the database itself.
#![cfg(test)]
#![expect(dead_code, reason = "each test file uses its own part of this")]

mod answer;
pub mod contract;
pub mod drafts;
pub mod ledger;
pub mod ready;
pub mod things;
mod world;

pub use answer::TestAnswer;
pub use world::{FixedClock, SeededEntropy};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use postrider_core::channel::ChannelKind;
use postrider_core::env::Entropy;
use postrider_core::id::TenantId;
use postrider_core::rate_limit::RateLimits;
use postrider_core::schedule::PolicyDefaults;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_service::auth::CreateClient;
use postrider_service::tenants::CreateTenant;
use postrider_service::{Service, Settings};
use postrider_store::Store;
use postrider_store::secrets::{Secret, SecretPurpose};
use postrider_store::testkit::{Database, fresh_store};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt as _;

/// Base path of the API.
pub const BASE: &str = "/public/v1";
/// Issuer of the tokens.
pub const ISSUER: &str = "https://mail.example.test";
/// When every test begins.
pub const START: &str = "2026-03-01T12:00:00Z";

/// The key that signs tokens, made once for all tests of a process because making one takes long.
static SIGNING_KEY: tokio::sync::OnceCell<Secret> = tokio::sync::OnceCell::const_new();

/// The API on a database of its own.
pub struct TestApp {
    /// The clock of everything in it.
    pub clock: Arc<FixedClock>,
    /// The chance of everything in it.
    pub entropy: Arc<SeededEntropy>,
    /// Its database.
    pub store: Store,
    /// Its use cases.
    pub service: Service,
    router: Router,
    tenant: TenantId,
    clients: tokio::sync::Mutex<BTreeMap<(TenantId, String), (String, String)>>,
    _folder: tempfile::TempDir,
}

impl TestApp {
    /// On SQLite, with every channel configured and one tenant.
    pub async fn new() -> Self {
        Self::on(Database::Sqlite).await
    }

    /// On either database.
    pub async fn on(database: Database) -> Self {
        Self::with_settings(database, |_| {}).await
    }

    /// On SQLite, with these channels configured.
    pub async fn with_channels(channels: &[ChannelKind]) -> Self {
        Self::with_settings(Database::Sqlite, |settings| settings.channels = channels.iter().copied().collect()).await
    }

    /// On either database, with other settings.
    pub async fn with_settings(database: Database, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh_store(database, folder.path()).await;
        let clock = Arc::new(FixedClock::at(Timestamp::parse(START).unwrap()));
        let entropy = Arc::new(SeededEntropy::new(1));
        let mut settings = Settings {
            public_url: ISSUER.to_owned(),
            issuer: ISSUER.to_owned(),
            token_lifetime_s: 3_600,
            channels: ChannelKind::ALL.iter().copied().collect(),
            policy: PolicyDefaults::default(),
            rate_limits: RateLimits::default(),
            webhook_targets: Default::default(),
            metrics: true,
            sends: false,
            node_timeout_ms: 10_000,
            cors_origins: Vec::new(),
            import_file_max_bytes: 64 * 1024 * 1024,
            import_tenant_max_bytes: 32 * 1024 * 1024,
        };
        change(&mut settings);
        let service = Service::new(store.clone(), clock.clone(), entropy.clone(), settings);
        share_signing_key(&store, &service).await;
        let router = postrider_api::router(service.clone());
        let tenant = create_tenant(&service, "Acme").await;
        let clients = tokio::sync::Mutex::default();
        Self { clock, entropy, store, service, router, tenant, clients, _folder: folder }
    }

    /// The tenant that is there from the start.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Makes another tenant.
    pub async fn another_tenant(&self) -> TenantId {
        create_tenant(&self.service, "Stranger").await
    }

    /// A token of the first tenant with these scopes.
    pub async fn token(&self, scopes: &[Scope]) -> String {
        self.token_of(self.tenant, scopes).await
    }

    /// A token of a tenant with these scopes, issued now.
    pub async fn token_of(&self, tenant: TenantId, scopes: &[Scope]) -> String {
        let (id, secret) = self.client_of(tenant, scopes).await;
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let answer = self.send(token_request(&form)).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        answer.json["access_token"].as_str().unwrap().to_owned()
    }

    /// Id and secret of a client of a tenant with these scopes, made at its first use.
    pub async fn client_of(&self, tenant: TenantId, scopes: &[Scope]) -> (String, String) {
        let words = scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
        let mut clients = self.clients.lock().await;
        if let Some(client) = clients.get(&(tenant, words.clone())) {
            return client.clone();
        }
        let command = CreateClient { tenant, name: "test".to_owned(), scopes: words.clone() };
        let made = self.service.create_client(command).await.unwrap();
        let client = (made.id.to_string(), made.secret);
        clients.insert((tenant, words), client.clone());
        client
    }

    /// Sends a request to a path below `/public/v1` with a token (none if it is empty).
    pub async fn request(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> TestAnswer {
        self.send(api_request(method, path, token, body, None)).await
    }

    /// Sends any request, and holds the answer against the OpenAPI document.
    pub async fn send(&self, mut request: Request<Body>) -> TestAnswer {
        request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("mail.example.test"));
        self.send_as_it_is(request).await
    }

    /// Sends a request without a host put to it, and holds the answer against the OpenAPI document.
    pub async fn send_as_it_is(&self, request: Request<Body>) -> TestAnswer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let answer = TestAnswer::read(response).await;
        contract::hold(&method, &path, &answer);
        answer
    }

    /// A client of the first tenant with every scope.
    pub fn as_admin(&self) -> Caller<'_> {
        self.admin_of(self.tenant)
    }

    /// A client of a tenant with every scope.
    pub fn admin_of(&self, tenant: TenantId) -> Caller<'_> {
        Caller { app: self, tenant, key: None }
    }
}

/// Somebody with every scope of a tenant. Paths are below `/public/v1`.
#[derive(Clone)]
pub struct Caller<'a> {
    app: &'a TestApp,
    tenant: TenantId,
    key: Option<String>,
}

impl Caller<'_> {
    /// The same with an `Idempotency-Key` on what it sends.
    pub fn idempotent(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub async fn get(&self, path: &str) -> TestAnswer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> TestAnswer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> TestAnswer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> TestAnswer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> TestAnswer {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> TestAnswer {
        let token = self.app.token_of(self.tenant, Scope::ALL).await;
        self.app.send(api_request(method, path, &token, body, self.key.as_deref())).await
    }
}

/// A request to a path below `/public/v1`.
pub fn api_request(method: Method, path: &str, token: &str, body: Option<Value>, key: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("{BASE}{path}")).header(header::HOST, "x");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    }
    .unwrap()
}

/// A request for a token.
pub fn token_request(form: &str) -> Request<Body> {
    Request::post("/oauth/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

async fn create_tenant(service: &Service, name: &str) -> TenantId {
    let command = CreateTenant { name: name.to_owned(), default_timezone: None, mail_cutoff: None, mail_unknown: None };
    service.create_tenant(command).await.unwrap().id
}

/// Gives the app the signing key of this process.
async fn share_signing_key(store: &Store, service: &Service) {
    let key = SIGNING_KEY.get_or_init(|| async {
        service.prepare_keys().await.unwrap();
        let key = store.read("test.key", |tx| tx.secret_get(SecretPurpose::TokenSigning)).await;
        key.unwrap().expect("a key was just made")
    });
    let key = key.await;
    store.write("test.key", move |tx| tx.secret_insert(key)).await.unwrap();
    service.prepare_keys().await.unwrap();
}

/// Chance from a seed, for tests that need some themselves.
pub fn random_uuid_v4(entropy: &SeededEntropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
