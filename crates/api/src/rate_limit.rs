//! What a route is counted as, and how a client is told what it has left
//! (draft-ietf-httpapi-ratelimit-headers-10, RFC 9110 §10.2.3).

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use postrider_core::rate_limit::{RateClass, WINDOW_S};
use postrider_service::rate_limits::Allowance;

const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Ends of paths that change many things at once.
const BATCH: &[&str] = &["/upsert-batch", "/members:upsert", "/members:remove"];
/// Parts of paths that fill profiles from files.
const IMPORTS: &str = "/import-jobs";
/// Parts of paths that make messages leave, or stop them.
const EXECUTE: &[&str] = &["/schedule-jobs", "/send-jobs", "/test-sends", "/pause", "/resume"];

/// What requests to a route are counted as; the path is the one below `/public/v1`.
pub fn class_of(method: &Method, path: &str) -> RateClass {
    match *method {
        Method::GET | Method::HEAD => RateClass::Read,
        _ if path.starts_with(IMPORTS) || BATCH.iter().any(|end| path.ends_with(end)) => RateClass::Batch,
        _ if EXECUTE.iter().any(|part| path.contains(part)) => RateClass::Execute,
        _ => RateClass::Write,
    }
}

/// Tells what is left after a request that passed.
pub fn tell_left(headers: &mut HeaderMap, allowance: Allowance) {
    let Allowance { class, limit, remaining } = allowance;
    let name = class.as_str();
    put(headers, POLICY, &format!("\"{name}\";q={limit};w={WINDOW_S}"));
    put(headers, LEFT, &format!("\"{name}\";r={remaining}"));
}

/// Tells when the next request passes.
pub fn tell_wait(headers: &mut HeaderMap, class: RateClass, limit: u32, retry_after_s: i64) {
    let name = class.as_str();
    put(headers, POLICY, &format!("\"{name}\";q={limit};w={WINDOW_S}"));
    put(headers, LEFT, &format!("\"{name}\";r=0;t={retry_after_s}"));
    put(headers, header::RETRY_AFTER, &retry_after_s.to_string());
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_counted_as_what_it_does() {
        use RateClass::{Batch, Execute, Read, Write};
        for (method, path, class) in [
            (Method::GET, "/campaigns/{id}/schedule-jobs", Read),
            (Method::GET, "/import-jobs/{id}/errors", Read),
            (Method::POST, "/campaigns", Write),
            (Method::PUT, "/campaigns/{id}/schedule", Write),
            (Method::POST, "/profiles/upsert", Write),
            (Method::POST, "/records/profiles/upsert-batch", Batch),
            (Method::POST, "/lists/{id}/members:upsert", Batch),
            (Method::POST, "/lists/{id}/members:remove", Batch),
            (Method::POST, "/import-jobs", Batch),
            (Method::PUT, "/import-jobs/{id}/file", Batch),
            (Method::POST, "/campaigns/{id}/schedule-jobs", Execute),
            (Method::DELETE, "/campaigns/{id}/schedule-jobs/{scheduleId}", Execute),
            (Method::POST, "/campaigns/{id}/send-jobs", Execute),
            (Method::POST, "/campaigns/{id}/test-sends", Execute),
            (Method::POST, "/campaigns/{id}/pause", Execute),
            (Method::POST, "/campaigns/{id}/resume", Execute),
        ] {
            assert_eq!(class_of(&method, path), class, "{method} {path}");
        }
    }
}
