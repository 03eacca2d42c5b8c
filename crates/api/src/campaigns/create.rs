//! `POST /campaigns`

use super::body::{AudienceBody, ContentBody, ScheduleSeedBody};
use super::view::CampaignDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::Once;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_core::campaign::CampaignType;
use postrider_core::channel::ChannelKind;
use postrider_core::error::Refusal;
use postrider_service::campaigns::{CreateCampaign, Details};
use postrider_service::{Actor, Service};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A new campaign.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCampaignBody {
    /// `broadcast`.
    campaign_type: String,
    /// 1 to 255 characters on one line.
    name: String,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: String,
    /// At most 2,000 characters.
    description: Option<String>,
    /// Unknown or absent becomes `general`.
    category: Option<String>,
    /// At most 25 of 1 to 100 characters on one line; the category is added.
    tags: Option<Vec<String>>,
    /// 1 to 255 characters on one line: your own id, unique among campaigns that are not deleted.
    external_id: Option<String>,
    /// Your own data, at most 16 KB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// As PUT content.
    content: Option<ContentBody>,
    /// As PUT audience.
    audience: Option<AudienceBody>,
    /// As PUT schedule.
    schedule: Option<ScheduleSeedBody>,
}

impl CreateCampaignBody {
    fn into_command(self) -> Result<CreateCampaign, Refusal> {
        let audience = self.audience.map(AudienceBody::into_command).transpose();
        let schedule = self.schedule.map(ScheduleSeedBody::into_command).transpose();
        Ok(CreateCampaign {
            campaign_type: CampaignType::parse(&self.campaign_type)
                .ok_or_else(|| Refusal::invalid("campaignType", Some(&self.campaign_type), "must be broadcast"))?,
            channel: ChannelKind::read("channel", &self.channel)?,
            details: Details {
                name: self.name,
                description: self.description,
                category: self.category,
                tags: self.tags.unwrap_or_default(),
                external_id: self.external_id,
                metadata: self.metadata.map(|object| Value::Object(object).to_string()),
            },
            audience: audience.map_err(|refusal| refusal.under("audience"))?,
            content: self.content.map(ContentBody::into_command),
            schedule: schedule.map_err(|refusal| refusal.under("schedule"))?,
        })
    }
}

/// Makes a draft.
#[utoipa::path(post, path = "/public/v1/campaigns", operation_id = "createCampaign",
    tag = "Campaigns", summary = "Create a campaign",
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header)),
    request_body = CreateCampaignBody,
    responses((status = 201, description = "The draft", body = CampaignDto)))]
pub async fn create(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    once: Once<CreateCampaignBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, CampaignDto::of));
    let answered = service.create_campaign(&actor, body.into_command()?, reply).await?;
    Ok(Written(answered))
}
