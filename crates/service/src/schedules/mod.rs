//! Schedule jobs and send jobs: committing a draft, rehearsing that, looking at it, moving it, pausing it, letting it
//! go on, taking it back, trying again who failed.
//!
//! The engine is not called: a committed job is a row that it finds, and a nudge that only makes it find it sooner.

mod cancel;
mod commit;
mod decide;
mod get;
mod hold;
mod pause;
mod plan;
mod reschedule;
mod retry;

pub use cancel::{Canceled, Receipt};
pub use commit::{CommitCommand, Committed, JobAnswer};
pub use get::JobView;
pub use hold::OpenJobs;
pub use plan::{DryRun, Plan, Sample};
pub use reschedule::Moved;
