//! What is held about one person beside the profile itself.

use super::Profile;
use crate::{Actor, Service, ServiceError};
use postrider_core::address::email_domain;
use postrider_core::audience::evidence::Evidence;
use postrider_core::channel::ChannelKind;
use postrider_core::error::Code;
use postrider_core::id::{ListId, ProfileId};
use postrider_core::time::Timestamp;
use postrider_store::suppressions::SuppressionRow;
use postrider_store::{StoreError, Tx};

/// A list that a person is on.
#[derive(Clone)]
pub struct Membership {
    /// Which list.
    pub list: ListId,
    /// Its name.
    pub name: String,
    /// Since when.
    pub added_at: Timestamp,
}

/// A person with what is held about them, except the deliveries.
#[derive(Clone)]
pub struct PersonHeld {
    /// The profile.
    pub profile: Profile,
    /// Where their consents came from, the oldest first.
    pub evidence: Vec<Evidence>,
    /// The lists that they are on, by name.
    pub lists: Vec<Membership>,
    /// Entries of the suppression list for their addresses, and for the domain of their email address.
    pub suppressions: Vec<SuppressionRow>,
}

impl PersonHeld {
    /// Of each channel, in the order of [`ChannelKind::ALL`], where its consent came from last.
    #[must_use]
    pub fn latest_consents(&self) -> [Option<Evidence>; 4] {
        ChannelKind::ALL.map(|channel| self.evidence.iter().rev().find(|said| said.is_about(channel)).cloned())
    }
}

impl Service {
    /// What is held about a person, except the deliveries.
    ///
    /// # Errors
    /// `PROFILES.NOT_FOUND`.
    pub async fn person(&self, actor: &Actor, profile: ProfileId) -> Result<PersonHeld, ServiceError> {
        let tenant = actor.tenant;
        let read = move |tx: &mut Tx<'_>| {
            let row = tx.profile_get(tenant, profile)?.ok_or(Code::ProfileNotFound)?;
            let evidence = tx.consent_evidence(tenant, profile)?;
            let lists = tx.lists_of_person(tenant, profile)?;
            let lists = lists.into_iter().map(|(list, name, added_at)| Membership { list, name, added_at }).collect();
            let mut addresses = row.addresses();
            if let Some(email) = &row.email {
                addresses.insert(addresses.len().min(1), (ChannelKind::Email, email_domain(email).to_owned()));
            }
            let found = addresses.into_iter().map(|(channel, address)| tx.suppression_find(tenant, channel, &address));
            let suppressions: Vec<SuppressionRow> =
                found.collect::<Result<Vec<_>, StoreError>>()?.into_iter().flatten().collect();
            Ok(PersonHeld { profile: Profile::from(row), evidence, lists, suppressions })
        };
        self.store().read("profiles.held", read).await
    }
}
