//! Routes of the templates.

mod delete;
mod list;
mod preview;
mod publish;
mod view;
mod write;

use crate::profiles::RECORD_BODY_MAX_BYTES;
use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// Longest body with a template, in bytes: 1 MiB of HTML and 256 KiB of text, with room for escapes.
const TEMPLATE_BODY_MAX_BYTES: usize = 3 * 1024 * 1024;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write) = (Scope::ContentRead, Scope::ContentWrite);
    vec![
        route!(POST, "/templates", write, write::create).taking(TEMPLATE_BODY_MAX_BYTES),
        route!(GET, "/templates", read, list::list),
        route!(GET, "/templates/{id}", read, view::get),
        route!(PATCH, "/templates/{id}", write, write::patch).taking(TEMPLATE_BODY_MAX_BYTES),
        route!(DELETE, "/templates/{id}", write, delete::delete),
        route!(POST, "/templates/{id}/publish", write, publish::publish),
        route!(POST, "/templates/{id}/archive", write, publish::archive),
        route!(POST, "/templates/{id}/preview", read, preview::preview).taking(RECORD_BODY_MAX_BYTES),
    ]
}
