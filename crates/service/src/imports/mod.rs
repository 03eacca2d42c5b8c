//! Brings people in from files as they have them.
//!
//! A file is read once from front to back and held nowhere: memory is that of one set of rows, and of eight bytes
//! for each row to count doubles. Invariant: every row is accounted for, `read = created + updated + unchanged +
//! refused`, and the same file imported again finds everything unchanged.

mod columns;
mod headers;
mod report;
mod row;
mod rows;
mod run;
mod sniff;
mod write;

#[cfg(test)]
mod columns_tests;
#[cfg(test)]
mod rows_tests;

pub use report::{EXAMPLES_MAX, ImportError, ImportReport, Progress, RefusedRow};
pub use run::{Import, ImportFiles, OpenRefused};
