//! Schedule jobs and send jobs: `/campaigns/{id}/schedule-jobs`, `/campaigns/{id}/send-jobs`, `/campaigns/{id}/pause`,
//! `/campaigns/{id}/resume`, `/campaigns/{id}/retry-failed`.

mod body;
mod cancel;
mod create;
mod get;
mod pause;
mod reschedule;
mod retry;
mod view;

pub use view::{PolicyDto, WarningDto};

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        route!(POST, "/campaigns/{id}/schedule-jobs", Scope::CampaignsSchedule, create::schedule),
        route!(POST, "/campaigns/{id}/send-jobs", Scope::CampaignsSend, create::send),
        route!(GET, "/campaigns/{id}/schedule-jobs", Scope::CampaignsRead, get::list),
        route!(GET, "/campaigns/{id}/schedule-jobs/{scheduleId}", Scope::CampaignsRead, get::one),
        route!(PATCH, "/campaigns/{id}/schedule-jobs/{scheduleId}", Scope::CampaignsSchedule, reschedule::move_job),
        route!(DELETE, "/campaigns/{id}/schedule-jobs/{scheduleId}", Scope::CampaignsSchedule, cancel::cancel),
        route!(POST, "/campaigns/{id}/pause", Scope::CampaignsSend, pause::pause),
        route!(POST, "/campaigns/{id}/resume", Scope::CampaignsSend, pause::resume),
        route!(POST, "/campaigns/{id}/retry-failed", Scope::CampaignsSend, retry::retry_failed),
    ]
}
