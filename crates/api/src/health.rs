//! `/healthz`: the process lives. `/readyz`: requests can be taken, and sent where this process sends, or what stands
//! in the way.

use crate::envelope::json_response;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use postrider_core::channel::ChannelKind;
use postrider_service::{Condition, Part, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// The routes.
pub fn router() -> Router<Service> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

/// A process that lives.
#[derive(Serialize, ToSchema)]
struct HealthDto {
    /// `ok`.
    status: &'static str,
    version: &'static str,
}

/// Whether requests can be taken.
#[derive(Serialize, ToSchema)]
struct ReadinessDto {
    /// `ready` or `not_ready`.
    status: &'static str,
    checks: ReadinessChecksDto,
}

/// What readiness consists of.
#[derive(Serialize, ToSchema)]
struct ReadinessChecksDto {
    /// `ready` or `not_ready`.
    store: &'static str,
    /// Why the store is not ready: `disk_full`, `read_only`, `unreachable`, `silent` or `slow`. Absent while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'static str>,
    /// `ready` or `not_ready`. Absent where this process does not send.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    engine: Option<&'static str>,
    /// `ready` or `not_ready`: whether the providers of all channels can be used. Absent where this process does not send.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    route: Option<&'static str>,
    /// `ready` or `not_ready`: whether the clock can be trusted. Absent where this process does not send.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    clock: Option<&'static str>,
    /// `ready`, or `held` while all jobs are held, which alone does not make the process unready. Absent where this
    /// process does not send.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    jobs: Option<&'static str>,
    /// The conditions behind `route`, `clock` and `jobs`. Absent while there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable = false)]
    conditions: Vec<ConditionDto>,
}

/// What keeps this process from sending.
#[derive(Serialize, ToSchema)]
struct ConditionDto {
    /// `clock`, `jobs`, or `route.` and a channel.
    part: String,
    /// A stable word.
    reason: &'static str,
    /// One sentence for the operator.
    message: String,
}

#[utoipa::path(get, path = "/healthz", operation_id = "getHealth",
    tag = "Operation", summary = "Whether the process lives",
    description = "Asks nothing of the database: an orchestrator restarts a process that does not answer this.",
    responses((status = 200, description = "It does", body = HealthDto)))]
async fn healthz() -> Response {
    let body = HealthDto { status: "ok", version: env!("CARGO_PKG_VERSION") };
    json_response(StatusCode::OK, serde_json::to_vec(&body).unwrap_or_default())
}

#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness",
    tag = "Operation", summary = "Whether requests can be taken",
    description = "Asks the database, and where this process sends also the engine, its clock and its providers. Answers \
        within two seconds. A load balancer sends requests elsewhere while this is not 200.",
    responses((status = 200, description = "They can", body = ReadinessDto),
        (status = 503, description = "They cannot; the body says why", body = ReadinessDto,
            headers(("Retry-After" = u32, description = "Seconds after which to try again.")))))]
async fn readyz(State(service): State<Service>) -> Response {
    let readiness = service.readiness().await;
    let word = |ready: bool| if ready { "ready" } else { "not_ready" };
    let routes_are_ready = ChannelKind::ALL.iter().all(|kind| readiness.part_is_ready(Part::Route(*kind)));
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let checks = ReadinessChecksDto {
        store: word(readiness.store),
        reason: readiness.reason,
        engine: readiness.engine.map(word),
        route: readiness.engine.map(|_| word(routes_are_ready)),
        clock: readiness.engine.map(|_| word(readiness.part_is_ready(Part::Clock))),
        jobs: readiness.engine.map(|_| if readiness.has(Part::Jobs) { "held" } else { "ready" }),
        conditions: readiness.conditions.iter().map(condition).collect(),
    };
    let body = ReadinessDto { status: word(readiness.is_ready()), checks };
    let mut response = json_response(status, serde_json::to_vec(&body).unwrap_or_default());
    if !readiness.is_ready() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn condition((part, condition): &(Part, Condition)) -> ConditionDto {
    let part = match part {
        Part::Clock => "clock".to_owned(),
        Part::Jobs => "jobs".to_owned(),
        Part::Route(channel) => format!("route.{}", channel.as_str()),
    };
    ConditionDto { part, reason: condition.reason, message: condition.sentence.clone() }
}
