//! The ledger: `/campaigns/{id}/deliveries` as pages or whole, and one recipient explained.

mod explain;
mod export;
mod list;
mod person;
mod view;

pub use export::Form;
pub use person::PersonDeliveryDto;
pub use view::quoted;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        route!(GET, "/campaigns/{id}/deliveries", Scope::DeliveriesRead, list::list),
        route!(GET, "/campaigns/{id}/deliveries/{deliveryId}", Scope::DeliveriesRead, explain::explain),
        route!(GET, "/profiles/{id}/deliveries", Scope::CdpProfilesRead, person::list_of_person),
    ]
}
