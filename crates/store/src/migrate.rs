//! Migrations: forward only, the same names for both databases, each applied in one transaction with its record.

use crate::error::StoreError;
use crate::statements;
use crate::store::{OpenMode, Store};
use crate::tx::Tx;
use std::time::Duration;

struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "init",
        sqlite: include_str!("migrations/sqlite/0001_init.sql"),
        postgres: include_str!("migrations/postgres/0001_init.sql"),
    },
    Migration {
        version: 2,
        name: "audiences",
        sqlite: include_str!("migrations/sqlite/0002_audiences.sql"),
        postgres: include_str!("migrations/postgres/0002_audiences.sql"),
    },
    Migration {
        version: 3,
        name: "import_jobs",
        sqlite: include_str!("migrations/sqlite/0003_import_jobs.sql"),
        postgres: include_str!("migrations/postgres/0003_import_jobs.sql"),
    },
    Migration {
        version: 4,
        name: "webhooks",
        sqlite: include_str!("migrations/sqlite/0004_webhooks.sql"),
        postgres: include_str!("migrations/postgres/0004_webhooks.sql"),
    },
    Migration {
        version: 5,
        name: "rate_limits",
        sqlite: include_str!("migrations/sqlite/0005_rate_limits.sql"),
        postgres: include_str!("migrations/postgres/0005_rate_limits.sql"),
    },
    Migration {
        version: 6,
        name: "jobs",
        sqlite: include_str!("migrations/sqlite/0006_jobs.sql"),
        postgres: include_str!("migrations/postgres/0006_jobs.sql"),
    },
    Migration {
        version: 7,
        name: "safety",
        sqlite: include_str!("migrations/sqlite/0007_safety.sql"),
        postgres: include_str!("migrations/postgres/0007_safety.sql"),
    },
    Migration {
        version: 8,
        name: "holds",
        sqlite: include_str!("migrations/sqlite/0008_holds.sql"),
        postgres: include_str!("migrations/postgres/0008_holds.sql"),
    },
    Migration {
        version: 9,
        name: "people",
        sqlite: include_str!("migrations/sqlite/0009_people.sql"),
        postgres: include_str!("migrations/postgres/0009_people.sql"),
    },
];

/// The version that has keys of names, which no SQL can make of the names that are stored.
const WITH_NAME_KEYS: i64 = 9;

/// How long migrating may take, and waiting until another node has done it.
const MIGRATE_MAX: Duration = Duration::from_secs(600);

/// Held while migrating, so that nodes which start together do not migrate together.
const MIGRATION_LOCK: i64 = 0x706f_7374_7269_6465;

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migrations \
    (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";

statements! { "migrate":
    CURRENT = "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM schema_migrations";
    // Each database keeps the list of its tables in its own way.
    IS_OURS = fork
        sqlite "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
        postgres "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_migrations')";
    RECORD = "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)";
}

/// Brings the schema up to date, as far as the mode allows.
pub(crate) async fn bring_up_to_date(store: &Store, mode: OpenMode) -> Result<(), StoreError> {
    let newest = MIGRATIONS.last().map_or(0, |migration| migration.version);
    // It also finds out, long before the time for migrating is over, that a server does not answer.
    let found = store.read("schema.found", found).await?;
    match (found, mode) {
        (None, OpenMode::Existing | OpenMode::ReadOnly) => Err(StoreError::Empty),
        (Some(found), _) if found == newest => Ok(()),
        (Some(found), OpenMode::ReadOnly) if found < newest => Err(StoreError::Older { found, needed: newest }),
        (Some(found), OpenMode::ReadOnly) => Err(StoreError::Newer { found, known: newest }),
        (_, OpenMode::Create | OpenMode::Existing) => run_to(store, newest).await,
    }
}

/// The version of the schema, if there is one.
fn found(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreError> {
    if is_ours(tx)? { tx.query_number(&CURRENT, &[]).map(Some) } else { Ok(None) }
}

/// Whether a database holds our tables.
pub(crate) fn is_ours(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    tx.query_number(&IS_OURS, &[]).map(|found| found > 0)
}

/// Brings the schema to a version that is not the newest, as an older program would.
pub(crate) async fn run_to(store: &Store, version: i64) -> Result<(), StoreError> {
    store.write_guarded_within("migrate", MIGRATE_MAX, move |tx| migrate(tx, version)).await
}

/// The tables that migrations up to a version make, each behind those that it refers to.
pub(crate) fn tables(version: i64) -> impl Iterator<Item = &'static str> {
    let texts = MIGRATIONS.iter().filter(move |migration| migration.version <= version);
    let lines = texts.flat_map(|migration| migration.sqlite.lines());
    lines.filter_map(|line| line.strip_prefix("CREATE TABLE ")?.strip_suffix(" ("))
}

impl Store {
    /// The version of the schema.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        self.read("schema.version", |tx| tx.query_number(&CURRENT, &[])).await
    }
}

fn migrate(tx: &mut Tx<'_>, version: i64) -> Result<(), StoreError> {
    tx.wait_lock(MIGRATION_LOCK)?;
    tx.batch(LEDGER, LEDGER)?;
    let found = tx.query_number(&CURRENT, &[])?;
    if found > version {
        return Err(StoreError::Newer { found, known: version });
    }
    for migration in MIGRATIONS.iter().filter(|migration| (found + 1..=version).contains(&migration.version)) {
        tx.batch(migration.sqlite, migration.postgres)?;
        if migration.version == WITH_NAME_KEYS {
            crate::person_search::fill_name_keys(tx)?;
        }
        tx.execute(&RECORD, &[migration.version.into(), migration.name.into()])?;
    }
    Ok(())
}
