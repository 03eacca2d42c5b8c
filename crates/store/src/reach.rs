//! Whom a draft would reach if it were frozen now: everybody of the included audiences, once. Looks at every member.

use crate::campaign_audiences::{BoundAudience, excluding_rules};
use crate::error::StoreError;
use crate::job_audiences::Source;
use crate::rule_sql::Conditions;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::rule::Rule;
use postrider_core::campaign::AudienceSide;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, TenantId};
use postrider_core::time::Timestamp;

statements! { "reach":
    /// Members of lists alone. An address is suppressed by its own entry or by that of its domain: what stands behind
    /// the last `@`.
    REACH = "SELECT COUNT(*), CAST(COALESCE(SUM(excluded), 0) AS BIGINT), \
        CAST(COALESCE(SUM(CASE WHEN excluded = 0 AND refused = 1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
        CAST(COALESCE(SUM(CASE WHEN excluded = 0 AND refused = 0 AND address IS NULL THEN 1 ELSE 0 END), 0) \
        AS BIGINT), COUNT(DISTINCT CASE WHEN excluded = 0 AND refused = 0 THEN address END) FROM \
        (SELECT p.address, p.excluded, CASE WHEN p.consent = 'denied' \
        OR (p.consent = 'unknown' AND NOT (SELECT t.mail_unknown FROM tenants t WHERE t.id = $1)) OR EXISTS (SELECT 1 FROM suppressions s \
        WHERE s.tenant_id = $1 AND s.channel = $2 AND s.address IN (p.address, \
        substr(p.address, length(rtrim(p.address, replace(p.address, '@', ''))) + 1)) \
        AND (s.expires_at IS NULL OR s.expires_at > $3)) THEN 1 ELSE 0 END AS refused FROM \
        (SELECT CASE $2 WHEN 'email' THEN p.email WHEN 'sms' THEN p.phone WHEN 'push' THEN p.push_tokens \
        ELSE p.address END AS address, CASE $2 WHEN 'email' THEN p.consent_email WHEN 'sms' THEN p.consent_sms \
        WHEN 'push' THEN p.consent_push ELSE p.consent_direct_mail END AS consent, \
        CASE WHEN EXISTS (SELECT 1 FROM campaign_audiences x JOIN list_members e ON e.list_id = x.audience_id \
        WHERE x.campaign_id = $4 AND x.side = 'exclude' AND e.profile_id = p.id) THEN 1 ELSE 0 END AS excluded \
        FROM profiles AS p WHERE p.tenant_id = $1 AND (p.id IN (SELECT m.profile_id FROM campaign_audiences a \
        JOIN list_members m ON m.list_id = a.audience_id WHERE a.campaign_id = $4 AND a.side = 'include'))) AS p) \
        AS reached";
}

/// Where the rules of the excluded audiences join in.
const EXCLUDED_END: &str = " THEN 1 ELSE 0 END AS excluded";
/// Where the included audiences begin. With rules they become one condition that no database takes apart in search of
/// an index: none helps, and the search grows faster than the rules do.
const INCLUDED_BEGIN: &str = "p.tenant_id = $1 AND (";
/// Where the rules of the included audiences join in.
const INCLUDED_END: &str = ")) AS p)";

/// Whom a draft would reach if it were frozen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// People in included audiences.
    pub matched: i64,
    /// Of these, in an excluded one.
    pub excluded: i64,
    /// Of the rest, without the consent that the tenant asks for, or on the suppression list.
    pub suppressed: i64,
    /// Of the rest, without an address on the channel.
    pub unreachable: i64,
    /// Distinct addresses left.
    pub targeted: i64,
}

impl Tx<'_> {
    /// Counts whom a campaign would reach if its job began at `start`; suppressions count as they stand `now`. For dry
    /// runs, not for every read: it looks at every member, and with rules at every profile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reach(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        channel: ChannelKind,
        now: Timestamp,
        start: Timestamp,
    ) -> Result<Reach, StoreError> {
        let audiences = self.campaign_audiences(tenant, campaign)?;
        let (include, exclude) = (including_rules(&audiences)?, excluding_rules(&audiences)?);
        let mut values = vec![id(tenant), channel.as_str().into(), now.into(), id(campaign)];
        let mut rows = if include.is_empty() && exclude.is_empty() {
            self.query(&REACH, &values)?
        } else {
            let sql = self.with_rules(&include, &exclude, start, &mut values);
            self.query_once(&sql, &values)?
        };
        rows.first_mut().map_or(Ok(Reach::default()), read)
    }

    fn with_rules(&self, include: &[Rule], exclude: &[Rule], start: Timestamp, values: &mut Vec<Value>) -> String {
        let mut conditions = Conditions::new(self.dialect(), start, values);
        // In the order in which they stand in the text.
        let excluded: String = exclude.iter().map(|rule| format!(" OR {}", conditions.of(rule))).collect();
        let included: String = include.iter().map(|rule| format!(" OR {}", conditions.of(rule))).collect();
        REACH
            .sqlite
            .replace(INCLUDED_BEGIN, &format!("{INCLUDED_BEGIN}("))
            .replace(INCLUDED_END, &format!("{included}) IS TRUE{INCLUDED_END}"))
            .replace(EXCLUDED_END, &format!("{excluded}{EXCLUDED_END}"))
    }
}

fn including_rules(audiences: &[BoundAudience]) -> Result<Vec<Rule>, StoreError> {
    let mut rules = Vec::new();
    for audience in audiences.iter().filter(|audience| audience.binding.side == AudienceSide::Include) {
        if let Some(Source::Rule(rule)) = audience.source()? {
            rules.push(rule);
        }
    }
    Ok(rules)
}

fn read(row: &mut Row) -> Result<Reach, StoreError> {
    Ok(Reach {
        matched: row.next()?,
        excluded: row.next()?,
        suppressed: row.next()?,
        unreachable: row.next()?,
        targeted: row.next()?,
    })
}
