//! `GET /campaigns/{id}/test-sends/{testSendId}`.

use super::view::TestSendDto;
use crate::envelope::Answer;
use crate::error::ApiError;
use crate::extract::path_id;
use axum::Extension;
use axum::extract::{Path, State};
use postrider_service::{Actor, Service};

/// What became of each message of a test.
#[utoipa::path(
    get,
    path = "/public/v1/campaigns/{id}/test-sends/{testSendId}", operation_id = "getTestSend",
    tag = "Schedule & Send",
    params(("id" = uuid::Uuid, Path), ("testSendId" = uuid::Uuid, Path)),
    responses((status = 200, body = TestSendDto))
)]
pub async fn get(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, test)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let campaign = path_id(&id);
    let test = service.test_send(&actor, campaign, path_id(&test)).await?;
    Ok(Answer::ok(&TestSendDto::from(&test)))
}
