//! A test as clients see it.

use crate::schedule_jobs::WarningDto;
use postrider_service::test_sends::{TestSend, TestSendRecipient};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A test and what became of each of its messages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestSendDto {
    test_send_id: Uuid,
    campaign_id: Uuid,
    channel: &'static str,
    /// Whose fields the message shows, if somebody was named.
    profile_id: Option<Uuid>,
    /// As of a job: `scheduled`, `running`, `completed`, `completed_with_failures`, `failed` or `canceled`.
    state: &'static str,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    /// Why nothing moves, if something is in the way.
    blocked_reason: Option<String>,
    /// What deserves a look, such as `TEST_FIELDS_EMPTY`.
    warnings: Vec<WarningDto>,
    /// In the order of the request.
    recipients: Vec<TestRecipientDto>,
}

/// One named address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TestRecipientDto {
    /// In its normal form; null if the person was erased since.
    address: Option<String>,
    /// Whose fields its message shows: `profile` for the named one, `recipient` for the person who has the address,
    /// `sample` for a sample recipient, `none` for no person.
    fields: &'static str,
    state: &'static str,
    reason: Option<String>,
    attempts: i64,
    next_attempt_at: Option<String>,
    settled_at: Option<String>,
    provider_ref: Option<String>,
    /// What the provider said at the last attempt that did not succeed.
    provider_text: Option<String>,
}

impl From<&TestSend> for TestSendDto {
    fn from(test: &TestSend) -> Self {
        let job = &test.job;
        Self {
            test_send_id: job.id.into(),
            campaign_id: job.campaign.into(),
            channel: job.channel.as_str(),
            profile_id: test.profile.map(Into::into),
            state: job.state.as_str(),
            created_at: job.created_at.to_string(),
            started_at: job.started_at.map(|instant| instant.to_string()),
            finished_at: job.finished_at.map(|instant| instant.to_string()),
            blocked_reason: job.blocked_reason.clone(),
            warnings: test.warnings().iter().map(WarningDto::from).collect(),
            recipients: test.recipients.iter().map(TestRecipientDto::from).collect(),
        }
    }
}

impl From<&TestSendRecipient> for TestRecipientDto {
    fn from(one: &TestSendRecipient) -> Self {
        Self {
            address: Some(one.address.clone()).filter(|address| !address.is_empty()),
            fields: one.fields.as_str(),
            state: one.state.as_str(),
            reason: one.reason.clone(),
            attempts: one.attempts,
            next_attempt_at: one.next_attempt_at.map(|instant| instant.to_string()),
            settled_at: one.settled_at.map(|instant| instant.to_string()),
            provider_ref: one.provider_ref.clone(),
            provider_text: one.provider_text.clone(),
        }
    }
}
