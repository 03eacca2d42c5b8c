//! Routes of the templates.

mod delete;
mod list;
mod preview;
mod publish;
mod view;
mod write;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write) = (Scope::ContentRead, Scope::ContentWrite);
    vec![
        route!(POST, "/templates", write, write::create),
        route!(GET, "/templates", read, list::list),
        route!(GET, "/templates/{id}", read, view::get),
        route!(PATCH, "/templates/{id}", write, write::patch),
        route!(DELETE, "/templates/{id}", write, delete::delete),
        route!(POST, "/templates/{id}/publish", write, publish::publish),
        route!(POST, "/templates/{id}/archive", write, publish::archive),
        route!(POST, "/templates/{id}/preview", read, preview::preview),
    ]
}
