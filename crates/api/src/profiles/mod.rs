//! Routes of the profiles.

mod get;
mod upsert;
mod upsert_batch;

use crate::routes::Route;
use axum::http::Method;
use postrider_core::scope::Scope;

/// What the records of these routes are, as answers name it.
const OBJECT_NAME: &str = "profiles";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/profiles/upsert", Scope::CdpProfilesWrite, upsert::upsert_profile),
        Route::new(
            Method::POST,
            "/records/profiles/upsert-batch",
            Scope::CdpProfilesWrite,
            upsert_batch::upsert_profiles,
        ),
        Route::new(Method::GET, "/profiles/{id}", Scope::CdpProfilesRead, get::get_profile),
    ]
}
