//! Brings people in from files as they have them.
//!
//! A file is read once from front to back and held nowhere: memory is that of one set of rows, and of eight bytes
//! for each row to count doubles. Invariant: every row is accounted for, `read = created + updated + unchanged +
//! refused`, and the same file imported again finds everything unchanged.

mod accounts;
mod columns;
mod format;
mod headers;
pub mod jobs;
mod lines;
mod object;
mod report;
mod row;
mod rows;
mod run;
mod sniff;
mod source;
mod tally;
mod write;

#[cfg(test)]
mod columns_tests;
#[cfg(test)]
mod rows_tests;

pub use accounts::OpenRefused;
pub use format::{format_of_media_type, format_of_name};
pub use report::{EXAMPLES_MAX, ImportError, ImportReport, Progress, RefusedRow};
pub use run::{Import, ImportFiles};
