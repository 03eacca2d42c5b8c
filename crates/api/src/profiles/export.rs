//! `GET /profiles/{id}/export`: all that is held about a person, as one JSON document (GDPR, articles 15 and 20).

use super::ProfileDto;
use super::evidence::SaidConsentDto;
use super::get::MembershipDto;
use crate::correlation;
use crate::deliveries::PersonDeliveryDto;
use crate::error::ApiError;
use crate::extract::path_id;
use crate::suppressions::SuppressionDto;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::{Stream, StreamExt as _, stream};
use postrider_core::id::ProfileId;
use postrider_service::{Actor, Service, ServiceError};
use serde::Serialize;
use utoipa::ToSchema;

/// Deliveries read at a time.
const PAGE_ROWS: i64 = 100;

/// All that is held about a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonDocument {
    exported_at: String,
    profile: ProfileDto,
    /// Where their consents came from, the oldest first.
    consent_evidence: Vec<SaidConsentDto>,
    /// The lists that they are on.
    lists: Vec<MembershipDto>,
    /// Entries of the suppression list for their addresses, and for the domain of their email address.
    suppressions: Vec<SuppressionDto>,
    /// Everything that was ever sent to them, the newest first, test sends too.
    deliveries: Vec<PersonDeliveryDto>,
}

/// The document as text, a page of deliveries in memory at a time.
///
/// # Errors
/// `PROFILES.NOT_FOUND`. A failure in the middle ends the stream with an error.
pub async fn person_document(
    service: Service,
    actor: Actor,
    profile: ProfileId,
) -> Result<impl Stream<Item = Result<String, ServiceError>> + Send, ServiceError> {
    let person = service.person(&actor, profile).await?;
    let document = PersonDocument {
        exported_at: service.now().to_string(),
        profile: ProfileDto::from(person.profile),
        consent_evidence: person.evidence.into_iter().map(SaidConsentDto::from).collect(),
        lists: person.lists.iter().map(MembershipDto::from).collect(),
        suppressions: person.suppressions.iter().map(SuppressionDto::from).collect(),
        deliveries: Vec::new(),
    };
    // The deliveries are last and empty, so the text without its last two characters is where they go on.
    let mut begin = serde_json::to_string(&document).unwrap_or_default();
    begin.truncate(begin.len().saturating_sub(2));
    let pages = stream::try_unfold((Some(i64::MAX), true), move |(before, is_first)| {
        let (service, actor) = (service.clone(), actor.clone());
        async move {
            let Some(before) = before else { return Ok(None) };
            let page = service.person_deliveries(&actor, profile, Some(before), PAGE_ROWS).await?;
            let items =
                page.items.iter().map(|one| serde_json::to_string(&PersonDeliveryDto::from(one)).unwrap_or_default());
            let items = items.collect::<Vec<_>>().join(",");
            let comma = if is_first || items.is_empty() { "" } else { "," };
            Ok::<_, ServiceError>(Some((format!("{comma}{items}"), (page.next, is_first && items.is_empty()))))
        }
    });
    let text = |text: &str| stream::iter([Ok(text.to_owned())]);
    Ok(text(&begin).chain(pages).chain(text("]}")))
}

/// All that is held about a person
///
/// One JSON document as a file: the profile, lists, entries of the suppression list and everything that was ever sent.
#[utoipa::path(get, path = "/public/v1/profiles/{id}/export", operation_id = "exportProfile", tag = "Profiles",
    params(("id" = uuid::Uuid, Path)), responses((status = 200, body = PersonDocument)))]
pub async fn export_profile(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let document = person_document(service, actor, path_id(&id)).await?;
    let end = format!(",\"correlationId\":\"{}\"}}", correlation::current());
    let whole =
        stream::iter([Ok("{\"success\":true,\"data\":".to_owned())]).chain(document).chain(stream::iter([Ok(end)]));
    let mut response = Response::new(Body::from_stream(whole));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"person.json\""));
    Ok(response)
}
