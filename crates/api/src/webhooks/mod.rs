//! Routes of the webhooks: endpoints for events, and the log of what was sent to them.

mod deliveries;
mod read;
mod replay;
mod view;
mod write;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write) = (Scope::WebhooksRead, Scope::WebhooksWrite);
    vec![
        route!(POST, "/webhooks", write, write::create_webhook),
        route!(GET, "/webhooks", read, read::get_webhooks),
        route!(GET, "/webhooks/{id}", read, read::get_webhook),
        route!(PATCH, "/webhooks/{id}", write, write::update_webhook),
        route!(DELETE, "/webhooks/{id}", write, write::delete_webhook),
        route!(POST, "/webhooks/{id}/rotate-secret", write, write::rotate_webhook_secret),
        route!(POST, "/webhooks/{id}/test", write, replay::test_webhook),
        route!(POST, "/webhooks/{id}/replay", write, replay::replay_failed_webhook_deliveries),
        route!(GET, "/webhooks/{id}/deliveries", read, deliveries::get_webhook_deliveries),
        route!(GET, "/webhooks/{id}/deliveries/{deliveryId}", read, deliveries::get_webhook_delivery),
        route!(POST, "/webhooks/{id}/deliveries/{deliveryId}/replay", write, replay::replay_webhook_delivery),
    ]
}
