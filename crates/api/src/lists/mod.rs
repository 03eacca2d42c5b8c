//! Routes of the lists.

mod create;
mod delete;
mod get;
mod members;
mod update;

pub use get::page;

use crate::extract::BODY_MAX_BYTES;
use crate::routes::{Route, route};
use postrider_core::scope::Scope;
use postrider_service::lists::ListRow;
use serde::Serialize;
use utoipa::ToSchema;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write) = (Scope::CdpListsRead, Scope::CdpListsWrite);
    vec![
        route!(POST, "/lists", write, create::create_list),
        route!(GET, "/lists", read, get::get_lists),
        route!(GET, "/lists/{id}", read, get::get_list),
        route!(PATCH, "/lists/{id}", write, update::update_list),
        route!(DELETE, "/lists/{id}", write, delete::delete_list),
        route!(GET, "/lists/{id}/members", read, members::get_members),
        route!(POST, "/lists/{id}/members:upsert", write, members::upsert_members).taking(BODY_MAX_BYTES),
        route!(POST, "/lists/{id}/members:remove", write, members::remove_members).taking(BODY_MAX_BYTES),
    ]
}

/// A list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListDto {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    description: Option<String>,
    /// `static`.
    r#type: &'static str,
    /// `list`.
    container_type: &'static str,
    /// `snapshot`.
    membership_behavior: &'static str,
    /// `manual`.
    population_source: &'static str,
    /// `active`.
    status: &'static str,
    member_count: i64,
    created_at: String,
    updated_at: String,
}

impl From<&ListRow> for ListDto {
    fn from(list: &ListRow) -> Self {
        Self {
            id: list.id.to_string(),
            name: list.name.clone(),
            description: list.description.clone(),
            r#type: "static",
            container_type: "list",
            membership_behavior: "snapshot",
            population_source: "manual",
            status: "active",
            member_count: list.member_count,
            created_at: list.created_at.to_string(),
            updated_at: list.updated_at.to_string(),
        }
    }
}
