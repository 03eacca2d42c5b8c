//! Those whom a job tries again: they failed in its parent for a reason that can pass, page by page.
//!
//! Invariant: nobody is read whom an earlier job of the campaign reached or may have reached, under this profile or this
//! address.

use crate::error::StoreError;
use crate::manifest_members::{Member, read_consent};
use crate::manifests::Freezing;
use crate::rules::MembersPage;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::delivery::can_pass;
use postrider_core::id::ProfileId;

statements! { "retried":
    FAILED = "SELECT d.reason, d.profile_id, p.email, p.phone, p.push_tokens, p.address, p.first_name, p.last_name, p.consent_email, \
        p.consent_sms, p.consent_push, p.consent_direct_mail FROM deliveries d \
        JOIN profiles p ON p.tenant_id = $1 AND p.id = d.profile_id \
        WHERE d.manifest_number = $2 AND d.state = 'failed' AND d.profile_id > $3 ORDER BY d.profile_id LIMIT $4";
    REACHED = "SELECT COUNT(*) FROM deliveries d JOIN manifests m ON m.number = d.manifest_number \
        JOIN schedule_jobs j ON j.id = m.schedule_id JOIN schedule_jobs own ON own.campaign_id = j.campaign_id \
        WHERE own.tenant_id = $1 AND own.id = $2 AND j.is_test = $3 AND m.number <> $4 AND d.address_key = $5 \
        AND d.state IN ('pending', 'in_flight', 'sent', 'uncertain')";
}

impl Tx<'_> {
    /// Up to `limit` people after a profile who failed in the manifest `parent`, in the order of their ids; those who
    /// failed for good are left out.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_failed(
        &mut self,
        freezing: &Freezing,
        parent: i64,
        after: Option<ProfileId>,
        limit: i64,
    ) -> Result<MembersPage<Member>, StoreError> {
        let after = after.unwrap_or_else(|| ProfileId::from(uuid::Uuid::nil()));
        let values = [id(freezing.tenant), parent.into(), id(after), limit.into()];
        let rows = self.query_as(&FAILED, &values, |row| {
            let reason: Option<String> = row.next()?;
            let member = Member {
                profile: row.id()?,
                email: row.next()?,
                phone: row.next()?,
                push_tokens: row.next()?,
                address: row.next()?,
                first_name: row.next()?,
                last_name: row.next()?,
                consent: read_consent(row, freezing.channel)?,
                excluded: false,
                repeated: false,
            };
            Ok((can_pass(reason.as_deref()), member))
        })?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|found| found == limit);
        let next = rows.last().map(|(_, member)| member.profile).filter(|_| is_full);
        let members = rows.into_iter().filter(|(can_pass, _)| *can_pass).map(|(_, member)| member).collect();
        Ok(MembersPage { members, next })
    }

    /// Whether another job of the campaign reached an address (given by its key), may have reached it, or is about to.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn address_is_reached(&mut self, freezing: &Freezing, address_key: [u8; 16]) -> Result<bool, StoreError> {
        let values = [
            id(freezing.tenant),
            id(freezing.job),
            false.into(),
            freezing.manifest.into(),
            address_key.to_vec().into(),
        ];
        Ok(self.query_one(&REACHED, &values, Row::next::<i64>)?.is_some_and(|number| number > 0))
    }
}
