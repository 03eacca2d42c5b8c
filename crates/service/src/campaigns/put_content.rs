//! `PUT /campaigns/{id}/content`

use super::content::content_fits;
use super::get::view;
use super::{CampaignView, ContentCommand, draft_of};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::CampaignId;

impl Service {
    /// Replaces the content of a draft.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `CAMPAIGNS.NOT_FOUND`, `NOT_DRAFT`, `CONTENT.TEMPLATE_NOT_FOUND`,
    /// `CONTENT.CHANNEL_MISMATCH`, `TEMPLATE_NOT_PUBLISHED`, `CONTENT.SENDER_PROFILE_NOT_FOUND`.
    pub async fn put_campaign_content(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        command: &ContentCommand,
    ) -> Result<CampaignView, ServiceError> {
        let content = command.content()?;
        let (now, tenant) = (self.now(), actor.tenant);
        let put = self.store().write("campaign.put_content", move |tx| {
            let draft = draft_of(tx, tenant, campaign)?;
            content_fits(tx, tenant, draft.channel, &content)?;
            tx.campaign_set_content(tenant, campaign, &content, now)?;
            view(tx, tenant, campaign)
        });
        put.await
    }
}
