//! Whom the audiences of a campaign reach, as it was counted last, and who asked for a count.
//!
//! Invariant: a count belongs to the request for which it was made; one that a newer request overtook is dropped.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::audience::ReachStatus;
use postrider_core::campaign::AudienceType;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{AudienceId, CampaignId, TenantId};
use postrider_core::time::Timestamp;
use std::fmt::Write as _;

statements! { "campaign_reach":
    /// The last count stays if it is of the same audiences.
    REQUEST = "INSERT INTO campaign_reach (campaign_id, tenant_id, status, revision, requested_at) \
        VALUES ($1, $2, 'pending', 1, $3) ON CONFLICT (campaign_id) DO UPDATE SET status = 'pending', \
        revision = campaign_reach.revision + 1, requested_at = $3, lease_until = NULL, \
        basis = CASE WHEN $4 THEN campaign_reach.basis END, \
        evaluated_count = CASE WHEN $4 THEN campaign_reach.evaluated_count END, \
        evaluated_at = CASE WHEN $4 THEN campaign_reach.evaluated_at END";
    GET = "SELECT status, requested_at, basis, evaluated_count, evaluated_at FROM campaign_reach \
        WHERE tenant_id = $1 AND campaign_id = $2";
    /// All tenants.
    NEXT = "SELECT campaign_reach.campaign_id, campaign_reach.tenant_id, campaign_reach.revision, c.channel \
        FROM campaign_reach JOIN campaigns c ON c.id = campaign_reach.campaign_id \
        WHERE campaign_reach.status = 'pending' \
        AND (campaign_reach.lease_until IS NULL OR campaign_reach.lease_until <= $1) \
        ORDER BY campaign_reach.requested_at LIMIT 1";
    CLAIM = "UPDATE campaign_reach SET lease_until = $1 WHERE tenant_id = $2 AND campaign_id = $3 AND revision = $4 \
        AND status = 'pending' AND (lease_until IS NULL OR lease_until <= $5)";
    SETTLE = "UPDATE campaign_reach SET status = 'ok', lease_until = NULL, basis = $1, evaluated_count = $2, \
        evaluated_at = $3 WHERE tenant_id = $4 AND campaign_id = $5 AND revision = $6";
    FAIL = "UPDATE campaign_reach SET status = 'failed', lease_until = NULL \
        WHERE tenant_id = $1 AND campaign_id = $2 AND revision = $3";
    /// Only of the rule that was counted.
    COUNTED = "UPDATE audiences SET member_count = $1, counted_at = $2 \
        WHERE tenant_id = $3 AND id = $4 AND rule = $5 AND deleted_at IS NULL";
    /// The caller has found the campaign among the tenant's.
    LISTS_IN_RULES = "SELECT l.id, l.member_count, l.updated_at FROM campaign_audiences b \
        JOIN audience_lists r ON r.audience_id = b.audience_id JOIN lists l ON l.id = r.list_id \
        WHERE b.campaign_id = $1 AND l.tenant_id = $2 ORDER BY l.id";
}

/// What is known of a campaign's reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignReach {
    /// Where the newest request stands.
    pub status: ReachStatus,
    /// When it was made.
    pub requested_at: Timestamp,
    /// What the count stands on; see [`Tx::reach_basis`].
    pub basis: Option<String>,
    /// How many people were reached when they were counted last.
    pub count: Option<i64>,
    /// When that was.
    pub evaluated_at: Option<Timestamp>,
}

/// A request for a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachRequest {
    /// Whose.
    pub tenant: TenantId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// The campaign's channel.
    pub channel: ChannelKind,
    /// Which of the requests.
    revision: i64,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachCount {
    /// What the count stands on.
    pub basis: String,
    /// Distinct people in included audiences and in no excluded one.
    pub count: i64,
    /// Of each rule, its text, and how many fulfil it.
    pub rules: Vec<(AudienceId, String, i64)>,
}

impl Tx<'_> {
    /// Asks for a count. `keep` says that the last one is of the same audiences and may be shown meanwhile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_request(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        now: Timestamp,
        keep: bool,
    ) -> Result<(), StoreError> {
        self.execute(&REQUEST, &[id(campaign), id(tenant), now.into(), keep.into()]).map(drop)
    }

    /// What is known of a campaign's reach; none if nobody asked yet.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_get(&mut self, tenant: TenantId, campaign: CampaignId) -> Result<Option<CampaignReach>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(campaign)], |row| {
            Ok(CampaignReach {
                status: row.word(ReachStatus::parse)?,
                requested_at: row.next()?,
                basis: row.next()?,
                count: row.next()?,
                evaluated_at: row.next()?,
            })
        })
    }

    /// What a count of the campaign's audiences would stand on now: which they are, their rules, and the state of every
    /// list among them or in their rules. Two that are equal are of the same audiences.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_basis(&mut self, tenant: TenantId, campaign: CampaignId) -> Result<String, StoreError> {
        let mut text = String::new();
        for audience in self.campaign_audiences(tenant, campaign)? {
            let binding = &audience.binding;
            let _ = write!(text, "{}:{}:", binding.side.as_str(), binding.audience_id);
            let _ = match (&audience.rule, audience.updated_at) {
                (Some(rule), _) => writeln!(text, "{rule}"),
                (None, Some(at)) => writeln!(text, "{:?}:{}", audience.member_count, at.as_millis()),
                (None, None) => writeln!(text, "gone"),
            };
        }
        let lists = self.query_as(&LISTS_IN_RULES, &[id(campaign), id(tenant)], |row: &mut Row| {
            Ok((row.next::<uuid::Uuid>()?, row.next::<i64>()?, row.next::<i64>()?))
        })?;
        for (list, members, updated_at) in lists {
            let _ = writeln!(text, "{list}:{members}:{updated_at}");
        }
        Ok(format!("{:016x}", fnv_1a(&text)))
    }

    /// The oldest request that nobody works on.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_next(&mut self, now: Timestamp) -> Result<Option<ReachRequest>, StoreError> {
        self.query_one(&NEXT, &[now.into()], |row| {
            Ok(ReachRequest {
                campaign: row.id()?,
                tenant: row.id()?,
                revision: row.next()?,
                channel: row.word(ChannelKind::parse)?,
            })
        })
    }

    /// Takes a request, unless somebody was quicker.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_claim(
        &mut self,
        request: &ReachRequest,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let values =
            [lease_until.into(), id(request.tenant), id(request.campaign), request.revision.into(), now.into()];
        Ok(self.execute(&CLAIM, &values)? == 1)
    }

    /// Counts as of `now`: the people, and the members of each rule. Looks at every member and every profile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_count(&mut self, request: &ReachRequest, now: Timestamp) -> Result<ReachCount, StoreError> {
        let ReachRequest { tenant, campaign, channel, .. } = *request;
        let basis = self.reach_basis(tenant, campaign)?;
        let reach = self.reach(tenant, campaign, channel, now, now)?;
        let mut rules = Vec::new();
        for audience in self.campaign_audiences(tenant, campaign)? {
            if let (AudienceType::Segment, Some(text)) = (audience.binding.audience_type, audience.rule) {
                let count = self.rule_count(tenant, &crate::rules::stored_rule(&text)?, now)?;
                rules.push((AudienceId::from(audience.binding.audience_id), text, count));
            }
        }
        Ok(ReachCount { basis, count: reach.matched - reach.excluded, rules })
    }

    /// Writes down what was counted, unless a newer request overtook it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_settle(
        &mut self,
        request: &ReachRequest,
        counted: &ReachCount,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ReachRequest { tenant, campaign, revision, .. } = *request;
        let values =
            [(&counted.basis).into(), counted.count.into(), now.into(), id(tenant), id(campaign), revision.into()];
        self.execute(&SETTLE, &values)?;
        for (audience, rule, count) in &counted.rules {
            let values = [(*count).into(), now.into(), id(tenant), id(*audience), rule.into()];
            self.execute(&COUNTED, &values)?;
        }
        Ok(())
    }

    /// Says that the count could not be made.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach_fail(&mut self, request: &ReachRequest) -> Result<(), StoreError> {
        self.execute(&FAIL, &[id(request.tenant), id(request.campaign), request.revision.into()]).map(drop)
    }
}

/// FNV-1a of 64 bits (draft-eastlake-fnv): tells one text from another where nobody gains by making them look alike.
fn fnv_1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
