//! `GET /metrics`: what those who watch the service want to know, in the text format 0.0.4 of Prometheus.
//!
//! No tenant, person or address is in it. Counters are of this process, gauges of the database. If the store cannot be
//! read, the process still tells of itself.

mod requests;
mod text;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use postrider_core::time::{SECOND_MS, Timestamp, Zones};
use postrider_service::vitals::Gauges;
use postrider_service::{Service, ServiceError};
pub use requests::{Requests, count};
use std::sync::Arc;
use text::Page;

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The route, and the counters of requests that it tells.
pub fn router() -> (Router<Service>, Arc<Requests>) {
    let requests = Arc::new(Requests::default());
    (Router::new().route("/metrics", get(metrics)).layer(Extension(Arc::clone(&requests))), requests)
}

#[utoipa::path(get, path = "/metrics", operation_id = "getMetrics",
    tag = "Operation", summary = "Counters and gauges for Prometheus",
    description = "What waits to be sent and for how long, the jobs that are not over, what providers answered, requests by \
        route and status, refusals for their number, and the times of the database. No tenant, person or address is named.",
    responses((status = 200, description = "The text format 0.0.4", body = String, content_type = "text/plain"),
        (status = 404, description = "The operator turned it off or serves it elsewhere")))]
async fn metrics(State(service): State<Service>, Extension(requests): Extension<Arc<Requests>>) -> Response {
    let mut page = Page::default();
    page.family("postrider_build_info", "gauge", "Version of the program and of its time zone data.");
    page.sample(&[("version", env!("CARGO_PKG_VERSION")), ("tzdb", Zones::in_use().version())], 1);
    let gauges = service.gauges().await;
    page.family("postrider_store_up", "gauge", "Whether the store could be read.");
    page.sample(&[], u8::from(gauges.is_ok()));
    match gauges {
        Ok((at, gauges)) => {
            tell_jobs(&mut page, at, &gauges);
            tell_queues(&mut page, at, &gauges);
        }
        Err(ServiceError::Failed(error)) if error.is_trouble() => {}
        Err(error) => tracing::warn!(%error, "reading the store for metrics failed"),
    }
    tell_process(&mut page, &service, &requests);
    let mut response = Response::new(page.finish().into());
    response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
    response
}

fn tell_jobs(page: &mut Page, at: Timestamp, gauges: &Gauges) {
    page.family("postrider_jobs", "gauge", "Jobs that are not over.");
    for (channel, state, number) in &gauges.jobs {
        page.sample(&[("channel", channel.as_str()), ("state", state.as_str())], number);
    }
    page.family("postrider_job_start_lag_seconds", "gauge", "How long the oldest due job has waited to begin.");
    page.sample(&[], age(gauges.oldest_job_due_at, at));
    page.family("postrider_nodes", "gauge", "Processes that live.");
    for (role, number) in &gauges.nodes {
        page.sample(&[("role", role)], number);
    }
}

fn tell_queues(page: &mut Page, at: Timestamp, gauges: &Gauges) {
    let queues = &gauges.queues;
    page.family("postrider_recipients", "gauge", "Recipients of jobs that are not over.");
    for queue in queues {
        let channel = queue.channel.as_str();
        let states = [("pending", queue.pending), ("in_flight", queue.in_flight), ("uncertain", queue.uncertain)];
        for (state, number) in states {
            page.sample(&[("channel", channel), ("state", state)], number);
        }
    }
    page.family("postrider_queue_depth", "gauge", "Recipients that are due and have not been sent to.");
    for queue in queues {
        page.sample(&[("channel", queue.channel.as_str())], queue.due);
    }
    page.family("postrider_queue_age_seconds", "gauge", "How long the oldest due recipients have waited.");
    for queue in queues {
        page.sample(&[("channel", queue.channel.as_str())], age(queue.oldest_due_at, at));
    }
    page.family("postrider_leases", "gauge", "Chunks that somebody works on.");
    for queue in queues {
        page.sample(&[("channel", queue.channel.as_str())], queue.claimed);
    }
    page.family("postrider_leases_expired", "gauge", "Chunks whose lease ran out and that nobody took over yet.");
    for queue in queues {
        page.sample(&[("channel", queue.channel.as_str())], queue.expired);
    }
}

fn tell_process(page: &mut Page, service: &Service, requests: &Requests) {
    if let Some(ahead_ms) = service.wall_ahead_ms() {
        page.family(
            "postrider_clock_offset_seconds",
            "gauge",
            "How far this machine's clock is ahead of the database's.",
        );
        page.sample(&[], ahead_ms as f64 / 1_000.0);
    }
    let meter = service.meter();
    page.family("postrider_outcomes_total", "counter", "What providers answered to messages of this process.");
    for ((channel, outcome), number) in meter.outcomes_so_far() {
        page.sample(&[("channel", channel.as_str()), ("outcome", outcome)], number);
    }
    page.family("postrider_refused_changes_total", "counter", "Changes of recipients that no rule allows: always 0.");
    page.sample(&[], meter.refused_so_far());
    page.family("postrider_http_requests_total", "counter", "Requests that this process answered.");
    for ((method, route, status), number) in requests.so_far() {
        page.sample(&[("method", method), ("route", &route), ("status", status)], number);
    }
    page.family("postrider_rate_limited_total", "counter", "Requests that this process refused for their number.");
    for (class, number) in service.requests_limited() {
        page.sample(&[("class", class.as_str())], number);
    }
    page.family("postrider_db_op_seconds", "summary", "Transactions of this process and the time they took.");
    for (op, times) in meter.ops_so_far() {
        page.sample_of("_sum", &[("op", op)], times.total.as_secs_f64());
        page.sample_of("_count", &[("op", op)], times.count);
    }
}

/// Seconds since an instant; 0 if there is none.
fn age(since: Option<Timestamp>, at: Timestamp) -> i64 {
    since.map_or(0, |since| at.millis_since(since).max(0) / SECOND_MS)
}
