//! Counts the requests of this process by method, route and class of the answer's status.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Stands for whatever is no route or method of ours: strangers choose no labels.
const OTHER: &str = "other";

/// Method, route, class of status.
pub type Label = (&'static str, String, &'static str);

/// The counters.
#[derive(Default)]
pub struct Requests(Mutex<BTreeMap<Label, u64>>);

impl Requests {
    /// The counters as they stand.
    pub fn so_far(&self) -> BTreeMap<Label, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, label: Label) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(label).or_default() += 1;
    }
}

/// Counts a request when it is answered.
pub async fn count(State(requests): State<Arc<Requests>>, request: Request, next: Next) -> Response {
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(OTHER, MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = match response.status().as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    requests.count((method, route, status));
    response
}

fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.iter().find(|known| **known == method.as_str()).copied().unwrap_or(OTHER)
}
