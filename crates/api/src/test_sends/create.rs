//! `POST /campaigns/{id}/test-sends`.

use super::view::TestSendDto;
use crate::envelope::{Written, renderer};
use crate::error::ApiError;
use crate::extract::{Once, PersonRef, path_id};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postrider_service::test_sends::TestSendCommand;
use postrider_service::{Actor, Service};
use serde::Deserialize;
use utoipa::ToSchema;

/// Where a test goes.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestSendBody {
    /// 1 to 10 addresses of the campaign's channel: email addresses, phone numbers, device tokens.
    #[schema(min_items = 1, max_items = 10)]
    addresses: Vec<String>,
    /// The profile whose fields the messages show, which needs the scope `cdp:profiles:read`. If absent, each message shows
    /// the fields of the person who has the address. If no person has it, a token with that scope gets the fields of
    /// the first recipient of the campaign's audience, and any other token gets empty fields and a warning.
    #[schema(value_type = Option<Uuid>)]
    profile_id: Option<PersonRef>,
}

/// Sends the campaign's message to a few named addresses, the same way as its real messages. It needs content
/// and a sender, but neither audience nor schedule; the campaign stays as it is, and nothing of the test shows in its
/// counts. Subject, text or title begin with `[Test]`, and an email has the header `X-Postrider-Test: 1`. Addresses
/// that are suppressed or whose owner has denied consent are answered as `suppressed` and not sent to. Not for
/// direct mail.
#[utoipa::path(
    post,
    path = "/public/v1/campaigns/{id}/test-sends", operation_id = "createTestSend",
    tag = "Schedule & Send",
    summary = "Send a test to named addresses",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = TestSendBody,
    responses((status = 201, body = TestSendDto))
)]
pub async fn create(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    once: Once<TestSendBody>,
) -> Result<Written, ApiError> {
    let (body, reply) = once.reply(renderer(StatusCode::CREATED, |test| TestSendDto::from(test)));
    let profile = body.profile_id.map(|person| person.readable_by(&actor)).transpose()?;
    let command = TestSendCommand { campaign: path_id(&id), addresses: body.addresses, profile };
    Ok(Written(service.create_test_send(&actor, command, reply).await?))
}
