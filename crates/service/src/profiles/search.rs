//! People found by what is known of them.

use super::Profile;
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Refusal;
use postrider_core::person_search::lookups;
pub use postrider_store::person_search::SearchPlace;

/// What to look for.
#[derive(Clone)]
pub struct SearchProfiles {
    /// The beginning of an email address, phone number, customer id or name; empty for everybody.
    pub search: String,
    /// The place after which the page begins.
    pub after: Option<SearchPlace>,
    /// How many at most.
    pub limit: usize,
}

/// A page of people. It can be shorter than it may be, even empty, and yet have a next one.
#[derive(Clone)]
pub struct ProfilesFound {
    /// Who matches; whoever matches exactly comes first.
    pub items: Vec<Profile>,
    /// None after the last page.
    pub next: Option<SearchPlace>,
}

impl Service {
    /// Finds people by email address, phone number, customer id, id and name.
    ///
    /// # Errors
    /// `REQUEST_INVALID` for what is no search, and for a place of another one.
    pub async fn search_profiles(&self, actor: &Actor, query: SearchProfiles) -> Result<ProfilesFound, ServiceError> {
        let SearchProfiles { search, after, limit } = query;
        let lookups = lookups(&search).map_err(|problem| Refusal::invalid("search", None, problem))?;
        if after.as_ref().is_some_and(|place| place.lookup >= lookups.len()) {
            return Err(Refusal::invalid("cursor", None, "is not a nextCursor of this search").into());
        }
        let tenant = actor.tenant;
        let read = move |tx: &mut postrider_store::Tx<'_>| tx.profiles_search(tenant, &lookups, after.as_ref(), limit);
        let page = self.store().read("profiles.search", read).await?;
        Ok(ProfilesFound { items: page.people.into_iter().map(Profile::from).collect(), next: page.next })
    }
}
