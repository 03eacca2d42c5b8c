//! Local times against the zones that are hard: worked examples, and an independent oracle for all others.

use super::*;
use proptest::prelude::*;

fn zone(name: &str) -> Zone {
    Zone::find(name).unwrap_or_else(|| panic!("{name} is in the database"))
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

fn resolve(text: &str, name: &str) -> Resolution {
    let written = WrittenTime::parse(text).unwrap_or_else(|problem| panic!("{text} {problem}"));
    written.resolve(&zone(name)).expect("within the calendar")
}

#[test]
fn names_are_found_whatever_their_case_and_links_stay() {
    for (asked, name) in [
        ("america/new_york", "America/New_York"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("us/eastern", "US/Eastern"),
        ("Europe/Kiev", "Europe/Kiev"),
        ("utc", "UTC"),
        ("etc/gmt+5", "Etc/GMT+5"),
        ("est5edt", "EST5EDT"),
    ] {
        assert_eq!(zone(asked).name(), name);
    }
    for refused in ["", " ", "Mars/Olympus", "+02:00", "Europe", "Europe/Berlin ", "EST6", "CEST", "../etc/passwd"] {
        assert_eq!(Zone::find(refused), None, "{refused}");
    }
    assert_eq!(zone("US/Eastern").offset_seconds_at(at("2026-07-01T00:00Z")), -4 * 3600);
    assert!(tzdb_version().starts_with("20"), "{}", tzdb_version());
}

#[test]
fn gaps_move_forward_and_folds_take_the_first() {
    use ResolutionRule::{Exact, FoldFirst, GapShifted};
    for (name, written, rule, local, offset, instant) in [
        ("America/New_York", "2026-03-08T02:30", GapShifted, "2026-03-08T03:30:00", "-04:00", "2026-03-08T07:30Z"),
        ("America/New_York", "2026-11-01T01:30", FoldFirst, "2026-11-01T01:30:00", "-04:00", "2026-11-01T05:30Z"),
        ("America/New_York", "2026-11-01T02:00", Exact, "2026-11-01T02:00:00", "-05:00", "2026-11-01T07:00Z"),
        ("Europe/Berlin", "2026-03-29T01:59:59", Exact, "2026-03-29T01:59:59", "+01:00", "2026-03-29T00:59:59Z"),
        ("Europe/Berlin", "2026-03-29T02:00", GapShifted, "2026-03-29T03:00:00", "+02:00", "2026-03-29T01:00Z"),
        ("Europe/Berlin", "2026-10-25T02:30", FoldFirst, "2026-10-25T02:30:00", "+02:00", "2026-10-25T00:30Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", GapShifted, "2026-10-04T02:45:00", "+11:00", "2026-10-03T15:45Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", FoldFirst, "2026-04-05T01:45:00", "+11:00", "2026-04-04T14:45Z"),
        ("Pacific/Apia", "2011-12-30T12:00", GapShifted, "2011-12-31T12:00:00", "+14:00", "2011-12-30T22:00Z"),
        ("Africa/Casablanca", "2025-02-23T02:30", FoldFirst, "2025-02-23T02:30:00", "+01:00", "2025-02-23T01:30Z"),
        ("Africa/Casablanca", "2025-04-06T02:30", GapShifted, "2025-04-06T03:30:00", "+01:00", "2025-04-06T02:30Z"),
        ("Antarctica/Troll", "2026-03-29T01:30", GapShifted, "2026-03-29T03:30:00", "+02:00", "2026-03-29T01:30Z"),
        ("Antarctica/Troll", "2026-10-25T02:30", FoldFirst, "2026-10-25T02:30:00", "+02:00", "2026-10-25T00:30Z"),
        ("Asia/Kathmandu", "2026-05-01T09:00", Exact, "2026-05-01T09:00:00", "+05:45", "2026-05-01T03:15Z"),
        ("UTC", "2026-05-01T09:00", Exact, "2026-05-01T09:00:00", "Z", "2026-05-01T09:00Z"),
    ] {
        let found = resolve(written, name);
        let told = (found.rule, found.local_time.as_str(), found.offset_text(), found.instant);
        assert_eq!(told, (rule, local, offset.to_owned(), at(instant)), "{written} in {name}");
    }
}

#[test]
fn an_offset_is_an_instant_wherever_it_is_read() {
    let found = resolve("2026-05-01T09:00:00.000Z", "America/New_York");
    assert_eq!(found.instant, at("2026-05-01T09:00Z"));
    assert_eq!((found.local_time.as_str(), found.offset_seconds), ("2026-05-01T05:00:00", -4 * 3600));
    // The hour that a wall clock would find ambiguous, or missing, is plain with an offset.
    assert_eq!(resolve("2026-11-01T01:30-05:00", "America/New_York").rule, ResolutionRule::Exact);
    assert_eq!(resolve("2026-03-08T02:30-05:00", "America/New_York").rule, ResolutionRule::Exact);
}

#[test]
fn forms_that_are_taken() {
    for (text, instant) in [
        ("2026-05-01T09:00Z", "2026-05-01T09:00:00.000Z"),
        ("2026-05-01 09:00:00z", "2026-05-01T09:00:00.000Z"),
        ("2026-05-01t09:00:00+0200", "2026-05-01T07:00:00.000Z"),
        ("2026-05-01T09:00:00-03", "2026-05-01T12:00:00.000Z"),
        ("2026-05-01T09:00:00.5Z", "2026-05-01T09:00:00.500Z"),
        ("2026-05-01T09:00:00,123456789Z", "2026-05-01T09:00:00.124Z"),
        ("2026-05-01T09:00:00.123000000+00:00", "2026-05-01T09:00:00.123Z"),
        ("2026-05-01T09:00:00.000000001-00:00", "2026-05-01T09:00:00.001Z"),
        ("2028-02-29T23:59:59.999999999Z", "2028-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(Timestamp::parse(text).map(|instant| instant.to_string()).as_deref(), Some(instant), "{text}");
    }
}

#[test]
fn forms_that_are_refused() {
    for text in [
        "",
        "tomorrow",
        "2026-05-01",
        "2026-05-01T",
        "2026-05-01T09",
        "2026-05-01T9:00Z",
        "2026-05-01T09:00:0Z",
        "2026-05-01T24:00:00Z",
        "2026-05-01T09:60Z",
        "2026-05-01T23:59:60Z",
        "2026-06-30T23:59:60.5Z",
        "2026-05-01T09:00:61Z",
        "2026-05-01T25:00Z",
        "2026-05-01T09:00:00.Z",
        "2026-05-01T09:00.5Z",
        "2026-05-01T09:00:00.1234567891Z",
        "2026-05-01T09:00:00.12a4Z",
        "2026-05-01T09:00:00+24:00",
        "2026-05-01T09:00:00+02:60",
        "2026-05-01T09:00:00+2",
        "2026-05-01T09:00:00 +02:00",
        "2026-05-01T09:00:00ZZ",
        "2026-05-01T09:00:00Z[Europe/Berlin]",
        " 2026-05-01T09:00:00Z",
        "2026-05-01T09:00:00Z ",
        "20260501T090000Z",
        "2026-W18-5T09:00:00Z",
        "2026-121T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "2026-13-01T09:00:00Z",
        "2026-00-10T09:00:00Z",
        "+12026-05-01T09:00:00Z",
        "-2026-05-01T09:00:00Z",
        "12026-05-01T09:00:00Z",
        "９９９９-05-01T09:00:00Z",
        "2026-05-01T09:00:00\u{2212}02:00",
        "1777626000000",
    ] {
        assert!(WrittenTime::parse(text).is_err(), "{text}");
    }
    let problem = WrittenTime::parse("2026-06-30T23:59:60Z").expect_err("refused");
    assert!(problem.contains("leap second"), "{problem}");
    let end = WrittenTime::parse("9999-12-31T23:59:59-12:00").expect("well formed");
    assert!(end.resolve(&Zone::utc()).is_err(), "an instant beyond the calendar");
}

#[test]
fn days_begin_where_the_zone_lets_them() {
    for (name, date, start) in [
        ("Europe/Berlin", "2026-05-01", "2026-04-30T22:00Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00Z"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z"),
    ] {
        assert_eq!(Date::parse(date).expect("a date").start_in(&zone(name)), at(start), "{date} in {name}");
    }
    let apia = zone("Pacific/Apia");
    assert_eq!(apia.date_at(at("2011-12-30T09:59:59Z")).to_string(), "2011-12-29");
    assert_eq!(apia.date_at(at("2011-12-30T10:00:00Z")).to_string(), "2011-12-31");
}

#[test]
fn dates_are_strict() {
    for text in ["2026-02-29", "2026-2-01", "26-02-01", "2026/02/01", "2026-02-01T", " 2026-02-01", "2026-W05", ""] {
        assert_eq!(Date::parse(text), None, "{text}");
    }
    assert_eq!(Date::parse("2028-02-29").expect("a leap day").to_string(), "2028-02-29");
}

#[test]
fn the_cut_off_is_a_wall_clock_time() {
    let berlin = zone("Europe/Berlin");
    let date = Date::parse("2026-03-29").expect("a date");
    assert_eq!(date.minute_in(&berlin, 17 * 60), at("2026-03-29T15:00Z"));
    assert_eq!(date.minute_in(&berlin, 150), at("2026-03-29T01:30Z"), "02:30 is in the gap");
    assert_eq!(date.minute_in(&berlin, 0), date.start_in(&berlin));
    assert_eq!(date.minute_in(&berlin, 1440), at("2026-03-29T22:00Z"), "the day has 23 hours");
}

/// Zones with half hours, two-hour steps, double switches a year and none.
const HARD: [&str; 9] = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Asia/Pyongyang",
];

proptest! {
    /// The oracle: an instant is a reading of the wall clock when the zone shows that wall clock then. None is a
    /// gap, one is exact, two are a fold of which the first counts.
    #[test]
    fn a_wall_clock_time_is_resolved_as_reading_the_clock_would(
        minute in 21_000_000_i64..37_000_000, name in prop::sample::select(&HARD[..]),
    ) {
        let zone = zone(name);
        let as_utc = Timestamp::from_millis(minute * MINUTE_MS);
        let wall = Zone::utc().local_time_at(as_utc);
        let mut readings: Vec<Timestamp> = (-26 * 12..=26 * 12)
            .map(|five| as_utc.plus_millis(five * 5 * MINUTE_MS))
            .filter(|&instant| zone.local_time_at(instant) == wall)
            .collect();
        readings.sort();
        let found = WrittenTime::parse(&wall).expect("well formed").resolve(&zone).expect("in range");
        match readings.as_slice() {
            [] => {
                prop_assert_eq!(found.rule, ResolutionRule::GapShifted);
                prop_assert!(found.local_time > wall);
            }
            [only] => prop_assert_eq!((found.rule, found.instant), (ResolutionRule::Exact, *only)),
            [first, ..] => prop_assert_eq!((found.rule, found.instant), (ResolutionRule::FoldFirst, *first)),
        }
    }

    #[test]
    fn an_instant_survives_writing_and_reading(millis in -62_000_000_000_000_i64..253_000_000_000_000) {
        let instant = Timestamp::from_millis(millis);
        prop_assert_eq!(Timestamp::parse(&instant.to_string()), Some(instant));
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_refusing(text in "\\PC{0,40}") {
        let _ = WrittenTime::parse(&text);
        let _ = Date::parse(&text);
        let _ = Zone::find(&text);
    }
}
