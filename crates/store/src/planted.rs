//! Planted bugs in SQL: each replaces a piece of named statements as they run. See [`postrider_core::planted`].
//!
//! Invariant: every replaced piece is in its statement, so a bug cannot go stale unnoticed.

/// A bug: its name, a statement, what is replaced in it, and by what.
///
/// A guard that a bug removes still names its value, as in `(fence = $3 OR 1 = 1)`: a statement that takes fewer values
/// than it is given would fail, and not be wrong.
type Bug = (&'static str, &'static str, &'static str, &'static str);

const BUGS: &[Bug] = &[
    ("hold_ignores_the_fence", "chunks.HOLD", "c.fence = $3", "(c.fence = $3 OR 1 = 1)"),
    ("renewal_ignores_the_fence", "chunks.RENEW", "fence = $4", "(fence = $4 OR 1 = 1)"),
    ("rescue_ignores_the_fence", "chunks.FENCE_OFF", "fence = $3", "(fence = $3 OR 1 = 1)"),
    ("rescue_ignores_a_renewal", "chunks.FENCE_OFF", "lease_until <= $4", "lease_until <= $4 OR 1 = 1"),
    ("rescue_is_early", "chunks.IS_LOST", "lease_until <= $1", "lease_until - 20000 <= $1"),
    ("rescue_is_early", "chunks.LOST", "c.lease_until <= $1", "c.lease_until - 20000 <= $1"),
    ("rescue_is_early", "chunks.FENCE_OFF", "lease_until <= $4", "lease_until - 20000 <= $4"),
    ("planner_ignores_the_fence", "manifests.KEEP", "fence = $3", "(fence = $3 OR 1 = 1)"),
    ("courier_ignores_the_fence", "webhook_outbox.SETTLE", "fence = $7", "(fence = $7 OR 1 = 1)"),
    (
        "budget_is_not_compared",
        "execution.TAKE",
        "COALESCE(budget_at, 0) = $5",
        "(COALESCE(budget_at, 0) = $5 OR 1 = 1)",
    ),
    (
        "tenant_budget_is_not_compared",
        "tenant_settings.TAKE",
        "COALESCE(taken_at, 0) = $5",
        "(COALESCE(taken_at, 0) = $5 OR 1 = 1)",
    ),
    ("tenant_is_missing_in_drop_of_limit", "rate_windows.DROP_LIMIT", "tenant_id = $1", "(tenant_id = $1 OR 1 = 1)"),
    (
        "tenant_is_missing_in_drop_of_budget",
        "tenant_settings.DROP_BUDGET",
        "tenant_id = $1",
        "(tenant_id = $1 OR 1 = 1)",
    ),
    ("tenant_is_missing_in_take", "tenant_settings.TAKE", "tenant_id = $3", "(tenant_id = $3 OR 1 = 1)"),
    ("tenant_is_missing_in_move", "execution.MOVE", "tenant_id = $5", "(tenant_id = $5 OR 1 = 1)"),
    (
        "restart_forgets_a_budget",
        "manifests.RELEASE_ALL",
        "UPDATE manifests SET node_id = NULL, lease_until = NULL, fence = fence + 1 WHERE node_id IS NOT NULL AND frozen_at IS NULL",
        "UPDATE schedule_jobs SET budget_at = NULL, budget_taken = NULL",
    ),
    (
        "restart_forgets_a_tenant_budget",
        "manifests.RELEASE_ALL",
        "UPDATE manifests SET node_id = NULL, lease_until = NULL, fence = fence + 1 WHERE node_id IS NOT NULL AND frozen_at IS NULL",
        "UPDATE tenant_budgets SET taken_at = NULL, taken = NULL",
    ),
    ("resume_tries_failed_ones_again", "doubt.RETRY", "state = 'uncertain'", "state IN ('uncertain', 'failed')"),
    ("resume_tries_sent_ones_again", "doubt.RETRY", "state = 'uncertain'", "state IN ('uncertain', 'sent')"),
    ("resume_opens_no_chunk", "chunks.REOPEN", "SET state = 'ready'", "SET state = state"),
    ("giving_up_forgets_doubts", "ledger.GIVE_UP_DOUBTFUL", "attempt > 0", "attempt > 1000"),
    (
        "ledger_changes_any_state",
        "ledger.CHANGE",
        "state = $9 AND attempt = $10",
        "(state = $9 OR 1 = 1) AND (attempt = $10 OR 1 = 1)",
    ),
    ("consent_is_not_looked_at_again", "ledger.UNSURE", "<> 'granted'", "= 'never'"),
    ("pending_ones_are_not_counted", "accounts.COUNTS", "SUM(pending)", "SUM(0 * pending)"),
    ("start_is_early", "execution.IS_DUE", "due_at <= $1", "due_at - 1000 <= $1"),
    ("start_is_early", "execution.DUE_IDS", "due_at <= $1", "due_at - 1000 <= $1"),
    ("start_is_early", "execution.DUE", "due_at <= $1", "due_at - 1000 <= $1"),
    ("start_is_early", "execution.DUE_ONE", "due_at <= $3", "due_at - 1000 <= $3"),
    ("start_is_early", "execution.MOVE", "due_at <= COALESCE($9, due_at)", "due_at - 1000 <= COALESCE($9, due_at)"),
];

/// The text of a statement while a bug in it is turned on.
#[cfg(feature = "planted")]
pub(crate) fn text(statement: &crate::statement::Statement, dialect: crate::rule_sql::Dialect) -> Option<&'static str> {
    use crate::rule_sql::Dialect;
    type Changed = (&'static str, String, String);
    static CHANGED: std::sync::OnceLock<Vec<Changed>> = std::sync::OnceLock::new();
    let changed = CHANGED.get_or_init(|| {
        let bug = postrider_core::planted::bug();
        let all = crate::statement::ALL.iter().copied().flatten();
        let turned_on = |name: &str| BUGS.iter().find(|(on, of, ..)| bug == Some(*on) && *of == name);
        let replaced = all.filter_map(|statement| {
            let (_, name, from, to) = turned_on(statement.name)?;
            Some((*name, statement.sqlite.replace(from, to), statement.postgres.replace(from, to)))
        });
        replaced.collect()
    });
    let (_, sqlite, postgres) = changed.iter().find(|(name, ..)| *name == statement.name)?;
    Some(match dialect {
        Dialect::Sqlite => sqlite,
        Dialect::Postgres => postgres,
    })
}

#[cfg(test)]
mod tests {
    use super::BUGS;
    use crate::statement::{self, Statement};
    use crate::{Store, StoreError, on_both};

    /// Each bug with the statement that it makes of another.
    fn changed() -> Vec<(&'static str, Statement)> {
        let change = |&(bug, name, from, to): &(&'static str, &'static str, &str, &str)| {
            let of_name = |statement: &&Statement| statement.name == name;
            let found = statement::ALL.iter().copied().flatten().find(of_name);
            let found = found.unwrap_or_else(|| panic!("{bug}: there is no statement {name}"));
            let [sqlite, postgres] = [found.sqlite, found.postgres].map(|text| {
                assert!(text.contains(from), "{bug}: {name} does not say {from}");
                &*text.replace(from, to).leak()
            });
            (bug, Statement { name, sqlite, postgres })
        };
        BUGS.iter().map(change).collect()
    }

    on_both! {
        every_bug_is_in_a_statement_that_the_database_takes => |store: Store| async move {
            let prepared = store.read("prepare", |tx| {
                changed().iter().try_for_each(|(bug, statement)| {
                    tx.prepare(statement).map_err(|error| StoreError::Failed(format!("{bug}: {error}")))
                })
            });
            prepared.await.unwrap();
        };
    }
}
