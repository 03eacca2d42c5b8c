//! `GET /profiles`

use super::ProfileDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::Query;
use axum::Extension;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_core::error::Refusal;
use postrider_core::id::{Id as _, ProfileId};
use postrider_service::profiles::{SearchPlace, SearchProfiles};
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A page of people.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfilesDto {
    items: Vec<ProfileDto>,
    /// Give it as `cursor` for the next page; null on the last. A page can have fewer items than `limit`, even none, and
    /// still have a next one.
    next_cursor: Option<String>,
}

/// People by email address, phone number, customer id and name
///
/// `search` is the whole or the beginning of an email address, phone number, customer id or name (first, last, or both in
/// either order, whatever the case and the accents), or a profile id. Whoever matches exactly comes first. Without it
/// everybody is listed, the newest first.
#[utoipa::path(get, path = "/public/v1/profiles", operation_id = "searchProfiles", tag = "Profiles",
    params(("search" = Option<String>, Query, description = "At most 254 characters"),
        ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ProfilesDto)))]
pub async fn search_profiles(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    mut query: Query,
) -> Result<Answer, ApiError> {
    let search = query.text("search").unwrap_or_default();
    let limit = usize::try_from(query.limit()?).unwrap_or_default();
    let after = query.text("cursor").map(|text| parse_cursor(&text)).transpose()?;
    query.end()?;
    let found = service.search_profiles(&actor, SearchProfiles { search, after, limit }).await?;
    Ok(Answer::ok(&ProfilesDto {
        items: found.items.into_iter().map(ProfileDto::from).collect(),
        next_cursor: found.next.as_ref().map(cursor),
    }))
}

/// The place of a search, opaque to clients: the lookup, the id and the field of the last person that was read.
fn cursor(place: &SearchPlace) -> String {
    let mut bytes = vec![u8::try_from(place.lookup).unwrap_or(u8::MAX)];
    bytes.extend_from_slice(place.profile.uuid().as_bytes());
    bytes.extend_from_slice(place.key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn parse_cursor(text: &str) -> Result<SearchPlace, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (lookup, rest) = bytes.split_first()?;
        let (id, key) = rest.split_at_checked(16)?;
        let key = std::str::from_utf8(key).ok().filter(|key| !key.contains('\0'))?;
        let profile = ProfileId::from(Uuid::from_slice(id).ok()?);
        Some(SearchPlace { lookup: usize::from(*lookup), key: key.to_owned(), profile })
    };
    read().ok_or_else(|| Refusal::invalid("cursor", Some(text), "is not a nextCursor of this listing").into())
}
