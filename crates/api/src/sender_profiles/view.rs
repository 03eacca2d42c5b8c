//! The sender profile object.

use postrider_service::senders::SenderView;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A sender profile: its own fields and those of its channel.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SenderProfileDto {
    id: Uuid,
    name: String,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    #[serde(flatten)]
    #[schema(value_type = crate::shapes::SenderFields)]
    fields: Map<String, Value>,
    created_at: String,
    updated_at: String,
}

impl From<&SenderView> for SenderProfileDto {
    fn from(sender: &SenderView) -> Self {
        Self {
            id: sender.id.into(),
            name: sender.name.clone(),
            channel: sender.details.channel().as_str(),
            fields: serde_json::from_str(&sender.details.to_json()).unwrap_or_default(),
            created_at: sender.created_at.to_string(),
            updated_at: sender.updated_at.to_string(),
        }
    }
}

/// One page of sender profiles, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SenderProfilePageDto {
    pub items: Vec<SenderProfileDto>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct DeletedDto {
    pub id: Uuid,
    /// True.
    pub deleted: bool,
}
