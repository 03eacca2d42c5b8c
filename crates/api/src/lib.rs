//! The face of Postrider: the HTTP API, as the seed page and the contract have it.
//!
//! Bytes become a DTO, the DTO a command of a use case; its result becomes a view and bytes again. Only this crate
//! knows statuses, and it cannot see the store.

mod authorize;
mod correlation;
mod cors;
mod envelope;
mod error;
mod extract;
mod intake;
mod openapi;
mod prometheus;
mod rate_limit;
mod routes;

mod audiences;
mod campaigns;
mod deliveries;
mod discovery;
mod health;
mod import_jobs;
mod lists;
mod metadata;
mod oauth;
mod profiles;
mod schedule_jobs;
mod sender_profiles;
mod shapes;
mod status;
mod suppressions;
mod templates;
mod tenant;
mod test_sends;
mod unsubscribe;
mod webhooks;

pub use profiles::person_document;
pub use routes::{Faces, router};

#[doc(hidden)]
pub use error::status_of;
#[doc(hidden)]
pub use openapi::{document, routes as protected_routes};
