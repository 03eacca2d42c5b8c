//! Routes of the profiles.

mod delete;
mod evidence;
mod export;
mod get;
mod group;
mod search;
mod upsert;
mod upsert_batch;

pub use export::person_document;
pub use get::ProfileDto;
pub use group::export_group;

use crate::extract::BODY_MAX_BYTES;
use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// What the records of these routes are, as answers name it.
const OBJECT_NAME: &str = "profiles";

/// Longest body with one record, in bytes: 64 KiB of attributes and 20 long device tokens, however they are escaped.
pub const RECORD_BODY_MAX_BYTES: usize = 512 * 1024;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        route!(POST, "/profiles/upsert", Scope::CdpProfilesWrite, upsert::upsert_profile).taking(RECORD_BODY_MAX_BYTES),
        route!(POST, "/records/profiles/upsert-batch", Scope::CdpProfilesWrite, upsert_batch::upsert_profiles)
            .taking(BODY_MAX_BYTES),
        route!(GET, "/profiles", Scope::CdpProfilesRead, search::search_profiles),
        route!(GET, "/profiles/{id}", Scope::CdpProfilesRead, get::get_profile),
        route!(GET, "/profiles/{id}/export", Scope::CdpProfilesRead, export::export_profile),
        route!(DELETE, "/profiles/{id}", Scope::CdpProfilesWrite, delete::erase_profile),
    ]
}
