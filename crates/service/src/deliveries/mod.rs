//! Every recipient's account: pages of the ledger, one recipient explained, and the identity.

mod explain;
mod page;
mod reconcile;

pub use explain::Explanation;
pub use page::{DeliveriesQuery, DeliveryView, Page};
pub use reconcile::Reconciliation;
