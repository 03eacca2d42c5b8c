//! `GET /import-jobs/{id}/errors`: as pages, or whole as a file that can be mended and imported again.

use super::job_id;
use crate::deliveries::Form;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::Query;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use postrider_core::error::Refusal;
use postrider_core::import::ImportSeverity;
use postrider_service::imports::jobs::{ListNotes, MENDABLE_HEADERS, Note, NotePage, NotePlace};
use postrider_service::{Actor, Service, ServiceError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Rows read at a time for a file; each can take 256 KiB.
const FILE_PAGE_ROWS: i64 = 50;

/// One page of refused rows and warnings: refused rows first, each kind in the order of the file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportErrorPage {
    items: Vec<ImportErrorDto>,
    /// Give it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// A row that was refused, or taken without a field.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportErrorDto {
    /// The line of the file on which the row begins, from 1.
    line: u64,
    /// `error` or `warning`.
    severity: &'static str,
    code: String,
    /// One sentence; for a field it begins with the path.
    message: String,
    /// The field, or row for the row as a whole.
    path: Option<String>,
    /// What stood there.
    #[schema(value_type = Value)]
    value: Option<Value>,
    /// The row as it was: an object, or text if it is no record.
    #[schema(value_type = Value)]
    record: Value,
}

impl ImportErrorDto {
    fn of(note: &Note, headers: &[String]) -> Self {
        Self {
            line: note.line,
            severity: note.severity.as_str(),
            code: note.code.clone(),
            message: note.message.clone(),
            path: note.path.clone(),
            value: note.value.clone(),
            record: note.record(headers),
        }
    }
}

/// Rows that were refused (`error`), then rows that were taken without a field (`warning`). Asked for as `text/csv` or
/// `application/x-ndjson` they are streamed whole, each with its line and the reason, to be mended and imported again.
#[utoipa::path(get, path = "/public/v1/import-jobs/{id}/errors", operation_id = "listImportErrors", tag = "Imports",
    summary = "List refused rows",
    params(("id" = uuid::Uuid, Path, description = "Import job id"),
        ("severity" = Option<String>, Query, description = "`error` or `warning`."),
        ("limit" = Option<i64>, Query, description = "1 to 100, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before")),
    responses((status = 200, description = "One page, or the whole as a file", content(
        (ImportErrorPage = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn list_import_errors(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, ApiError> {
    let job = job_id(&id)?;
    let limit = query.limit()?;
    let severity = query.word("severity", ImportSeverity::read)?;
    let after = query.text("cursor").map(|text| parse_cursor(&text)).transpose()?;
    query.end()?;
    let wanted = ListNotes { job, severity, after, limit };
    if let Some(form) = Form::accepted(&headers) {
        return stream(service, actor, wanted, form).await;
    }
    let page = service.import_notes(&actor, wanted).await?;
    let items = page.items.iter().map(|note| ImportErrorDto::of(note, &page.headers)).collect();
    let next_cursor = page.next.map(|NotePlace { severity, seq }| format!("{}-{seq}", severity.as_str()));
    Ok(Answer::ok(&ImportErrorPage { items, next_cursor }).into_response())
}

fn parse_cursor(text: &str) -> Result<NotePlace, ApiError> {
    let place = text.split_once('-').and_then(|(word, seq)| {
        let (severity, seq) = (ImportSeverity::parse(word)?, seq.parse().ok()?);
        (seq >= 0).then_some(NotePlace { severity, seq })
    });
    place.ok_or_else(|| Refusal::invalid("cursor", Some(text), "is not a nextCursor of this listing").into())
}

struct Reader {
    service: Service,
    actor: Actor,
    query: ListNotes,
    form: Form,
}

/// Streams everything from the query's place on. A failure in mid-stream breaks the connection off, so that a part
/// is never taken for the whole.
async fn stream(service: Service, actor: Actor, query: ListNotes, form: Form) -> Result<Response, ApiError> {
    let query = ListNotes { limit: FILE_PAGE_ROWS, ..query };
    let first = service.import_notes(&actor, query).await?;
    let mut text = String::new();
    if form == Form::Csv {
        let ours = MENDABLE_HEADERS.map(str::to_owned);
        text.push_str(&csv_line(first.headers.iter().chain(&ours)));
    }
    write(form, &first, &mut text);
    let reader = Reader { service, actor, query, form };
    let rest = futures_util::stream::try_unfold((reader, first.next), next_page);
    let begin = futures_util::stream::once(async move { Ok(text) });
    let mut response = Response::new(Body::from_stream(futures_util::StreamExt::chain(begin, rest)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    Ok(response)
}

type Place = (Reader, Option<NotePlace>);

async fn next_page((reader, next): Place) -> Result<Option<(String, Place)>, ServiceError> {
    let Some(after) = next else { return Ok(None) };
    let page = reader.service.import_notes(&reader.actor, ListNotes { after: Some(after), ..reader.query }).await?;
    let mut text = String::new();
    write(reader.form, &page, &mut text);
    Ok(Some((text, (reader, page.next))))
}

fn write(form: Form, page: &NotePage, text: &mut String) {
    for note in &page.items {
        match form {
            Form::Csv => text.push_str(&csv_line(note.mendable_row(&page.headers).iter())),
            Form::Ndjson => {
                text.push_str(&note.mendable_record(&page.headers).to_string());
                text.push('\n');
            }
        }
    }
}

/// A line of RFC 4180. Cells stand as they came: it is the client's own file, and is to be imported again.
fn csv_line<'c>(cells: impl Iterator<Item = &'c String>) -> String {
    let quoted = cells.map(|cell| {
        let is_plain = !cell.contains([',', ';', '\t', '"', '\n', '\r']) && cell.trim() == cell;
        if is_plain { cell.clone() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
    });
    let mut line = quoted.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}
