//! A hook around each transaction: metrics in production, a gate and faults in the simulation.

use crate::error::StoreError;
use postrider_core::env::BoxFuture;

/// What may happen around a transaction.
pub trait Probe: Send + Sync {
    /// Runs before the transaction begins; an error stops it, so nothing is changed.
    fn before(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Runs after it ended; an error hides the result from the caller, as a connection lost after the commit would.
    fn after(&self, op: &'static str) -> BoxFuture<'_, Result<(), StoreError>>;
}
