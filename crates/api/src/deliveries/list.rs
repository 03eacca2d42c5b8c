//! `GET /campaigns/{id}/deliveries`.

use super::export::{self, Form};
use super::view::DeliveryDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, parse_id, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use postrider_core::delivery::DeliveryState;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::ScheduleId;
use postrider_service::deliveries::DeliveriesQuery;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A page of the ledger.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryPage {
    schedule_id: Option<Uuid>,
    items: Vec<DeliveryDto>,
    next_cursor: Option<String>,
}

/// The ledger of a campaign
///
/// One row for each recipient of the newest execution, or of the one named by `scheduleId`. Asked for as `text/csv` or
/// `application/x-ndjson` (`Accept`) it is streamed whole.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/deliveries", operation_id = "listDeliveries",
    tag = "Deliveries",
    params(
        ("id" = Uuid, Path),
        ("scheduleId" = Option<Uuid>, Query, description = "Id of the job; the newest one if absent"),
        ("state" = Option<String>, Query, description = "`pending`, `in_flight`, `sent`, `failed`, `suppressed`, `skipped`, `expired`, `canceled` or `uncertain`."),
        ("address" = Option<String>, Query, description = "Only the recipient at this address, in any written form"),
        ("reason" = Option<String>, Query, description = "Only recipients with this reason, such as `consent_denied`"),
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query)
    ),
    responses((status = 200, description = "One page, or the whole ledger as a stream", content(
        (DeliveryPage = "application/json"),
        (String = "text/csv"),
        (String = "application/x-ndjson"),
    )))
)]
pub async fn list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, ApiError> {
    let campaign = path_id(&id);
    let state = query.word("state", DeliveryState::read)?;
    let asked = query.text("scheduleId").map(|text| parse_id(&text, Code::ScheduleJobNotFound)).transpose()?;
    let (address, reason) = (query.text("address"), query.text("reason"));
    let limit = query.limit()?;
    let cursor = query.text("cursor").map(|text| parse_cursor(&text)).transpose()?;
    query.end()?;
    let (schedule, after) = cursor.map_or((asked, 0), |(schedule, after)| (Some(schedule), after));
    let query = DeliveriesQuery { campaign, schedule, state, reason, address, after, limit };
    if let Some(form) = Form::accepted(&headers) {
        return export::stream(service, actor, query, form).await;
    }
    let page = service.deliveries(&actor, query).await?;
    let next = page.next.zip(page.schedule);
    let page = DeliveryPage {
        schedule_id: page.schedule.map(Uuid::from),
        items: page.items.iter().map(DeliveryDto::from).collect(),
        next_cursor: next.map(|(seq, schedule)| format!("{schedule}.{seq}")),
    };
    Ok(Answer::ok(&page).into_response())
}

/// A place in the ledger of one execution: later pages are of the same one, whatever is sent meanwhile.
fn parse_cursor(text: &str) -> Result<(ScheduleId, i64), ApiError> {
    let parts = text.split_once('.').and_then(|(schedule, seq)| Some((schedule.parse().ok()?, seq.parse().ok()?)));
    parts
        .filter(|(_, seq)| *seq >= 0)
        .ok_or_else(|| Refusal::invalid("cursor", Some(text), "is not a nextCursor of this listing").into())
}
