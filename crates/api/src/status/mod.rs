//! `/campaigns/{id}/summary`, `/campaigns/{id}/status`, `/campaigns/{id}/metrics` and `/campaigns/{id}/reconciliation`.

mod counts;
mod metrics;
mod progress;
mod reconciliation;
mod summary;

pub use counts::CountsDto;

use crate::routes::Route;
use axum::http::Method;
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/campaigns/{id}/summary", Scope::CampaignsRead, summary::summary),
        Route::new(Method::GET, "/campaigns/{id}/status", Scope::CampaignsRead, progress::status),
        Route::new(Method::GET, "/campaigns/{id}/metrics", Scope::AnalyticsRead, metrics::metrics),
        Route::new(
            Method::GET,
            "/campaigns/{id}/reconciliation",
            Scope::DeliveriesRead,
            reconciliation::reconciliation,
        ),
    ]
}
