//! Use cases of the campaigns: from a draft to what a job can send.
//!
//! Jobs are elsewhere (`schedules`). Invariant: what a `PUT` checks, the seed of a new campaign is checked for too,
//! by the same function.

mod archive;
mod audience;
mod clone;
mod content;
mod create;
mod delete;
mod details;
mod get;
mod list;
mod put_audience;
mod put_content;
mod put_schedule;
mod update;

pub use audience::{AudienceCommand, AudienceRef};
pub use content::ContentCommand;
pub use create::CreateCampaign;
pub use details::Details;
pub use get::CampaignView;
pub use list::ListCampaigns;
pub use postrider_store::campaign_audiences::{AudienceBinding, BoundAudience};
pub use postrider_store::campaigns::Campaign;
pub use update::UpdateCampaign;

pub(crate) use content::is_published;
pub(crate) use get::{campaign_of, schedule_of, view as campaign_view};

use crate::ServiceError;
use postrider_core::campaign::{AuthoringStatus, CampaignType};
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::schedule::TenantTime;
use postrider_store::Tx;

/// A campaign that may be edited.
fn draft_of(tx: &mut Tx<'_>, tenant: TenantId, campaign: CampaignId) -> Result<Campaign, ServiceError> {
    let campaign = campaign_of(tx, tenant, campaign)?;
    if campaign.campaign_type != CampaignType::Broadcast {
        return Err(Code::TypeUnsupported.into());
    }
    if campaign.authoring_status != AuthoringStatus::Draft {
        return Err(Code::NotDraft.into());
    }
    Ok(campaign)
}

/// Refuses what cannot be done while a job is under way.
fn not_in_flight(campaign: &Campaign) -> Result<(), ServiceError> {
    if campaign.execution_status.in_flight() { Err(Code::CampaignInFlight.into()) } else { Ok(()) }
}

/// The refusal of an external id that another campaign has.
fn external_id_taken(external_id: Option<&str>) -> ServiceError {
    let problem = "belongs to another campaign that is not deleted";
    Refusal::field(Code::ExternalIdTaken, "externalId", external_id, problem).into()
}

/// What the tenant said about time.
pub(crate) fn tenant_time(tx: &mut Tx<'_>, tenant: TenantId) -> Result<TenantTime, ServiceError> {
    Ok(tx.tenant_get(tenant)?.ok_or(Code::TenantNotFound)?.time())
}
