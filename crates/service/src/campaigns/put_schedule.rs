//! `PUT /campaigns/{id}/schedule`

use super::get::view;
use super::{CampaignView, draft_of, tenant_time};
use crate::{Actor, Service, ServiceError};
use postrider_core::id::CampaignId;
use postrider_core::schedule::{IntentCommand, IntentFacts, decide_intent};

impl Service {
    /// Stores when a draft should go. Nothing is published, scheduled or sent by it.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `NOT_DRAFT`, and what [`decide_intent`] answers.
    pub async fn put_campaign_schedule(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        command: IntentCommand,
    ) -> Result<CampaignView, ServiceError> {
        let (now, tenant) = (self.now(), actor.tenant);
        let put = self.store().write("campaign.put_schedule", move |tx| {
            let draft = draft_of(tx, tenant, campaign)?;
            let facts = IntentFacts {
                channel: draft.channel,
                authoring_status: draft.authoring_status,
                tenant: tenant_time(tx, tenant)?,
            };
            let intent = decide_intent(&facts, &command, now)?;
            tx.campaign_set_intent(tenant, campaign, &intent, now)?;
            view(tx, tenant, campaign)
        });
        put.await
    }
}
