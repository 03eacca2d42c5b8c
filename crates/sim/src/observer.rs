//! Looks at the database from outside, between two turns: nothing is under way then.

use crate::setup::Names;
use crate::workload::{Silence, Silenced};
use postrider_core::audience::Consent;
use postrider_core::campaign::ExecutionStatus;
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState;
use postrider_core::id::{DeliveryId, ManifestId, ProfileId};
use postrider_core::pacing::Budget;
use postrider_core::time::Timestamp;
use postrider_engine::inspect;
use postrider_store::deliveries::LedgerFilter;
use postrider_store::deliveries::{Attempt, Delivery};
use postrider_store::import_jobs::ImportJobRow;
use postrider_store::profiles::{MatchKey, PROFILES_PER_SET};
use postrider_store::schedules::ScheduleJob;
use postrider_store::testkit::holders;
use postrider_store::webhook_log::WebhookDelivery;
use postrider_store::{Store, StoreError};

/// Rows read at once: more than any world has.
const ROWS_MAX: i64 = 10_000;

/// A job with its ledger.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) job: ScheduleJob,
    pub(crate) status: Option<ExecutionStatus>,
    pub(crate) is_frozen: bool,
    pub(crate) rows: Vec<(Delivery, Vec<Attempt>)>,
}

impl Seen {
    /// The place in this job's ledger that a message's key names.
    pub(crate) fn seq_of(&self, key: &str) -> Option<i64> {
        seq_of(self.job.manifest, key)
    }
}

fn seq_of(manifest: ManifestId, key: &str) -> Option<i64> {
    let delivery: DeliveryId = key.parse().ok()?;
    delivery.seq_in(manifest).and_then(|seq| i64::try_from(seq).ok())
}

/// An import with what it made.
#[derive(Debug, Clone)]
pub(crate) struct Imported {
    pub(crate) job: ImportJobRow,
    /// Addresses and first names.
    pub(crate) people: Vec<(String, Option<String>)>,
    /// Members of its list.
    pub(crate) members: i64,
}

/// The observer.
pub(crate) struct Observer {
    store: Store,
    names: Names,
}

impl Observer {
    pub(crate) const fn new(store: Store, names: Names) -> Self {
        Self { store, names }
    }

    /// The invariants that do not hold, as `doctor` finds them.
    pub(crate) async fn inspect(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let findings = inspect(&self.store, now).await?;
        Ok(findings.into_iter().map(|finding| format!("{}: {}", finding.id, finding.place)).collect())
    }

    /// The jobs of a draft.
    pub(crate) async fn jobs(&self, number: usize) -> Result<Vec<ScheduleJob>, StoreError> {
        let (tenant, campaign) = (self.names.tenant, self.names.campaigns[number]);
        self.store.read("world.jobs", move |tx| tx.schedules_of(tenant, campaign)).await
    }

    /// A job with everything in its ledger; attempts only if they are asked for.
    pub(crate) async fn see(&self, job: ScheduleJob, with_attempts: bool) -> Result<Seen, StoreError> {
        let tenant = self.names.tenant;
        let read = self.store.read("world.see", move |tx| {
            let status = tx.campaign_get(tenant, job.campaign)?.map(|campaign| campaign.execution_status);
            let mut seen = Seen { job: job.clone(), status, is_frozen: false, rows: Vec::new() };
            let Some(accounts) = tx.accounts(tenant, job.id)? else { return Ok(seen) };
            seen.is_frozen = accounts.frozen_at.is_some();
            for row in tx.deliveries_page(tenant, accounts.manifest_number, 0, &LedgerFilter::default(), ROWS_MAX)? {
                let attempts = match with_attempts {
                    true => tx.delivery_attempts(tenant, accounts.manifest_number, row.seq)?,
                    false => Vec::new(),
                };
                seen.rows.push((row, attempts));
            }
            Ok::<_, StoreError>(seen)
        });
        read.await
    }

    /// The budgets of jobs with a rate, by their drafts.
    pub(crate) async fn job_budgets(&self, numbers: Vec<usize>) -> Result<Vec<(usize, Budget)>, StoreError> {
        let (tenant, campaigns) = (self.names.tenant, self.names.campaigns.clone());
        let read = self.store.read("world.budgets", move |tx| {
            let mut budgets = Vec::new();
            for &number in &numbers {
                for job in tx.schedules_of(tenant, campaigns[number])? {
                    budgets.extend(tx.job_budget(tenant, job.id)?.map(|budget| (number, budget)));
                }
            }
            Ok::<_, StoreError>(budgets)
        });
        read.await
    }

    /// The budget of all jobs of a channel.
    pub(crate) async fn shared_budget(&self, channel: ChannelKind) -> Result<Option<Budget>, StoreError> {
        let tenant = self.names.tenant;
        self.store.read("world.budget", move |tx| tx.tenant_budget(tenant, channel)).await
    }

    /// Every event that was stored, newest first.
    pub(crate) async fn events(&self) -> Result<Vec<WebhookDelivery>, StoreError> {
        let (tenant, webhook) = (self.names.tenant, self.names.webhook);
        self.store.read("world.events", move |tx| tx.webhook_deliveries(tenant, webhook, None, None, ROWS_MAX)).await
    }

    /// Who is on the way in a job: places and people.
    pub(crate) async fn in_flight(&self, job: ScheduleJob) -> Result<Vec<(i64, ProfileId)>, StoreError> {
        let seen = self.see(job, false).await?;
        let flying = seen.rows.into_iter().filter(|(row, _)| row.state == DeliveryState::InFlight);
        Ok(flying.map(|(row, _)| (row.seq, row.profile)).collect())
    }

    /// Whether a person is erased.
    pub(crate) async fn is_gone(&self, who: usize) -> Result<bool, StoreError> {
        let (tenant, person) = (self.names.tenant, self.names.people[who]);
        self.store.read("world.gone", move |tx| Ok(tx.profile_get(tenant, person)?.is_none())).await
    }

    /// Whether an erasure that has begun goes on.
    pub(crate) async fn is_erasing(&self) -> Result<bool, StoreError> {
        let tenant = self.names.tenant;
        let erasures = self.store.read("world.erasures", move |tx| tx.erasures_list(tenant, ROWS_MAX)).await?;
        Ok(erasures.iter().any(|erasure| erasure.finished_at.is_none()))
    }

    /// The columns in which an address is.
    pub(crate) async fn holders(&self, address: &str) -> Vec<String> {
        holders(&self.store, address).await
    }

    /// The job of an import.
    pub(crate) async fn import_job(&self, number: usize) -> Result<ImportJobRow, StoreError> {
        let (tenant, job) = (self.names.tenant, self.names.imports[number]);
        let read = self.store.read("world.import", move |tx| tx.import_job_get(tenant, job)).await?;
        read.ok_or_else(|| StoreError::Failed("an import job is gone".into()))
    }

    /// An import with all profiles that have one of the addresses.
    pub(crate) async fn imported(&self, number: usize, addresses: Vec<String>) -> Result<Imported, StoreError> {
        let (tenant, job) = (self.names.tenant, self.import_job(number).await?);
        let read = self.store.read("world.imported", move |tx| {
            let mut people = Vec::new();
            for addresses in addresses.chunks(PROFILES_PER_SET) {
                let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
                let found = tx.profiles_by_keys(tenant, MatchKey::Email, &addresses)?;
                people.extend(found.into_iter().map(|row| (row.email.unwrap_or_default(), row.first_name)));
            }
            let list = job.list.map(|list| tx.list_get(tenant, list)).transpose()?.flatten();
            let members = list.map_or(0, |list| list.member_count);
            Ok::<_, StoreError>(Imported { job: job.clone(), people, members })
        });
        read.await
    }

    /// Whether a silence is in force.
    pub(crate) async fn is_silent(&self, silence: &Silence, now: Timestamp) -> Result<bool, StoreError> {
        let (tenant, who, people) = (self.names.tenant, silence.who.clone(), self.names.people.clone());
        let read = self.store.read("world.silent", move |tx| {
            Ok::<_, StoreError>(match &who {
                Silenced::Address(channel, address) => {
                    !tx.suppressions_active(tenant, *channel, &[address.as_str()], now)?.is_empty()
                }
                Silenced::Person(number) => {
                    let row = tx.profile_get(tenant, people[*number])?;
                    row.is_some_and(|row| row.consent_email == Consent::Denied)
                }
            })
        });
        read.await
    }

    pub(crate) const fn names(&self) -> &Names {
        &self.names
    }
}
