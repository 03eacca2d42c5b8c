//! Routes of the sender profiles.

mod read;
mod view;
mod write;

use crate::routes::Route;
use axum::http::Method;
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    let path = "/sender-profiles/{id}";
    vec![
        Route::new(Method::POST, "/sender-profiles", Scope::SendersWrite, write::create),
        Route::new(Method::GET, "/sender-profiles", Scope::SendersRead, read::list),
        Route::new(Method::GET, path, Scope::SendersRead, read::get),
        Route::new(Method::PATCH, path, Scope::SendersWrite, write::patch),
        Route::new(Method::DELETE, path, Scope::SendersWrite, write::delete),
    ]
}
