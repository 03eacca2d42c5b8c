//! Routes of the sender profiles.

mod read;
mod view;
mod write;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    let path = "/sender-profiles/{id}";
    vec![
        route!(POST, "/sender-profiles", Scope::SendersWrite, write::create),
        route!(GET, "/sender-profiles", Scope::SendersRead, read::list),
        route!(GET, path, Scope::SendersRead, read::get),
        route!(PATCH, path, Scope::SendersWrite, write::patch),
        route!(DELETE, path, Scope::SendersWrite, write::delete),
    ]
}
