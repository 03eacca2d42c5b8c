//! `GET /metadata/fields`: what records, templates and rules may name.

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::routes::{Route, route};
use axum::Extension;
use axum::extract::State;
use postrider_core::audience::rule::Kind;
use postrider_core::scope::Scope;
use postrider_service::metadata::Fields;
use postrider_service::{Actor, Service};
use serde::Serialize;
use utoipa::ToSchema;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![route!(GET, "/metadata/fields", Scope::CdpMetadataRead, get_fields)]
}

/// Every field of the tenant's profiles.
#[derive(Serialize, ToSchema)]
pub struct FieldList {
    /// The well-known ones, then the tenant's attributes by name.
    items: Vec<FieldDto>,
}

/// One field.
#[derive(Serialize, ToSchema)]
struct FieldDto {
    name: String,
    /// `text`, `consent`, `list`, `date`, `object` or `any`. An attribute is whatever a record made it.
    r#type: &'static str,
    /// `standard` or `attribute`.
    source: &'static str,
}

impl From<&Fields> for FieldList {
    fn from(fields: &Fields) -> Self {
        let standard = fields.standard.iter().map(|field| FieldDto {
            name: field.name(),
            r#type: word(field.kind()),
            source: "standard",
        });
        let attributes = fields.attributes.iter().map(|name| FieldDto {
            name: name.clone(),
            r#type: word(Kind::Any),
            source: "attribute",
        });
        Self { items: standard.chain(attributes).collect() }
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
