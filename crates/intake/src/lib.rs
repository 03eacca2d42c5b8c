//! What Postrider takes in: records of people, one by one and from files.
//!
//! `people/` says what a record is and applies sets of records to profiles. `file/` reads files as people have them.
//! `jobs/` takes the file of an import job set by set. Not here: who may do it, and HTTP.
//! Invariant: a record either changes its profile whole or is refused and changes nothing.

mod error;
pub mod file;
pub mod jobs;
pub mod people;
pub mod write;

pub use error::IntakeError;
