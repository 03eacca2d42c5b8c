//! `GET /campaigns/{id}/reconciliation`.

use super::CountsDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::delivery::Counts;
use postrider_core::id::CampaignId;
use postrider_service::deliveries::Reconciliation;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The books of the newest execution.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReconciliationDto {
    campaign_id: Uuid,
    schedule_id: Option<Uuid>,
    manifest_id: Option<Uuid>,
    /// Memberships of included audiences that were looked at.
    matched: i64,
    /// Of these, taken out by an excluded audience.
    excluded: i64,
    /// Of these, the same person or address again.
    duplicates: i64,
    /// Of these, frozen: `matched - excluded - duplicates`, once `frozenAt` is set.
    frozen: i64,
    counts: CountsDto,
    identity: &'static str,
    /// Rows of the ledger less the sum of the counts: always 0.
    difference: i64,
    balanced: bool,
    frozen_at: Option<String>,
    finished_at: Option<String>,
    /// Hash chain over everybody in the ledger, hexadecimal.
    audience_hash: Option<String>,
}

/// What the counts of [`CountsDto`] obey.
const IDENTITY: &str =
    "frozen = pending + inFlight + sent + failed + suppressed + skipped + expired + canceled + uncertain";

impl ReconciliationDto {
    fn new(campaign: CampaignId, books: Option<&Reconciliation>) -> Self {
        let accounts = books.and_then(|books| books.accounts.as_ref());
        let counts = accounts.map_or_else(Counts::default, |accounts| accounts.counts);
        let difference = books.map_or(0, |books| books.ledger_rows) - counts.frozen();
        Self {
            campaign_id: campaign.into(),
            schedule_id: books.map(|books| books.job.id.into()),
            manifest_id: accounts.map(|accounts| accounts.manifest.into()),
            matched: accounts.map_or(0, |accounts| accounts.matched),
            excluded: accounts.map_or(0, |accounts| accounts.excluded),
            duplicates: accounts.map_or(0, |accounts| accounts.duplicates),
            frozen: counts.frozen(),
            counts: CountsDto::from(&counts),
            identity: IDENTITY,
            difference,
            balanced: difference == 0,
            frozen_at: accounts.and_then(|accounts| accounts.frozen_at).map(|instant| instant.to_string()),
            finished_at: books.and_then(|books| books.job.finished_at).map(|instant| instant.to_string()),
            audience_hash: accounts.map(|accounts| hexadecimal(&accounts.audience_hash)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The accounts held against the ledger.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/reconciliation", operation_id = "getCampaignReconciliation",
    tag = "Deliveries",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = ReconciliationDto))
)]
pub async fn reconciliation(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let campaign = path_id(&id);
    let books = service.reconciliation(&actor, campaign).await?;
    Ok(Answer::ok(&ReconciliationDto::new(campaign, books.as_ref())))
}
