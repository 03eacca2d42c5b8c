//! One id for each request, in its answer and in every log line about it.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use postrider_service::Service;
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

tokio::task_local! {
    static CURRENT: Uuid;
}

/// The id of the request at hand; nil outside of one.
pub fn current() -> Uuid {
    CURRENT.try_with(|id| *id).unwrap_or_default()
}

/// Adopts the client's id if it is a UUID, else makes one, and puts it on the answer.
pub async fn correlate(State(service): State<Service>, request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let id = given.unwrap_or_else(|| {
        let mut bytes = [0; 16];
        service.entropy().fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    });
    let mut response = CURRENT.scope(id, next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
