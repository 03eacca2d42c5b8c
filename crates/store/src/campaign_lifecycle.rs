//! What becomes of a campaign besides being sent: renamed, put away, deleted.

use crate::campaigns::{Campaign, tags_text};
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::id;
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::time::Timestamp;

statements! { "campaign_lifecycle":
    UPDATE = "UPDATE campaigns SET name = $1, description = $2, category = $3, tags = $4, external_id = $5, \
        metadata = $6, updated_at = $7 WHERE tenant_id = $8 AND id = $9 AND deleted_at IS NULL \
        AND authoring_status <> 'archived' AND NOT EXISTS (SELECT 1 FROM campaigns o WHERE o.tenant_id = $8 \
        AND o.external_id = $5 AND o.id <> $9 AND o.deleted_at IS NULL)";
    ARCHIVE = "UPDATE campaigns SET authoring_status = 'archived', archived_at = $1, updated_at = $1 \
        WHERE tenant_id = $2 AND id = $3 AND deleted_at IS NULL AND authoring_status <> 'archived' \
        AND execution_status NOT IN ('scheduled', 'running', 'paused', 'held')";
    DELETE = "UPDATE campaigns SET deleted_at = $1, updated_at = $1 \
        WHERE tenant_id = $2 AND id = $3 AND deleted_at IS NULL \
        AND execution_status NOT IN ('scheduled', 'running', 'paused', 'held')";
}

impl Tx<'_> {
    /// Writes back what a campaign is called and filed under. False if it is archived or gone, or if its external
    /// id belongs to another one that is alive.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_update(&mut self, tenant: TenantId, campaign: &Campaign) -> Result<bool, StoreError> {
        let values = [
            (&campaign.name).into(),
            campaign.description.as_ref().into(),
            (&campaign.category).into(),
            tags_text(&campaign.tags).into(),
            campaign.external_id.as_ref().into(),
            campaign.metadata.as_ref().into(),
            campaign.updated_at.into(),
            id(tenant),
            id(campaign.id),
        ];
        Ok(self.execute(&UPDATE, &values)? == 1)
    }

    /// Puts a campaign away; false if it was already, is gone, or has a job under way.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_archive(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&ARCHIVE, &[now.into(), id(tenant), id(campaign)])? == 1)
    }

    /// Deletes a campaign softly; false if it is gone or has a job under way.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_delete(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(&DELETE, &[now.into(), id(tenant), id(campaign)])? == 1)
    }
}
