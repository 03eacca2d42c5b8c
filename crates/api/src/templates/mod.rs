//! Routes of the templates.

mod list;
mod preview;
mod publish;
mod view;
mod write;

use crate::routes::Route;
use axum::http::Method;
use postrider_core::scope::Scope;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write) = (Scope::ContentRead, Scope::ContentWrite);
    vec![
        Route::new(Method::POST, "/templates", write, write::create),
        Route::new(Method::GET, "/templates", read, list::list),
        Route::new(Method::GET, "/templates/{id}", read, view::get),
        Route::new(Method::PATCH, "/templates/{id}", write, write::patch),
        Route::new(Method::POST, "/templates/{id}/publish", write, publish::publish),
        Route::new(Method::POST, "/templates/{id}/archive", write, publish::archive),
        Route::new(Method::POST, "/templates/{id}/preview", read, preview::preview),
    ]
}
