//! Erases a person.

use crate::{Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::erasing;
use postrider_store::erasures::{ErasureBy, ErasureRow};

/// Erasures that are listed, at most.
const LISTED_MAX: i64 = 1_000;

impl Service {
    /// Erases a person: the profile, what stands on it, and the addresses that other tables hold. Nothing is sent to the
    /// person from the moment at which the profile is gone; an erasure that a crash cut off goes on when it is asked for
    /// again, and by itself in the engine. Returns when it was asked for first.
    ///
    /// # Errors
    /// `PROFILES.NOT_FOUND`, also if the person was erased before.
    pub async fn erase_profile(
        &self,
        tenant: TenantId,
        by: ErasureBy,
        profile: ProfileId,
    ) -> Result<Timestamp, ServiceError> {
        let (now, entropy) = (self.now(), self.entropy());
        let begin = self.store().write_guarded("profile.erase", move |tx| {
            tx.profiles_lock(tenant)?;
            if let Some(row) = tx.profile_get(tenant, profile)? {
                tx.erasure_begin(tenant, &row, by, now, &*entropy)?;
                return Ok::<_, ServiceError>(now);
            }
            let begun = tx.erasure_get(tenant, profile)?.filter(|erasure| erasure.finished_at.is_none());
            begun.map(|erasure| erasure.requested_at).ok_or_else(|| Code::ProfileNotFound.into())
        });
        let requested_at = begin.await?;
        erasing::sweep(self.store(), tenant, profile, now).await?;
        Ok(requested_at)
    }

    /// The erasures of a tenant, newest first, at most 1,000: who asked, when, and which profile.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn erasures(&self, tenant: TenantId) -> Result<Vec<ErasureRow>, ServiceError> {
        self.store().read("erasures.list", move |tx| Ok(tx.erasures_list(tenant, LISTED_MAX)?)).await
    }
}
