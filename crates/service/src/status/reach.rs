//! Whom the audiences of a campaign reach, as it was counted last. An engine counts; here is read what it found, and a
//! new count is asked for when the last one is stale.

use crate::campaigns::CampaignView;
use crate::{Service, ServiceError};
use postrider_core::audience::{REACH_FRESH_MS, ReachStatus};
use postrider_core::campaign::AuthoringStatus;
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::time::{MINUTE_MS, Timestamp};
use postrider_store::Tx;
use postrider_store::wake::Topic;

/// How long after a count that failed another one is asked for, in milliseconds.
const FAILED_AGAIN_MS: i64 = MINUTE_MS;

/// Where the count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachState {
    /// No audience is bound.
    Idle,
    /// Some are: it was asked for, made, or could not be made.
    Asked(ReachStatus),
}

/// Whom the audiences reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryReach {
    /// Where the count stands.
    pub state: ReachState,
    /// Distinct people in included audiences and in no excluded one, as counted last.
    pub count: Option<i64>,
    /// When they were counted.
    pub evaluated_at: Option<Timestamp>,
    /// Whether the count is old, or its audiences, their rules or the members of their lists have changed since.
    pub is_stale: bool,
    /// Whether a new count should be asked for.
    pub(super) wanting: bool,
}

/// Reads what is known.
pub(super) fn reach(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    view: &CampaignView,
    now: Timestamp,
) -> Result<SummaryReach, ServiceError> {
    let idle =
        SummaryReach { state: ReachState::Idle, count: None, evaluated_at: None, is_stale: false, wanting: false };
    if view.audiences.is_empty() {
        return Ok(idle);
    }
    let is_draft = view.campaign.authoring_status == AuthoringStatus::Draft;
    let Some(known) = tx.reach_get(tenant, view.campaign.id)? else {
        return Ok(SummaryReach { state: ReachState::Asked(ReachStatus::Pending), wanting: is_draft, ..idle });
    };
    let old = known.evaluated_at.is_some_and(|at| now.millis_since(at) > REACH_FRESH_MS);
    let changed = known.basis.is_some() && known.basis != Some(tx.reach_basis(tenant, view.campaign.id)?);
    let is_stale = old || changed;
    let wanting = is_draft
        && match known.status {
            ReachStatus::Pending => false,
            ReachStatus::Ok => is_stale,
            ReachStatus::Failed => now.millis_since(known.requested_at) > FAILED_AGAIN_MS,
        };
    Ok(SummaryReach {
        state: ReachState::Asked(known.status),
        count: known.count,
        evaluated_at: known.evaluated_at,
        is_stale,
        wanting,
    })
}

impl Service {
    /// Asks for a new count. The answer that found the last one stale does not depend on it: who reads again asks again.
    pub(super) async fn want_reach(&self, tenant: TenantId, campaign: CampaignId) {
        let now = self.now();
        let request =
            self.store().write_guarded("reach.request", move |tx| tx.reach_request(tenant, campaign, now, true));
        if request.await.is_ok() {
            self.nudge_audiences();
        }
    }

    /// Whoever counts may look now; see [`postrider_store::wake`].
    pub(crate) fn nudge_audiences(&self) {
        self.store().wake().nudge(Topic::Audiences);
    }
}
