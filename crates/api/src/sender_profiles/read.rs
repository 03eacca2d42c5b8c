//! `GET /sender-profiles` and `GET /sender-profiles/{id}`

use super::view::{SenderProfileDto, SenderProfilePageDto};
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::{Query, cursor, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use postrider_core::channel::ChannelKind;
use postrider_service::senders::ListSenders;
use postrider_service::{Actor, Service};

/// Lists sender profiles.
#[utoipa::path(get, path = "/public/v1/sender-profiles", operation_id = "listSenderProfiles", tag = "Sender profiles",
    summary = "List sender profiles, newest first",
    params(
        ("channel" = Option<String>, Query),
        ("limit" = Option<i64>, Query, description = "1 to 100, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before")),
    responses((status = 200, description = "One page", body = SenderProfilePageDto)))]
pub async fn list(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let wanted = ListSenders {
        channel: query.word("channel", ChannelKind::read)?,
        after: query.cursor()?,
        limit: query.limit()?,
    };
    query.end()?;
    let page = service.list_senders(&actor, wanted).await?;
    let items = page.items.iter().map(SenderProfileDto::from).collect();
    Ok(Answer::ok(&SenderProfilePageDto { items, next_cursor: page.next.map(cursor) }))
}

/// Reads a sender profile.
#[utoipa::path(get, path = "/public/v1/sender-profiles/{id}", operation_id = "getSenderProfile",
    tag = "Sender profiles",
    summary = "Get a sender profile",
    params(("id" = uuid::Uuid, Path, description = "Sender profile id")),
    responses((status = 200, description = "The sender profile", body = SenderProfileDto)))]
pub async fn get(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let id = path_id(&id);
    let sender = service.get_sender(&actor, id).await?;
    Ok(Answer::ok(&SenderProfileDto::from(&sender)))
}
