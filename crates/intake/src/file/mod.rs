//! Files of people as people have them, read once from front to back.
//!
//! Invariant: every row is accounted for: it becomes a record or a refusal with its line.

pub mod answers;
pub mod columns;
pub mod consent;
pub mod doubts;
pub mod encoding;
pub mod fold;
pub mod format;
pub mod forms;
pub mod headers;
pub mod languages;
pub mod lines;
pub mod mapping;
pub mod object;
pub mod presets;
mod quotes;
pub mod reading;
pub mod refused;
pub mod report;
pub mod row;
pub mod rows;
pub mod smells;
pub mod sniff;
pub mod source;
pub mod survey;
pub mod tally;
mod transliterate;
pub mod types;

#[cfg(test)]
mod columns_tests;
#[cfg(test)]
mod rows_tests;
#[cfg(test)]
mod types_tests;
