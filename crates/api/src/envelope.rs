//! The envelope around every answer below `/public/v1`.

use crate::correlation;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use postrider_service::idempotency::{Answered, Render, Rendered};
use serde::Serialize;
use uuid::Uuid;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<'a, T> {
    success: bool,
    data: &'a T,
    correlation_id: Uuid,
}

/// An answer with its status.
pub struct Answer(Rendered);

impl Answer {
    /// 200 with data.
    pub fn ok<T: Serialize>(data: &T) -> Self {
        Self(render(StatusCode::OK, correlation::current(), data))
    }
}

/// Makes a renderer for [`postrider_service::idempotency::Reply`]: `view` turns the result into what is serialised.
/// The store runs it on a thread of its own, so the correlation id is taken along.
pub fn renderer<T, V: Serialize>(status: StatusCode, view: impl Fn(&T) -> V + Send + 'static) -> Render<T> {
    renderer_with(move |_| status, view)
}

/// As [`renderer`], where the result decides the status.
pub fn renderer_with<T, V: Serialize>(
    status: impl Fn(&T) -> StatusCode + Send + 'static,
    view: impl Fn(&T) -> V + Send + 'static,
) -> Render<T> {
    let correlation_id = correlation::current();
    Box::new(move |result| render(status(result), correlation_id, &view(result)))
}

fn render<T: Serialize>(status: StatusCode, correlation_id: Uuid, data: &T) -> Rendered {
    let body = Success { success: true, data, correlation_id };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    Rendered { status: status.as_u16(), body }
}

/// Puts JSON bytes into a response.
pub fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let json = HeaderValue::from_static("application/json");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        json_response(StatusCode::from_u16(self.0.status).unwrap_or_default(), self.0.body)
    }
}

/// A write's answer, fresh or repeated.
pub struct Written(pub Answered);

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        let mut response = Answer(self.0.rendered).into_response();
        if self.0.replayed {
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}
