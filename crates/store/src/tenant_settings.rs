//! What a tenant set of its own: what its jobs do that do not say it themselves, and how much it sends in a minute.

use crate::error::StoreError;
use crate::execution::read_budget;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::channel::ChannelKind;
use postrider_core::id::TenantId;
use postrider_core::pacing::{Budget, Taken};
use postrider_core::schedule::{OnMissed, OnUncertain, TenantPolicy};
use std::collections::BTreeMap;

statements! { "tenant_settings":
    POLICY = "SELECT policy_latest_start_minutes, policy_on_missed, policy_latest_finish_minutes, \
        policy_on_uncertain, policy_rate_per_minute FROM tenants WHERE id = $1";
    SET_POLICY = "UPDATE tenants SET policy_latest_start_minutes = $1, policy_on_missed = $2, \
        policy_latest_finish_minutes = $3, policy_on_uncertain = $4, policy_rate_per_minute = $5 WHERE id = $6";
    BUDGETS = "SELECT channel, per_minute FROM tenant_budgets WHERE tenant_id = $1";
    SET_BUDGET = "INSERT INTO tenant_budgets (tenant_id, channel, per_minute) VALUES ($1, $2, $3) \
        ON CONFLICT (tenant_id, channel) DO UPDATE SET per_minute = excluded.per_minute";
    DROP_BUDGET = "DELETE FROM tenant_budgets WHERE tenant_id = $1 AND channel = $2";
    BUDGET = "SELECT per_minute, taken_at, taken FROM tenant_budgets WHERE tenant_id = $1 AND channel = $2";
    /// The last take is compared, so that of two who take at once only one does.
    TAKE = "UPDATE tenant_budgets SET taken_at = $1, taken = $2 WHERE tenant_id = $3 AND channel = $4 \
        AND COALESCE(taken_at, 0) = $5";
}

impl Tx<'_> {
    /// What a tenant's jobs do that do not say it themselves.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_policy(&mut self, tenant: TenantId) -> Result<TenantPolicy, StoreError> {
        let policy = self.query_one(&POLICY, &[id(tenant)], |row| {
            Ok(TenantPolicy {
                latest_start_minutes: number(row)?,
                on_missed: row.optional_word(OnMissed::parse)?,
                latest_finish_minutes: number(row)?,
                on_uncertain: row.optional_word(OnUncertain::parse)?,
                rate_per_minute: number(row)?,
            })
        });
        Ok(policy?.unwrap_or_default())
    }

    /// Stores what a tenant's jobs do that do not say it themselves.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_policy_set(&mut self, tenant: TenantId, policy: &TenantPolicy) -> Result<(), StoreError> {
        let values = [
            policy.latest_start_minutes.map(i64::from).into(),
            policy.on_missed.map(OnMissed::as_str).into(),
            policy.latest_finish_minutes.map(i64::from).into(),
            policy.on_uncertain.map(OnUncertain::as_str).into(),
            policy.rate_per_minute.map(i64::from).into(),
            id(tenant),
        ];
        self.execute(&SET_POLICY, &values).map(drop)
    }

    /// Messages a minute that a tenant may send on each channel; a channel without a number has no limit.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_budgets(&mut self, tenant: TenantId) -> Result<BTreeMap<ChannelKind, u32>, StoreError> {
        let budgets = self.query_as(&BUDGETS, &[id(tenant)], |row| {
            let channel = row.word(ChannelKind::parse)?;
            Ok((channel, number(row)?.unwrap_or(u32::MAX)))
        });
        Ok(budgets?.into_iter().collect())
    }

    /// Sets a tenant's budget of a channel, or takes it away.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_budget_set(
        &mut self,
        tenant: TenantId,
        channel: ChannelKind,
        per_minute: Option<u32>,
    ) -> Result<(), StoreError> {
        let (tenant, channel) = (id(tenant), Value::from(channel.as_str()));
        match per_minute {
            Some(rate) => self.execute(&SET_BUDGET, &[tenant, channel, i64::from(rate).into()]),
            None => self.execute(&DROP_BUDGET, &[tenant, channel]),
        }
        .map(drop)
    }

    /// A tenant's budget of a channel with the last take from it; none: no limit.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_budget(&mut self, tenant: TenantId, channel: ChannelKind) -> Result<Option<Budget>, StoreError> {
        Ok(self.query_one(&BUDGET, &[id(tenant), channel.as_str().into()], read_budget)?.flatten())
    }

    /// Writes a take from a tenant's budget, unless somebody else took since `last`; answers whether it did.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_budget_take(
        &mut self,
        tenant: TenantId,
        channel: ChannelKind,
        last: Option<Taken>,
        taken: Taken,
    ) -> Result<bool, StoreError> {
        let before = last.map_or(0, |last| last.at.as_millis());
        let values =
            [taken.at.into(), i64::from(taken.messages).into(), id(tenant), channel.as_str().into(), before.into()];
        Ok(self.execute(&TAKE, &values)? == 1)
    }
}

fn number(row: &mut Row) -> Result<Option<u32>, StoreError> {
    Ok(row.next::<Option<i64>>()?.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
}
