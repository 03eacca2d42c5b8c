//! The ledger, page by page.

use crate::status::latest;
use crate::{Actor, Service, ServiceError};
use postrider_core::delivery::DeliveryState;
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, DeliveryId, ManifestId, ScheduleId};
use postrider_store::Tx;
use postrider_store::deliveries::Delivery;

/// Which part of the ledger.
#[derive(Debug, Clone, Copy)]
pub struct DeliveriesQuery {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which execution; the newest if none.
    pub schedule: Option<ScheduleId>,
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// After this place (0 for the first).
    pub after: i64,
    /// How many at most.
    pub limit: i64,
}

/// One recipient.
#[derive(Debug, Clone)]
pub struct DeliveryView {
    /// Its id.
    pub id: DeliveryId,
    /// The ledger's row.
    pub delivery: Delivery,
}

/// A page of the ledger.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The execution, so that later pages are of the same one.
    pub schedule: Option<ScheduleId>,
    /// The recipients.
    pub items: Vec<DeliveryView>,
    /// Where the next page begins; none after the last.
    pub next: Option<i64>,
}

impl Service {
    /// A page of a campaign's ledger.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `SCHEDULE_JOBS.NOT_FOUND`.
    pub async fn deliveries(&self, actor: &Actor, query: DeliveriesQuery) -> Result<Page, ServiceError> {
        let tenant = actor.tenant;
        let read = move |tx: &mut Tx<'_>| {
            tx.campaign_get(tenant, query.campaign)?.ok_or(Code::CampaignNotFound)?;
            let job = match query.schedule {
                Some(schedule) => {
                    let own = tx.schedule_get(tenant, schedule)?;
                    let own = own.filter(|job| job.campaign == query.campaign && !job.is_test);
                    Some(own.ok_or(Code::ScheduleJobNotFound)?)
                }
                None => latest(tx, tenant, query.campaign)?.map(|(job, _)| job),
            };
            let Some(job) = job else { return Ok(Page::default()) };
            let Some(accounts) = tx.accounts(tenant, job.id)? else {
                return Ok(Page { schedule: Some(job.id), ..Page::default() });
            };
            let rows =
                tx.deliveries_page(tenant, accounts.manifest_number, query.after, query.state, query.limit + 1)?;
            Ok(page(job.id, accounts.manifest, rows, query.limit))
        };
        self.store().read("delivery.list", read).await
    }
}

fn page(schedule: ScheduleId, manifest: ManifestId, mut rows: Vec<Delivery>, limit: i64) -> Page {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.seq);
    let items = rows.into_iter().map(|delivery| view(manifest, delivery)).collect();
    Page { schedule: Some(schedule), items, next }
}

pub(super) fn view(manifest: ManifestId, delivery: Delivery) -> DeliveryView {
    let seq = u64::try_from(delivery.seq).unwrap_or_default();
    DeliveryView { id: DeliveryId::of(manifest, seq), delivery }
}
