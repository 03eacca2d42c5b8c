//! `GET /profiles/{id}`

use super::evidence::LatestConsentsDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::profiles::{Membership, PersonHeld, Profile};
use postrider_service::{Actor, Service};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A profile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileDto {
    #[schema(format = Uuid)]
    id: String,
    /// Every field under the name it has in an upsert; what is not known is left out.
    #[schema(value_type = crate::shapes::ProfileRecord)]
    record: Map<String, Value>,
    created_at: String,
    updated_at: String,
}

impl From<Profile> for ProfileDto {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id.to_string(),
            record: profile.record,
            created_at: profile.created_at.to_string(),
            updated_at: profile.updated_at.to_string(),
        }
    }
}

/// A list that a person is on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembershipDto {
    #[schema(format = Uuid)]
    list_id: String,
    name: String,
    added_at: String,
}

impl From<&Membership> for MembershipDto {
    fn from(membership: &Membership) -> Self {
        Self {
            list_id: membership.list.to_string(),
            name: membership.name.clone(),
            added_at: membership.added_at.to_string(),
        }
    }
}

/// A profile, where its consents came from, and the lists that it is on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileDetailsDto {
    #[serde(flatten)]
    profile: ProfileDto,
    consent_evidence: LatestConsentsDto,
    lists: Vec<MembershipDto>,
}

impl From<PersonHeld> for ProfileDetailsDto {
    fn from(person: PersonHeld) -> Self {
        Self {
            lists: person.lists.iter().map(MembershipDto::from).collect(),
            consent_evidence: person.latest_consents().into(),
            profile: person.profile.into(),
        }
    }
}

/// One profile, and where its consents came from.
#[utoipa::path(get, path = "/public/v1/profiles/{id}", operation_id = "getProfile",
    tag = "Profiles", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ProfileDetailsDto)))]
pub async fn get_profile(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let profile = service.person(&actor, path_id(&id)).await?;
    Ok(Answer::ok(&ProfileDetailsDto::from(profile)))
}
