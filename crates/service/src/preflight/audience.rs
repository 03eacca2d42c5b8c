//! A look at the audience of a draft: real people to render for, and whether there is anybody at all.
//!
//! Bounded work, whatever the size of the audience; whom a job would reach in all is counted elsewhere.

use super::fields::{FieldCounts, Watched};
use crate::ServiceError;
use postrider_core::address::{PostalAddress, email_domain};
use postrider_core::audience::{Consent, Destination, Eligibility, Recipient, destination, eligibility};
use postrider_core::campaign::AudienceSide;
use postrider_core::channel::ChannelKind;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaign_audiences::{BoundAudience, excluding_rules};
use postrider_store::campaigns::Campaign;
use postrider_store::job_audiences::Source;
use postrider_store::places::push_tokens;
use postrider_store::profiles::ProfileRow;
use postrider_store::rules::LOOKED_AT_MAX;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Most people for whom a template is rendered.
const SAMPLES_MAX: usize = 3;
/// Most members that are looked at.
const MEMBERS_READ_MAX: usize = 10_000;
/// Most recipients whose fields are looked at.
const FIELDS_READ_MAX: i64 = 2_000;
/// Members read at once.
const PAGE_MEMBERS: i64 = 250;
/// Most profiles that rules with few members look at, apart from the last page of each.
const LOOKED_AT_ALL_MAX: i64 = 4 * LOOKED_AT_MAX;

/// What was seen of an audience.
#[derive(Default)]
pub(crate) struct Glance {
    /// The first people who would be sent to.
    pub samples: Vec<ProfileRow>,
    /// Whether somebody would be sent to; none if nobody was found and not everybody was looked at.
    pub anybody: Option<bool>,
    /// What the recipients have in the fields that the template uses.
    pub fields: FieldCounts,
    /// Pieces of direct mail that could not be addressed, among those looked at.
    pub incomplete_addresses: i64,
    /// How many of them lack each part, by the name of the field.
    pub incomplete_parts: BTreeMap<&'static str, i64>,
    /// How many of those with an address that is not suppressed have unknown consent.
    pub unknown_consent: i64,
    /// Of how many: the recipients, and those left out because their consent is unknown.
    pub consents_read: i64,
    /// Whether everybody was looked at.
    pub whole: bool,
}

/// Looks at members until there are samples enough; where fields are watched, at [`FIELDS_READ_MAX`] recipients, to count
/// empty fields and unknown consent; for direct mail at all, to count incomplete addresses. Not further than
/// [`MEMBERS_READ_MAX`].
pub(crate) fn glance(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    campaign: &Campaign,
    audiences: &[BoundAudience],
    watched: Option<&Watched>,
    now: Timestamp,
) -> Result<Glance, ServiceError> {
    let mails_unknown = tx.tenant_mails_unknown(tenant)?;
    let mut glance = Glance { whole: true, ..Glance::default() };
    let mut seen = BTreeSet::new();
    let mut looked_at = 0;
    let exclude = excluding_rules(audiences)?;
    for audience in audiences.iter().filter(|audience| audience.binding.side == AudienceSide::Include) {
        let Some(source) = audience.source()? else { continue };
        let mut next = Some(ProfileId::from(Uuid::nil()));
        while let Some(after) = next {
            if glance.has_enough(campaign.channel, watched.is_some())
                || seen.len() >= MEMBERS_READ_MAX
                || looked_at >= LOOKED_AT_ALL_MAX
            {
                glance.whole = false;
                break;
            }
            let page = tx.campaign_members(tenant, campaign.id, (&source, &exclude), now, after, PAGE_MEMBERS)?;
            next = page.next;
            // A page of a list looks at its members alone; one of a rule may look at many who do not belong.
            let is_full = i64::try_from(page.members.len()).is_ok_and(|found| found == PAGE_MEMBERS);
            if matches!(source, Source::Rule(_)) && !is_full && next.is_some() {
                looked_at += LOOKED_AT_MAX;
            }
            let fresh = page.members.into_iter().filter(|member| seen.insert(member.profile.id) && !member.excluded);
            let people: Vec<ProfileRow> = fresh.map(|member| member.profile).collect();
            let people = people.into_iter().map(|row| Person::read(row, campaign.channel, mails_unknown)).collect();
            glance.judge(tx, tenant, (campaign.channel, watched), people, now)?;
        }
    }
    glance.anybody = if glance.samples.is_empty() { glance.whole.then_some(false) } else { Some(true) };
    Ok(glance)
}

impl Glance {
    fn has_enough(&self, channel: ChannelKind, is_counting: bool) -> bool {
        let has_read = !is_counting || self.consents_read >= FIELDS_READ_MAX;
        channel != ChannelKind::DirectMail && self.samples.len() >= SAMPLES_MAX && has_read
    }

    fn judge(
        &mut self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        (channel, watched): (ChannelKind, Option<&Watched>),
        people: Vec<Person>,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let places: Vec<Option<Destination>> =
            people.iter().map(|person| destination(&person.recipient(channel, false), channel).ok()).collect();
        let keys: BTreeSet<&str> =
            places.iter().flatten().flat_map(|place| suppression_keys(channel, &place.address_key)).collect();
        let keys: Vec<&str> = keys.into_iter().collect();
        let active = tx.suppressions_active(tenant, channel, &keys, now)?;
        let is_active = |key: &str| active.binary_search_by(|entry| entry.as_str().cmp(key)).is_ok();
        for (person, place) in people.into_iter().zip(&places) {
            let keys = place.iter().flat_map(|place| suppression_keys(channel, &place.address_key));
            let suppressed = keys.into_iter().any(is_active);
            let consent = person.row.consent(channel);
            if place.is_some() && !suppressed && consent != Consent::Denied {
                self.consents_read += 1;
                self.unknown_consent += i64::from(consent == Consent::Unknown);
            }
            match eligibility(&person.recipient(channel, suppressed), channel) {
                Eligibility::Eligible(_) => {
                    if let Some(watched) = watched {
                        self.fields.look(watched, &person.row);
                    }
                    if self.samples.len() < SAMPLES_MAX {
                        self.samples.push(person.row);
                    }
                }
                Eligibility::Suppressed(_) => {}
                Eligibility::Skipped(_) => {
                    self.incomplete_addresses += i64::from(channel == ChannelKind::DirectMail);
                    for part in person.postal.iter().flat_map(PostalAddress::missing) {
                        *self.incomplete_parts.entry(part).or_default() += 1;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Under which entries of the suppression list an address may stand: its own, and for email its domain.
fn suppression_keys(channel: ChannelKind, key: &str) -> Vec<&str> {
    if channel == ChannelKind::Email { vec![key, email_domain(key)] } else { vec![key] }
}

/// A profile whose stored JSON was read as far as the channel needs it.
struct Person {
    row: ProfileRow,
    push_token: Option<String>,
    postal: Option<PostalAddress>,
    mails_unknown: bool,
}

impl Person {
    fn read(row: ProfileRow, channel: ChannelKind, mails_unknown: bool) -> Self {
        let push_token = row
            .push_tokens
            .as_deref()
            .filter(|_| channel == ChannelKind::Push)
            .and_then(|json| push_tokens(json).into_iter().next());
        let postal = if channel == ChannelKind::DirectMail { row.postal_address() } else { None };
        Self { row, push_token, postal, mails_unknown }
    }

    fn recipient(&self, channel: ChannelKind, suppressed: bool) -> Recipient<'_> {
        Recipient {
            email: self.row.email.as_deref(),
            phone: self.row.phone.as_deref(),
            push_token: self.push_token.as_deref(),
            postal: self.postal.as_ref(),
            consent: self.row.consent(channel),
            mails_unknown: self.mails_unknown,
            suppressed,
        }
    }
}
