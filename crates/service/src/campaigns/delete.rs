//! `DELETE /campaigns/{id}`

use super::get::campaign_of;
use super::not_in_flight;
use crate::{Actor, Service, ServiceError};
use postrider_core::id::CampaignId;

impl Service {
    /// Deletes a campaign for its clients; what it has sent stays on the books.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`, `CAMPAIGNS.IN_FLIGHT`.
    pub async fn delete_campaign(&self, actor: &Actor, campaign: CampaignId) -> Result<(), ServiceError> {
        let (now, tenant) = (self.now(), actor.tenant);
        let delete = self.store().write("campaign.delete", move |tx| {
            not_in_flight(&campaign_of(tx, tenant, campaign)?)?;
            tx.campaign_delete(tenant, campaign, now)?;
            Ok(())
        });
        delete.await
    }
}
