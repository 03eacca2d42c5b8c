//! Compiling and rendering templates away from the threads that take requests, a few at a time.
//!
//! What runs inside a unit of work of the store is away from them already.

use crate::{Service, ServiceError};
use std::sync::Arc;

/// Templates that requests compile or render at once. One message takes at most 50 ms.
pub(crate) const RENDERINGS_MAX: usize = 2;

impl Service {
    /// Runs work with templates on a thread that may wait. The turn ends with the work, even if the caller gives up.
    pub(crate) async fn rendering<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let turn = Arc::clone(&self.inner.renderings).acquire_owned().await;
        let work = move || {
            let _turn = turn;
            work()
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| postrider_store::StoreError::Failed("a rendering panicked".into()).into())
    }
}
