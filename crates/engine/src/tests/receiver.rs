//! A receiver of events, and worlds that have one.

use super::world::*;
use crate::cluster::Cluster;
use crate::engine::all;
use postrider_core::env::{BoxFuture, Clock as _};
use postrider_core::event::{Event, EventKind, ScheduleFacts};
use postrider_core::id::{EventId, WebhookId};
use postrider_core::schedule::JobState;
use postrider_core::webhook::*;
use postrider_intake::jobs::Parsing;
use postrider_store::webhook_log::{WebhookAttempt, WebhookDelivery};
use postrider_store::webhooks::WebhookRow;
use std::sync::{Arc, Mutex};

/// Where the receiver is.
const URL: &str = "https://hooks.example.com/";

/// Keeps what it is told.
pub(crate) struct Receiver {
    status: u16,
    told: Mutex<Vec<Post>>,
    hanging: Mutex<Option<String>>,
}

impl Receiver {
    pub(crate) fn answering(status: u16) -> Arc<Self> {
        Arc::new(Self { status, told: Mutex::default(), hanging: Mutex::default() })
    }

    pub(crate) fn told(&self) -> Vec<Post> {
        self.told.lock().unwrap().clone()
    }

    /// Never answers what goes to this host.
    pub(crate) fn hang_at(&self, host: &str) {
        *self.hanging.lock().unwrap() = Some(host.to_owned());
    }
}

impl WebhookClient for Receiver {
    fn post(&self, post: Post) -> BoxFuture<'static, Result<Received, NotDelivered>> {
        let hangs = self.hanging.lock().unwrap().as_ref() == Some(&post.target.authority());
        self.told.lock().unwrap().push(post);
        let received = Received { status: self.status, retry_after: None, excerpt: "as scripted".to_owned() };
        Box::pin(async move { if hangs { std::future::pending().await } else { Ok(received) } })
    }
}

impl World {
    /// Makes an endpoint at the receiver.
    pub(crate) async fn listen(&self, _receiver: &Arc<Receiver>, events: &[EventKind]) -> WebhookId {
        self.listen_at(URL, events).await
    }

    pub(crate) async fn listen_at(&self, url: &str, events: &[EventKind]) -> WebhookId {
        let row = WebhookRow {
            id: WebhookId::new(START, &*self.entropy),
            url: url.to_owned(),
            description: None,
            events: events.to_vec(),
            enabled: true,
            disabled_reason: None,
            secret: b"0123456789abcdef0123456789abcdef".to_vec(),
            previous_secret: None,
            previous_secret_until: None,
            failing_since: None,
            last_success_at: None,
            created_at: START,
            updated_at: START,
        };
        let (tenant, id) = (self.tenant, row.id);
        self.store.write("test", move |tx| tx.webhook_insert(tenant, &row)).await.unwrap();
        id
    }

    /// A machine that carries events to the receiver.
    pub(crate) fn machine_with(&self, receiver: &Arc<Receiver>) -> Machine {
        let mut parts = self.parts();
        parts.webhooks = Some(Arc::clone(receiver) as _);
        let cluster = Arc::new(Cluster::of(parts, Parsing::InPlace));
        let tasks = all(&cluster).into_iter().map(|(task, _)| task).collect();
        Machine::of(cluster, tasks)
    }

    pub(crate) async fn run_with(&self, receiver: &Arc<Receiver>) {
        self.machine_with(receiver).until_quiet().await;
    }

    /// Tells that the world's job was paused.
    pub(crate) async fn send_event(&self) {
        self.send_events(1).await;
    }

    /// Tells it so many times, at one instant.
    pub(crate) async fn send_events(&self, number: usize) {
        let facts = ScheduleFacts::new(self.campaign, self.job, JobState::Paused);
        let event = Event::schedule(EventKind::SchedulePaused, facts);
        let (tenant, now, entropy) = (self.tenant, self.clock.now(), Arc::clone(&self.entropy));
        let send = self
            .store
            .write("test", move |tx| (0..number).try_for_each(|_| tx.event_put(tenant, &event, now, &*entropy)));
        send.await.unwrap();
    }

    pub(crate) async fn webhook(&self, webhook: WebhookId) -> WebhookRow {
        let tenant = self.tenant;
        self.store.read("test", move |tx| tx.webhook_get(tenant, webhook)).await.unwrap().unwrap()
    }

    pub(crate) async fn log(&self, webhook: WebhookId, state: Option<WebhookState>) -> Vec<WebhookDelivery> {
        let tenant = self.tenant;
        self.store.read("test", move |tx| tx.webhook_deliveries(tenant, webhook, None, state, 100)).await.unwrap()
    }

    pub(crate) async fn webhook_attempts(&self, webhook: WebhookId, event: EventId) -> Vec<WebhookAttempt> {
        let tenant = self.tenant;
        self.store.read("test", move |tx| tx.webhook_attempts(tenant, webhook, event)).await.unwrap()
    }
}
