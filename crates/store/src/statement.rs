//! SQL texts. Each is written once for both databases; the few that must differ say so with `fork`.

use crate::rule_sql::Dialect;

/// One SQL statement.
#[derive(Debug)]
pub struct Statement {
    /// Module and name, such as `campaigns.GET`.
    pub name: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL; the same but for forks.
    pub postgres: &'static str,
}

impl Statement {
    /// The text that a database runs.
    pub(crate) fn text(&self, dialect: Dialect) -> &'static str {
        #[cfg(feature = "planted")]
        if let Some(text) = crate::planted::text(self, dialect) {
            return text;
        }
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

/// Declares statements and a list `STATEMENTS` of all of them, which the tests prepare on both databases.
///
/// Placeholders are `$1`, `$2` … in the order of their first use. Write
/// `NAME = "…";` or, where one text cannot serve, `NAME = fork sqlite "…" postgres "…";` with a reason above.
#[macro_export]
macro_rules! statements {
    ($module:literal: $($(#[$doc:meta])* $name:ident = $kind:tt $($text:literal)? $($word:ident $other:literal)*;)*) => {
        $($(#[$doc])* const $name: $crate::statement::Statement =
            $crate::statements!(@one concat!($module, ".", stringify!($name)), $kind $($text)? $($word $other)*);)*

        /// Every statement of this module.
        pub const STATEMENTS: &[$crate::statement::Statement] = &[$($name),*];
    };
    (@one $name:expr, fork sqlite $sqlite:literal postgres $postgres:literal) => {
        $crate::statement::Statement { name: $name, sqlite: $sqlite, postgres: $postgres }
    };
    (@one $name:expr, $text:literal) => {
        $crate::statement::Statement { name: $name, sqlite: $text, postgres: $text }
    };
}

/// Every statement of the crate, by module.
pub const ALL: &[&[Statement]] = &[
    crate::migrate::STATEMENTS,
    crate::campaign_audiences::STATEMENTS,
    crate::campaign_lifecycle::STATEMENTS,
    crate::campaign_reach::STATEMENTS,
    crate::accounts::STATEMENTS,
    crate::audiences::STATEMENTS,
    crate::campaigns::STATEMENTS,
    crate::attributes::STATEMENTS,
    crate::chunks::STATEMENTS,
    crate::split::STATEMENTS,
    crate::clients::STATEMENTS,
    crate::clock::STATEMENTS,
    crate::consent_evidence::STATEMENTS,
    crate::deliveries::STATEMENTS,
    crate::doubt::STATEMENTS,
    crate::dues::STATEMENTS,
    crate::erased::STATEMENTS,
    crate::erasing::STATEMENTS,
    crate::erasures::STATEMENTS,
    crate::events::STATEMENTS,
    crate::execution::STATEMENTS,
    crate::failures::STATEMENTS,
    crate::gauges::STATEMENTS,
    crate::holds::STATEMENTS,
    crate::idempotency::STATEMENTS,
    crate::import_files::STATEMENTS,
    crate::import_jobs::STATEMENTS,
    crate::import_runs::STATEMENTS,
    crate::import_starts::STATEMENTS,
    crate::inspection::STATEMENTS,
    crate::instance::STATEMENTS,
    crate::ledger::STATEMENTS,
    crate::job_audiences::STATEMENTS,
    crate::lists::STATEMENTS,
    crate::manifest_members::STATEMENTS,
    crate::manifests::STATEMENTS,
    crate::nodes::STATEMENTS,
    crate::person_search::STATEMENTS,
    crate::profiles::STATEMENTS,
    crate::rate_windows::STATEMENTS,
    crate::reach::STATEMENTS,
    crate::recipients::STATEMENTS,
    crate::rescheduling::STATEMENTS,
    crate::retried::STATEMENTS,
    crate::rezoning::STATEMENTS,
    crate::rules::STATEMENTS,
    crate::schedules::STATEMENTS,
    crate::secrets::STATEMENTS,
    crate::sender_domains::STATEMENTS,
    crate::senders::STATEMENTS,
    crate::suppressions::STATEMENTS,
    crate::templates::STATEMENTS,
    crate::tenant_settings::STATEMENTS,
    crate::tenants::STATEMENTS,
    crate::test_recipients::STATEMENTS,
    crate::webhook_log::STATEMENTS,
    crate::webhook_outbox::STATEMENTS,
    crate::webhooks::STATEMENTS,
];
