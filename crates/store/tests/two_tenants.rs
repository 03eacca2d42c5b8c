//! The settings and the budget of one tenant do not change those of another one.

#![cfg(test)]

use postrider_core::channel::ChannelKind;
use postrider_core::id::TenantId;
use postrider_core::pacing::Taken;
use postrider_core::rate_limit::RateClass;
use postrider_core::schedule::TenantPolicy;
use postrider_core::time::Timestamp;
use postrider_store::tenants::Tenant;
use postrider_store::{Store, StoreError, Tx, on_both};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn tenant(number: u128) -> TenantId {
    TenantId::from(Uuid::from_u128(number))
}

/// Everything that a tenant has set, and what it has used up.
fn settings(tx: &mut Tx<'_>, tenant: TenantId) -> Result<String, StoreError> {
    let budget = tx.tenant_budget(tenant, ChannelKind::Email)?;
    let (budgets, limits) = (tx.tenant_budgets(tenant)?, tx.tenant_rate_limits(tenant)?);
    Ok(format!("{:?} {budgets:?} {budget:?} {limits:?}", tx.tenant_policy(tenant)?))
}

on_both! {
    nothing_that_a_tenant_does_to_its_settings_reaches_another => |store: Store| async move {
        let done = store.write("test", |tx| {
            for number in 1..=2 {
                let row = Tenant {
                    id: tenant(number),
                    name: String::new(),
                    default_timezone: None,
                    mail_cutoff_minutes: 0,
                    require_unsubscribe_link: true,
                    mail_unknown: true,
                    created_at: NOW,
                    updated_at: NOW,
                };
                tx.tenant_insert(&row)?;
                tx.tenant_policy_set(tenant(number), &TenantPolicy { rate_per_minute: Some(5), ..TenantPolicy::default() })?;
                tx.tenant_budget_set(tenant(number), ChannelKind::Email, Some(7))?;
                tx.tenant_rate_limit_set(tenant(number), RateClass::Read, Some(9))?;
            }
            let (mine, other) = (tenant(1), tenant(2));
            let before = settings(tx, other)?;
            let taken = Taken { at: NOW, messages: 3 };
            assert!(tx.tenant_budget_take(mine, ChannelKind::Email, None, taken)?);
            assert_eq!(settings(tx, other)?, before, "a take");
            assert!(!tx.tenant_budget_take(mine, ChannelKind::Email, None, taken)?, "it was taken from since");
            tx.tenant_policy_set(mine, &TenantPolicy::default())?;
            tx.tenant_budget_set(mine, ChannelKind::Email, Some(1))?;
            tx.tenant_rate_limit_set(mine, RateClass::Read, Some(1))?;
            assert_eq!(settings(tx, other)?, before, "other numbers");
            tx.tenant_budget_set(mine, ChannelKind::Email, None)?;
            tx.tenant_rate_limit_set(mine, RateClass::Read, None)?;
            assert_eq!(settings(tx, other)?, before, "no numbers");
            assert!(tx.tenant_budgets(mine)?.is_empty() && tx.tenant_rate_limits(mine)?.is_empty());
            Ok::<_, StoreError>(())
        });
        done.await.unwrap();
    };
}
