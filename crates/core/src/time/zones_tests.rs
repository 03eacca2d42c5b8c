//! Sets of zone data: their versions, and data that come from files.

use super::*;

#[test]
fn data_from_files_stand_beside_the_built_in_ones() {
    let zones = testkit::fixed_zones("2099a", &[("Europe/Berlin", 3 * 3600), ("UTC", 0)]);
    let berlin = zones.find("europe/BERLIN").expect("there");
    assert_eq!((berlin.name(), berlin.version()), ("Europe/Berlin", "2099a"));
    assert_eq!(berlin.offset_seconds_at(Timestamp::from_millis(0)), 3 * 3600);
    assert_eq!(zones.find("UTC").map(|zone| zone.offset_seconds_at(Timestamp::from_millis(0))), Some(0));
    assert_eq!(zones.find("Europe/Paris"), None);
    let resolution = Resolution::of_instant(Timestamp::from_millis(0), &berlin);
    assert_eq!((resolution.offset_text(), resolution.tzdb_version), ("+03:00".to_owned(), "2099a".to_owned()));

    let built_in = Zone::find("Europe/Berlin").expect("built in");
    assert_eq!(built_in.offset_seconds_at(Timestamp::from_millis(0)), 3600, "the process goes on as before");
    assert_eq!(built_in.version(), Zones::built_in().version());
}

#[test]
fn a_file_that_is_no_zone_is_told_by_name() {
    for content in [b"TZif".to_vec(), b"# version 2026f".to_vec(), Vec::new()] {
        let files = [("Broken/Zone".to_owned(), content)];
        assert_eq!(Zones::of_files("2099a", files).expect_err("broken"), "Broken/Zone");
    }
}

#[test]
fn newer_data_replace_older_ones_and_never_the_other_way() {
    let zones = |version| Zones::of_files::<Vec<u8>>(version, []).expect("nothing to read");
    for (mine, stored, again) in [
        ("2026f", "2026e", true),
        ("2026f", "2026f", false),
        ("2026f", "2026g", false),
        ("2027a", "2026z", true),
        ("2026za", "2026z", true),
        ("2026f", "", true),
        ("2026f", VERSION_UNKNOWN, true),
        (VERSION_UNKNOWN, "2026f", true),
        (VERSION_UNKNOWN, VERSION_UNKNOWN, false),
    ] {
        assert_eq!(zones(mine).supersede(stored), again, "{mine} after {stored}");
    }
}
