//! Those who are to be frozen, page by page: members of a list, or who fulfils a rule.
//!
//! Invariant: the same page after the same profile has the same people, unless the list or the profiles changed; what
//! is relative to now in a rule is relative to the instant at which the job began, on every page.

use crate::error::StoreError;
use crate::job_audiences::{JobAudiences, Source};
use crate::manifests::Freezing;
use crate::rule_sql::Conditions;
use crate::rules::MembersPage;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::audience::Consent;
use postrider_core::audience::rule::Rule;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{ListId, ProfileId};

statements! { "manifest_members":
    OF_LIST = "SELECT m.profile_id, p.email, p.phone, p.push_tokens, p.address, p.first_name, p.last_name, p.consent_email, p.consent_sms, \
        p.consent_push, p.consent_direct_mail, \
        EXISTS (SELECT 1 FROM schedule_job_audiences x JOIN list_members e ON e.list_id = x.audience_id \
        AND e.profile_id = m.profile_id WHERE x.schedule_id = $1 AND x.side = 'exclude'), \
        EXISTS (SELECT 1 FROM deliveries d WHERE d.manifest_number = $2 AND d.profile_id = m.profile_id) \
        FROM list_members m JOIN profiles p ON p.tenant_id = $3 AND p.id = m.profile_id \
        WHERE m.list_id = $4 AND m.profile_id > $5 ORDER BY m.profile_id LIMIT $6";
}

/// What stands before the rule's own condition.
const OF_RULE: &str = "SELECT p.id, p.email, p.phone, p.push_tokens, p.address, p.first_name, p.last_name, p.consent_email, p.consent_sms, \
    p.consent_push, p.consent_direct_mail, \
    EXISTS (SELECT 1 FROM schedule_job_audiences x JOIN list_members e ON e.list_id = x.audience_id \
    AND e.profile_id = p.id WHERE x.schedule_id = $1 AND x.side = 'exclude'), \
    EXISTS (SELECT 1 FROM deliveries d WHERE d.manifest_number = $2 AND d.profile_id = p.id) \
    FROM profiles AS p WHERE p.tenant_id = $3 AND p.id > $4";

/// A member of an audience with what decides whether it is sent to.
#[derive(Clone)]
pub struct Member {
    /// Who.
    pub profile: ProfileId,
    /// Email address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// JSON array of device tokens.
    pub push_tokens: Option<String>,
    /// JSON object of a postal address.
    pub address: Option<String>,
    /// First name, for the name line of a letter.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Consent for the channel.
    pub consent: Consent,
    /// Whether an excluded audience has this profile too.
    pub excluded: bool,
    /// Whether the profile stands in the ledger already.
    pub repeated: bool,
}

impl Member {
    fn read(row: &mut Row, channel: ChannelKind) -> Result<Self, StoreError> {
        Ok(Self {
            profile: row.id()?,
            email: row.next()?,
            phone: row.next()?,
            push_tokens: row.next()?,
            address: row.next()?,
            first_name: row.next()?,
            last_name: row.next()?,
            consent: read_consent(row, channel)?,
            excluded: row.next()?,
            repeated: row.next()?,
        })
    }
}

impl Tx<'_> {
    /// Up to `limit` members of one of the included audiences after a profile, in the order of their ids.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manifest_members(
        &mut self,
        freezing: &Freezing,
        audiences: &JobAudiences,
        source: &Source,
        after: Option<ProfileId>,
        limit: i64,
    ) -> Result<MembersPage<Member>, StoreError> {
        let after = after.unwrap_or_else(|| ProfileId::from(uuid::Uuid::nil()));
        let mut page = match source {
            Source::List(list) => self.members_of_list(freezing, *list, after, limit)?,
            Source::Rule(rule) => self.members_of_rule(freezing, rule, after, limit)?,
        };
        for rule in &audiences.exclude {
            let left: Vec<ProfileId> =
                page.members.iter().filter(|member| !member.excluded).map(|member| member.profile).collect();
            let taken_out = self.rule_among(freezing.tenant, rule, freezing.begun_at, &left)?;
            for member in &mut page.members {
                member.excluded |= taken_out.contains(&member.profile);
            }
        }
        Ok(page)
    }

    fn members_of_list(
        &mut self,
        freezing: &Freezing,
        list: ListId,
        after: ProfileId,
        limit: i64,
    ) -> Result<MembersPage<Member>, StoreError> {
        let values =
            [id(freezing.job), freezing.manifest.into(), id(freezing.tenant), id(list), id(after), limit.into()];
        let members = self.query_as(&OF_LIST, &values, |row| Member::read(row, freezing.channel))?;
        let full = i64::try_from(members.len()).is_ok_and(|found| found == limit);
        let next = members.last().map(|member| member.profile).filter(|_| full);
        Ok(MembersPage { members, next })
    }

    fn members_of_rule(
        &mut self,
        freezing: &Freezing,
        rule: &Rule,
        after: ProfileId,
        limit: i64,
    ) -> Result<MembersPage<Member>, StoreError> {
        let end = self.rule_page_end(freezing.tenant, after)?;
        let mut values: Vec<Value> = vec![id(freezing.job), freezing.manifest.into(), id(freezing.tenant), id(after)];
        let mut sql = OF_RULE.to_owned();
        Conditions::new(self.dialect(), freezing.begun_at, &mut values).page(&mut sql, rule, end, limit);
        let mut rows = self.query_once(&sql, &values)?;
        let members: Vec<Member> =
            rows.iter_mut().map(|row| Member::read(row, freezing.channel)).collect::<Result<_, _>>()?;
        let full = i64::try_from(members.len()).is_ok_and(|found| found == limit);
        let next = if full { members.last().map(|member| member.profile) } else { end };
        Ok(MembersPage { members, next })
    }
}

/// Reads the four consents and keeps the channel's.
pub(crate) fn read_consent(row: &mut Row, channel: ChannelKind) -> Result<Consent, StoreError> {
    let mut consent = Consent::Unknown;
    for kind in ChannelKind::ALL {
        let read = row.word(Consent::parse)?;
        if kind == channel {
            consent = read;
        }
    }
    Ok(consent)
}
