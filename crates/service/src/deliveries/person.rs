//! Everything that was ever sent to one person.

use super::explain::Explanation;
use super::page::view;
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::ProfileId;
use postrider_store::Tx;

/// A delivery to a person.
#[derive(Debug, Clone)]
pub struct PersonDelivery {
    /// The name of the campaign; none if it was deleted.
    pub campaign_name: Option<String>,
    /// The delivery, its job and its attempts.
    pub explanation: Explanation,
}

/// A page of deliveries to a person, the newest first. It can be short, even empty, and yet have a next one.
#[derive(Debug, Clone)]
pub struct PersonDeliveries {
    /// The deliveries.
    pub items: Vec<PersonDelivery>,
    /// Where the next page begins; none after the last.
    pub next: Option<i64>,
}

impl Service {
    /// Deliveries to a person before a place, test sends included.
    ///
    /// # Errors
    /// `PROFILES.NOT_FOUND`.
    pub async fn person_deliveries(
        &self,
        actor: &Actor,
        profile: ProfileId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<PersonDeliveries, ServiceError> {
        let tenant = actor.tenant;
        let read = move |tx: &mut Tx<'_>| {
            let person = tx.profile_get(tenant, profile)?.ok_or(Code::ProfileNotFound)?;
            let (rows, next) = tx.deliveries_of_person(tenant, profile, before.unwrap_or(i64::MAX), limit)?;
            let mut items = Vec::with_capacity(rows.len());
            for row in rows {
                let job = tx.schedule_get(tenant, row.schedule)?.ok_or(Code::DeliveryNotFound)?;
                let campaign = tx.campaign_get(tenant, job.campaign)?;
                let attempts = tx.delivery_attempts(tenant, row.manifest_number, row.delivery.seq)?;
                let view = view(row.manifest, row.delivery);
                let campaign_name = campaign.map(|campaign| campaign.name);
                items.push(PersonDelivery {
                    campaign_name,
                    explanation: Explanation::of(view, job, attempts, Some(&person)),
                });
            }
            Ok(PersonDeliveries { items, next })
        };
        self.store().read("profiles.deliveries", read).await
    }
}
