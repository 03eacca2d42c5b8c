//! People that a body names by their id.

use crate::error::ApiError;
use postrider_core::error::Refusal;
use postrider_core::id::ProfileId;
use postrider_core::scope::Scope;
use postrider_service::Actor;
use serde::Deserialize;

/// The `profileId` of a body. A caller who names a person sees their fields, so this needs the scope
/// `cdp:profiles:read` in addition to the scope of the route; there is no other way to the id.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct PersonRef(String);

impl PersonRef {
    /// The id, if the caller may read people.
    ///
    /// # Errors
    /// `INSUFFICIENT_SCOPE`; `REQUEST_INVALID` for what is not a UUID.
    pub fn readable_by(&self, actor: &Actor) -> Result<ProfileId, ApiError> {
        actor.require(Scope::CdpProfilesRead)?;
        self.0.parse().map_err(|_| Refusal::invalid("profileId", Some(&self.0), "is not a UUID").into())
    }
}
