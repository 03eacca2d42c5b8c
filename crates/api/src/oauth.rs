//! oauth

use axum::Router;
use postrider_service::Service;

/// The routes.
pub fn router() -> Router<Service> {
    Router::new()
}
