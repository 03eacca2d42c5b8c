//! Batch dates: the days that a zone has, today's cut-off, and days that begin late, twice or never.

use super::*;
use crate::campaign::AuthoringStatus;
use crate::error::Code;
use crate::time::{Date, MINUTE_MS, ResolutionRule, Zone};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

fn ask(now: Timestamp, cutoff: i64, zone: &str, date: &str) -> Result<Intent, crate::error::Refusal> {
    let tenant = TenantTime { default_timezone: None, mail_cutoff_minutes: cutoff };
    let facts = IntentFacts { channel: ChannelKind::DirectMail, authoring_status: AuthoringStatus::Draft, tenant };
    let command = IntentCommand {
        mode: Mode::BatchOnDate,
        send_at: None,
        batch_date: Some(date.to_owned()),
        timezone: Some(zone.to_owned()),
    };
    decide_intent(&facts, &command, now)
}

fn accepts(now: Timestamp, cutoff: i64, zone: &str, date: &str) -> bool {
    match ask(now, cutoff, zone, date) {
        Ok(_) => true,
        Err(refusal) => {
            assert_eq!(refusal.code, Code::BatchDateInvalid, "{date} in {zone} at {now}");
            false
        }
    }
}

/// Today is open a minute before its cut-off and closed at it and after it, on ordinary days and on those on which
/// the cut-off does not exist, happens twice, or is the end of a day that is followed by none.
#[test]
fn today_closes_at_its_cut_off() {
    for (zone, date, cutoff, closes) in [
        ("UTC", "2026-04-01", 17 * 60, "2026-04-01T17:00Z"),
        ("Europe/Berlin", "2026-04-01", 17 * 60, "2026-04-01T15:00Z"),
        ("America/New_York", "2026-04-01", 17 * 60, "2026-04-01T21:00Z"),
        ("Pacific/Kiritimati", "2026-04-01", 17 * 60, "2026-04-01T03:00Z"),
        ("Pacific/Pago_Pago", "2026-04-01", 17 * 60, "2026-04-02T04:00Z"),
        ("Asia/Kathmandu", "2028-02-29", 17 * 60 + 30, "2028-02-29T11:45Z"),
        // 23 hours: the cut-off of 02:30 is in the gap, 24:00 comes an hour sooner.
        ("Europe/Berlin", "2026-03-29", 150, "2026-03-29T01:30Z"),
        ("Europe/Berlin", "2026-03-29", 24 * 60, "2026-03-29T22:00Z"),
        // 25 hours: of two times 02:30 the first counts.
        ("Europe/Berlin", "2026-10-25", 150, "2026-10-25T00:30Z"),
        ("Europe/Berlin", "2026-10-25", 17 * 60, "2026-10-25T16:00Z"),
        ("Europe/Berlin", "2026-10-25", 24 * 60, "2026-10-25T23:00Z"),
        // The day after begins at 01:00, and so this one lasts until there.
        ("America/Santiago", "2025-09-06", 24 * 60, "2025-09-07T04:00Z"),
        ("America/Santiago", "2025-09-07", 30, "2025-09-07T04:30Z"),
        ("Australia/Lord_Howe", "2026-10-04", 135, "2026-10-03T15:45Z"),
        ("Pacific/Apia", "2011-12-29", 24 * 60, "2011-12-30T10:00Z"),
    ] {
        let closes = at(closes);
        for (ms, open) in [(-MINUTE_MS, true), (-1, true), (0, false), (MINUTE_MS, false)] {
            assert_eq!(accepts(closes.plus_millis(ms), cutoff, zone, date), open, "{date} in {zone}, {ms} ms");
        }
    }
}

#[test]
fn a_refusal_says_when_the_cut_off_was() {
    for (cutoff, says) in [(5, "00:05"), (9 * 60 + 30, "09:30"), (17 * 60, "17:00"), (24 * 60 - 1, "23:59")] {
        let now = at("2026-04-01T23:59:30Z");
        let refusal = ask(now, cutoff, "UTC", "2026-04-01").map(drop).expect_err("it has passed");
        let told = refusal.message();
        assert!(told.contains(&format!("the cut-off at {says} in UTC has passed")), "{told}");
    }
}

#[test]
fn a_cut_off_at_midnight_closes_the_day_before_it_begins() {
    for (now, date, open) in [
        ("2026-03-31T23:59:59.999Z", "2026-04-01", true),
        ("2026-04-01T00:00Z", "2026-04-01", false),
        ("2026-04-01T00:00Z", "2026-04-02", true),
    ] {
        assert_eq!(accepts(at(now), 0, "UTC", date), open, "{date} at {now}");
    }
}

/// One instant, and which days it is before, on and after, around the date line.
#[test]
fn which_day_it_is_is_the_zones_to_say() {
    let now = at("2026-04-01T10:30:00Z");
    for (zone, today) in [
        ("Pacific/Kiritimati", "2026-04-02"),
        ("Pacific/Tongatapu", "2026-04-01"),
        ("Pacific/Auckland", "2026-04-01"),
        ("UTC", "2026-04-01"),
        ("Pacific/Honolulu", "2026-04-01"),
        ("Pacific/Pago_Pago", "2026-03-31"),
        ("Etc/GMT+12", "2026-03-31"),
        ("Etc/GMT-14", "2026-04-02"),
    ] {
        for date in ["2026-03-30", "2026-03-31", "2026-04-01", "2026-04-02", "2026-04-03", "9999-12-30"] {
            assert_eq!(accepts(now, 24 * 60, zone, date), date >= today, "{date} in {zone}");
        }
    }
    let apia = |now, date| accepts(at(now), 24 * 60, "Pacific/Apia", date);
    assert!(apia("2011-12-30T09:59:59Z", "2011-12-29"), "the last second of the 29th");
    assert!(!apia("2011-12-30T10:00:00Z", "2011-12-29") && !apia("2011-12-30T10:00:00Z", "2011-12-30"));
    assert!(apia("2011-12-30T10:00:00Z", "2011-12-31"), "the 31st follows at once");
}

#[test]
fn a_day_without_midnight_or_that_never_comes_is_told() {
    for (zone, date, rule, start, told) in [
        ("Europe/Berlin", "2025-09-07", ResolutionRule::Exact, "2025-09-06T22:00Z", None),
        ("America/Santiago", "2025-09-07", ResolutionRule::GapShifted, "2025-09-07T04:00Z", Some("no midnight")),
        ("Asia/Beirut", "2025-03-30", ResolutionRule::GapShifted, "2025-03-29T22:00Z", Some("T01:00:00+03:00")),
        ("Pacific/Apia", "2011-12-30", ResolutionRule::GapShifted, "2011-12-30T10:00Z", Some("There is no 2011-12-30")),
        ("America/Havana", "2025-11-02", ResolutionRule::FoldFirst, "2025-11-02T04:00Z", Some("two midnights")),
    ] {
        let intent = ask(at("2011-12-01T00:00Z"), 17 * 60, zone, date).expect("to come");
        let resolution = intent.resolution.expect("resolved");
        assert_eq!((resolution.rule, resolution.instant), (rule, at(start)), "{date} in {zone}");
        assert_eq!(intent.batch_date.as_deref(), Some(date), "the date stays as it was said");
        let found = warnings(None, Some(date), zone, TimezoneSource::Request, &resolution, &TenantTime::default());
        let code = match rule {
            ResolutionRule::Exact => None,
            ResolutionRule::GapShifted => Some("TIMEZONE_GAP_SHIFTED"),
            ResolutionRule::FoldFirst => Some("TIMEZONE_FOLD_FIRST"),
        };
        assert_eq!(found.iter().map(|warning| warning.code).collect::<Vec<_>>(), Vec::from_iter(code));
        if let Some(told) = told {
            assert!(found[0].message.contains(told), "{}", found[0].message);
        }
    }
}

/// For every zone of a set and every hour of a year: a day is open exactly while it has not come or is not closed.
#[test]
fn every_hour_of_a_year_agrees_with_the_clock_on_the_wall() {
    const HOURS: i64 = 366 * 24;
    for name in ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "America/Nuuk"] {
        let zone = Zone::find(name).expect("there");
        for hour in (0..HOURS).step_by(5) {
            let now = at("2025-01-01T00:00Z").plus_millis(hour * 60 * MINUTE_MS);
            let wall = zone.local_time_at(now);
            let (today, time) = wall.split_at(10);
            assert_eq!(accepts(now, 17 * 60, name, today), time < "T17:00:00", "{wall} in {name}");
            let yesterday = zone.date_at(now.plus_millis(-24 * 60 * MINUTE_MS)).to_string();
            assert!(yesterday == today || !accepts(now, 24 * 60, name, &yesterday));
            assert!(Date::parse(today).is_some());
        }
    }
}

#[test]
fn a_date_beyond_the_calendar_is_refused_by_its_own_code() {
    for date in ["0000-01-01", "0001-01-01", "9999-12-31"] {
        assert!(!accepts(at("2026-04-01T10:30:00Z"), 17 * 60, "UTC", date), "{date}");
    }
}
