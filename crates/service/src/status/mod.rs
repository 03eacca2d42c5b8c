//! How a campaign stands and how it went.

mod metrics;
mod progress;
mod summary;

pub use metrics::Metrics;
pub(crate) use progress::{latest, status_of};
pub use progress::{Execution, Status};
pub use summary::{Summary, SummaryExecution, SummaryTemplate};
