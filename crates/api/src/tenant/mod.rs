//! `/tenant`: a tenant's own settings.

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::Json;
use crate::routes::{Route, route};
use axum::Extension;
use axum::extract::State;
use postrider_core::scope::Scope;
use postrider_service::tenants::{SetTenant, Tenant};
use postrider_service::{Actor, Service};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![route!(GET, "/tenant", Scope::TenantRead, get), route!(PATCH, "/tenant", Scope::TenantUpdate, patch)]
}

/// A tenant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TenantDto {
    id: Uuid,
    name: String,
    /// IANA name.
    default_timezone: Option<String>,
    /// `HH:MM`: until when mail can be given out on the day itself.
    mail_cutoff: String,
    created_at: String,
    updated_at: String,
}

impl From<Tenant> for TenantDto {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.into(),
            mail_cutoff: tenant.mail_cutoff(),
            name: tenant.name,
            default_timezone: tenant.default_timezone,
            created_at: tenant.created_at.to_string(),
            updated_at: tenant.updated_at.to_string(),
        }
    }
}

/// Changes; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchTenantDto {
    name: Option<String>,
    /// IANA name; null for none.
    #[serde(default, deserialize_with = "present")]
    default_timezone: Option<Option<String>>,
    /// `HH:MM`, 00:00 to 24:00.
    mail_cutoff: Option<String>,
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[utoipa::path(get, path = "/public/v1/tenant", operation_id = "getTenant",
    tag = "Tenant", summary = "Get the tenant",
    responses((status = 200, description = "The tenant", body = TenantDto)))]
async fn get(State(service): State<Service>, Extension(actor): Extension<Actor>) -> Result<Answer, ApiError> {
    let tenant = service.get_tenant(actor.tenant).await?;
    Ok(Answer::ok(&TenantDto::from(tenant)))
}

#[utoipa::path(patch, path = "/public/v1/tenant", operation_id = "updateTenant",
    tag = "Tenant", summary = "Change the tenant",
    request_body = PatchTenantDto, responses((status = 200, description = "The tenant", body = TenantDto)))]
async fn patch(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Json(body): Json<PatchTenantDto>,
) -> Result<Answer, ApiError> {
    let changes = SetTenant { name: body.name, default_timezone: body.default_timezone, mail_cutoff: body.mail_cutoff };
    let tenant = service.set_tenant(actor.tenant, changes).await?;
    Ok(Answer::ok(&TenantDto::from(tenant)))
}
