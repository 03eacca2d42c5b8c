//! The accounts of a job: what was frozen, and where everybody stands. Summed over chunks, never over recipients,
//! so a read costs the same for ten thousand and ten million.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::delivery::{Counts, DeliveryState};
use postrider_core::id::{CampaignId, ManifestId, ScheduleId, TenantId};
use postrider_core::time::Timestamp;

statements! { "accounts":
    MANIFEST = "SELECT number, id, matched, excluded, duplicates, audience_hash, frozen_at FROM manifests \
        WHERE tenant_id = $1 AND schedule_id = $2";
    COUNTS = "SELECT CAST(COALESCE(SUM(pending), 0) AS BIGINT), CAST(COALESCE(SUM(in_flight), 0) AS BIGINT), \
        CAST(COALESCE(SUM(sent), 0) AS BIGINT), CAST(COALESCE(SUM(failed), 0) AS BIGINT), \
        CAST(COALESCE(SUM(suppressed), 0) AS BIGINT), CAST(COALESCE(SUM(skipped), 0) AS BIGINT), \
        CAST(COALESCE(SUM(expired), 0) AS BIGINT), CAST(COALESCE(SUM(canceled), 0) AS BIGINT), \
        CAST(COALESCE(SUM(uncertain), 0) AS BIGINT) FROM chunks WHERE manifest_number = $1 AND tenant_id = $2";
    /// Everybody who is a member of an included list of the campaign, once. An address is suppressed by its own
    /// entry or by that of its domain: what stands behind the last `@`.
    REACH = "SELECT COUNT(*), CAST(COALESCE(SUM(excluded), 0) AS BIGINT), \
        CAST(COALESCE(SUM(CASE WHEN excluded = 0 AND refused = 1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
        CAST(COALESCE(SUM(CASE WHEN excluded = 0 AND refused = 0 AND address IS NULL THEN 1 ELSE 0 END), 0) \
        AS BIGINT), COUNT(DISTINCT CASE WHEN excluded = 0 AND refused = 0 THEN address END) FROM \
        (SELECT p.address, CASE WHEN p.consent = 'denied' OR EXISTS (SELECT 1 FROM suppressions s \
        WHERE s.tenant_id = $1 AND s.channel = $2 AND s.address IN (p.address, \
        substr(p.address, length(rtrim(p.address, replace(p.address, '@', ''))) + 1)) \
        AND (s.expires_at IS NULL OR s.expires_at > $3)) THEN 1 ELSE 0 END AS refused, \
        CASE WHEN EXISTS (SELECT 1 FROM campaign_audiences x JOIN list_members e ON e.list_id = x.audience_id \
        WHERE x.campaign_id = $4 AND x.side = 'exclude' AND e.profile_id = p.id) THEN 1 ELSE 0 END AS excluded \
        FROM (SELECT id, CASE $2 WHEN 'email' THEN email WHEN 'sms' THEN phone WHEN 'push' THEN push_tokens \
        ELSE address END AS address, CASE $2 WHEN 'email' THEN consent_email WHEN 'sms' THEN consent_sms \
        WHEN 'push' THEN consent_push ELSE consent_direct_mail END AS consent FROM profiles \
        WHERE tenant_id = $1 AND id IN (SELECT m.profile_id FROM campaign_audiences a \
        JOIN list_members m ON m.list_id = a.audience_id WHERE a.campaign_id = $4 AND a.side = 'include')) AS p) \
        AS reached";
}

/// A frozen, or freezing, audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// The short key of its ledger.
    pub manifest_number: i64,
    /// Its id.
    pub manifest: ManifestId,
    /// Memberships of included audiences looked at so far.
    pub matched: i64,
    /// Of these, taken out by an excluded audience.
    pub excluded: i64,
    /// Of these, the same person or address again.
    pub duplicates: i64,
    /// Hash chain over everybody in the ledger.
    pub audience_hash: Vec<u8>,
    /// When the last recipient was frozen.
    pub frozen_at: Option<Timestamp>,
    /// Where everybody stands.
    pub counts: Counts,
}

/// Whom a draft would reach if it were frozen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// People in included audiences.
    pub matched: i64,
    /// Of these, in an excluded one.
    pub excluded: i64,
    /// Of the rest, without consent or on the suppression list.
    pub suppressed: i64,
    /// Of the rest, without an address on the channel.
    pub unreachable: i64,
    /// Distinct addresses left.
    pub targeted: i64,
}

impl Tx<'_> {
    /// The accounts of a job; none before its audience begins to be frozen.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn accounts(&mut self, tenant: TenantId, job: ScheduleId) -> Result<Option<Accounts>, StoreError> {
        let manifest = self.query_one(&MANIFEST, &[id(tenant), id(job)], |row| {
            Ok(Accounts {
                manifest_number: row.next()?,
                manifest: row.id()?,
                matched: row.next()?,
                excluded: row.next()?,
                duplicates: row.next()?,
                audience_hash: row.next()?,
                frozen_at: row.next()?,
                counts: Counts::default(),
            })
        })?;
        let Some(mut accounts) = manifest else { return Ok(None) };
        accounts.counts = self.manifest_counts(tenant, accounts.manifest_number)?;
        Ok(Some(accounts))
    }

    /// Where everybody of a manifest stands: the sum over its chunks.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_counts(&mut self, tenant: TenantId, manifest: i64) -> Result<Counts, StoreError> {
        Ok(self.query_one(&COUNTS, &[manifest.into(), id(tenant)], read_counts)?.unwrap_or_default())
    }

    /// Counts whom a campaign would reach. Looks at every member: for dry runs, not for every read.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        channel: postrider_core::channel::ChannelKind,
        now: Timestamp,
    ) -> Result<Reach, StoreError> {
        let values = [id(tenant), channel.as_str().into(), now.into(), id(campaign)];
        let reach = self.query_one(&REACH, &values, |row| {
            Ok(Reach {
                matched: row.next()?,
                excluded: row.next()?,
                suppressed: row.next()?,
                unreachable: row.next()?,
                targeted: row.next()?,
            })
        })?;
        Ok(reach.unwrap_or_default())
    }
}

/// Reads the nine counters in the order of [`DeliveryState::ALL`].
pub(crate) fn read_counts(row: &mut Row) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for &state in DeliveryState::ALL {
        counts.add(state, row.next()?);
    }
    Ok(counts)
}
