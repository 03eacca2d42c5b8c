//! The whole ledger as a stream, a page in memory at a time.

use super::view::DeliveryDto;
use crate::error::ApiError;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use postrider_service::deliveries::{DeliveriesQuery, Page};
use postrider_service::{Actor, Service, ServiceError};

/// Recipients read at a time.
const PAGE_ROWS: i64 = 1_000;

/// How the ledger is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// RFC 4180, with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Form {
    /// The form that the client asks for, if it is not the envelope.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let accept = headers.get(header::ACCEPT)?.to_str().ok()?;
        accept.split(',').find_map(|range| match range.split(';').next().unwrap_or_default().trim() {
            "text/csv" => Some(Self::Csv),
            "application/x-ndjson" => Some(Self::Ndjson),
            _ => None,
        })
    }

    /// The media type of that form.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    fn write(self, page: &Page, text: &mut String) {
        for item in &page.items {
            let view = DeliveryDto::from(item);
            match self {
                Self::Csv => text.push_str(&view.csv()),
                Self::Ndjson => {
                    text.push_str(&serde_json::to_string(&view).unwrap_or_default());
                    text.push('\n');
                }
            }
        }
    }
}

struct Reader {
    service: Service,
    actor: Actor,
    query: DeliveriesQuery,
    form: Form,
}

/// Streams everything from the query's place on. A failure in mid-stream breaks the connection off, so that a part
/// is never taken for the whole.
pub async fn stream(service: Service, actor: Actor, query: DeliveriesQuery, form: Form) -> Result<Response, ApiError> {
    let query = DeliveriesQuery { limit: PAGE_ROWS, ..query };
    let first = service.deliveries(&actor, query.clone()).await?;
    let mut text = if form == Form::Csv { DeliveryDto::COLUMNS.to_owned() } else { String::new() };
    form.write(&first, &mut text);
    let reader = Reader { service, actor, query, form };
    let rest = futures_util::stream::try_unfold((reader, first.schedule, first.next), next_page);
    let begin = futures_util::stream::once(async move { Ok(text) });
    let mut response = Response::new(Body::from_stream(futures_util::StreamExt::chain(begin, rest)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    Ok(response)
}

type Place = (Reader, Option<postrider_core::id::ScheduleId>, Option<i64>);

async fn next_page((reader, schedule, next): Place) -> Result<Option<(String, Place)>, ServiceError> {
    let Some(after) = next else { return Ok(None) };
    let query = DeliveriesQuery { schedule, after, ..reader.query.clone() };
    let page = reader.service.deliveries(&reader.actor, query).await?;
    let mut text = String::new();
    reader.form.write(&page, &mut text);
    Ok(Some((text, (reader, schedule, page.next))))
}
