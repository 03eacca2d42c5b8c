//! What those who watch the service want to know of it, without a name in it.

use crate::{Service, ServiceError};
use postrider_core::time::{SECOND_MS, Timestamp};
use postrider_store::meter::Meter;
use std::sync::Arc;
use tokio::sync::Mutex;

pub use postrider_store::gauges::{Gauges, Queue};
pub use postrider_store::meter::OpTimes;

/// How long what was read is told again, in milliseconds, so that many who ask cost no more than one.
const KEPT_MS: i64 = SECOND_MS;

/// What was last read, and when.
#[derive(Default)]
pub(crate) struct Vitals(Mutex<Option<(Timestamp, Arc<Gauges>)>>);

impl Service {
    /// How much there is to do as of an instant, at most a second ago.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn gauges(&self) -> Result<(Timestamp, Arc<Gauges>), ServiceError> {
        let now = self.now();
        let mut kept = self.inner.vitals.0.lock().await;
        if let Some((at, gauges)) = &*kept
            && (0..KEPT_MS).contains(&now.millis_since(*at))
        {
            return Ok((*at, Arc::clone(gauges)));
        }
        let dead_since = now.plus_millis(-self.settings().node_timeout_ms);
        let read = self.store().read("gauges", move |tx| tx.gauges(now, dead_since).map_err(ServiceError::from));
        let gauges = Arc::new(read.await?);
        *kept = Some((now, Arc::clone(&gauges)));
        Ok((now, gauges))
    }

    /// How far the wall clock of this machine is ahead of the clock that this process follows, in milliseconds. None if
    /// it follows the wall clock.
    #[must_use]
    pub fn wall_ahead_ms(&self) -> Option<i64> {
        self.inner.clock.wall_ahead_ms()
    }

    /// What this process has done.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        self.store().meter()
    }
}
