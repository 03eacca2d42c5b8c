//! `GET /lists/{id}/members`, `POST /lists/{id}/members:upsert` and `POST /lists/{id}/members:remove`

use super::get::page;
use crate::deliveries::Form;
use crate::envelope::{Answer, Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, Query, path_id};
use crate::profiles::export_group;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use postrider_core::error::Refusal;
use postrider_service::lists::{InvalidKey, MemberRow, MembersChange, MembersChanged};
use postrider_service::profiles::{Group, match_key};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The one way in which keys are brought to their normal form.
const EMAIL_LOWER_TRIM: &str = "email_lower_trim";

/// A page of members.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembersDto {
    items: Vec<MemberDto>,
    page: i64,
    page_size: i64,
    total: i64,
}

/// A member of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberDto {
    #[schema(format = Uuid)]
    profile_id: String,
    email: Option<String>,
    phone: Option<String>,
    customer_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    added_at: String,
}

impl From<MemberRow> for MemberDto {
    fn from(MemberRow { added_at, profile }: MemberRow) -> Self {
        Self {
            profile_id: profile.id.to_string(),
            email: profile.email,
            phone: profile.phone,
            customer_id: profile.customer_id,
            first_name: profile.first_name,
            last_name: profile.last_name,
            added_at: added_at.to_string(),
        }
    }
}

/// Members of a list
///
/// As pages, or whole as `text/csv` or `application/x-ndjson` (`Accept`): files with every field that the import reads
/// back. They need the scope `cdp:profiles:read` too.
#[utoipa::path(get, path = "/public/v1/lists/{id}/members", operation_id = "listListMembers", tag = "Lists",
    params(("id" = uuid::Uuid, Path), ("page" = Option<i64>, Query), ("pageSize" = Option<i64>, Query)),
    responses((status = 200, description = "One page, or everybody as a file", content(
        (MembersDto = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn get_members(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, ApiError> {
    let page = page(query)?;
    if let Some(form) = Form::accepted(&headers) {
        return export_group(service, actor, Group::List(path_id(&id)), form).await;
    }
    let members = service.list_members(&actor, path_id(&id), page).await?;
    Ok(Answer::ok(&MembersDto {
        items: members.items.into_iter().map(MemberDto::from).collect(),
        page: members.page.number,
        page_size: members.page.size,
        total: members.total,
    })
    .into_response())
}

/// Who is to be put on a list or taken off it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MembersBody {
    /// 1 to 10000 email addresses (or what `matchKey` says) of profiles that are there.
    contact_keys: Vec<String>,
    /// `email_lower_trim`.
    normalization_mode: Option<String>,
    /// `email`, `phone` or `customer_id`. Email if absent.
    match_key: Option<String>,
}

impl MembersBody {
    fn into_command(self, list: &str) -> Result<MembersChange, ApiError> {
        if let Some(mode) = self.normalization_mode.as_deref().filter(|&mode| mode != EMAIL_LOWER_TRIM) {
            let problem = format!("must be {EMAIL_LOWER_TRIM}");
            return Err(Refusal::invalid("normalizationMode", Some(mode), problem).into());
        }
        Ok(MembersChange {
            list: path_id(list),
            match_key: match_key(self.match_key.as_deref())?,
            contact_keys: self.contact_keys,
        })
    }
}

/// What became of the keys: every one is counted or listed here. Keys that came twice count once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembersAddedDto {
    #[schema(format = Uuid)]
    list_id: String,
    added: usize,
    already_members: usize,
    /// Keys that no profile has; no profile is made of them.
    not_found: Vec<String>,
    invalid: Vec<InvalidKeyDto>,
    member_count: i64,
}

/// What became of the keys: every one is counted or listed here. Keys that came twice count once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembersRemovedDto {
    #[schema(format = Uuid)]
    list_id: String,
    removed: usize,
    not_members: usize,
    /// Keys that no profile has.
    not_found: Vec<String>,
    invalid: Vec<InvalidKeyDto>,
    member_count: i64,
}

/// A key that cannot name one profile.
#[derive(Serialize, ToSchema)]
pub struct InvalidKeyDto {
    key: String,
    problem: &'static str,
}

impl From<&InvalidKey> for InvalidKeyDto {
    fn from(invalid: &InvalidKey) -> Self {
        Self { key: invalid.key.clone(), problem: invalid.problem }
    }
}

/// Puts people on a list.
#[utoipa::path(post, path = "/public/v1/lists/{id}/members:upsert", operation_id = "upsertListMembers",
    tag = "Lists", params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = MembersBody, responses((status = 200, body = MembersAddedDto)))]
pub async fn upsert_members(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<MembersBody>,
) -> Result<Written, ApiError> {
    let view = |changed: &MembersChanged| MembersAddedDto {
        list_id: changed.list.to_string(),
        added: changed.changed,
        already_members: changed.unchanged,
        not_found: changed.not_found.clone(),
        invalid: changed.invalid.iter().map(InvalidKeyDto::from).collect(),
        member_count: changed.member_count,
    };
    let (body, reply) = once.reply(renderer(StatusCode::OK, view));
    Ok(Written(service.add_list_members(&actor, body.into_command(&id)?, reply).await?))
}

/// Takes people off a list.
#[utoipa::path(post, path = "/public/v1/lists/{id}/members:remove", operation_id = "removeListMembers",
    tag = "Lists", params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = MembersBody, responses((status = 200, body = MembersRemovedDto)))]
pub async fn remove_members(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<MembersBody>,
) -> Result<Written, ApiError> {
    let view = |changed: &MembersChanged| MembersRemovedDto {
        list_id: changed.list.to_string(),
        removed: changed.changed,
        not_members: changed.unchanged,
        not_found: changed.not_found.clone(),
        invalid: changed.invalid.iter().map(InvalidKeyDto::from).collect(),
        member_count: changed.member_count,
    };
    let (body, reply) = once.reply(renderer(StatusCode::OK, view));
    Ok(Written(service.remove_list_members(&actor, body.into_command(&id)?, reply).await?))
}
