//! The OpenAPI document, generated from the code: `GET /openapi.json`, and `GET /docs` for people.
//!
//! What is particular to an operation stands at its handler (`#[utoipa::path]`) and at its DTOs (`ToSchema`). What
//! holds for all (the envelope, errors, tokens, headers) is put in here, once, from the table of routes and the catalogue.
//! Invariant: the operations below `/public/v1` are those of the table, no more and no less.

mod assemble;
mod bounds;
mod errors;
mod examples;
mod finish;
mod instants;
mod introduction;
mod page;
mod parameters;
mod words;

use crate::envelope::json_response;
use crate::routes::{BASE, table};
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Redirect, Response};
use axum::routing::get;
use postrider_service::Service;
use serde_json::Value;
use std::sync::LazyLock;

/// The document; it depends on the code alone.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let table = table();
    let mut document = assemble::assemble(&table).0;
    finish::finish(&mut document, &table);
    examples::add(&mut document);
    document
});

/// The page for people, made of the document.
static PAGE: LazyLock<String> = LazyLock::new(|| page::page(&DOCUMENT));

/// What the page may do: show itself with its own styles, and nothing else.
const PAGE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");

/// The OpenAPI document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Every route below `/public/v1`: method, whole path, scope.
pub fn routes() -> Vec<(String, String, &'static str)> {
    let routes = table().into_iter();
    routes.map(|route| (route.method.to_string(), format!("{BASE}{}", route.path), route.scope.as_str())).collect()
}

/// Whether a path is one of the document.
pub fn has_path(path: &str) -> bool {
    let fits = |template: &str| {
        let (told, there) = (template.split('/'), path.split('/'));
        told.clone().count() == there.clone().count()
            && told.zip(there).all(|(told, there)| told == there || told.starts_with('{') && !there.is_empty())
    };
    DOCUMENT["paths"].as_object().is_some_and(|paths| paths.keys().any(|template| fits(template)))
}

/// The routes.
pub fn router() -> Router<Service> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/docs")))
        .route("/openapi.json", get(openapi))
        .route("/docs", get(docs))
}

#[utoipa::path(get, path = "/openapi.json", operation_id = "getOpenApi", tag = "Operation",
    summary = "This document",
    description = "An OpenAPI 3.1 document; clients are generated from it.",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = serde_json::Map<String, Value>,
        content_type = "application/json")))]
async fn openapi() -> Response {
    json_response(StatusCode::OK, DOCUMENT.to_string().into_bytes())
}

#[utoipa::path(get, path = "/docs", operation_id = "getDocs", tag = "Operation",
    summary = "This document as a page for people",
    description = "It needs no script and no other host.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
async fn docs() -> Response {
    let mut response = Response::new(PAGE.as_str().into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
}
