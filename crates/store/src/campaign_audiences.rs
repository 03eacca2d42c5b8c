//! Which audiences a campaign includes and excludes.

use crate::error::StoreError;
use crate::job_audiences::Source;
use crate::profiles::ProfileRow;
use crate::rule_sql::Conditions;
use crate::rules::{MembersPage, stored_rule};
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::rule::Rule;
use postrider_core::campaign::{AudienceSide, AudienceType};
use postrider_core::id::{CampaignId, ListId, ProfileId, TenantId};
use postrider_core::time::Timestamp;
use uuid::Uuid;

statements! { "campaign_audiences":
    LIST = "SELECT a.campaign_id, a.side, a.audience_id, a.audience_type, COALESCE(l.name, r.name), \
        COALESCE(l.member_count, r.member_count), r.rule, COALESCE(l.updated_at, r.updated_at) \
        FROM campaign_audiences a JOIN campaigns c ON c.id = a.campaign_id \
        LEFT JOIN lists l ON l.id = a.audience_id AND l.tenant_id = c.tenant_id AND l.deleted_at IS NULL \
        AND a.audience_type = 'audience' \
        LEFT JOIN audiences r ON r.id = a.audience_id AND r.tenant_id = c.tenant_id AND r.deleted_at IS NULL \
        AND a.audience_type = 'segment' \
        WHERE c.tenant_id = $1 AND c.id = $2 ORDER BY a.campaign_id, a.side, a.position";
    CLEAR = "DELETE FROM campaign_audiences WHERE campaign_id IN \
        (SELECT id FROM campaigns WHERE tenant_id = $1 AND id = $2)";
    INSERT = "INSERT INTO campaign_audiences (campaign_id, side, position, audience_id, audience_type) \
        SELECT id, $1, $2, $3, $4 FROM campaigns WHERE tenant_id = $5 AND id = $6";
    /// The caller has found the campaign among the tenant's.
    MEMBERS = "SELECT EXISTS (SELECT 1 FROM campaign_audiences x JOIN list_members e ON e.list_id = x.audience_id \
        WHERE x.campaign_id = $1 AND x.side = 'exclude' AND e.profile_id = m.profile_id), \
        p.id, p.email, p.phone, p.customer_id, p.first_name, p.last_name, p.timezone, p.locale, p.push_tokens, \
        p.address, p.consent_email, p.consent_sms, p.consent_push, p.consent_direct_mail, p.attributes, \
        p.created_at, p.updated_at FROM lists l JOIN list_members m ON m.list_id = l.id \
        JOIN profiles p ON p.tenant_id = l.tenant_id AND p.id = m.profile_id \
        WHERE l.tenant_id = $2 AND l.id = $3 AND l.deleted_at IS NULL AND m.profile_id > $4 \
        ORDER BY m.profile_id LIMIT $5";
}

/// One audience of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceBinding {
    /// Included or excluded.
    pub side: AudienceSide,
    /// Which list or rule.
    pub audience_id: Uuid,
    /// Which of the two.
    pub audience_type: AudienceType,
}

/// One audience of a campaign with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundAudience {
    /// The campaign.
    pub campaign: CampaignId,
    /// The binding.
    pub binding: AudienceBinding,
    /// Its name; none if it does not exist any more.
    pub name: Option<String>,
    /// How many members it has; none if it does not exist any more, or is a rule of which nobody was counted yet.
    pub member_count: Option<i64>,
    /// The text of its rule; none for a list, or if it does not exist any more.
    pub rule: Option<String>,
    /// When it, or the members of a list, last changed; none if it does not exist any more.
    pub updated_at: Option<Timestamp>,
}

impl BoundAudience {
    /// What has members: the list, or the rule if it still exists.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn source(&self) -> Result<Option<Source>, StoreError> {
        match self.binding.audience_type {
            AudienceType::Audience => Ok(Some(Source::List(ListId::from(self.binding.audience_id)))),
            AudienceType::Segment => Ok(self.rule.as_deref().map(stored_rule).transpose()?.map(Source::Rule)),
        }
    }
}

/// The rules among the excluded ones of these audiences.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn excluding_rules(audiences: &[BoundAudience]) -> Result<Vec<Rule>, StoreError> {
    let excluded = audiences.iter().filter(|audience| audience.binding.side == AudienceSide::Exclude);
    excluded.filter_map(|audience| audience.rule.as_deref()).map(stored_rule).collect()
}

/// What stands before the rule's own condition; the caller has found the campaign among the tenant's.
const OF_RULE: &str = "SELECT EXISTS (SELECT 1 FROM campaign_audiences x JOIN list_members e \
    ON e.list_id = x.audience_id WHERE x.campaign_id = $1 AND x.side = 'exclude' AND e.profile_id = p.id), \
    p.id, p.email, p.phone, p.customer_id, p.first_name, p.last_name, p.timezone, p.locale, p.push_tokens, \
    p.address, p.consent_email, p.consent_sms, p.consent_push, p.consent_direct_mail, p.attributes, \
    p.created_at, p.updated_at FROM profiles AS p WHERE p.tenant_id = $2 AND p.id > $3";

/// A member of an included audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceMember {
    /// Whether an excluded audience takes them out again.
    pub excluded: bool,
    /// Who.
    pub profile: ProfileRow,
}

impl AudienceMember {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self { excluded: row.next()?, profile: ProfileRow::read(row)? })
    }
}

impl Tx<'_> {
    /// The audiences of a campaign, excluded ones first, each side in the order given.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_audiences(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
    ) -> Result<Vec<BoundAudience>, StoreError> {
        self.query_as(&LIST, &[id(tenant), id(campaign)], read_bound)
    }

    /// The audiences of several campaigns, in the order of their ids, else as [`Tx::campaign_audiences`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_audiences_list(
        &mut self,
        tenant: TenantId,
        campaigns: &[CampaignId],
    ) -> Result<Vec<BoundAudience>, StoreError> {
        if campaigns.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<String> = (2..campaigns.len() + 2).map(|place| format!("${place}")).collect();
        let sql = LIST.sqlite.replace("c.id = $2", &format!("c.id IN ({})", places.join(", ")));
        let mut values = vec![id(tenant)];
        values.extend(campaigns.iter().map(|campaign| id(*campaign)));
        self.query_text(&sql, &values)?.iter_mut().map(read_bound).collect()
    }

    /// Members of one audience of a campaign after a profile, in the order of their ids, at most `limit`. Rules, also
    /// those that `exclude`, are asked as of `now`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_members(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        (source, exclude): (&Source, &[Rule]),
        now: Timestamp,
        after: ProfileId,
        limit: i64,
    ) -> Result<MembersPage<AudienceMember>, StoreError> {
        let mut page = match source {
            Source::List(list) => {
                let members = self.members_of_campaign_list(tenant, campaign, *list, after, limit)?;
                MembersPage { next: members.last().map(|member| member.profile.id), members }
            }
            Source::Rule(rule) => {
                let end = self.rule_page_end(tenant, after)?;
                let mut values = vec![id(campaign), id(tenant), id(after)];
                let mut sql = OF_RULE.to_owned();
                Conditions::new(self.dialect(), now, &mut values).page(&mut sql, rule, end, limit);
                let mut rows = self.query_once(&sql, &values)?;
                let members: Vec<AudienceMember> =
                    rows.iter_mut().map(AudienceMember::read).collect::<Result<_, _>>()?;
                let full = i64::try_from(members.len()).is_ok_and(|found| found == limit);
                let next = if full { members.last().map(|member| member.profile.id) } else { end };
                MembersPage { members, next }
            }
        };
        let found: Vec<ProfileId> = page.members.iter().map(|member| member.profile.id).collect();
        for rule in exclude {
            let taken_out = self.rule_among(tenant, rule, now, &found)?;
            for member in &mut page.members {
                member.excluded |= taken_out.contains(&member.profile.id);
            }
        }
        Ok(page)
    }

    fn members_of_campaign_list(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        list: ListId,
        after: ProfileId,
        limit: i64,
    ) -> Result<Vec<AudienceMember>, StoreError> {
        let values = [id(campaign), id(tenant), id(list), id(after), limit.into()];
        self.query_as(&MEMBERS, &values, AudienceMember::read)
    }

    /// Puts these audiences in place of all that the campaign had. The caller has seen that they exist.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn campaign_audiences_replace(
        &mut self,
        tenant: TenantId,
        campaign: CampaignId,
        bindings: &[AudienceBinding],
    ) -> Result<(), StoreError> {
        self.execute(&CLEAR, &[id(tenant), id(campaign)])?;
        let sets: Vec<Vec<Value>> = (0_i64..)
            .zip(bindings)
            .map(|(position, binding)| {
                vec![
                    binding.side.as_str().into(),
                    position.into(),
                    binding.audience_id.into(),
                    binding.audience_type.as_str().into(),
                    id(tenant),
                    id(campaign),
                ]
            })
            .collect();
        self.execute_many(&INSERT, &sets).map(drop)
    }
}

fn read_bound(row: &mut Row) -> Result<BoundAudience, StoreError> {
    Ok(BoundAudience {
        campaign: row.id()?,
        binding: AudienceBinding {
            side: row.word(AudienceSide::parse)?,
            audience_id: row.next()?,
            audience_type: row.word(AudienceType::parse)?,
        },
        name: row.next()?,
        member_count: row.next()?,
        rule: row.next()?,
        updated_at: row.next()?,
    })
}
