//! One request for every code. A code without a request that provokes it does not compile.

use super::scenes::{Failing, Gate, Import, alter, odd_campaign, of_the_other_model, versionless};
use super::support::drafts::content as content_of;
use super::support::ledger::ended;
use super::support::ready::{Ready, ready};
use super::support::{Caller, TestAnswer, TestApp, api_request};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request};
use postrider_core::channel::ChannelKind::{DirectMail, Email, Sms};
use postrider_core::content::TemplateStatus;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::import::OPEN_JOBS_MAX;
use postrider_core::rate_limit::RateClass;
use postrider_core::schedule::JobState;
use postrider_core::scope::Scope;
use postrider_core::time::Timestamp;
use postrider_core::webhook::ENDPOINTS_MAX;
use postrider_service::ServiceError;
use postrider_service::auth::CreateClient;
use postrider_store::StoreError;
use postrider_store::execution::JobMove;
use serde_json::{Value, json};
use uuid::Uuid;

/// An id that nobody has.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const KEY: &str = "6f1c2f4e-7d0b-4c1e-9a53-2b8f6f0f9a11";

const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// What came of a provocation.
pub struct Provoked {
    /// The refusal.
    pub told: Told,
    /// Names of its `details`.
    pub details: &'static [&'static str],
}

/// To whom a refusal was told.
pub enum Told {
    /// To a client of the API.
    Http(TestAnswer),
    /// To the operator, whose commands call the use cases without HTTP.
    Operator(Refusal),
}

fn plain(answer: TestAnswer) -> Provoked {
    Provoked { told: Told::Http(answer), details: &[] }
}

fn field(answer: TestAnswer) -> Provoked {
    Provoked { told: Told::Http(answer), details: &["path", "value"] }
}

fn operator<T>(result: Result<T, ServiceError>) -> Provoked {
    match result.err() {
        Some(ServiceError::Refused(refusal)) => Provoked { told: Told::Operator(refusal), details: &[] },
        other => panic!("a refusal is expected, not {other:?}"),
    }
}

/// Makes the state and sends the request whose answer is this code.
pub async fn provoke(code: Code) -> Provoked {
    let app = &TestApp::new().await;
    let admin = &app.as_admin();
    match code {
        Code::RequestInvalid => field(admin.post("/campaigns", json!({ "name": 7 })).await),
        Code::BodyTooLarge => too_large(app).await,
        Code::BodyTooSlow => too_slow(app).await,
        Code::EncodingUnsupported => {
            let gzip = |request: &mut Request<Body>| drop(request.headers_mut().insert("content-encoding", GZIP));
            field(changed(app, gzip).await)
        }
        Code::HostInvalid => {
            let two = |request: &mut Request<Body>| assert!(request.headers_mut().append("host", GZIP));
            field(changed(app, two).await)
        }
        Code::OriginNotAllowed => preflight(app).await,
        Code::RouteNotFound => plain(admin.get("/nowhere").await),
        Code::MethodNotAllowed => plain(admin.delete("/tenant").await),
        Code::Internal => without_store(app, StoreError::Failed(Failing::SECRET.to_owned())).await,
        Code::Unavailable => without_store(app, StoreError::Busy(Failing::SECRET.to_owned())).await,
        Code::DatabaseFull => without_store(app, StoreError::Full).await,
        Code::DatabaseReadOnly => without_store(app, StoreError::ReadOnly(Failing::SECRET.to_owned())).await,
        Code::DatabaseUnreachable => without_store(app, StoreError::Silent(Failing::SECRET.to_owned())).await,
        Code::Unauthorized => plain(app.request(Method::GET, "/tenant", "", None).await),
        Code::TokenInvalid => plain(app.request(Method::GET, "/tenant", "nonsense", None).await),
        Code::TokenExpired => {
            let token = app.token(&[Scope::TenantRead]).await;
            app.clock.advance(3_600_000);
            plain(app.request(Method::GET, "/tenant", &token, None).await)
        }
        Code::InsufficientScope => {
            let token = app.token(&[Scope::TenantRead]).await;
            let answer = app.request(Method::GET, "/campaigns", &token, None).await;
            Provoked { told: Told::Http(answer), details: &["granted", "required"] }
        }
        Code::RateLimited => {
            app.service.set_rate_limits(app.tenant(), vec![(RateClass::Read, Some(1))]).await.unwrap();
            let token = app.token(&[Scope::TenantRead]).await;
            app.request(Method::GET, "/tenant", &token, None).await.data();
            let answer = app.request(Method::GET, "/tenant", &token, None).await;
            Provoked { told: Told::Http(answer), details: &["class", "limit", "retryAfterSeconds", "windowSeconds"] }
        }
        Code::IdempotencyKeyInvalid => field(admin.clone().idempotent("1").post("/lists", json!({})).await),
        Code::IdempotencyKeyReused => {
            admin.clone().idempotent(KEY).post("/lists", json!({ "name": "One" })).await.data();
            plain(admin.clone().idempotent(KEY).post("/lists", json!({ "name": "Two" })).await)
        }
        Code::IdempotencyInProgress => in_progress(app).await,
        Code::CampaignNotFound => plain(admin.get(&format!("/campaigns/{NOBODY}")).await),
        Code::TypeUnsupported => {
            let body = json!({ "campaignType": "journey", "name": "Long", "channel": "email" });
            plain(admin.post("/campaigns", body).await)
        }
        Code::NotDraft => {
            let campaign = scheduled(app).await;
            plain(admin.put(&format!("{campaign}/schedule"), json!({ "mode": "now" })).await)
        }
        Code::CampaignInFlight => plain(admin.delete(&scheduled(app).await).await),
        Code::CampaignArchived => {
            let campaign = format!("/campaigns/{}", app.draft(Email).await);
            admin.post(&format!("{campaign}/archive"), json!({})).await.data();
            plain(admin.patch(&campaign, json!({ "name": "Late" })).await)
        }
        Code::ExternalIdTaken => {
            let body = json!({ "campaignType": "broadcast", "name": "A", "channel": "sms", "externalId": "x-1" });
            admin.post("/campaigns", body.clone()).await.data();
            field(admin.post("/campaigns", body).await)
        }
        Code::VersionMissing => {
            let campaign = odd_campaign(app, Email, versionless).await;
            plain(admin.post(&format!("/campaigns/{campaign}/send-jobs"), json!({})).await)
        }
        Code::ContentRequired => {
            let campaign = app.draft(Email).await;
            plain(admin.post(&format!("/campaigns/{campaign}/send-jobs"), json!({})).await)
        }
        Code::ContentTemplateNotFound => content(app, json!({ "templateId": NOBODY })).await,
        Code::ContentChannelMismatch => content(app, json!({ "templateId": app.template(Sms).await })).await,
        Code::ContentSenderProfileNotFound => {
            let template = app.template(Email).await;
            content(app, json!({ "templateId": template, "senderProfileId": NOBODY })).await
        }
        Code::TemplateNotPublished => {
            let template = app.template_of(app.tenant(), Email, TemplateStatus::Draft, content_of(Email)).await;
            content(app, json!({ "templateId": template })).await
        }
        Code::AudienceRequired => {
            let campaign = app.draft(Email).await;
            let template = json!({ "templateId": app.template(Email).await });
            admin.put(&format!("/campaigns/{campaign}/content"), template).await.data();
            plain(admin.post(&format!("/campaigns/{campaign}/send-jobs"), json!({})).await)
        }
        Code::AudienceNotFound => {
            let campaign = app.draft(Email).await;
            let body = json!({ "include": [{ "audienceId": NOBODY, "type": "audience" }] });
            field(admin.put(&format!("/campaigns/{campaign}/audience"), body).await)
        }
        Code::ScheduleJobNotFound => {
            let campaign = app.draft(Email).await;
            plain(admin.get(&format!("/campaigns/{campaign}/schedule-jobs/{NOBODY}")).await)
        }
        Code::TestSendNotFound => {
            let campaign = app.draft(Email).await;
            plain(admin.get(&format!("/campaigns/{campaign}/test-sends/{NOBODY}")).await)
        }
        Code::DeliveryNotFound => {
            let campaign = app.draft(Email).await;
            plain(admin.get(&format!("/campaigns/{campaign}/deliveries/{NOBODY}.1")).await)
        }
        Code::SendAtRequired => intent(app, json!({ "mode": "at" })).await,
        Code::SendAtInvalid => intent(app, json!({ "mode": "at", "sendAt": "2026-02-30T09:00:00Z" })).await,
        Code::BatchDateRequired => mail_intent(app, json!({ "mode": "batch_on_date" })).await,
        Code::BatchDateInvalid => mail_intent(app, json!({ "mode": "batch_on_date", "batchDate": "2026-02-28" })).await,
        Code::TimezoneInvalid => intent(app, json!({ "mode": "now", "timezone": "Mars/Olympus" })).await,
        Code::InvalidForChannel => {
            let campaign = app.draft(DirectMail).await;
            plain(admin.post(&format!("/campaigns/{campaign}/send-jobs"), json!({})).await)
        }
        Code::UnsupportedChannel => intent(app, json!({ "mode": "batch_on_date", "batchDate": "2026-05-01" })).await,
        Code::UnsupportedType => {
            let original = ready(app, Email).await.campaign.parse().unwrap();
            let campaign = alter(app, original, of_the_other_model).await;
            plain(admin.post(&format!("/campaigns/{campaign}/schedule-jobs"), json!({})).await)
        }
        Code::PlanChanged => plan_changed(app).await,
        Code::AlreadyFinished => {
            let campaign = ready(app, Email).await;
            let job = admin.post(&campaign.path("/send-jobs"), json!({})).await.data()["scheduleId"].clone();
            let job = campaign.path(&format!("/schedule-jobs/{}", job.as_str().unwrap()));
            admin.delete(&job).await.data();
            plain(admin.delete(&job).await)
        }
        Code::AlreadyStarted => already_started(app).await,
        Code::SendJobNotMovable => {
            let campaign = ready(app, Email).await;
            let job = admin.post(&campaign.path("/send-jobs"), json!({})).await.data()["scheduleId"].clone();
            let job = campaign.path(&format!("/schedule-jobs/{}", job.as_str().unwrap()));
            plain(admin.patch(&job, json!({ "sendAt": "2026-05-01T09:00:00Z" })).await)
        }
        Code::NotFinished => {
            let campaign = scheduled(app).await;
            plain(admin.post(&format!("{campaign}/retry-failed"), json!({})).await)
        }
        Code::NothingToRetry => {
            let campaign = ready(app, Email).await;
            let job = admin.post(&campaign.path("/send-jobs"), json!({})).await;
            ended(app, app.tenant(), job.data(), Some("mailbox_unavailable")).await;
            plain(admin.post(&campaign.path("/retry-failed"), json!({})).await)
        }
        Code::NotRunning => {
            let campaign = app.draft(Email).await;
            plain(admin.post(&format!("/campaigns/{campaign}/pause"), json!({})).await)
        }
        Code::NotPaused => {
            let campaign = scheduled(app).await;
            plain(admin.post(&format!("{campaign}/resume"), json!({})).await)
        }
        Code::PreflightBlockers => {
            let campaign = app.draft(Email).await;
            let list = app.list(app.tenant(), "Nobody").await;
            let body = json!({ "include": [{ "audienceId": list, "type": "audience" }] });
            admin.put(&format!("/campaigns/{campaign}/audience"), body).await.data();
            let body = json!({ "templateId": app.template(Email).await });
            admin.put(&format!("/campaigns/{campaign}/content"), body).await.data();
            let answer = admin.post(&format!("/campaigns/{campaign}/send-jobs"), json!({})).await;
            Provoked { told: Told::Http(answer), details: &["issues"] }
        }
        Code::ListNotFound => plain(admin.get(&format!("/lists/{NOBODY}")).await),
        Code::ListInUse => plain(admin.delete(&format!("/lists/{}", list_named_by_rule(app).await)).await),
        Code::RuleNotFound => plain(admin.get(&format!("/audiences/{NOBODY}")).await),
        Code::AudienceInUse => audience_in_use(app).await,
        Code::ProfileNotFound => plain(admin.get(&format!("/profiles/{NOBODY}")).await),
        Code::ProfileKeyTaken => {
            profile(admin, json!({ "email": "a@example.test", "customer_id": "1" })).await.data();
            field(profile(admin, json!({ "email": "b@example.test", "customer_id": "1" })).await)
        }
        Code::ProfileMatchAmbiguous => {
            for email in ["a@example.test", "b@example.test"] {
                profile(admin, json!({ "email": email, "phone": "+4930123456" })).await.data();
            }
            let body = json!({ "record": { "phone": "+4930123456" }, "matchKey": "phone" });
            field(admin.post("/profiles/upsert", body).await)
        }
        Code::ProfileAttributeKind => {
            profile(admin, json!({ "email": "a@example.test", "points": 50 })).await.data();
            field(profile(admin, json!({ "email": "b@example.test", "points": "many" })).await)
        }
        Code::ImportFileInvalid => field(Import::new(app).await.file("\u{0}\u{1}\u{2}").await),
        Code::ImportMappingInvalid => {
            let import = Import::new(app).await;
            import.file("email\na@example.test\n").await.data();
            field(import.mapping(json!({ "columns": { "shoe": "email" } })).await)
        }
        Code::ImportNotFound => plain(admin.get(&format!("/import-jobs/{NOBODY}")).await),
        Code::ImportFileTooLarge => field(admin.post("/import-jobs", json!({ "fileSize": u64::MAX })).await),
        Code::ImportStorageFull => field(Import::new(app).await.of_length("40000000").await),
        Code::ImportLimitReached => {
            for _ in 0..OPEN_JOBS_MAX {
                Import::new(app).await;
            }
            plain(admin.post("/import-jobs", json!({})).await)
        }
        Code::ImportFileMissing => plain(Import::new(app).await.start().await),
        Code::ImportMappingRequired => {
            let import = Import::new(app).await;
            import.file("Kontakt\na@example.test\n").await.data();
            plain(import.start().await)
        }
        Code::ImportAlreadyStarted => {
            let import = Import::new(app).await;
            import.file("email\na@example.test\n").await.data();
            import.start().await.data();
            plain(import.start().await)
        }
        Code::ImportUploadSuperseded => plain(Import::new(app).await.superseded().await),
        Code::ImportUploadUrlInvalid => {
            plain(app.send(Request::put("/import-uploads/nonsense").body(Body::empty()).unwrap()).await)
        }
        Code::TemplateNotFound => plain(admin.get(&format!("/templates/{NOBODY}")).await),
        Code::TemplateInvalid => {
            let body = json!({ "name": "Broken", "channel": "sms", "content": { "text": "{{ first_name" } });
            field(admin.post("/templates", body).await)
        }
        Code::TemplateArchived => {
            let template = format!("/templates/{}", app.template(Email).await);
            admin.post(&format!("{template}/archive"), json!({})).await.data();
            plain(admin.post(&format!("{template}/publish"), json!({})).await)
        }
        Code::TemplateInUse => {
            let campaign = ready(app, Email).await;
            plain(admin.delete(&format!("/templates/{}", campaign.template)).await)
        }
        Code::SenderProfileNotFound => plain(admin.get(&format!("/sender-profiles/{NOBODY}")).await),
        Code::SenderProfileInUse => {
            let campaign = ready(app, Email).await;
            plain(admin.delete(&format!("/sender-profiles/{}", campaign.sender)).await)
        }
        Code::WebhookNotFound => plain(admin.get(&format!("/webhooks/{NOBODY}")).await),
        Code::WebhookDeliveryNotFound => {
            let webhook = webhook(app, true).await;
            plain(admin.get(&format!("/webhooks/{webhook}/deliveries/{NOBODY}")).await)
        }
        Code::WebhookTargetRefused => {
            let body = json!({ "url": "https://169.254.169.254/", "events": ["schedule.held"] });
            field(admin.post("/webhooks", body).await)
        }
        Code::WebhookLimitReached => {
            for _ in 0..ENDPOINTS_MAX {
                webhook(app, true).await;
            }
            let body = json!({ "url": "https://hooks.example.com/", "events": ["schedule.held"] });
            plain(admin.post("/webhooks", body).await)
        }
        Code::WebhookDisabled => {
            let webhook = webhook(app, false).await;
            plain(admin.post(&format!("/webhooks/{webhook}/test"), json!({})).await)
        }
        Code::SenderDomainNotAllowed => {
            app.service.set_sender_domains(app.tenant(), vec!["ours.test".to_owned()]).await.unwrap();
            let body = json!({ "name": "S", "channel": "email", "fromEmail": "a@theirs.test", "fromName": "A" });
            field(admin.post("/sender-profiles", body).await)
        }
        Code::SuppressionNotFound => plain(admin.get(&format!("/suppressions/{NOBODY}")).await),
        Code::TenantNotFound => {
            let tenant = TenantId::from(Uuid::nil());
            let command = CreateClient { tenant, name: "app".to_owned(), scopes: "tenant:read".to_owned() };
            operator(app.service.create_client(command).await)
        }
        Code::ClientNotFound => operator(app.service.disable_client(app.tenant(), ClientId::from(Uuid::nil())).await),
    }
}

async fn too_large(app: &TestApp) -> Provoked {
    let token = app.token(&[Scope::CdpProfilesWrite]).await;
    let mut request = api_request(Method::POST, "/records/profiles/upsert-batch", &token, Some(json!({})), None);
    *request.body_mut() = Body::from(vec![b' '; 10 * 1024 * 1024 + 1]);
    field(app.send(request).await)
}

/// A request with a body, changed.
async fn changed(app: &TestApp, change: impl FnOnce(&mut Request<Body>)) -> TestAnswer {
    let token = app.token(&[Scope::TenantUpdate]).await;
    let mut request = api_request(Method::PATCH, "/tenant", &token, Some(json!({})), None);
    change(&mut request);
    app.send(request).await
}

/// A body that arrives so slowly that the listener gives it up.
async fn too_slow(app: &TestApp) -> Provoked {
    let late = futures_util::stream::iter([Err::<Vec<u8>, _>(std::io::Error::from(std::io::ErrorKind::TimedOut))]);
    plain(changed(app, |request| *request.body_mut() = Body::from_stream(late)).await)
}

/// The question of a browser before it sends what a page of a stranger asks for.
async fn preflight(app: &TestApp) -> Provoked {
    let request = Request::options("/public/v1/tenant")
        .header("origin", "https://stranger.example")
        .header("access-control-request-method", "GET");
    plain(app.send(request.body(Body::empty()).unwrap()).await)
}

/// A read of a store that fails.
async fn without_store(app: &TestApp, failure: StoreError) -> Provoked {
    let token = app.token(&[Scope::TenantRead]).await;
    Failing::of(app, failure);
    let answer = app.request(Method::GET, "/tenant", &token, None).await;
    let text = String::from_utf8_lossy(&answer.bytes);
    assert!(!text.contains(Failing::SECRET), "what failed is for the log alone: {text}");
    plain(answer)
}

/// The first request waits inside the store while the second comes with its key.
async fn in_progress(app: &TestApp) -> Provoked {
    let admin = app.as_admin().idempotent(KEY);
    let gate = Gate::before(app, "lists.create");
    let first = admin.post("/lists", json!({ "name": "One" }));
    let second = async {
        gate.arrived.acquire().await.unwrap().forget();
        let answer = admin.post("/lists", json!({ "name": "One" })).await;
        gate.open.add_permits(1);
        answer
    };
    let (first, second) = tokio::join!(first, second);
    first.data();
    plain(second)
}

/// Path of a campaign with a job.
async fn scheduled(app: &TestApp) -> String {
    committed(app).await.0.path("")
}

/// A campaign with a job, and the job's id.
async fn committed(app: &TestApp) -> (Ready, String) {
    let campaign = ready(app, Email).await;
    let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
    let job = app.as_admin().post(&campaign.path("/schedule-jobs"), body).await.data()["scheduleId"].clone();
    (campaign, job.as_str().unwrap().to_owned())
}

async fn content(app: &TestApp, body: Value) -> Provoked {
    let campaign = app.draft(Email).await;
    field(app.as_admin().put(&format!("/campaigns/{campaign}/content"), body).await)
}

async fn intent(app: &TestApp, body: Value) -> Provoked {
    let campaign = app.draft(Email).await;
    field(app.as_admin().put(&format!("/campaigns/{campaign}/schedule"), body).await)
}

async fn mail_intent(app: &TestApp, body: Value) -> Provoked {
    let campaign = app.draft(DirectMail).await;
    field(app.as_admin().put(&format!("/campaigns/{campaign}/schedule"), body).await)
}

async fn plan_changed(app: &TestApp) -> Provoked {
    let (admin, campaign) = (app.as_admin(), ready(app, Email).await);
    let path = campaign.path("/schedule-jobs");
    let body = json!({ "sendAt": "2026-05-01T09:00:00Z", "dryRun": true });
    let digest = admin.post(&path, body).await.data()["plan"]["digest"].clone();
    let body = json!({ "sendAt": "2026-05-01T10:00:00Z", "expectPlan": digest });
    Provoked { told: Told::Http(admin.post(&path, body).await), details: &["changes"] }
}

async fn profile(admin: &Caller<'_>, record: Value) -> TestAnswer {
    admin.post("/profiles/upsert", json!({ "record": record, "matchKey": "email" })).await
}

/// As the engine begins it.
async fn already_started(app: &TestApp) -> Provoked {
    let (campaign, job) = committed(app).await;
    let (tenant, schedule) = (app.tenant(), job.parse().unwrap());
    let change = JobMove {
        tenant,
        job: schedule,
        from: JobState::Scheduled,
        to: JobState::Running,
        blocked_reason: None,
        due_by: None,
        started_at: Some(Timestamp::from_millis(0)),
        finished_at: None,
    };
    assert!(app.store.write("test", move |tx| tx.job_move(&change)).await.unwrap());
    let body = json!({ "sendAt": "2026-06-01T09:00:00Z" });
    plain(app.as_admin().patch(&campaign.path(&format!("/schedule-jobs/{job}")), body).await)
}

/// A list that a rule names.
async fn list_named_by_rule(app: &TestApp) -> String {
    let list = app.list(app.tenant(), "Named").await;
    let body = json!({ "name": "Members", "rule": { "inList": list } });
    app.as_admin().post("/audiences", body).await.data();
    list
}

/// An audience by rule of a campaign that is scheduled.
async fn audience_in_use(app: &TestApp) -> Provoked {
    let admin = &app.as_admin();
    let campaign = ready(app, Email).await;
    let body = json!({ "name": "All", "rule": { "field": "email", "op": "exists" } });
    let audience = admin.post("/audiences", body).await.data()["id"].clone();
    let body = json!({ "include": [{ "audienceId": audience, "type": "segment" }] });
    admin.put(&campaign.path("/audience"), body).await.data();
    admin.post(&campaign.path("/schedule-jobs"), json!({ "sendAt": "2026-05-01T09:00:00Z" })).await.data();
    plain(admin.delete(&format!("/audiences/{}", audience.as_str().unwrap())).await)
}

async fn webhook(app: &TestApp, enabled: bool) -> String {
    let body = json!({ "url": "https://hooks.example.com/", "events": ["schedule.held"], "enabled": enabled });
    app.as_admin().post("/webhooks", body).await.data()["id"].as_str().unwrap().to_owned()
}
