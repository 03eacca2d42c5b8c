//! Writes into the store what was there before the world begins: people, lists, drafts.

use crate::chance::SimEntropy;
use crate::listener;
use crate::workload::{START, Wish, Workload};
use postrider_core::audience::Consent;
use postrider_core::campaign::{AudienceSide, AudienceType, AuthoringStatus, CampaignType, ExecutionStatus};
use postrider_core::channel::ChannelKind;
use postrider_core::content::TemplateStatus;
use postrider_core::event::EventKind;
use postrider_core::id::{
    AudienceId, CampaignId, ImportJobId, ListId, ProfileId, SenderProfileId, TemplateId, TemplateVersionId, TenantId,
    VersionId, WebhookId,
};
use postrider_store::audiences::AudienceRow;
use postrider_store::campaign_audiences::AudienceBinding;
use postrider_store::campaigns::Campaign;
use postrider_store::lists::ListRow;
use postrider_store::profiles::ProfileRow;
use postrider_store::rules::stored_rule;
use postrider_store::senders::SenderProfile;
use postrider_store::templates::Template;
use postrider_store::tenants::Tenant;
use postrider_store::webhooks::WebhookRow;
use postrider_store::{Store, StoreError, Tx};

/// What the world's people and wishes are called in the database.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) tenant: TenantId,
    pub(crate) people: Vec<ProfileId>,
    pub(crate) lists: Vec<ListId>,
    /// One draft for each wish.
    pub(crate) campaigns: Vec<CampaignId>,
    /// One job for each import, once its file is there.
    pub(crate) imports: Vec<ImportJobId>,
    /// The endpoint that gets every event.
    pub(crate) webhook: WebhookId,
}

/// Writes it all, in one transaction.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn furnish(
    store: &Store,
    workload: &Workload,
    entropy: std::sync::Arc<SimEntropy>,
) -> Result<Names, StoreError> {
    let names = Names {
        tenant: TenantId::new(START, &*entropy),
        people: workload.people.iter().map(|_| ProfileId::new(START, &*entropy)).collect(),
        lists: (0..workload.lists).map(|_| ListId::new(START, &*entropy)).collect(),
        campaigns: workload.wishes.iter().map(|_| CampaignId::new(START, &*entropy)).collect(),
        imports: Vec::new(),
        webhook: WebhookId::new(START, &*entropy),
    };
    let (workload, given) = (workload.clone(), names.clone());
    let write = store.write_guarded("world.furnish", move |tx| {
        furnish_people(tx, &workload, &given)?;
        tx.webhook_insert(given.tenant, &endpoint(given.webhook))?;
        for &(channel, rate) in &workload.shared_rates {
            tx.tenant_budget_set(given.tenant, channel, Some(rate))?;
        }
        for (wish, campaign) in workload.wishes.iter().zip(&given.campaigns) {
            furnish_draft(tx, wish, *campaign, &given, &entropy)?;
        }
        Ok::<_, StoreError>(())
    });
    write.await?;
    Ok(names)
}

fn furnish_people(tx: &mut Tx<'_>, workload: &Workload, names: &Names) -> Result<(), StoreError> {
    tx.tenant_insert(&Tenant {
        id: names.tenant,
        name: "world".into(),
        default_timezone: None,
        mail_cutoff_minutes: 0,
        require_unsubscribe_link: true,
        mail_unknown: true,
        created_at: START,
        updated_at: START,
    })?;
    let rows: Vec<ProfileRow> = workload
        .people
        .iter()
        .zip(&names.people)
        .map(|(person, &id)| {
            let consent = if person.refuses { Consent::Denied } else { Consent::Unknown };
            ProfileRow {
                email: person.email.clone(),
                phone: person.phone.clone(),
                consent_email: consent,
                consent_sms: consent,
                ..ProfileRow::empty(id, START)
            }
        })
        .collect();
    tx.profiles_insert(names.tenant, &rows)?;
    for (number, &id) in names.lists.iter().enumerate() {
        let name = format!("list {number}");
        let row = ListRow { id, name, description: None, member_count: 0, created_at: START, updated_at: START };
        tx.list_insert(names.tenant, &row)?;
        let members = workload.people.iter().zip(&names.people).filter(|(person, _)| person.lists.contains(&number));
        let members: Vec<ProfileId> = members.map(|(_, &profile)| profile).collect();
        tx.list_members_add(names.tenant, id, &members, START)?;
        furnish_rule(tx, names.tenant, id)?;
    }
    Ok(())
}

fn furnish_draft(
    tx: &mut Tx<'_>,
    wish: &Wish,
    campaign: CampaignId,
    names: &Names,
    entropy: &SimEntropy,
) -> Result<(), StoreError> {
    let (content, details) = match wish.channel {
        ChannelKind::Email => (
            r#"{"subject":"Hi","html":"<p>Hello <a href=\"{{ unsubscribe_url }}\">no more</a></p>"}"#,
            r#"{"fromEmail":"news@sender.example","fromName":"News"}"#,
        ),
        _ => (r#"{"text":"Hello"}"#, r#"{"number":"+4799999999"}"#),
    };
    let (template, version) = (TemplateId::new(START, entropy), TemplateVersionId::new(START, entropy));
    let sender = SenderProfileId::new(START, entropy);
    let mut row = Template {
        id: template,
        name: "template".into(),
        channel: wish.channel,
        status: TemplateStatus::Draft,
        content: content.into(),
        published_version: None,
        created_at: START,
        updated_at: START,
    };
    tx.template_insert(names.tenant, &row)?;
    tx.template_version_insert(names.tenant, template, version, content, START)?;
    row.status = TemplateStatus::Published;
    row.published_version = Some(version);
    tx.template_update(names.tenant, &row)?;
    tx.sender_insert(
        names.tenant,
        &SenderProfile {
            id: sender,
            name: "sender".into(),
            channel: wish.channel,
            details: details.into(),
            created_at: START,
            updated_at: START,
            deleted_at: None,
        },
    )?;
    tx.campaign_insert(names.tenant, &draft(wish, campaign, VersionId::new(START, entropy), template, sender))?;
    let bind = |side, lists: &[usize]| -> Vec<AudienceBinding> {
        lists.iter().map(|&list| binding(side, names.lists[list], list)).collect()
    };
    let mut bindings = bind(AudienceSide::Include, &wish.include);
    bindings.extend(bind(AudienceSide::Exclude, &wish.exclude));
    tx.campaign_audiences_replace(names.tenant, campaign, &bindings)
}

fn endpoint(id: WebhookId) -> WebhookRow {
    WebhookRow {
        id,
        url: listener::URL.to_owned(),
        description: None,
        events: EventKind::ALL.to_vec(),
        enabled: true,
        disabled_reason: None,
        secret: b"0123456789abcdef0123456789abcdef".to_vec(),
        previous_secret: None,
        previous_secret_until: None,
        failing_since: None,
        last_success_at: None,
        created_at: START,
        updated_at: START,
    }
}

/// A list itself or, for every other one, the rule that asks who is on it.
fn binding(side: AudienceSide, list: ListId, number: usize) -> AudienceBinding {
    if number.is_multiple_of(2) {
        return AudienceBinding { side, audience_id: list.into(), audience_type: AudienceType::Audience };
    }
    AudienceBinding { side, audience_id: rule_of(list).into(), audience_type: AudienceType::Segment }
}

/// The audience by rule that has the members of a list.
fn rule_of(list: ListId) -> AudienceId {
    AudienceId::from(uuid::Uuid::from_u128(!uuid::Uuid::from(list).as_u128()))
}

fn furnish_rule(tx: &mut Tx<'_>, tenant: TenantId, list: ListId) -> Result<(), StoreError> {
    let text = format!(r#"{{ "all": [{{ "inList": "{list}" }}, {{ "field": "created_at", "op": "exists" }}] }}"#);
    let row = AudienceRow {
        id: rule_of(list),
        name: format!("rule of {list}"),
        description: None,
        rule: text.clone(),
        member_count: None,
        counted_at: None,
        created_at: START,
        updated_at: START,
    };
    tx.audience_insert(tenant, &row, &stored_rule(&text)?)
}

fn draft(wish: &Wish, id: CampaignId, version: VersionId, template: TemplateId, sender: SenderProfileId) -> Campaign {
    Campaign {
        id,
        campaign_type: CampaignType::Broadcast,
        channel: wish.channel,
        name: id.to_string(),
        description: None,
        category: "general".into(),
        tags: Vec::new(),
        external_id: None,
        metadata: None,
        authoring_status: AuthoringStatus::Draft,
        execution_status: ExecutionStatus::NotScheduled,
        current_version_id: Some(version),
        template_id: Some(template),
        template_name: None,
        sender_profile_id: Some(sender),
        subject_line: None,
        intent: None,
        created_at: START,
        updated_at: START,
        archived_at: None,
    }
}
