//! `POST /campaigns/{id}/clone`

use super::details::{NAME_CHARS_MAX, name_fits};
use super::get::view;
use super::{AudienceBinding, CampaignView};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::campaign::{AuthoringStatus, ExecutionStatus};
use postrider_core::error::Code;
use postrider_core::id::{CampaignId, TenantId, VersionId};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaigns::Campaign;

/// What the name of a copy ends with.
const COPY_SUFFIX: &str = " (copy)";

impl Service {
    /// Makes a draft of a campaign in any state: with its audience and content, without its schedule and external id.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `CAMPAIGNS.NOT_FOUND`.
    pub async fn clone_campaign(
        &self,
        actor: &Actor,
        original: CampaignId,
        name: Option<String>,
        reply: Reply<CampaignView>,
    ) -> Result<Answered, ServiceError> {
        if let Some(name) = &name {
            name_fits(name)?;
        }
        let (now, entropy, tenant) = (self.now(), self.entropy(), actor.tenant);
        let ids = (CampaignId::new(now, &*entropy), VersionId::new(now, &*entropy));
        let effect = move |tx: &mut Tx<'_>| copy(tx, tenant, original, name.as_deref(), ids, now);
        let answered = self.answer_once("campaign.clone", actor, reply, effect).await?;
        self.nudge_audiences();
        Ok(answered)
    }
}

fn copy(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    original: CampaignId,
    name: Option<&str>,
    (id, version): (CampaignId, VersionId),
    now: Timestamp,
) -> Result<CampaignView, ServiceError> {
    let CampaignView { campaign: original, audiences, .. } = view(tx, tenant, original)?;
    let copy = Campaign {
        id,
        name: name.map_or_else(|| copy_name(&original.name), str::to_owned),
        external_id: None,
        authoring_status: AuthoringStatus::Draft,
        execution_status: ExecutionStatus::NotScheduled,
        current_version_id: Some(version),
        intent: None,
        created_at: now,
        updated_at: now,
        archived_at: None,
        ..original
    };
    if !tx.campaign_insert(tenant, &copy)? {
        // Without an external id nothing can be in its way.
        return Err(Code::Internal.into());
    }
    let bindings: Vec<AudienceBinding> = audiences.into_iter().map(|audience| audience.binding).collect();
    tx.campaign_audiences_replace(tenant, id, &bindings)?;
    if !bindings.is_empty() {
        tx.reach_request(tenant, id, now, false)?;
    }
    view(tx, tenant, id)
}

/// The name of a copy, the original's cut so that the whole fits.
fn copy_name(name: &str) -> String {
    let kept = NAME_CHARS_MAX - COPY_SUFFIX.len();
    name.chars().take(kept).chain(COPY_SUFFIX.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_copy_fits() {
        assert_eq!(copy_name("Spring"), "Spring (copy)");
        let longest = copy_name(&"é".repeat(NAME_CHARS_MAX));
        assert_eq!(longest.chars().count(), NAME_CHARS_MAX);
        assert!(longest.ends_with("é (copy)"));
    }
}
