//! New zone data against jobs and intents that were read with older ones.

use super::*;
use crate::time::testkit::fixed_zones;
use crate::time::{HOUR_MS, MINUTE_MS, Resolution, ResolutionRule, WrittenTime, Zones};
use proptest::prelude::*;

/// What is tolerated in these tests.
const TOLERANCE_MS: i64 = 2 * HOUR_MS;
const NOW: &str = "2026-04-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

/// A land with one zone, `Test/Land`, so many hours east of Greenwich.
fn land(version: &str, hours: i32) -> Zones {
    fixed_zones(version, &[("Test/Land", hours * 3600), ("UTC", 0)])
}

fn timed(send_at: Option<&str>, batch_date: Option<&str>, zones: &Zones) -> ZonedTime {
    let zone = zones.find("Test/Land").expect("there");
    let written = match (send_at, batch_date) {
        (Some(text), _) => WrittenTime::parse(text),
        (None, date) => WrittenTime::parse(&format!("{}T00:00", date.expect("one of them"))),
    };
    let resolution = written.expect("well formed").resolve(&zone).expect("in range");
    ZonedTime {
        send_at: send_at.map(str::to_owned),
        batch_date: batch_date.map(str::to_owned),
        timezone: "Test/Land".to_owned(),
        due_at: resolution.instant,
        latest_start: Some(resolution.instant.plus_millis(24 * HOUR_MS)),
        latest_finish: None,
        resolution,
    }
}

fn held(verdict: &Verdict) -> &str {
    let Verdict::Held(reason) = verdict else { panic!("{verdict:?}") };
    reason
}

#[test]
fn a_wall_clock_time_keeps_the_clock_and_moves_its_instant() {
    let job = timed(Some("2026-05-01T09:00"), None, &land("2026a", 2));
    let found = rezone(&job, &land("2026b", 1), TOLERANCE_MS, at(NOW));
    assert_eq!(found.verdict, Verdict::Moved);
    assert_eq!((found.time.due_at, found.time.resolution.instant), (at("2026-05-01T08:00Z"), at("2026-05-01T08:00Z")));
    assert_eq!(found.time.resolution.local_time, "2026-05-01T09:00:00", "the clock shows what was said");
    assert_eq!(found.time.resolution.offset_text(), "+01:00");
    assert_eq!(found.time.resolution.tzdb_version, "2026b");
    assert_eq!(found.time.latest_start, Some(at("2026-05-02T08:00Z")), "it moves along");
    let again = rezone(&found.time, &land("2026b", 1), TOLERANCE_MS, at(NOW));
    assert_eq!((again.verdict, again.time), (Verdict::Same, found.time));
}

#[test]
fn an_instant_stays_and_is_only_read_otherwise() {
    for text in ["2026-05-01T09:00Z", "2026-05-01T11:00+02:00"] {
        let job = timed(Some(text), None, &land("2026a", 2));
        let found = rezone(&job, &land("2026b", -11), TOLERANCE_MS, at(NOW));
        assert_eq!((found.verdict, found.time.due_at), (Verdict::Same, at("2026-05-01T09:00Z")), "{text}");
        assert_eq!(found.time.resolution.local_time, "2026-04-30T22:00:00");
        let vanished = rezone(&job, &fixed_zones("2026b", &[]), TOLERANCE_MS, at(NOW));
        assert_eq!((vanished.verdict, vanished.time.due_at), (Verdict::Same, at("2026-05-01T09:00Z")), "{text}");
    }
}

#[test]
fn beyond_the_tolerance_or_in_the_past_a_person_decides() {
    let job = timed(Some("2026-05-01T09:00"), None, &land("2026a", 2));
    for (hours, moves) in [(1, true), (3, true), (0, true), (4, true), (5, false), (-1, false), (-22, false)] {
        let found = rezone(&job, &land("2026b", hours), TOLERANCE_MS, at(NOW));
        assert_eq!(found.verdict == Verdict::Moved, moves, "{hours}");
        if !moves {
            assert!(
                held(&found.verdict).starts_with("timezone_changed: with the zone data 2026b, 2026-05-01T09:00 in")
            );
        }
        assert_eq!(found.time.due_at, at("2026-05-01T09:00Z").plus_millis(-i64::from(hours) * HOUR_MS), "{hours}");
    }
    let reason = rezone(&job, &land("2026b", 5), TOLERANCE_MS, at(NOW)).verdict;
    assert!(held(&reason).contains("2026-05-01T04:00:00.000Z, 180 minutes earlier"), "{reason:?}");

    let late = rezone(&job, &land("2026b", 3), TOLERANCE_MS, at("2026-05-01T06:30Z"));
    assert!(held(&late.verdict).starts_with("timezone_changed_to_past: "), "{late:?}");
    let just = rezone(&job, &land("2026b", 3), TOLERANCE_MS, at("2026-05-01T06:00Z"));
    assert_eq!(just.verdict, Verdict::Moved, "the very instant is not past");
    // It was due an hour ago by the old data, and is not due yet by the new ones.
    let later = rezone(&job, &land("2026b", 1), TOLERANCE_MS, at("2026-05-01T07:30Z"));
    assert_eq!((later.verdict, later.time.due_at), (Verdict::Moved, at("2026-05-01T08:00Z")));
}

#[test]
fn a_zone_that_vanished_is_judged_once() {
    let job = timed(Some("2026-05-01T09:00"), None, &land("2026a", 2));
    for version in ["2026b", "unknown"] {
        let found = rezone(&job, &fixed_zones(version, &[("UTC", 0)]), TOLERANCE_MS, at(NOW));
        assert!(held(&found.verdict).starts_with("timezone_vanished: "), "{found:?}");
        assert_eq!((found.time.due_at, &found.time.resolution.tzdb_version[..]), (job.due_at, version));
        let again = rezone(&found.time, &fixed_zones(version, &[("UTC", 0)]), TOLERANCE_MS, at(NOW));
        assert_eq!(again.verdict, Verdict::Same, "whoever lets it go on has decided");
    }
}

#[test]
fn a_batch_moves_with_its_day_and_begins_at_once_when_the_day_has_begun() {
    let job = timed(None, Some("2026-05-01"), &land("2026a", 2));
    let found = rezone(&job, &land("2026b", 3), TOLERANCE_MS, at(NOW));
    assert_eq!((found.verdict, found.time.due_at), (Verdict::Moved, at("2026-04-30T21:00Z")));
    let begun = rezone(&job, &land("2026b", 3), TOLERANCE_MS, at("2026-04-30T21:30Z"));
    assert_eq!((begun.verdict, begun.time.due_at), (Verdict::Moved, at("2026-04-30T21:00Z")), "its day has begun");
    let over = rezone(&job, &land("2026b", 3), TOLERANCE_MS, at("2026-05-01T21:00Z"));
    assert!(held(&over.verdict).starts_with("timezone_changed_to_past: "), "its day is over");
    // Committed on its day, it was due at once, and stays so.
    let today = ZonedTime { due_at: at("2026-05-01T10:00Z"), ..job };
    let found = rezone(&today, &land("2026b", 3), TOLERANCE_MS, at("2026-05-01T10:00Z"));
    assert_eq!((found.verdict, found.time.due_at), (Verdict::Moved, today.due_at));
}

#[test]
fn the_latest_finish_is_never_later_than_promised() {
    let mut job = timed(Some("2026-05-01T09:00"), None, &land("2026a", 2));
    job.latest_finish = Some(at("2026-05-01T10:00Z"));
    let earlier = rezone(&job, &land("2026b", 3), TOLERANCE_MS, at(NOW)).time;
    assert_eq!((earlier.due_at, earlier.latest_finish), (at("2026-05-01T06:00Z"), Some(at("2026-05-01T09:00Z"))));
    let later = rezone(&job, &land("2026b", 1), TOLERANCE_MS, at(NOW));
    assert_eq!(later.verdict, Verdict::Moved);
    assert_eq!(later.time.latest_finish, Some(at("2026-05-01T10:00Z")));
    assert_eq!(later.time.latest_start, Some(at("2026-05-01T10:00Z")), "a start after the finish makes no sense");
    job.latest_finish = Some(at("2026-05-01T08:00Z"));
    let none = rezone(&job, &land("2026b", 1), TOLERANCE_MS, at(NOW));
    assert!(held(&none.verdict).contains("no time before the latest finish"), "{none:?}");
}

#[test]
fn a_draft_shows_its_intent_as_it_is_read_now() {
    let old = timed(Some("2026-05-01T09:00"), None, &land("2026b", 2));
    let intent = Intent {
        mode: Mode::At,
        send_at_text: old.send_at.clone(),
        send_at: Some(old.due_at),
        batch_date: None,
        timezone: old.timezone.clone(),
        timezone_source: TimezoneSource::Request,
        resolution: Some(old.resolution),
    };
    let read = intent.clone().read_again(&land("2026c", 1));
    assert_eq!(read.send_at, Some(at("2026-05-01T08:00Z")));
    assert_eq!(read.resolution.as_ref().map(|read| read.rule), Some(ResolutionRule::Exact));
    for same in [land("2026b", 1), land("2026a", 1), fixed_zones("2026c", &[])] {
        assert_eq!(intent.clone().read_again(&same), intent, "not newer, or without the zone: {same:?}");
    }
    let batch = timed(None, Some("2026-05-01"), &land("2026b", 2));
    let resolution = Some(batch.resolution);
    let batch = Intent {
        mode: Mode::BatchOnDate,
        send_at_text: None,
        send_at: None,
        batch_date: batch.batch_date,
        resolution,
        ..intent.clone()
    };
    let read = batch.read_again(&land("2026c", 1));
    assert_eq!((read.send_at, read.resolution.map(|read| read.instant)), (None, Some(at("2026-04-30T23:00Z"))));
    let now = Intent { mode: Mode::Now, send_at_text: None, send_at: None, resolution: None, ..intent };
    assert_eq!(now.clone().read_again(&land("2026c", 1)), now);
}

proptest! {
    #[test]
    fn who_goes_on_begins_when_the_clock_shows_what_was_said_and_never_before_now(
        old in -12_i32..=14, new in -12_i32..=14, tolerance in 0_i64..3000, ahead in -3000_i64..3000,
    ) {
        let job = timed(Some("2026-05-01T09:00"), None, &land("2026a", old));
        let now = job.due_at.plus_millis(ahead * MINUTE_MS);
        let zones = land("2026b", new);
        let found = rezone(&job, &zones, tolerance * MINUTE_MS, now);
        let read: &Resolution = &found.time.resolution;
        prop_assert_eq!(&read.local_time, "2026-05-01T09:00:00");
        prop_assert_eq!(found.time.due_at, read.instant);
        match found.verdict {
            Verdict::Same => prop_assert_eq!(old, new),
            Verdict::Moved => prop_assert!(
                read.instant >= now && read.instant.millis_since(job.due_at).abs() <= tolerance * MINUTE_MS
            ),
            Verdict::Held(_) => prop_assert!(old != new),
        }
        prop_assert_eq!(rezone(&found.time, &zones, tolerance * MINUTE_MS, now).verdict, Verdict::Same);
    }
}
