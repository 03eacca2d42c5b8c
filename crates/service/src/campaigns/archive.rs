//! `POST /campaigns/{id}/archive`

use super::get::{campaign_of, view};
use super::{CampaignView, not_in_flight};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::CampaignId;
use postrider_store::Tx;

impl Service {
    /// Puts a campaign away. One that is away already stays as it is.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `CAMPAIGNS.IN_FLIGHT`.
    pub async fn archive_campaign(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        reply: Reply<CampaignView>,
    ) -> Result<Answered, ServiceError> {
        let (now, tenant) = (self.now(), actor.tenant);
        let effect = move |tx: &mut Tx<'_>| {
            not_in_flight(&campaign_of(tx, tenant, campaign)?)?;
            tx.campaign_archive(tenant, campaign, now)?;
            view(tx, tenant, campaign)
        };
        self.answer_once("campaign.archive", actor, reply, effect).await
    }
}
