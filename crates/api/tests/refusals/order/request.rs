//! A request that deserves refusals, and the state that it meets.

use crate::support::things::{Made, Thing, make};
use crate::support::{self, TestAnswer, TestApp, api_request, random_uuid_v4};
use axum::body::Body;
use axum::http::Method;
use postrider_core::channel::ChannelKind;
use postrider_core::content::TemplateStatus;
use postrider_core::error::Code;
use postrider_core::id::CampaignId;
use postrider_core::rate_limit::RateClass;
use postrider_core::scope::Scope;
use postrider_store::statement::Statement;
use postrider_store::testkit::Database;
use postrider_store::value::id;
use serde_json::{Value, json};

/// An id that nobody has.
pub const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// With whose token a request comes.
pub enum Bearer {
    Good,
    /// None at all.
    Absent,
    Garbled,
    /// With every scope but the one that is needed.
    Narrow,
}

/// A request, good unless a guilt has spoilt it.
pub struct Request {
    pub bearer: Bearer,
    /// The token has no request left.
    pub is_spent: bool,
    pub key: Option<String>,
    /// The key belongs to an earlier request, which was good.
    pub is_reused: bool,
    pub is_too_large: bool,
    pub body: Value,
    /// The ids of the path.
    pub ids: Vec<String>,
    /// Requests that come before, as path below the campaign.
    pub before: Vec<(Method, &'static str)>,
    /// Changes of the campaign's rows that no request can make; `$1` is its id.
    pub broken: Vec<&'static str>,
}

/// One refusal and what deserves it.
pub struct Guilt {
    pub code: Code,
    /// `details.path`, where the code alone does not tell which refusal it is.
    pub path: &'static str,
    /// What it takes hold of: two that share one cannot be deserved at once.
    pub takes: &'static [Part],
    pub commit: fn(&mut Request, &Made),
}

/// A part of a request, or of what it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Token,
    Key,
    /// The campaign, whole.
    Campaign,
    /// The ids of the path.
    Path,
    Channel,
    State,
    Version,
    Template,
    Audience,
    Intent,
    Job,
    /// A field of the body; two fields are two parts.
    Field(&'static str),
    /// The body, whole.
    Body,
}

impl Part {
    /// Whether two guilts that take hold of these cannot be one request's.
    fn excludes(self, other: Self) -> bool {
        let is_field = |part| matches!(part, Self::Field(_) | Self::Body);
        let is_state = |part| {
            matches!(part, Self::Version | Self::State | Self::Template | Self::Audience | Self::Intent | Self::Job)
        };
        self == other
            || self == Self::Body && is_field(other)
            || other == Self::Body && is_field(self)
            || self == Self::Campaign && is_state(other)
            || other == Self::Campaign && is_state(self)
    }
}

/// An operation, and how a good request of it looks.
pub struct Operation {
    pub method: Method,
    /// Below `/public/v1`, with `{}` for the ids.
    pub path: &'static str,
    pub scope: Scope,
    /// A draft or a job; nothing, if the path has no ids.
    pub about: Thing,
    /// The body, with `$list` and the like for ids of the caller's own.
    pub body: &'static str,
}

/// Where requests are sent, with what they name.
struct Stage {
    app: TestApp,
    made: Made,
    good: String,
    narrow: String,
}

impl Operation {
    fn at(&self, ids: &[String]) -> String {
        filled(self.path, ids)
    }

    /// Sends every request that deserves two refusals, and every one that deserves one.
    pub async fn refuses_in_order(&self, guilts: &[Guilt]) {
        let stage = self.stage(TestApp::new().await).await;
        let mute = TestApp::with_settings(Database::Sqlite, |settings| settings.channels.clear()).await;
        let mute = self.stage(mute).await;
        let good = self.answer(&stage, &[]).await;
        assert!((200..300).contains(&good.status), "{} {}: {}", self.method, self.path, good.json);
        for (first, earlier) in guilts.iter().enumerate() {
            self.is_first(&stage, &mute, earlier, None).await;
            for later in &guilts[first + 1..] {
                let excluded = |part: &Part| later.takes.iter().any(|other| part.excludes(*other));
                if !earlier.takes.iter().any(excluded) {
                    self.is_first(&stage, &mute, earlier, Some(later)).await;
                }
            }
        }
    }

    async fn stage(&self, app: TestApp) -> Stage {
        let about = if self.about == Thing::Job { Thing::Draft } else { self.about };
        let mut made = make(&app, app.tenant(), about).await;
        made.name("smsTemplate", app.template(ChannelKind::Sms).await);
        let content = support::drafts::content(ChannelKind::Email);
        let draft = app.template_of(app.tenant(), ChannelKind::Email, TemplateStatus::Draft, content).await;
        made.name("draftTemplate", draft);
        let taken = json!({ "campaignType": "broadcast", "name": "A", "channel": "sms", "externalId": "taken" });
        app.as_admin().post("/campaigns", taken).await.data();
        let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| *scope != self.scope).collect();
        let (good, narrow) = (app.token(Scope::ALL).await, app.token(&others).await);
        Stage { app, made, good, narrow }
    }

    async fn is_first(&self, stage: &Stage, mute: &Stage, first: &Guilt, second: Option<&Guilt>) {
        let guilts: Vec<&Guilt> = [Some(first), second].into_iter().flatten().collect();
        let is_mute = guilts.iter().any(|guilt| guilt.code == Code::PreflightBlockers);
        let answer = self.answer(if is_mute { mute } else { stage }, &guilts).await;
        let beside = second.map_or("nothing else", |second| second.code.as_str());
        let error = &answer.json["error"];
        let name = format!("{} {}: {} {} beside {beside}", self.method, self.path, first.code.as_str(), first.path);
        assert_eq!(error["code"], first.code.as_str(), "{name}: {error}");
        if !first.path.is_empty() {
            assert_eq!(error["details"]["path"], first.path, "{name}");
        }
    }

    /// What a request gets that is guilty of these.
    async fn answer(&self, stage: &Stage, guilts: &[&Guilt]) -> TestAnswer {
        let ids = self.fresh(stage).await;
        let good = stage.made.fill(self.body);
        let mut request = Request {
            bearer: Bearer::Good,
            is_spent: false,
            key: None,
            is_reused: false,
            is_too_large: false,
            body: good.clone(),
            ids: ids.clone(),
            before: Vec::new(),
            broken: Vec::new(),
        };
        guilts.iter().for_each(|guilt| (guilt.commit)(&mut request, &stage.made));
        let admin = stage.app.as_admin();
        if request.is_reused {
            let key = random_uuid_v4(&stage.app.entropy);
            admin.clone().idempotent(&key).send(self.method.clone(), &self.at(&ids), Some(good)).await.data();
            request.key = Some(key);
        }
        for (method, path) in &request.before {
            let body = (*method == Method::POST).then(|| json!({}));
            admin.send(method.clone(), &filled(path, &ids), body).await.data();
        }
        for sql in request.broken.clone() {
            let campaign: CampaignId = ids[0].parse().unwrap();
            let statement = Statement { name: "test.break", sqlite: sql, postgres: sql };
            let broken = stage.app.store.write("test.break", move |tx| tx.execute(&statement, &[id(campaign)]));
            broken.await.unwrap();
        }
        self.send(stage, &request).await
    }

    /// A campaign that nobody has touched, and its job if the operation is about one.
    async fn fresh(&self, stage: &Stage) -> Vec<String> {
        let Some(original) = stage.made.ids.first() else { return Vec::new() };
        let admin = stage.app.as_admin();
        let copy = admin.post(&format!("/campaigns/{original}/clone"), json!({})).await.data()["id"].clone();
        let mut ids = vec![copy.as_str().unwrap().to_owned()];
        if self.about == Thing::Job {
            let body = json!({ "sendAt": "2026-05-01T09:00:00Z" });
            let job = admin.post(&format!("/campaigns/{}/schedule-jobs", ids[0]), body).await;
            ids.push(job.data()["scheduleId"].as_str().unwrap().to_owned());
        }
        ids
    }

    async fn send(&self, stage: &Stage, request: &Request) -> TestAnswer {
        let app = &stage.app;
        if request.is_spent {
            return self.send_spent(stage, request).await;
        }
        let token = match request.bearer {
            Bearer::Good => &stage.good,
            Bearer::Absent => "",
            Bearer::Garbled => "nonsense",
            Bearer::Narrow => &stage.narrow,
        };
        app.send(self.written(request, token)).await
    }

    /// The second request of a token that has one.
    async fn send_spent(&self, stage: &Stage, request: &Request) -> TestAnswer {
        let app = &stage.app;
        let limit = async |limit| {
            let classes = RateClass::ALL.iter().filter(|class| **class != RateClass::Token);
            let limits = classes.map(|class| (*class, limit)).collect();
            app.service.set_rate_limits(app.tenant(), limits).await.unwrap();
            // What the node knows of the tenant is 2 seconds old at most.
            app.clock.advance(2_000);
        };
        limit(Some(1)).await;
        let token = match request.bearer {
            Bearer::Good => app.token(Scope::ALL).await,
            Bearer::Narrow => {
                let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| *scope != self.scope).collect();
                app.token(&others).await
            }
            Bearer::Absent => String::new(),
            Bearer::Garbled => "nonsense".to_owned(),
        };
        app.send(self.written(request, &token)).await;
        let answer = app.send(self.written(request, &token)).await;
        limit(None).await;
        answer
    }

    fn written(&self, request: &Request, token: &str) -> axum::http::Request<Body> {
        let body = (!request.body.is_null()).then(|| request.body.clone());
        let mut written = api_request(self.method.clone(), &self.at(&request.ids), token, body, request.key.as_deref());
        if request.is_too_large {
            *written.body_mut() = Body::from(vec![b' '; 10 * 1024 * 1024 + 1]);
        }
        written
    }
}

/// A path with ids in the place of `{}`.
fn filled(path: &str, ids: &[String]) -> String {
    ids.iter().fold(path.to_owned(), |path, id| path.replacen("{}", id, 1))
}
