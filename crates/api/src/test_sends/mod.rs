//! Test sends: `/campaigns/{id}/test-sends`.

mod create;
mod get;
mod view;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// The routes. Who may send may see where to: answers hold whole addresses.
pub fn routes() -> Vec<Route> {
    let path = "/campaigns/{id}/test-sends/{testSendId}";
    vec![
        route!(POST, "/campaigns/{id}/test-sends", Scope::CampaignsSend, create::create),
        route!(GET, path, Scope::CampaignsSend, get::get),
    ]
}
