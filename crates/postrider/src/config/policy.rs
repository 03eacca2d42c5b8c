//! `[policy]`: what jobs do that do not say it themselves. What the words mean is said in the core.

use super::section::Section;
use postrider_core::schedule::{OnMissed, OnUncertain, PolicyDefaults};

/// Thirty days.
const AFTER_DUE_MAX_MS: u64 = 2_592_000_000;

/// What the delivery budget of a tenant can count.
const RATE_PER_MINUTE_MAX: u64 = 1_000_000_000;

pub(super) fn read(mut section: Section<'_>) -> PolicyDefaults {
    let defaults = PolicyDefaults::default();
    let missed = OnMissed::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>();
    let on_missed = section.word("on_missed", &missed, OnMissed::parse);
    let uncertain = OnUncertain::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>();
    let on_uncertain = section.word("on_uncertain", &uncertain, OnUncertain::parse);
    let latest_start = section.optional_integer("latest_start_ms", 0..=AFTER_DUE_MAX_MS);
    let latest_finish = section.optional_integer("latest_finish_ms", 1..=AFTER_DUE_MAX_MS);
    let rate = section.optional_integer("rate_per_minute", 1..=RATE_PER_MINUTE_MAX);
    section.finish();
    let millis = |given: Option<u64>| given.and_then(|millis| i64::try_from(millis).ok());
    PolicyDefaults {
        latest_start_after_ms: millis(latest_start).or(defaults.latest_start_after_ms),
        on_missed: on_missed.map_or(defaults.on_missed, |given| given.value),
        latest_finish_after_ms: millis(latest_finish).or(defaults.latest_finish_after_ms),
        on_uncertain: on_uncertain.map_or(defaults.on_uncertain, |given| given.value),
        rate_per_minute: rate.and_then(|rate| u32::try_from(rate).ok()).or(defaults.rate_per_minute),
    }
}
