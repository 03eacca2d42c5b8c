//! Token, then scope: before anything else of a request is looked at.

use crate::error::{ApiError, refused};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use postrider_core::error::{Code, Refusal};
use postrider_core::scope::Scope;
use postrider_service::Service;

/// Lets a request pass whose token carries the scope, and tells its handler who calls.
pub async fn authorize(State((service, scope)): State<(Service, Scope)>, mut request: Request, next: Next) -> Response {
    if request.headers().get_all(header::AUTHORIZATION).iter().count() > 1 {
        // Whoever stands between might look at the other one.
        return refused(&Refusal::new(Code::TokenInvalid));
    }
    let Some(token) = bearer(&request) else {
        return refused(&Refusal::new(Code::Unauthorized));
    };
    let actor = match service.authenticate(token).await {
        Ok(actor) => actor,
        Err(error) => return ApiError(error).into_response(),
    };
    if let Err(error) = actor.require(scope) {
        return ApiError(error).into_response();
    }
    request.extensions_mut().insert(actor);
    next.run(request).await
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1); the scheme is case-insensitive.
fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
