//! `/healthz`: the process lives. `/readyz`: requests can be taken, and sent where this process sends, or what stands
//! in the way.

use crate::envelope::json_response;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use postrider_service::Service;
use serde_json::json;

/// The routes.
pub fn router() -> Router<Service> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

#[utoipa::path(get, path = "/healthz", operation_id = "getHealth",
    tag = "Operation", summary = "Whether the process lives",
    responses((status = 200, description = "It does")))]
async fn healthz() -> Response {
    let body = json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
    json_response(StatusCode::OK, body.to_string().into_bytes())
}

#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness",
    tag = "Operation", summary = "Whether requests can be taken",
    responses((status = 200, description = "They can"), (status = 503, description = "They cannot; the body says why")))]
async fn readyz(State(service): State<Service>) -> Response {
    let readiness = service.readiness().await;
    let word = |ready: bool| if ready { "ready" } else { "not_ready" };
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut checks = json!({ "store": word(readiness.store) });
    if let Some(engine) = readiness.engine {
        checks["engine"] = word(engine).into();
    }
    let body = json!({ "status": word(readiness.is_ready()), "checks": checks });
    let mut response = json_response(status, body.to_string().into_bytes());
    if !readiness.is_ready() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
