//! Events, written in the transaction of their effect: a row for each endpoint that wants to know.
//!
//! Where nobody wants to know nothing is written, and the only cost is one look-up by primary key. Sending them is
//! [`crate::webhook_outbox`]'s. Invariant: the body of an event is made once, here, and is the same over all attempts.

use crate::chunks::Claim;
use crate::error::StoreError;
use crate::ledger::Change;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Value, id};
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::env::Entropy;
use postrider_core::event::{BounceFacts, DeliveryFacts, Event, EventKind, Facts, RecipientFacts, ScheduleFacts};
use postrider_core::id::{CampaignId, DeliveryId, EventId, ManifestId, ProfileId, ScheduleId, TenantId, WebhookId};
use postrider_core::time::Timestamp;
use serde_json::{Map, Value as Json, json};

statements! { "events":
    SUBSCRIBED = "SELECT endpoint_id FROM webhook_subscriptions WHERE tenant_id = $1 AND kind = $2 \
        ORDER BY endpoint_id";
    /// The manifest of deliveries, with who wants to know of them: nothing if nobody does, or if it is a test's.
    SUBSCRIBED_TO = "SELECT s.kind, s.endpoint_id, m.tenant_id, m.id, j.id, j.campaign_id, j.channel \
        FROM manifests m JOIN schedule_jobs j ON j.id = m.schedule_id \
        JOIN webhook_subscriptions s ON s.tenant_id = m.tenant_id AND s.kind IN ($1, $2) \
        WHERE m.number = $3 AND j.is_test = $4 ORDER BY s.kind, s.endpoint_id";
    /// Of a manifest whose tenant was read.
    PROFILE = "SELECT profile_id FROM deliveries WHERE manifest_number = $1 AND seq = $2";
    DOUBTFUL = "SELECT d.seq, d.attempt FROM deliveries d WHERE d.manifest_number = $1 AND d.seq BETWEEN $2 AND $3 \
        AND d.state = 'pending' AND d.attempt > 0 AND EXISTS (SELECT 1 FROM attempts a \
        WHERE a.manifest_number = d.manifest_number AND a.seq = d.seq AND a.outcome = 'uncertain') ORDER BY d.seq";
    INSERT = "INSERT INTO webhook_deliveries (endpoint_id, event_id, tenant_id, kind, body, state, attempt, \
        round_attempt, fence, due_at, created_at) VALUES ($1, $2, $3, $4, $5, 'pending', 0, 0, 0, $6, $7)";
}

/// Who wants to know of the recipients of a manifest, and what all of them have in common.
struct Audience {
    subscribers: Vec<(EventKind, WebhookId)>,
    tenant: TenantId,
    manifest: ManifestId,
    schedule: ScheduleId,
    campaign: CampaignId,
    channel: ChannelKind,
}

impl Tx<'_> {
    /// Stores an event for every endpoint of the tenant that wants to know of its kind; usually that is none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn event_put(
        &mut self,
        tenant: TenantId,
        event: &Event,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let subscribers: Vec<WebhookId> =
            self.query_as(&SUBSCRIBED, &[id(tenant), event.kind.as_str().into()], |row| row.id())?;
        if subscribers.is_empty() {
            return Ok(());
        }
        let rows = rows(tenant, event, now, entropy, subscribers.into_iter());
        self.execute_many(&INSERT, &rows).map(drop)
    }

    /// Stores an event for each recipient of a manifest who failed or became uncertain, if somebody wants to know.
    /// Costs nothing if there is no such change, and one look-up for all of them if nobody wants to know.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn event_put_deliveries<'c>(
        &mut self,
        manifest: i64,
        changes: impl Iterator<Item = &'c Change>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let told: Vec<_> = changes.filter_map(|change| Some((change.to.event()?, change))).collect();
        if told.is_empty() {
            return Ok(());
        }
        let Some(audience) = self.audience(manifest)? else { return Ok(()) };
        let mut inserts = Vec::new();
        for (kind, change) in told {
            let mut wanting = audience.subscribers.iter().filter(|(wanted, _)| *wanted == kind).peekable();
            if wanting.peek().is_none() {
                continue;
            }
            let profile = self.query_one(&PROFILE, &[manifest.into(), change.seq.into()], |row| row.id())?;
            let Some(profile) = profile else { continue };
            let facts = audience.facts(profile, change);
            let event = Event { kind, facts: Facts::Delivery(facts) };
            inserts.extend(rows(audience.tenant, &event, now, entropy, wanting.map(|(_, endpoint)| *endpoint)));
        }
        self.execute_many(&INSERT, &inserts).map(drop)
    }

    /// Those of a chunk whose waiting would end `uncertain` (see [`Tx::ledger_give_up`]): their sequence numbers and
    /// attempts. None if nobody wants to know.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn event_doubtful(&mut self, claim: &Claim) -> Result<Vec<(i64, u32)>, StoreError> {
        if self.audience(claim.key.manifest)?.is_none() {
            return Ok(Vec::new());
        }
        let values = [claim.key.manifest.into(), claim.first_seq.into(), claim.last_seq.into()];
        self.query_as(&DOUBTFUL, &values, |row| {
            Ok((row.next()?, u32::try_from(row.next::<i64>()?).unwrap_or_default()))
        })
    }

    fn audience(&mut self, manifest: i64) -> Result<Option<Audience>, StoreError> {
        let kinds = [EventKind::DeliveryFailed, EventKind::DeliveryUncertain].map(|kind| kind.as_str().into());
        let [failed, uncertain] = kinds;
        let found = self.query_as(&SUBSCRIBED_TO, &[failed, uncertain, manifest.into(), false.into()], |row| {
            let subscriber = (row.word(EventKind::parse)?, row.id()?);
            let (tenant, manifest, schedule, campaign) = (row.id()?, row.id()?, row.id()?, row.id()?);
            let channel = row.word(ChannelKind::parse)?;
            Ok(Audience { subscribers: vec![subscriber], tenant, manifest, schedule, campaign, channel })
        })?;
        Ok(found.into_iter().reduce(|mut all, next| {
            all.subscribers.extend(next.subscribers);
            all
        }))
    }
}

impl Audience {
    fn facts(&self, profile: ProfileId, change: &Change) -> DeliveryFacts {
        let seq = u64::try_from(change.seq).unwrap_or_default();
        DeliveryFacts {
            campaign: self.campaign,
            schedule: self.schedule,
            delivery: DeliveryId::of(self.manifest, seq),
            profile,
            channel: self.channel,
            state: change.to,
            attempts: change.attempts,
            reason: change.reason.map(str::to_owned),
        }
    }
}

/// One row for each endpoint; the event, and so its id, is one.
fn rows(
    tenant: TenantId,
    event: &Event,
    now: Timestamp,
    entropy: &dyn Entropy,
    subscribers: impl Iterator<Item = WebhookId>,
) -> Vec<Vec<Value>> {
    let event_id = EventId::new(now, entropy);
    let body = body(event.kind.as_str(), now, data(&event.facts));
    subscribers
        .map(|endpoint| {
            let kind = event.kind.as_str().into();
            vec![id(endpoint), id(event_id), id(tenant), kind, (&body).into(), now.into(), now.into()]
        })
        .collect()
}

/// The body of a message as Standard Webhooks shapes it (standard-webhooks specification, "Payload structure").
pub(crate) fn body(kind: &str, at: Timestamp, data: Json) -> String {
    let mut body = Map::new();
    body.insert("type".into(), kind.into());
    body.insert("timestamp".into(), at.to_string().into());
    body.insert("data".into(), data);
    Json::Object(body).to_string()
}

fn data(facts: &Facts) -> Json {
    match facts {
        Facts::Schedule(facts) => schedule(facts),
        Facts::Delivery(facts) => json!({
            "campaignId": facts.campaign.to_string(),
            "scheduleId": facts.schedule.to_string(),
            "deliveryId": facts.delivery.to_string(),
            "profileId": facts.profile.to_string(),
            "channel": facts.channel.as_str(),
            "state": facts.state.as_str(),
            "attempts": facts.attempts,
            "reason": facts.reason,
        }),
        Facts::Bounce(BounceFacts { suppression, channel }) => json!({
            "suppressionId": suppression.to_string(),
            "channel": channel.as_str(),
        }),
        Facts::Recipient(RecipientFacts { profile, channel, delivery }) => json!({
            "profileId": profile.to_string(),
            "channel": channel.as_str(),
            "deliveryId": delivery.to_string(),
        }),
    }
}

fn schedule(facts: &ScheduleFacts) -> Json {
    let mut data = json!({
        "campaignId": facts.campaign.to_string(),
        "scheduleId": facts.schedule.to_string(),
        "state": facts.state.as_str(),
    });
    let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.to_string().into());
    let optional: [(&str, Option<Json>); 4] = [
        ("scheduledFor", instant(facts.scheduled_for)),
        ("previouslyScheduledFor", instant(facts.previously_for)),
        ("reason", facts.reason.as_deref().map(Json::from)),
        ("counts", facts.counts.as_ref().map(counts)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            data[name] = value;
        }
    }
    data
}

/// Under the names that the status of a campaign has.
fn counts(counts: &Counts) -> Json {
    json!({
        "frozen": counts.frozen(),
        "pending": counts.of(DeliveryState::Pending),
        "inFlight": counts.of(DeliveryState::InFlight),
        "sent": counts.of(DeliveryState::Sent),
        "failed": counts.of(DeliveryState::Failed),
        "suppressed": counts.of(DeliveryState::Suppressed),
        "skipped": counts.of(DeliveryState::Skipped),
        "expired": counts.of(DeliveryState::Expired),
        "canceled": counts.of(DeliveryState::Canceled),
        "uncertain": counts.of(DeliveryState::Uncertain),
    })
}
