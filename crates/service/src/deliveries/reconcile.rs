//! The identity: everybody who was frozen stands somewhere.

use crate::status::latest;
use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_core::id::CampaignId;
use postrider_store::Tx;
use postrider_store::accounts::Accounts;
use postrider_store::schedules::ScheduleJob;

/// The books of an execution.
#[derive(Debug, Clone)]
pub struct Reconciliation {
    /// The job.
    pub job: ScheduleJob,
    /// Its accounts; none before its audience begins to be frozen.
    pub accounts: Option<Accounts>,
    /// Rows of the ledger, counted one by one: what the sum is held against.
    pub ledger_rows: i64,
}

impl Service {
    /// The books of a campaign's newest execution; none if it has none.
    ///
    /// # Errors
    /// `CAMPAIGNS.NOT_FOUND`.
    pub async fn reconciliation(
        &self,
        actor: &Actor,
        campaign: CampaignId,
    ) -> Result<Option<Reconciliation>, ServiceError> {
        let tenant = actor.tenant;
        let read = move |tx: &mut Tx<'_>| {
            tx.campaign_get(tenant, campaign)?.ok_or(Code::CampaignNotFound)?;
            let Some((job, accounts)) = latest(tx, tenant, campaign)? else { return Ok(None) };
            let ledger_rows = match &accounts {
                Some(accounts) => tx.deliveries_count(tenant, accounts.manifest_number)?,
                None => 0,
            };
            Ok(Some(Reconciliation { job, accounts, ledger_rows }))
        };
        self.store().read("campaign.reconcile", read).await
    }
}
