//! What stands between a draft and its send, gathered in the caller's transaction.

use crate::{ServiceError, Settings};
use postrider_core::id::{TemplateVersionId, TenantId};
use postrider_core::preflight::Issue;
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaigns::Campaign;

/// The issues of a draft. Schedule jobs call it in the transaction in which they commit.
pub(crate) fn issues(
    _tx: &mut Tx<'_>,
    _tenant: TenantId,
    _campaign: &Campaign,
    _settings: &Settings,
    _now: Timestamp,
) -> Result<Vec<Issue>, ServiceError> {
    Ok(Vec::new())
}

/// Messages as somebody of the audience would get them, at most `max`.
pub(crate) fn samples(
    _tx: &mut Tx<'_>,
    _tenant: TenantId,
    _campaign: &Campaign,
    _version: TemplateVersionId,
    _max: usize,
) -> Result<Vec<crate::schedules::Sample>, ServiceError> {
    Ok(Vec::new())
}
