//! Routes of the profiles.

mod get;
mod upsert;
mod upsert_batch;

pub use get::ProfileDto;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// What the records of these routes are, as answers name it.
const OBJECT_NAME: &str = "profiles";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        route!(POST, "/profiles/upsert", Scope::CdpProfilesWrite, upsert::upsert_profile),
        route!(POST, "/records/profiles/upsert-batch", Scope::CdpProfilesWrite, upsert_batch::upsert_profiles),
        route!(GET, "/profiles/{id}", Scope::CdpProfilesRead, get::get_profile),
    ]
}
