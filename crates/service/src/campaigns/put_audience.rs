//! `PUT /campaigns/{id}/audience`

use super::audience::audiences_exist;
use super::get::view;
use super::{AudienceCommand, CampaignView, draft_of};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::CampaignId;

impl Service {
    /// Replaces all audiences of a draft.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `CAMPAIGNS.NOT_FOUND`, `NOT_DRAFT`, `AUDIENCE.NOT_FOUND`.
    pub async fn put_campaign_audience(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        command: &AudienceCommand,
    ) -> Result<CampaignView, ServiceError> {
        let bindings = command.bindings()?;
        let (now, tenant) = (self.now(), actor.tenant);
        let put = self.store().write("campaign.put_audience", move |tx| {
            draft_of(tx, tenant, campaign)?;
            audiences_exist(tx, tenant, &bindings)?;
            tx.campaign_audiences_replace(tenant, campaign, &bindings)?;
            tx.reach_request(tenant, campaign, now, false)?;
            tx.campaign_touch(tenant, campaign, now)?;
            view(tx, tenant, campaign)
        });
        let put = put.await?;
        self.nudge_audiences();
        Ok(put)
    }
}
