//! Carries events to the endpoints that want to know of them.
//!
//! An event is claimed under a lease, posted, and recorded under its fence; what a crash cuts off is due again when the
//! lease is over, with the same id. Invariants: no transaction is open while a post is on its way; an endpoint that is
//! slow or fails holds no more than its share of what flies, so that others do not wait for it.

mod record;
mod sign;

use crate::cluster::Cluster;
use crate::driver::{Progress, Task};
use futures_util::StreamExt as _;
use futures_util::future::{Either, FutureExt as _, select};
use futures_util::stream::FuturesUnordered;
use postrider_core::env::BoxFuture;
use postrider_core::id::WebhookId;
use postrider_core::time::{SECOND_MS, Timestamp};
use postrider_core::webhook::{LEASE_MS, NotDelivered, Post, Target, WebhookClient};
use postrider_store::StoreError;
use postrider_store::webhook_outbox::Parcel;
use record::Carried;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

/// Posts on their way at once.
const FLYING_MAX: usize = 64;
/// Posts on their way at once to one endpoint.
const FLYING_PER_ENDPOINT_MAX: usize = 4;
/// Posts on their way at once to an endpoint that took nothing since it failed.
const FLYING_PER_FAILING_ENDPOINT_MAX: usize = 1;
/// Endpoints that are looked at in one transaction.
const ENDPOINTS_PER_CLAIM: usize = 128;
/// How long a courier that ends waits for what flies, in milliseconds; the rest is sent again later.
const CLOSE_WAIT_MS: i64 = 2 * SECOND_MS;

/// The task.
pub(crate) struct Courier {
    cluster: Arc<Cluster>,
    client: Arc<dyn WebhookClient>,
    flying: FuturesUnordered<BoxFuture<'static, Carried>>,
    /// How many fly to each endpoint.
    busy: BTreeMap<WebhookId, usize>,
    /// Known and not recorded.
    carried: Vec<Carried>,
    /// The last endpoint that had its turn.
    after: WebhookId,
}

impl Courier {
    pub(crate) fn new(cluster: Arc<Cluster>, client: Arc<dyn WebhookClient>) -> Self {
        let (flying, busy, carried) = Default::default();
        Self { cluster, client, flying, busy, carried, after: first() }
    }

    async fn carry(&mut self) -> Result<Progress, StoreError> {
        self.record().await?;
        let now = self.cluster.now();
        let next = self.claim(now).await?;
        if self.flying.is_empty() {
            return Ok(Progress::Idle { next: next.filter(|&next| next > now) });
        }
        self.land_until(now.plus_millis(self.cluster.settings.poll_ms)).await;
        Ok(Progress::More)
    }

    /// Claims what is due and sends it off; answers when something is due.
    async fn claim(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let room = FLYING_MAX.saturating_sub(self.flying.len());
        if room == 0 || self.cluster.signals.is_stopping() || !self.cluster.may_send() {
            return Ok(None);
        }
        let next = self.cluster.store.read("webhook.next_due", |tx| tx.outbox_next_due()).await?;
        if next.is_none_or(|next| next > now) {
            return Ok(next);
        }
        let (after, busy, lease_until) = (self.after, self.busy.clone(), now.plus_millis(LEASE_MS));
        let claim = self.cluster.store.write_guarded("webhook.claim", move |tx| {
            let mut endpoints = tx.outbox_endpoints(after, now, ENDPOINTS_PER_CLAIM)?;
            if endpoints.is_empty() {
                endpoints = tx.outbox_endpoints(first(), now, ENDPOINTS_PER_CLAIM)?;
            }
            let (mut parcels, mut last) = (Vec::new(), first());
            for endpoint in endpoints {
                last = endpoint.webhook;
                let most = match endpoint.failing_since {
                    None => FLYING_PER_ENDPOINT_MAX,
                    Some(_) => FLYING_PER_FAILING_ENDPOINT_MAX,
                };
                let free = most.saturating_sub(busy.get(&endpoint.webhook).copied().unwrap_or_default());
                let free = free.min(room - parcels.len());
                if free > 0 {
                    parcels.extend(tx.outbox_claim(&endpoint, free, now, lease_until)?);
                }
                if parcels.len() == room {
                    break;
                }
            }
            Ok::<_, StoreError>((parcels, last))
        });
        let (parcels, last) = claim.await?;
        self.after = last;
        for parcel in parcels {
            *self.busy.entry(parcel.webhook).or_default() += 1;
            self.flying.push(self.send(parcel));
        }
        Ok(next)
    }

    /// One attempt. No transaction is open.
    fn send(&self, parcel: Parcel) -> BoxFuture<'static, Carried> {
        let (clock, client) = (Arc::clone(&self.cluster.clock), Arc::clone(&self.client));
        Box::pin(async move {
            let at = clock.now();
            let result = match Target::parse(&parcel.url) {
                Ok(target) => client.post(post(&parcel, target, at)).await,
                Err(problem) => Err(NotDelivered { reason: "url_invalid", text: format!("The URL {problem}.") }),
            };
            Carried { parcel, at, ended_at: clock.now(), result }
        })
    }

    /// Waits for a post to end, and takes all that have, until an instant at most.
    async fn land_until(&mut self, until: Timestamp) {
        let slept = self.cluster.clock.sleep_until(until);
        let landed = match select(pin!(self.flying.next()), slept).await {
            Either::Left((landed, _)) => landed,
            Either::Right(_) => None,
        };
        let mut landed = landed;
        while let Some(carried) = landed {
            let webhook = carried.parcel.webhook;
            if let Some(count) = self.busy.get_mut(&webhook) {
                *count -= 1;
                if *count == 0 {
                    self.busy.remove(&webhook);
                }
            }
            self.carried.push(carried);
            landed = self.flying.next().now_or_never().flatten();
        }
    }

    /// Writes down what is known. What could not be written down stays known.
    async fn record(&mut self) -> Result<(), StoreError> {
        if self.carried.is_empty() {
            return Ok(());
        }
        // In one order everywhere, so that two nodes do not wait for each other.
        self.carried.sort_by_key(|carried| (carried.parcel.webhook, carried.parcel.event));
        let records: Vec<_> = self.carried.iter().map(|carried| carried.conclude(self.cluster.jitter())).collect();
        let recorded = self.cluster.store.write_guarded("webhook.record", move |tx| record::record(tx, &records));
        for webhook in recorded.await? {
            tracing::warn!(%webhook, "an endpoint of webhooks was disabled");
        }
        self.carried.clear();
        Ok(())
    }

    async fn end(&mut self) {
        let until = self.cluster.now().plus_millis(CLOSE_WAIT_MS);
        while !self.flying.is_empty() && self.cluster.now() < until {
            self.land_until(until).await;
        }
        if let Err(error) = self.record().await
            && !self.cluster.is_known(&error)
        {
            tracing::warn!(%error, "recording sent events failed; they will be sent again");
        }
    }
}

impl Task for Courier {
    fn name(&self) -> &'static str {
        "courier"
    }

    fn tick(&mut self) -> BoxFuture<'_, Result<Progress, StoreError>> {
        Box::pin(self.carry())
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(self.end())
    }
}

/// Before every endpoint.
fn first() -> WebhookId {
    WebhookId::from(uuid::Uuid::nil())
}

fn post(parcel: &Parcel, target: Target, at: Timestamp) -> Post {
    let (id, timestamp_s) = (parcel.event.to_string(), at.as_millis().div_euclid(SECOND_MS));
    let signature = sign::signature(&parcel.secrets, &id, timestamp_s, &parcel.body);
    Post { target, id, timestamp_s, signature, body: parcel.body.clone() }
}
