//! `/campaigns/{id}/summary`, `/campaigns/{id}/status`, `/campaigns/{id}/metrics` and `/campaigns/{id}/reconciliation`.

mod counts;
mod metrics;
mod progress;
mod reconciliation;
mod summary;

pub use counts::CountsDto;
pub use progress::StatusDto;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        route!(GET, "/campaigns/{id}/summary", Scope::CampaignsRead, summary::summary),
        route!(GET, "/campaigns/{id}/status", Scope::CampaignsRead, progress::status),
        route!(GET, "/campaigns/{id}/metrics", Scope::AnalyticsRead, metrics::metrics),
        route!(GET, "/campaigns/{id}/reconciliation", Scope::DeliveriesRead, reconciliation::reconciliation),
    ]
}
