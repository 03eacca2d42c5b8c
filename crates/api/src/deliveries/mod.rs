//! The ledger: `/campaigns/{id}/deliveries` as pages or whole, and one recipient explained.

mod explain;
mod export;
mod list;
mod view;

use crate::routes::Route;
use axum::http::Method;
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/campaigns/{id}/deliveries", Scope::DeliveriesRead, list::list),
        Route::new(Method::GET, "/campaigns/{id}/deliveries/{deliveryId}", Scope::DeliveriesRead, explain::explain),
    ]
}
