//! How a campaign stands and how it went.

mod metrics;
mod progress;
mod reach;
mod summary;

pub use metrics::Metrics;
pub use progress::{Execution, Status};
pub(crate) use progress::{latest, status_of};
pub use reach::{ReachState, SummaryReach};
pub use summary::{Summary, SummaryExecution, SummaryTemplate};
