//! The ledger, page by page.

use crate::status::latest;
use crate::{Actor, Service, ServiceError};
use aws_lc_rs::digest::{SHA256, digest};
use postrider_core::address::{normalize_email, normalize_phone};
use postrider_core::audience::address_key;
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{CampaignId, DeliveryId, ManifestId, ScheduleId};
use postrider_store::Tx;
use postrider_store::deliveries::{Delivery, LedgerFilter};

/// Longest reason.
const REASON_CHARS_MAX: usize = 64;

/// Which part of the ledger.
#[derive(Clone)]
pub struct DeliveriesQuery {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which execution; the newest if none.
    pub schedule: Option<ScheduleId>,
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those with this reason.
    pub reason: Option<String>,
    /// Only the one at this address, in any form in which people write an address of the campaign's channel.
    pub address: Option<String>,
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
    /// `CAMPAIGNS.NOT_FOUND`, `SCHEDULE_JOBS.NOT_FOUND`; `REQUEST_INVALID` for what is no address and no reason.
    pub async fn deliveries(&self, actor: &Actor, query: DeliveriesQuery) -> Result<Page, ServiceError> {
        if let Some(reason) = query.reason.as_deref().filter(|reason| !is_reason(reason)) {
            let problem = "is not a reason: reasons are lower-case words such as consent_denied";
            return Err(Refusal::invalid("reason", Some(reason), problem).into());
        }
        let tenant = actor.tenant;
        let read = move |tx: &mut Tx<'_>| {
            let campaign = tx.campaign_get(tenant, query.campaign)?.ok_or(Code::CampaignNotFound)?;
            let filter = LedgerFilter {
                state: query.state,
                reason: query.reason.clone(),
                address_key: query.address.as_deref().map(|address| key_of(campaign.channel, address)).transpose()?,
            };
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
            let rows = tx.deliveries_page(tenant, accounts.manifest_number, query.after, &filter, query.limit + 1)?;
            Ok(page(job.id, accounts.manifest, rows, query.limit))
        };
        self.store().read("delivery.list", read).await
    }
}

/// Whether a text has the form of the reasons in the ledger.
fn is_reason(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=REASON_CHARS_MAX).contains(&text.len()) && text.chars().all(is_word)
}

/// The short form of an address by which the ledger finds it.
fn key_of(channel: ChannelKind, address: &str) -> Result<[u8; 16], Refusal> {
    let normal = match channel {
        ChannelKind::Email => normalize_email(address),
        ChannelKind::Sms => normalize_phone(address),
        ChannelKind::Push | ChannelKind::DirectMail => {
            Some(address.trim().to_owned()).filter(|address| !address.is_empty()).ok_or("is empty")
        }
    };
    let normal = normal.map_err(|problem| Refusal::invalid("address", Some(address), problem))?;
    let digest = digest(&SHA256, address_key(channel, &normal).as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&digest.as_ref()[..16]);
    Ok(key)
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
