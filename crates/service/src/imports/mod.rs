//! Brings people in from files as they have them.
//!
//! A file is read once from front to back and held nowhere: memory is that of one set of rows, and of eight bytes
//! for each row to count doubles. Invariant: every row is accounted for, `read = created + updated + unchanged +
//! refused`, and the same file imported again finds everything unchanged.

mod accounts;
pub mod jobs;
mod report;
mod run;
mod write;

pub use accounts::OpenRefused;
pub use postrider_intake::file::format::{format_of_media_type, format_of_name};
pub use report::{EXAMPLES_MAX, ImportError, ImportReport, Progress, RefusedRow};
pub use run::{Import, ImportFiles};
