//! What all messages of a manifest have in common: loaded once, compiled once, kept for as long as it is used.

use super::compose::aside;
use crate::cluster::Cluster;
use postrider_content::{
    CampaignContext, CampaignFields, CompiledTemplate, SenderDetails, TemplateSource, UnsubscribeKey,
};
use postrider_core::campaign::CATEGORY_TRANSACTIONAL;
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::RetryPolicy;
use postrider_core::env::Entropy;
use postrider_core::id::{CampaignId, ManifestId, ScheduleId, TemplateVersionId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::ledger::Person;
use postrider_store::secrets::{Secret, SecretPurpose};
use postrider_store::{StoreError, Tx};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Manifests whose context is kept at once.
const CONTEXTS_MAX: usize = 64;

/// The context of a manifest.
pub(crate) struct Context {
    pub(crate) tenant: TenantId,
    pub(crate) job: ScheduleId,
    pub(crate) campaign_id: CampaignId,
    pub(crate) manifest: ManifestId,
    pub(crate) channel: ChannelKind,
    pub(crate) due_at: Timestamp,
    pub(crate) batch_date: String,
    pub(crate) retry: RetryPolicy,
    pub(crate) rate_per_minute: Option<u32>,
    pub(crate) template: CompiledTemplate,
    pub(crate) template_version: TemplateVersionId,
    pub(crate) campaign: CampaignContext,
    pub(crate) sender: SenderDetails,
    /// Whether a mail shows the one-click way out (RFC 8058): all but transactional ones do.
    pub(crate) is_marketing: bool,
    pub(crate) unsubscribe: UnsubscribeKey,
    /// Whether it is a test send.
    pub(crate) is_test: bool,
    /// Whose fields messages of a test send show in place of the addressee's own, by their sequence numbers.
    pub(crate) samples: BTreeMap<i64, Person>,
}

/// Why a manifest cannot be sent at all: stable reason and a sentence.
#[derive(Debug, Clone)]
pub(crate) struct Unsendable {
    pub(crate) tenant: TenantId,
    pub(crate) job: ScheduleId,
    pub(crate) campaign: CampaignId,
    pub(crate) is_test: bool,
    pub(crate) reason: String,
}

impl Context {
    /// The job cannot go on, for this reason.
    pub(crate) const fn unsendable(&self, reason: String) -> Unsendable {
        Unsendable { tenant: self.tenant, job: self.job, campaign: self.campaign_id, is_test: self.is_test, reason }
    }
}

/// What was found about a manifest.
#[derive(Clone)]
pub(crate) enum Found {
    Context(Arc<Context>),
    Unsendable(Unsendable),
}

/// The contexts in use.
#[derive(Default)]
pub(crate) struct Contexts {
    kept: Mutex<BTreeMap<i64, Arc<Context>>>,
}

impl Contexts {
    /// The context of a manifest, from memory or from the store.
    pub(crate) async fn get(&self, cluster: &Cluster, manifest: i64) -> Result<Found, StoreError> {
        if let Some(context) = self.with(|kept| kept.get(&manifest).cloned()) {
            return Ok(Found::Context(context));
        }
        let key = unsubscribe_key(cluster).await?;
        let parts = cluster.store.read("manifest.context", move |tx| Parts::read(tx, manifest)).await?;
        match aside(|| parts.compile(key)) {
            Ok(context) => {
                let context = Arc::new(context);
                self.with(|kept| {
                    // Numbers only grow: the smallest is the oldest.
                    while kept.len() >= CONTEXTS_MAX {
                        kept.pop_first();
                    }
                    kept.insert(manifest, Arc::clone(&context));
                });
                Ok(Found::Context(context))
            }
            Err(unsendable) => Ok(Found::Unsendable(unsendable)),
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut BTreeMap<i64, Arc<Context>>) -> R) -> R {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The key of unsubscribe links; made if there is none yet.
async fn unsubscribe_key(cluster: &Cluster) -> Result<UnsubscribeKey, StoreError> {
    let read = cluster.store.read("secret.get", |tx| tx.secret_get(SecretPurpose::Unsubscribe)).await?;
    if let Some(key) = read.and_then(|secret| UnsubscribeKey::from_slice(&secret.value)) {
        return Ok(key);
    }
    let made = new_secret(&*cluster.entropy, cluster.now());
    let stored = cluster.store.write("secret.make", move |tx| {
        tx.secret_insert(&made)?;
        tx.secret_get(SecretPurpose::Unsubscribe)
    });
    let key = stored.await?.and_then(|secret| UnsubscribeKey::from_slice(&secret.value));
    key.ok_or_else(|| StoreError::Failed("the key of unsubscribe links has not 32 bytes".into()))
}

fn new_secret(entropy: &dyn Entropy, now: Timestamp) -> Secret {
    Secret {
        id: postrider_core::id::uuid_v7(now, entropy).to_string(),
        purpose: SecretPurpose::Unsubscribe,
        value: UnsubscribeKey::generate(entropy).secret().to_vec(),
        created_at: now,
        retired_at: None,
    }
}

/// What the store knows.
struct Parts {
    tenant: TenantId,
    job: postrider_store::schedules::ScheduleJob,
    campaign: (String, String),
    template: String,
    sender: Option<(String, String)>,
    /// Why the tenant may not send from the domain of the sender, if so.
    sender_problem: Option<&'static str>,
    samples: BTreeMap<i64, Person>,
}

impl Parts {
    fn read(tx: &mut Tx<'_>, manifest: i64) -> Result<Self, StoreError> {
        let absent = |what: &str| StoreError::Failed(format!("manifest {manifest} has no {what}"));
        let (tenant, job) = tx.manifest_owner(manifest)?.ok_or_else(|| absent("row"))?;
        let job = tx.schedule_get(tenant, job)?.ok_or_else(|| absent("job"))?;
        // A campaign that was deleted meanwhile still has its name in the messages of its job.
        let campaign = tx.manifest_campaign(tenant, job.campaign)?.unwrap_or_default();
        let template =
            tx.template_version_content(tenant, job.template_version)?.ok_or_else(|| absent("template version"))?;
        let sender = match job.sender {
            Some(sender) => tx.sender_get(tenant, sender)?.map(|sender| (sender.name, sender.details)),
            None => None,
        };
        let details = sender.as_ref().and_then(|(_, details)| SenderDetails::parse(job.channel, details).ok());
        let sender_problem = match details.and_then(|details| details.email_domain()) {
            Some(domain) => tx.sender_domain_verdict(tenant, &domain)?.problem(),
            None => None,
        };
        let samples = if job.is_test { tx.test_samples(tenant, job.id)? } else { BTreeMap::new() };
        Ok(Self { tenant, job, campaign, template, sender, sender_problem, samples })
    }

    fn compile(self, unsubscribe: UnsubscribeKey) -> Result<Context, Unsendable> {
        let job = self.job;
        let unsendable = |reason: &str, why: String| Unsendable {
            tenant: self.tenant,
            job: job.id,
            campaign: job.campaign,
            is_test: job.is_test,
            reason: format!("{reason}: {why}"),
        };
        let source = TemplateSource::parse(job.channel, &self.template)
            .map_err(|refusal| unsendable("template_invalid", refusal.message()))?;
        let template = CompiledTemplate::compile(&source, job.subject.as_deref())
            .map_err(|error| unsendable("template_invalid", error.to_string()))?;
        let (sender_name, details) =
            self.sender.ok_or_else(|| unsendable("sender_missing", "the job has no sender profile".into()))?;
        let sender =
            SenderDetails::parse(job.channel, &details).map_err(|why| unsendable("sender_invalid", why.message()))?;
        if let Some(problem) = self.sender_problem {
            return Err(unsendable("sender_domain_not_allowed", format!("the sender's address {problem}")));
        }
        let (campaign_name, category) = self.campaign;
        let fields = CampaignFields { campaign_name, sender: sender.fields(&sender_name) };
        Ok(Context {
            tenant: self.tenant,
            job: job.id,
            campaign_id: job.campaign,
            manifest: job.manifest,
            channel: job.channel,
            due_at: job.due_at,
            batch_date: job.batch_date.unwrap_or_default(),
            retry: RetryPolicy::of(&job.policy),
            rate_per_minute: job.policy.rate_per_minute,
            template,
            template_version: job.template_version,
            campaign: CampaignContext::new(&fields),
            sender,
            is_marketing: category != CATEGORY_TRANSACTIONAL,
            unsubscribe,
            is_test: job.is_test,
            samples: self.samples,
        })
    }
}
