//! Schedule jobs and send jobs: `/campaigns/{id}/schedule-jobs`, `/campaigns/{id}/send-jobs`.

mod body;
mod cancel;
mod create;
mod get;
mod view;

pub use view::PolicyDto;

use crate::routes::Route;
use axum::http::Method;
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/campaigns/{id}/schedule-jobs", Scope::CampaignsSchedule, create::schedule),
        Route::new(Method::POST, "/campaigns/{id}/send-jobs", Scope::CampaignsSend, create::send),
        Route::new(Method::GET, "/campaigns/{id}/schedule-jobs", Scope::CampaignsRead, get::list),
        Route::new(Method::GET, "/campaigns/{id}/schedule-jobs/{scheduleId}", Scope::CampaignsRead, get::one),
        Route::new(
            Method::DELETE,
            "/campaigns/{id}/schedule-jobs/{scheduleId}",
            Scope::CampaignsSchedule,
            cancel::cancel,
        ),
    ]
}
