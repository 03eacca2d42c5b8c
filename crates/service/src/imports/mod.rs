//! Import jobs: a file of people is sent once, inspected, and then imported set by set.
//!
//! Not here: what rows mean and the work itself (`postrider_intake`).

pub mod jobs;

pub use postrider_intake::file::format::{format_of_media_type, format_of_name};
