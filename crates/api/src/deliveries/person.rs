//! `GET /profiles/{id}/deliveries`

use super::explain::ExplanationDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::error::Refusal;
use postrider_service::deliveries::PersonDelivery;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of what was sent to a person, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonDeliveryPage {
    items: Vec<PersonDeliveryDto>,
    /// Give it as `cursor` for the next page; null on the last. A page can have fewer items than `limit`, even none, and
    /// still have a next one.
    next_cursor: Option<String>,
}

/// A message to a person, sent or not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonDeliveryDto {
    #[serde(flatten)]
    explanation: ExplanationDto,
    /// Null if the campaign was deleted.
    campaign_name: Option<String>,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    /// Whether it was a test send.
    test: bool,
}

impl From<&PersonDelivery> for PersonDeliveryDto {
    fn from(delivery: &PersonDelivery) -> Self {
        let PersonDelivery { campaign_name, explanation } = delivery;
        Self {
            explanation: ExplanationDto::from(explanation),
            campaign_name: campaign_name.clone(),
            channel: explanation.job.channel.as_str(),
            test: explanation.job.is_test,
        }
    }
}

/// Everything that was ever sent to a person
///
/// One entry for each job that had them in its audience, with its state, the reason and the attempts; test sends too.
#[utoipa::path(get, path = "/public/v1/profiles/{id}/deliveries", operation_id = "listProfileDeliveries",
    tag = "Profiles", params(("id" = uuid::Uuid, Path), ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PersonDeliveryPage)))]
pub async fn list_of_person(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let limit = query.limit()?;
    let before = query.text("cursor").map(|text| parse_cursor(&text)).transpose()?;
    query.end()?;
    let page = service.person_deliveries(&actor, path_id(&id), before, limit).await?;
    Ok(Answer::ok(&PersonDeliveryPage {
        items: page.items.iter().map(PersonDeliveryDto::from).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

fn parse_cursor(text: &str) -> Result<i64, ApiError> {
    let place = text.parse().ok().filter(|place| *place >= 0);
    place.ok_or_else(|| Refusal::invalid("cursor", Some(text), "is not a nextCursor of this listing").into())
}
