//! `/tenant`: a tenant's own settings.

mod body;

use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::Json;
use crate::routes::{Route, route};
use axum::Extension;
use axum::extract::State;
use body::PatchTenantBody;
use postrider_core::channel::ChannelKind;
use postrider_core::schedule::{OnMissed, OnUncertain};
use postrider_core::scope::Scope;
use postrider_service::tenants::TenantSettings;
use postrider_service::{Actor, Service};
use serde::Serialize;
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
    /// Whether an email of the category `marketing` must show a link to unsubscribe.
    require_unsubscribe_link: bool,
    /// Whether people whose consent is unknown get messages, on every channel. People who denied consent never do.
    mail_unknown: bool,
    policy_defaults: PolicyDefaultsDto,
    rate_budgets: RateBudgetsDto,
    /// The domains from which alone the tenant sends mail, with all that is below them; the operator binds them. If
    /// there are none, every domain that is not bound to another tenant.
    sender_domains: Vec<String>,
    created_at: String,
    updated_at: String,
}

/// What jobs do that do not say it themselves. Null is what the operator configured.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PolicyDefaultsDto {
    /// Minutes after its instant at which a job counts as missed.
    latest_start_minutes: Option<u32>,
    /// `send`, `hold` or `cancel`.
    on_missed: Option<&'static str>,
    /// Minutes after its instant after which nothing of a job leaves.
    latest_finish_minutes: Option<u32>,
    /// `hold`, `retry` or `assume_sent`.
    on_uncertain: Option<&'static str>,
    /// Messages a minute of one job.
    rate_per_minute: Option<u32>,
}

/// Messages a minute over all jobs, for each channel. Null is no limit.
#[derive(Serialize, ToSchema)]
struct RateBudgetsDto {
    email: Option<u32>,
    sms: Option<u32>,
    push: Option<u32>,
    direct_mail: Option<u32>,
}

impl From<TenantSettings> for TenantDto {
    fn from(settings: TenantSettings) -> Self {
        let TenantSettings { tenant, policy, budgets, sender_domains } = settings;
        let budget = |channel| budgets.get(&channel).copied();
        Self {
            id: tenant.id.into(),
            mail_cutoff: tenant.mail_cutoff(),
            name: tenant.name,
            default_timezone: tenant.default_timezone,
            require_unsubscribe_link: tenant.require_unsubscribe_link,
            mail_unknown: tenant.mail_unknown,
            policy_defaults: PolicyDefaultsDto {
                latest_start_minutes: policy.latest_start_minutes,
                on_missed: policy.on_missed.map(OnMissed::as_str),
                latest_finish_minutes: policy.latest_finish_minutes,
                on_uncertain: policy.on_uncertain.map(OnUncertain::as_str),
                rate_per_minute: policy.rate_per_minute,
            },
            rate_budgets: RateBudgetsDto {
                email: budget(ChannelKind::Email),
                sms: budget(ChannelKind::Sms),
                push: budget(ChannelKind::Push),
                direct_mail: budget(ChannelKind::DirectMail),
            },
            sender_domains,
            created_at: tenant.created_at.to_string(),
            updated_at: tenant.updated_at.to_string(),
        }
    }
}

#[utoipa::path(get, path = "/public/v1/tenant", operation_id = "getTenant",
    tag = "Tenant", summary = "Get the tenant",
    responses((status = 200, description = "The tenant", body = TenantDto)))]
async fn get(State(service): State<Service>, Extension(actor): Extension<Actor>) -> Result<Answer, ApiError> {
    let tenant = service.tenant_settings(actor.tenant).await?;
    Ok(Answer::ok(&TenantDto::from(tenant)))
}

#[utoipa::path(patch, path = "/public/v1/tenant", operation_id = "updateTenant",
    tag = "Tenant", summary = "Change the tenant",
    request_body = PatchTenantBody, responses((status = 200, description = "The tenant", body = TenantDto)))]
async fn patch(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Json(body): Json<PatchTenantBody>,
) -> Result<Answer, ApiError> {
    let changes = body.changes()?;
    let tenant = service.set_tenant(actor.tenant, changes).await?;
    Ok(Answer::ok(&TenantDto::from(tenant)))
}
