//! States of the world that requests alone do not make: rows that only a broken program leaves, a store that fails.

use super::support::TestApp;
use postrider_core::channel::ChannelKind;
use postrider_core::env::BoxFuture;
use postrider_core::id::CampaignId;
use postrider_core::schedule::{Intent, Mode, TimezoneSource};
use postrider_core::time::Timestamp;
use postrider_store::StoreError;
use postrider_store::campaigns::Campaign;
use postrider_store::probe::Probe;
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
