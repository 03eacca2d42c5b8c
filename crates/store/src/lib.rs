//! The memory of Postrider: the only crate that names a database driver.
//!
//! One meaning on two databases: each statement is one SQL text (forks are marked in [`statement`]), each use of
//! the store is one closure in one transaction. SQL never reads a clock, and no transaction waits for a network
//! other than the database's own.

pub mod backup;
mod beside;
pub use beside::give as give_to_owner_of;
mod durability;
pub mod error;
#[cfg(test)]
mod instance_tests;
pub mod lookup;
mod migrate;
#[cfg(test)]
mod opening_tests;
mod person;
pub mod person_search;
#[cfg(test)]
mod plan_tests;
#[cfg(any(test, feature = "planted"))]
mod planted;
mod postgres;
#[cfg(test)]
mod pragma_tests;
mod pragmas;
pub mod probe;
mod rule_date;
mod rule_sql;
pub mod split;
mod sqlite;
mod sqlite_file;
mod sqlite_tx;
mod sqlite_writer;
pub mod statement;
mod store;
#[cfg(test)]
mod store_tests;
pub mod testkit;
mod tx;
mod url;
pub mod value;
pub mod wake;
mod wal;
#[cfg(test)]
mod wal_tests;

pub mod accounts;
pub mod attributes;
pub mod audiences;
pub mod campaign_audiences;
pub mod campaign_lifecycle;
pub mod campaign_listing;
pub mod campaign_reach;
pub mod campaigns;
pub mod chunks;
pub mod clients;
pub mod clock;
pub mod conditions;
pub mod consent_evidence;
pub mod deliveries;
pub mod doubt;
pub mod dues;
pub mod erased;
pub mod erasing;
pub mod erasures;
pub mod events;
pub mod execution;
pub mod failures;
pub mod gauges;
pub mod health;
pub mod holds;
pub mod idempotency;
pub mod import_files;
pub mod import_jobs;
pub mod import_runs;
pub mod import_starts;
pub mod inspection;
pub mod instance;
pub mod job_audiences;
pub mod ledger;
pub mod lists;
pub mod manifest_members;
pub mod manifests;
pub mod meter;
pub mod nodes;
pub mod places;
pub mod profiles;
pub mod rate_windows;
pub mod reach;
pub mod recipients;
pub mod rescheduling;
pub mod retried;
pub mod rezoning;
pub mod rules;
pub mod schedules;
pub mod scratch;
pub mod secrets;
pub mod sender_domains;
pub mod senders;
pub mod suppressions;
pub mod templates;
pub mod tenant_settings;
pub mod tenants;
pub mod test_recipients;
pub mod webhook_log;
pub mod webhook_outbox;
pub mod webhooks;

pub use error::StoreError;
pub use health::Trouble;
pub use store::{CONNECTIONS_DEFAULT, OpenMode, Store};
pub use tx::Tx;
pub use url::DatabaseUrl;
