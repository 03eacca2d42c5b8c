//! `[rate_limits]`: how many requests of each class a client may make in any minute. 0 is no limit.

use super::section::Section;
use postrider_core::rate_limit::{RateClass, RateLimits};

/// Beyond this nobody counts.
const PER_MINUTE_MAX: u64 = 1_000_000_000;

/// The limit of a class unless it is configured.
const fn default(class: RateClass) -> u64 {
    match class {
        RateClass::Read => 30_000,
        RateClass::Write => 12_000,
        RateClass::Batch | RateClass::Token => 1_200,
        RateClass::Execute => 6_000,
    }
}

pub(super) fn read(mut section: Section<'_>) -> RateLimits {
    let mut limits = RateLimits::default();
    for &class in RateClass::ALL {
        let limit = section.integer(class.as_str(), default(class), 0..=PER_MINUTE_MAX);
        limits.set(class, u32::try_from(limit).ok());
    }
    section.finish();
    limits
}
