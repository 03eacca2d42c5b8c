//! `GET /metadata/fields`: what records, templates and rules may name.

use crate::envelope::{Answer, Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use crate::routes::{Route, route};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_core::attribute::AttributeKind;
use postrider_core::audience::rule::Kind;
use postrider_core::error::Refusal;
use postrider_core::scope::Scope;
use postrider_service::metadata::{Attribute, Fields};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        route!(GET, "/metadata/fields", Scope::CdpMetadataRead, get_fields),
        route!(PATCH, "/metadata/fields", Scope::CdpProfilesWrite, set_field_kind),
    ]
}

/// Every field of the tenant's profiles.
#[derive(Serialize, ToSchema)]
pub struct FieldList {
    /// The well-known ones, then the tenant's attributes by name.
    items: Vec<FieldDto>,
}

/// One field.
#[derive(Serialize, ToSchema)]
pub struct FieldDto {
    name: String,
    /// `text`, `consent`, `list`, `date` or `object`; of an attribute `text`, `number`, `date`, `boolean` or `list`: the
    /// kind that its values must have; `any` if it has had no value since kinds are kept.
    r#type: &'static str,
    /// `standard` or `attribute`.
    source: &'static str,
    /// How many people have the attribute; absent from standard fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<i64>,
    /// How many people have a value of each kind. Values that are older than the kind of the attribute keep their own.
    /// Text that looks like a date counts as a date. Absent from standard fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    kinds: Option<BTreeMap<&'static str, i64>>,
}

impl From<&Fields> for FieldList {
    fn from(fields: &Fields) -> Self {
        let standard = fields.standard.iter().map(|field| FieldDto {
            name: field.name(),
            r#type: word(field.kind()),
            source: "standard",
            people: None,
            kinds: None,
        });
        let attributes = fields.attributes.iter().map(FieldDto::attribute);
        Self { items: standard.chain(attributes).collect() }
    }
}

impl FieldDto {
    fn attribute(attribute: &Attribute) -> Self {
        Self {
            name: attribute.name.clone(),
            r#type: attribute.kind.map_or_else(|| word(Kind::Any), AttributeKind::as_str),
            source: "attribute",
            people: Some(attribute.people.values().sum()),
            kinds: Some(attribute.people.iter().map(|(kind, people)| (kind.as_str(), *people)).collect()),
        }
    }
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Consent => "consent",
        Kind::List => "list",
        Kind::Date => "date",
        Kind::Whole => "object",
        Kind::Any => "any",
    }
}

/// The fields that records, templates and rules may name: the well-known ones, and every attribute that a profile of
/// the tenant has carried.
#[utoipa::path(
    get,
    path = "/public/v1/metadata/fields", operation_id = "listFields",
    tag = "Profiles",
    summary = "List the fields of profiles",
    responses((status = 200, body = FieldList))
)]
pub async fn get_fields(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&FieldList::from(&service.fields(&actor).await?)))
}

/// A change of an attribute.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetFieldKindBody {
    /// Name of an attribute.
    name: String,
    /// `text`, `number`, `date`, `boolean` or `list`.
    r#type: String,
}

/// Gives an attribute its kind, also before anybody has it. Values that people have already stay as they are, and
/// `kinds` counts them; new values must be of this kind.
#[utoipa::path(patch, path = "/public/v1/metadata/fields", operation_id = "setFieldKind", tag = "Profiles",
    summary = "Set the kind of an attribute",
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = SetFieldKindBody, responses((status = 200, body = FieldDto)))]
pub async fn set_field_kind(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<SetFieldKindBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::OK, FieldDto::attribute));
    let problem = "must be text, number, date, boolean or list";
    let kind =
        AttributeKind::parse(&body.r#type).ok_or_else(|| Refusal::invalid("type", Some(&body.r#type), problem))?;
    Ok(Written(service.set_field_kind(&actor, body.name, kind, reply).await?))
}
