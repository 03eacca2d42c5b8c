//! Every recipient's account: pages of the ledger, one recipient explained, and the identity.

mod explain;
mod page;
mod person;
mod reconcile;

pub use explain::Explanation;
pub use page::{DeliveriesQuery, DeliveryView, Page};
pub use person::{PersonDeliveries, PersonDelivery};
pub use reconcile::Reconciliation;
