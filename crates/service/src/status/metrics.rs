//! How a campaign went, in numbers.

use super::progress::latest;
use crate::{Actor, Service, ServiceError};
use postrider_core::delivery::Counts;
use postrider_core::error::Code;
use postrider_core::id::CampaignId;
use postrider_core::time::Timestamp;
use postrider_store::deliveries::{MinuteCount, ReasonCount};

/// The numbers of the newest execution; all nought before there is one.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Where everybody stands.
    pub counts: Counts,
    /// How many ended for which reason.
    pub by_reason: Vec<ReasonCount>,
    /// What was handed off and what failed, by minute.
    pub by_minute: Vec<MinuteCount>,
    /// When the first message was handed off.
    pub first_hand_off_at: Option<Timestamp>,
    /// When the last one was.
    pub last_hand_off_at: Option<Timestamp>,
}

impl Service {
    /// How a campaign went.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`.
    pub async fn metrics(&self, actor: &Actor, campaign: CampaignId) -> Result<Metrics, ServiceError> {
        let tenant = actor.tenant;
        self.store()
            .read("campaign.metrics", move |tx| {
                tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
                let Some((_, Some(accounts))) = latest(tx, tenant, campaign)? else {
                    return Ok(Metrics::default());
                };
                let number = accounts.manifest_number;
                let (first_hand_off_at, last_hand_off_at) = tx.hand_offs(tenant, number)?;
                Ok(Metrics {
                    counts: accounts.counts,
                    by_reason: tx.deliveries_by_reason(tenant, number)?,
                    by_minute: tx.deliveries_by_minute(tenant, number)?,
                    first_hand_off_at,
                    last_hand_off_at,
                })
            })
            .await
    }
}
