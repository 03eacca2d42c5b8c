//! Token, then rate limit, then scope: before anything else of a request is looked at.
//!
//! A request without a good token is not counted, so that strangers use nothing up and cost the store nothing.

use crate::error::{ApiError, refused};
use crate::extract::BodyLimit;
use crate::rate_limit::tell_left;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use postrider_core::error::{Code, Refusal};
use postrider_core::rate_limit::RateClass;
use postrider_core::scope::Scope;
use postrider_service::Service;
use postrider_service::auth::Bearer;

/// What a route asks of requests.
#[derive(Clone)]
pub struct Guard {
    pub service: Service,
    pub scope: Scope,
    pub class: RateClass,
    pub body_max_bytes: usize,
}

/// Lets a request pass whose token is good for it, has requests left and carries the scope; tells its handler who calls.
pub async fn authorize(
    State(Guard { service, scope, class, body_max_bytes }): State<Guard>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.headers().get_all(header::AUTHORIZATION).iter().count() > 1 {
        // Whoever stands between might look at the other one.
        return refused(&Refusal::new(Code::TokenInvalid));
    }
    let Some(token) = bearer(&request) else {
        return refused(&Refusal::new(Code::Unauthorized));
    };
    let Bearer { actor, limits } = match service.authenticate(token).await {
        Ok(bearer) => bearer,
        Err(error) => return ApiError(error).into_response(),
    };
    let allowance = match service.admit(actor.client, class, limits.of(class)).await {
        Ok(allowance) => allowance,
        Err(error) => return ApiError(error).into_response(),
    };
    let mut response = match actor.require(scope) {
        Ok(()) => {
            request.extensions_mut().insert(actor);
            request.extensions_mut().insert(BodyLimit(body_max_bytes));
            next.run(request).await
        }
        Err(error) => ApiError(error).into_response(),
    };
    if let Some(allowance) = allowance {
        tell_left(response.headers_mut(), allowance);
    }
    response
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1); the scheme is case-insensitive.
fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
