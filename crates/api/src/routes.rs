//! The one table of routes: method, path, scope, handler.

use crate::authorize::{Guard, authorize};
use crate::error::refused;
use crate::prometheus::Requests;
use crate::rate_limit::class_of;
use crate::{
    audiences, campaigns, correlation, cors, deliveries, discovery, extract, health, import_jobs, intake, lists,
    metadata, oauth, openapi, profiles, prometheus, schedule_jobs, sender_profiles, status, suppressions, templates,
    tenant, test_sends, unsubscribe, webhooks,
};
use axum::extract::{OriginalUri, Request};
use axum::handler::Handler;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Router, response::Response};
use postrider_core::error::{Code, Refusal};
use postrider_core::rate_limit::RateClass;
use postrider_core::scope::Scope;
use postrider_service::Service;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::openapi::OpenApi;

/// Below it is everything that needs a token.
pub const BASE: &str = "/public/v1";

/// Declares a route: method, path below [`BASE`], scope, handler. What the handler's `#[utoipa::path]` says goes along.
macro_rules! route {
    ($method:ident, $path:expr, $scope:expr, $($handler:ident)::+) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($handler)::+))]
        struct Documented;
        let document = <Documented as utoipa::OpenApi>::openapi;
        $crate::routes::Route::new(axum::http::Method::$method, $path, $scope, $($handler)::+, document)
    }};
}
pub(crate) use route;

/// One route below [`BASE`], declared with [`route!`]. Handlers take `Extension<Actor>` and `State<Service>`.
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path below `/public/v1`, such as `/campaigns/{id}`.
    pub path: &'static str,
    /// What a token needs.
    pub scope: Scope,
    /// What a request is counted as.
    pub class: RateClass,
    /// Longest body, in bytes. Routes that read their body themselves have limits of their own.
    pub body_max_bytes: usize,
    handler: MethodRouter<Service>,
    document: fn() -> OpenApi,
}

impl Route {
    /// Declares a route with what readers of the API are told of it.
    pub fn new<H, T>(method: Method, path: &'static str, scope: Scope, handler: H, document: fn() -> OpenApi) -> Self
    where
        H: Handler<T, Service>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        let class = class_of(&method, path);
        let body_max_bytes = extract::BODY_DEFAULT_MAX_BYTES;
        Self { method, path, scope, class, body_max_bytes, handler: on(filter, handler), document }
    }

    /// The same with another limit of its body.
    pub const fn taking(mut self, body_max_bytes: usize) -> Self {
        self.body_max_bytes = body_max_bytes;
        self
    }

    /// The OpenAPI document of this route alone.
    pub fn document(&self) -> OpenApi {
        (self.document)()
    }
}

/// Every route below `/public/v1`.
pub fn table() -> Vec<Route> {
    let areas = [
        campaigns::routes(),
        schedule_jobs::routes(),
        status::routes(),
        deliveries::routes(),
        lists::routes(),
        audiences::routes(),
        profiles::routes(),
        metadata::routes(),
        import_jobs::routes(),
        templates::routes(),
        sender_profiles::routes(),
        suppressions::routes(),
        tenant::routes(),
        test_sends::routes(),
        webhooks::routes(),
    ];
    areas.into_iter().flatten().collect()
}

/// Every route of the API.
fn whole(service: &Service) -> Router<Service> {
    let mut paths: BTreeMap<&'static str, MethodRouter<Service>> = BTreeMap::new();
    for route in table() {
        let Route { scope, class, body_max_bytes, .. } = route;
        let guard = from_fn_with_state(Guard { service: service.clone(), scope, class, body_max_bytes }, authorize);
        let guarded = route.handler.route_layer(guard);
        let merged = match paths.remove(route.path) {
            Some(others) => others.merge(guarded),
            None => guarded,
        };
        paths.insert(route.path, merged);
    }
    let mut public = Router::new();
    for (path, methods) in paths {
        public = public.route(path, methods);
    }
    let public = public.layer(from_fn(only_text));
    Router::new()
        .nest(BASE, public)
        .merge(oauth::router())
        .merge(unsubscribe::router())
        .merge(import_jobs::router())
        .merge(discovery::router())
        .merge(health::router())
        .merge(openapi::router())
}

/// What a process shows to the world, and what to those who watch it.
pub struct Faces {
    /// What is served at the address of the server. The metrics are a part of it if the settings say so.
    pub main: Router,
    /// The metrics alone, for a listener of their own.
    pub metrics: Router,
}

impl Faces {
    /// Of a process that takes requests.
    #[must_use]
    pub fn of_the_api(service: Service) -> Self {
        Self::new(whole(&service), service)
    }

    /// Of a process that takes none: whether it lives and is ready.
    #[must_use]
    pub fn of_health(service: Service) -> Self {
        Self::new(health::router(), service)
    }

    fn new(routes: Router<Service>, service: Service) -> Self {
        let (metrics, requests) = prometheus::router();
        let routes = if service.settings().metrics { routes.merge(metrics.clone()) } else { routes };
        Self { main: wrapped(routes, &requests, &service), metrics: wrapped(metrics, &requests, &service) }
    }
}

/// The whole API as a service.
pub fn router(service: Service) -> Router {
    Faces::of_the_api(service).main
}

/// Puts around routes what holds for all: they are counted, never unanswered, and told by one id.
fn wrapped(routes: Router<Service>, requests: &Arc<Requests>, service: &Service) -> Router {
    routes
        .fallback(route_not_found)
        .layer(map_response(tell_method_not_allowed))
        .layer(from_fn(intake::inspect))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(requests), prometheus::count))
        .layer(from_fn_with_state(service.clone(), cors::answer_browsers))
        .layer(from_fn_with_state(service.clone(), correlation::correlate))
        .with_state(service.clone())
}

async fn route_not_found(OriginalUri(uri): OriginalUri) -> Response {
    let path = uri.path();
    let bare = path.trim_end_matches('/');
    if bare.len() < path.len() && openapi::has_path(bare) {
        let problem = format!("ends with a slash; the path is {bare}");
        return refused(&Refusal::field(Code::RouteNotFound, "path", Some(path), problem));
    }
    refused(&Refusal::new(Code::RouteNotFound))
}

/// A path whose escapes are not UTF-8 leads nowhere; handlers would otherwise answer it without the envelope.
async fn only_text(request: Request, next: Next) -> Response {
    match oauth::form_decoded(request.uri().path()) {
        Some(_) => next.run(request).await,
        None => refused(&Refusal::new(Code::RouteNotFound)),
    }
}

/// Puts the envelope around the router's own 405, which has no body but the right `Allow`.
async fn tell_method_not_allowed(response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let mut told = refused(&Refusal::new(Code::MethodNotAllowed));
    if let Some(allow) = response.headers().get(header::ALLOW) {
        told.headers_mut().insert(header::ALLOW, allow.clone());
    }
    told
}

fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    refused(&Refusal::new(Code::Internal))
}
