//! `PATCH /campaigns/{id}`

use super::get::{campaign_of, view};
use super::{CampaignView, Details, external_id_taken};
use crate::{Actor, Service, ServiceError};
use postrider_core::campaign::AuthoringStatus;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaigns::Campaign;

/// What changes; what is none stays, an inner none clears.
#[derive(Debug, Clone, Default)]
pub struct UpdateCampaign {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<Option<String>>,
    /// New category, which takes the place of the old one among the tags.
    pub category: Option<String>,
    /// New tags.
    pub tags: Option<Vec<String>>,
    /// New external id.
    pub external_id: Option<Option<String>>,
    /// New metadata: the text of a JSON object.
    pub metadata: Option<Option<String>>,
}

impl UpdateCampaign {
    /// Checks the form of what changes, whatever the campaign is like.
    ///
    /// # Errors
    /// `REQUEST_INVALID` with the path.
    fn fits(&self) -> Result<(), Refusal> {
        let details = Details {
            name: self.name.clone().unwrap_or_else(|| "unchanged".to_owned()),
            description: self.description.clone().flatten(),
            category: self.category.clone(),
            tags: self.tags.clone().unwrap_or_default(),
            external_id: self.external_id.clone().flatten(),
            metadata: self.metadata.clone().flatten(),
        };
        details.checked().map(drop)
    }

    /// What the campaign is called and filed under afterwards.
    fn details(&self, campaign: &Campaign) -> Details {
        let other_tags = || campaign.tags.iter().filter(|tag| **tag != campaign.category).cloned().collect();
        Details {
            name: self.name.clone().unwrap_or_else(|| campaign.name.clone()),
            description: self.description.clone().unwrap_or_else(|| campaign.description.clone()),
            category: self.category.clone().or_else(|| Some(campaign.category.clone())),
            tags: self.tags.clone().unwrap_or_else(other_tags),
            external_id: self.external_id.clone().unwrap_or_else(|| campaign.external_id.clone()),
            metadata: self.metadata.clone().unwrap_or_else(|| campaign.metadata.clone()),
        }
    }
}

impl Service {
    /// Changes what a campaign is called and filed under, in any state but archived.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `CAMPAIGNS.NOT_FOUND`, `CAMPAIGNS.ARCHIVED`, `EXTERNAL_ID_TAKEN`.
    pub async fn update_campaign(
        &self,
        actor: &Actor,
        campaign: CampaignId,
        changes: UpdateCampaign,
    ) -> Result<CampaignView, ServiceError> {
        changes.fits()?;
        let (now, tenant) = (self.now(), actor.tenant);
        self.store().write("campaign.update", move |tx| update(tx, tenant, campaign, &changes, now)).await
    }
}

fn update(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: CampaignId,
    changes: &UpdateCampaign,
    now: Timestamp,
) -> Result<CampaignView, ServiceError> {
    let campaign = campaign_of(tx, tenant, id)?;
    if campaign.authoring_status == AuthoringStatus::Archived {
        return Err(Code::CampaignArchived.into());
    }
    let details = changes.details(&campaign).checked()?;
    let changed = Campaign {
        name: details.name,
        description: details.description,
        category: details.category.unwrap_or_default(),
        tags: details.tags,
        external_id: details.external_id,
        metadata: details.metadata,
        updated_at: now,
        ..campaign
    };
    if !tx.campaign_update(tenant, &changed)? {
        return Err(external_id_taken(changed.external_id.as_deref()));
    }
    view(tx, tenant, id)
}
