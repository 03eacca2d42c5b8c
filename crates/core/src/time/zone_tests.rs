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
        ("est", "EST"),
        ("gmt0", "GMT0"),
        ("gmt-0", "GMT-0"),
        ("zulu", "Zulu"),
        ("etc/utc", "Etc/UTC"),
        ("W-su", "W-SU"),
        ("america/argentina/comodrivadavia", "America/Argentina/ComodRivadavia"),
        ("america/port-au-prince", "America/Port-au-Prince"),
        ("factory", "Factory"),
    ] {
        assert_eq!(zone(asked).name(), name);
    }
    let refused = [
        "",
        " ",
        "Z",
        "Mars/Olympus",
        "+02:00",
        "-0500",
        "UTC+2",
        "GMT+5",
        "Europe",
        "Europe/",
        "/Europe/Berlin",
        "Europe/Berlin ",
        " Europe/Berlin",
        "Europe/Berlin\0",
        "Europe\\Berlin",
        "Europe//Berlin",
        "EST6",
        "CEST",
        "PDT",
        "CST6CDT,M3.2.0,M11.1.0",
        "W. Europe Standard Time",
        "Berlin",
        "Etc/GMT+15",
        "Etc/Unknown",
        "SYSTEM",
        "local",
        "localtime",
        "posixrules",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "tzdata.zi",
        "zone.tab",
        "../etc/passwd",
        "./UTC",
        "/usr/share/zoneinfo/UTC",
        "ＵＴＣ",
        "Europe/Berl\u{131}n",
        "Europe/\u{212a}iev",
    ];
    for refused in refused {
        assert_eq!(Zone::find(refused), None, "{refused}");
    }
    assert_eq!(zone("US/Eastern").offset_seconds_at(at("2026-07-01T00:00Z")), -4 * 3600);
    assert_eq!(zone("Etc/GMT+5").offset_seconds_at(at("2026-07-01T00:00Z")), -5 * 3600, "POSIX counts westwards");
    assert_eq!(zone("EST").offset_seconds_at(at("2026-07-01T00:00Z")), -5 * 3600, "no summer time");
    let version = zone("US/Eastern").version().to_owned();
    assert!(version.starts_with("20"), "{version}");
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
        ("Australia/Lord_Howe", "2026-10-04T02:00", GapShifted, "2026-10-04T02:30:00", "+11:00", "2026-10-03T15:30Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:30", Exact, "2026-10-04T02:30:00", "+11:00", "2026-10-03T15:30Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:30", FoldFirst, "2026-04-05T01:30:00", "+11:00", "2026-04-04T14:30Z"),
        ("Australia/Lord_Howe", "2026-04-05T02:00", Exact, "2026-04-05T02:00:00", "+10:30", "2026-04-04T15:30Z"),
        ("Pacific/Apia", "2011-12-29T23:59:59", Exact, "2011-12-29T23:59:59", "-10:00", "2011-12-30T09:59:59Z"),
        ("Pacific/Apia", "2011-12-30T00:00", GapShifted, "2011-12-31T00:00:00", "+14:00", "2011-12-30T10:00Z"),
        ("Pacific/Apia", "2011-12-30T23:59:59", GapShifted, "2011-12-31T23:59:59", "+14:00", "2011-12-31T09:59:59Z"),
        ("Pacific/Apia", "2011-12-31T00:00", Exact, "2011-12-31T00:00:00", "+14:00", "2011-12-30T10:00Z"),
        ("Pacific/Kwajalein", "1993-08-21T12:00", GapShifted, "1993-08-22T12:00:00", "+12:00", "1993-08-22T00:00Z"),
        (
            "America/Juneau",
            "1867-10-18T15:33:32",
            FoldFirst,
            "1867-10-18T15:33:32",
            "+15:02:19",
            "1867-10-18T00:31:13Z",
        ),
        ("Antarctica/Troll", "2026-03-29T00:59:59", Exact, "2026-03-29T00:59:59", "Z", "2026-03-29T00:59:59Z"),
        (
            "Antarctica/Troll",
            "2026-03-29T02:59:59",
            GapShifted,
            "2026-03-29T04:59:59",
            "+02:00",
            "2026-03-29T02:59:59Z",
        ),
        ("Antarctica/Troll", "2026-10-25T01:00", FoldFirst, "2026-10-25T01:00:00", "+02:00", "2026-10-24T23:00Z"),
        ("Antarctica/Troll", "2026-10-25T03:00", Exact, "2026-10-25T03:00:00", "Z", "2026-10-25T03:00Z"),
        ("Africa/Cairo", "2025-04-25T00:30", GapShifted, "2025-04-25T01:30:00", "+03:00", "2025-04-24T22:30Z"),
        ("Africa/Cairo", "2025-10-30T23:30", FoldFirst, "2025-10-30T23:30:00", "+03:00", "2025-10-30T20:30Z"),
        ("America/Nuuk", "2025-03-29T23:30", GapShifted, "2025-03-30T00:30:00", "-01:00", "2025-03-30T01:30Z"),
        ("America/Nuuk", "2025-10-25T23:30", FoldFirst, "2025-10-25T23:30:00", "-01:00", "2025-10-26T00:30Z"),
        ("America/Santiago", "2025-09-07T00:00", GapShifted, "2025-09-07T01:00:00", "-03:00", "2025-09-07T04:00Z"),
        ("America/Santiago", "2025-04-05T23:59:59", FoldFirst, "2025-04-05T23:59:59", "-03:00", "2025-04-06T02:59:59Z"),
        ("Asia/Beirut", "2025-03-30T00:00", GapShifted, "2025-03-30T01:00:00", "+03:00", "2025-03-29T22:00Z"),
        ("America/Havana", "2025-11-02T00:00", FoldFirst, "2025-11-02T00:00:00", "-04:00", "2025-11-02T04:00Z"),
        ("America/St_Johns", "2026-03-08T02:30", GapShifted, "2026-03-08T03:30:00", "-02:30", "2026-03-08T06:00Z"),
        ("Europe/Dublin", "2026-03-29T01:30", GapShifted, "2026-03-29T02:30:00", "+01:00", "2026-03-29T01:30Z"),
        ("Africa/Monrovia", "1972-01-06T23:59:59", Exact, "1972-01-06T23:59:59", "-00:44:30", "1972-01-07T00:44:29Z"),
        ("Africa/Monrovia", "1972-01-07T00:30", GapShifted, "1972-01-07T01:14:30", "Z", "1972-01-07T01:14:30Z"),
        ("Etc/GMT+5", "2026-05-01T09:00", Exact, "2026-05-01T09:00:00", "-05:00", "2026-05-01T14:00Z"),
        ("Pacific/Kiritimati", "2026-05-01T09:00", Exact, "2026-05-01T09:00:00", "+14:00", "2026-04-30T19:00Z"),
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
fn days_begin_where_the_zone_lets_them() {
    for (name, date, start) in [
        ("Europe/Berlin", "2026-05-01", "2026-04-30T22:00Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00Z"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z"),
        ("America/Santiago", "2025-09-07", "2025-09-07T04:00Z"),
        ("Asia/Beirut", "2025-03-30", "2025-03-29T22:00Z"),
        ("America/Havana", "2025-11-02", "2025-11-02T04:00Z"),
        ("Pacific/Kiritimati", "2028-02-29", "2028-02-28T10:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z"),
    ] {
        assert_eq!(Date::parse(date).expect("a date").start_in(&zone(name)), at(start), "{date} in {name}");
    }
    let apia = zone("Pacific/Apia");
    assert_eq!(apia.date_at(at("2011-12-30T09:59:59Z")).to_string(), "2011-12-29");
    assert_eq!(apia.date_at(at("2011-12-30T10:00:00Z")).to_string(), "2011-12-31");
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
    fn what_a_clock_shows_is_resolved_to_that_instant_or_its_first(
        ms in 0_i64..4_000_000_000_000, name in prop::sample::select(&HARD[..]),
    ) {
        let (zone, instant) = (zone(name), Timestamp::from_millis(ms));
        let found = WrittenTime::parse(&zone.local_time_at(instant)).expect("well formed").resolve(&zone).expect("in range");
        match found.rule {
            ResolutionRule::Exact => prop_assert_eq!(found.instant, instant),
            ResolutionRule::FoldFirst => prop_assert!(found.instant <= instant),
            ResolutionRule::GapShifted => prop_assert!(false, "no clock shows a time in a gap"),
        }
        // Written with the zone's offset it is that very instant, whichever of two it is.
        let offset = offset_text(zone.offset_seconds_at(instant));
        let exact = WrittenTime::parse(&format!("{}{offset}", zone.local_time_at(instant))).expect("well formed");
        prop_assert_eq!(exact.resolve(&zone).expect("in range").instant, instant);
    }

    /// A gap maps its walls onto the time behind it, so order can be lost only there; outside it is kept.
    #[test]
    fn later_on_the_wall_is_never_earlier(
        ms in 0_i64..4_000_000_000_000, ahead in 1_i64..90_000_000, name in prop::sample::select(&HARD[..]),
    ) {
        let zone = zone(name);
        let read = |ms| {
            let wall = Zone::utc().local_time_at(Timestamp::from_millis(ms));
            WrittenTime::parse(&wall).expect("well formed").resolve(&zone).expect("in range")
        };
        let (first, second) = (read(ms), read(ms + ahead));
        let ordered = first.instant <= second.instant;
        prop_assert!(ordered || first.rule == ResolutionRule::GapShifted, "{first:?} {second:?}");
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
