//! `/u/{token}`: the page behind the unsubscribe link of a message, and one-click unsubscribing (RFC 8058).
//!
//! GET never unsubscribes, because mail scanners follow links. POST does, whatever its body, and needs neither cookie
//! nor redirect, because mail providers post without a person (RFC 8058 §3.2). Not here: tokens and what they do.

mod page;

use crate::error::ApiError;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use page::Page;
use postrider_service::unsubscribe::UnsubscribeTarget;
use postrider_service::{Service, ServiceError};
use utoipa::ToSchema;

/// What a browser may do with the page: show it, style it by itself, post its form back. Nothing from outside.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The routes.
pub fn router() -> Router<Service> {
    Router::new().route("/u/{token}", get(show).post(unsubscribe))
}

/// What mail providers post.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it says in the OpenAPI document what providers send; nobody reads it")]
struct OneClick {
    /// One-Click
    #[schema(rename = "List-Unsubscribe", nullable = false)]
    list_unsubscribe: Option<String>,
}

#[utoipa::path(get, path = "/u/{token}", operation_id = "showUnsubscribePage", tag = "Unsubscribe",
    summary = "Show the way out",
    description = "A page for people with a form that unsubscribes. Reading it changes nothing.",
    params(("token" = String, Path, description = "Token of the link")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 404, description = "We did not make this link", body = String, content_type = "text/html"),
        (status = 500, description = "Something failed on our side", body = String, content_type = "text/html"),
        (status = 503, description = "The store is not to be had", body = String, content_type = "text/html",
            headers(("Retry-After" = u32, description = "Seconds after which to try again.")))))]
async fn show(State(service): State<Service>, token: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(token)) = token else { return answer(StatusCode::NOT_FOUND, &Page::NotFound) };
    told(service.unsubscribe_target(&token).await, Page::Ask)
}

#[utoipa::path(post, path = "/u/{token}", operation_id = "unsubscribe", tag = "Unsubscribe",
    summary = "Unsubscribe (RFC 8058)",
    description = "Suppresses the address of the message and denies the person's consent for its channel.",
    params(("token" = String, Path, description = "Token of the link")),
    request_body(content = OneClick, content_type = "application/x-www-form-urlencoded",
        description = "`List-Unsubscribe=One-Click` (RFC 8058 §3.1); whatever else stands there does the same"),
    responses((status = 200, description = "Done, now or earlier", body = String, content_type = "text/html"),
        (status = 404, description = "We did not make this link", body = String, content_type = "text/html"),
        (status = 500, description = "Something failed on our side", body = String, content_type = "text/html"),
        (status = 503, description = "The store is not to be had", body = String, content_type = "text/html",
            headers(("Retry-After" = u32, description = "Seconds after which to try again.")))))]
async fn unsubscribe(State(service): State<Service>, token: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(token)) = token else { return answer(StatusCode::NOT_FOUND, &Page::NotFound) };
    told(service.unsubscribe(&token).await, Page::Done)
}

fn told(
    found: Result<Option<UnsubscribeTarget>, ServiceError>,
    page: impl FnOnce(UnsubscribeTarget) -> Page,
) -> Response {
    match found {
        Ok(Some(target)) => answer(StatusCode::OK, &page(target)),
        Ok(None) => answer(StatusCode::NOT_FOUND, &Page::NotFound),
        Err(failure) => {
            // Logged and given its status like any other; the body is for people.
            let failed = ApiError(failure).into_response();
            let mut response = answer(failed.status(), &Page::Failed);
            if let Some(seconds) = failed.headers().get(header::RETRY_AFTER) {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.clone());
            }
            response
        }
    }
}

fn answer(status: StatusCode, page: &Page) -> Response {
    let mut response = Response::new(page.html().into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
