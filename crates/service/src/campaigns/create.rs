//! `POST /campaigns`

use super::audience::audiences_exist;
use super::content::content_fits;
use super::get::view;
use super::{AudienceCommand, CampaignView, ContentCommand, Details, external_id_taken, tenant_time};
use crate::idempotency::{Answered, Reply};
use crate::{Actor, Service, ServiceError};
use postrider_core::campaign::{AuthoringStatus, CampaignType, ExecutionStatus};
use postrider_core::channel::ChannelKind;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{CampaignId, VersionId};
use postrider_core::schedule::{IntentCommand, IntentFacts, decide_intent};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::campaign_audiences::AudienceBinding;
use postrider_store::campaigns::{Campaign, Content};

/// A new campaign, with seeds of what can be set later.
#[derive(Debug, Clone)]
pub struct CreateCampaign {
    /// What kind; only broadcasts can be made.
    pub campaign_type: CampaignType,
    /// Its channel, which never changes.
    pub channel: ChannelKind,
    /// What it is called and filed under.
    pub details: Details,
    /// As `PUT /campaigns/{id}/audience`.
    pub audience: Option<AudienceCommand>,
    /// As `PUT /campaigns/{id}/content`.
    pub content: Option<ContentCommand>,
    /// As `PUT /campaigns/{id}/schedule`.
    pub schedule: Option<IntentCommand>,
}

/// A new campaign whose form was checked.
struct Seeds {
    channel: ChannelKind,
    details: Details,
    audience: Vec<AudienceBinding>,
    content: Option<Content>,
    schedule: Option<IntentCommand>,
}

impl Service {
    /// Makes a draft, with its seeds, in one transaction: all of it or nothing.
    ///
    /// # Errors
    /// `REQUEST_INVALID`, `TYPE_UNSUPPORTED`, what the `PUT`s of the seeds answer (content, audience, schedule, in
    /// this order), `EXTERNAL_ID_TAKEN`.
    pub async fn create_campaign(
        &self,
        actor: &Actor,
        command: CreateCampaign,
        reply: Reply<CampaignView>,
    ) -> Result<Answered, ServiceError> {
        let under = |parent: &'static str| move |refusal: Refusal| refusal.under(parent);
        let seeds = Seeds {
            channel: command.channel,
            details: command.details.checked()?,
            content: command.content.map(|it| it.content()).transpose().map_err(under("content"))?,
            audience: command
                .audience
                .map(|it| it.bindings())
                .transpose()
                .map_err(under("audience"))?
                .unwrap_or_default(),
            schedule: command.schedule,
        };
        if command.campaign_type != CampaignType::Broadcast {
            return Err(Code::TypeUnsupported.into());
        }
        let (now, entropy, caller) = (self.now(), self.entropy(), actor.clone());
        let (id, version) = (CampaignId::new(now, &*entropy), VersionId::new(now, &*entropy));
        let effect = move |tx: &mut Tx<'_>| insert(tx, &caller, &seeds, (id, version), now);
        let answered = self.answer_once("campaign.create", actor, reply, effect).await?;
        self.nudge_audiences();
        Ok(answered)
    }
}

fn insert(
    tx: &mut Tx<'_>,
    actor: &Actor,
    seeds: &Seeds,
    (id, version): (CampaignId, VersionId),
    now: Timestamp,
) -> Result<CampaignView, ServiceError> {
    let tenant = actor.tenant;
    if let Some(content) = &seeds.content {
        content_fits(tx, tenant, seeds.channel, content).map_err(|error| error.under("content"))?;
    }
    audiences_exist(tx, tenant, &seeds.audience).map_err(|error| error.under("audience"))?;
    let facts = IntentFacts {
        channel: seeds.channel,
        authoring_status: AuthoringStatus::Draft,
        tenant: tenant_time(tx, tenant)?,
    };
    let intent = seeds.schedule.as_ref().map(|command| decide_intent(&facts, command, now)).transpose();
    let content = seeds.content.as_ref();
    let details = seeds.details.clone();
    let campaign = Campaign {
        id,
        campaign_type: CampaignType::Broadcast,
        channel: seeds.channel,
        name: details.name,
        description: details.description,
        category: details.category.unwrap_or_default(),
        tags: details.tags,
        external_id: details.external_id,
        metadata: details.metadata,
        authoring_status: AuthoringStatus::Draft,
        execution_status: ExecutionStatus::NotScheduled,
        current_version_id: Some(version),
        template_id: content.map(|it| it.template_id),
        template_name: None,
        sender_profile_id: content.and_then(|it| it.sender_profile_id),
        subject_line: content.and_then(|it| it.subject_line.clone()),
        intent: intent.map_err(|refusal| refusal.under("schedule"))?,
        created_at: now,
        updated_at: now,
        archived_at: None,
    };
    if !tx.campaign_insert(tenant, &campaign)? {
        return Err(external_id_taken(campaign.external_id.as_deref()));
    }
    tx.campaign_audiences_replace(tenant, id, &seeds.audience)?;
    if !seeds.audience.is_empty() {
        tx.reach_request(tenant, id, now, false)?;
    }
    view(tx, tenant, id)
}
