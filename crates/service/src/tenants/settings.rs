//! What a tenant sets for its jobs and its messages, beside its name and its zone.

use crate::ServiceError;
use postrider_core::channel::ChannelKind;
use postrider_core::error::{Code, Detail, Refusal};
use postrider_core::id::TenantId;
use postrider_core::schedule::{OnMissed, OnUncertain, TenantPolicy};
use postrider_store::Tx;
use postrider_store::tenants::Tenant;
use std::collections::BTreeMap;

/// Longest time after the due instant that a policy can name, in minutes: thirty days.
const AFTER_DUE_MAX_MINUTES: u32 = 30 * 24 * 60;
/// Beyond this nobody sends.
const PER_MINUTE_MAX: u32 = 1_000_000_000;

/// A tenant with all it has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettings {
    /// Name, zone, cut-off.
    pub tenant: Tenant,
    /// What its jobs do that do not say it themselves; what is absent is as configured.
    pub policy: TenantPolicy,
    /// Messages a minute over all its jobs, for channels that have a limit.
    pub budgets: BTreeMap<ChannelKind, u32>,
    /// Domains from which alone it sends mail; the operator binds them.
    pub sender_domains: Vec<String>,
}

/// Changes to what a tenant's jobs do. The outer absence leaves, the inner one takes away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyChanges {
    /// Minutes after the due instant at which a job counts as missed.
    pub latest_start_minutes: Option<Option<u32>>,
    /// What happens to a missed job.
    pub on_missed: Option<Option<OnMissed>>,
    /// Minutes after the due instant after which nothing leaves.
    pub latest_finish_minutes: Option<Option<u32>>,
    /// What happens to an uncertain recipient.
    pub on_uncertain: Option<Option<OnUncertain>>,
    /// Messages a minute of one job.
    pub rate_per_minute: Option<Option<u32>>,
}

impl PolicyChanges {
    /// Takes everything away.
    #[must_use]
    pub const fn clear() -> Self {
        Self {
            latest_start_minutes: Some(None),
            on_missed: Some(None),
            latest_finish_minutes: Some(None),
            on_uncertain: Some(None),
            rate_per_minute: Some(None),
        }
    }

    pub(super) fn check(&self) -> Result<(), Refusal> {
        within("policyDefaults.latestStartMinutes", self.latest_start_minutes, 0, AFTER_DUE_MAX_MINUTES)?;
        within("policyDefaults.latestFinishMinutes", self.latest_finish_minutes, 1, AFTER_DUE_MAX_MINUTES)?;
        within("policyDefaults.ratePerMinute", self.rate_per_minute, 1, PER_MINUTE_MAX)
    }

    fn over(&self, before: TenantPolicy) -> TenantPolicy {
        TenantPolicy {
            latest_start_minutes: self.latest_start_minutes.unwrap_or(before.latest_start_minutes),
            on_missed: self.on_missed.unwrap_or(before.on_missed),
            latest_finish_minutes: self.latest_finish_minutes.unwrap_or(before.latest_finish_minutes),
            on_uncertain: self.on_uncertain.unwrap_or(before.on_uncertain),
            rate_per_minute: self.rate_per_minute.unwrap_or(before.rate_per_minute),
        }
    }
}

/// Changes to what a tenant may send in a minute: for each channel a number, or none to take the limit away.
pub type BudgetChanges = BTreeMap<ChannelKind, Option<u32>>;

pub(super) fn check_budgets(budgets: &BudgetChanges) -> Result<(), Refusal> {
    budgets.iter().try_for_each(|(channel, rate)| {
        within(&format!("rateBudgets.{}", channel.as_str()), Some(*rate), 1, PER_MINUTE_MAX)
    })
}

pub(super) fn read(tx: &mut Tx<'_>, tenant: TenantId) -> Result<TenantSettings, ServiceError> {
    Ok(TenantSettings {
        tenant: tx.tenant_get(tenant)?.ok_or(Code::TenantNotFound)?,
        policy: tx.tenant_policy(tenant)?,
        budgets: tx.tenant_budgets(tenant)?,
        sender_domains: tx.sender_domains(tenant)?,
    })
}

pub(super) fn write(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    policy: &PolicyChanges,
    budgets: &BudgetChanges,
) -> Result<(), ServiceError> {
    let before = tx.tenant_policy(tenant)?;
    tx.tenant_policy_set(tenant, &policy.over(before))?;
    for (channel, rate) in budgets {
        tx.tenant_budget_set(tenant, *channel, *rate)?;
    }
    Ok(())
}

fn within(path: &str, number: Option<Option<u32>>, least: u32, most: u32) -> Result<(), Refusal> {
    match number.flatten() {
        Some(number) if !(least..=most).contains(&number) => {
            let (path, value) = (path.to_owned(), Some(number.to_string()));
            let detail = Detail::Field { path, value, problem: format!("must be from {least} to {most}") };
            Err(Refusal { code: Code::RequestInvalid, detail })
        }
        Some(_) | None => Ok(()),
    }
}
