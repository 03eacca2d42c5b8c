//! Zone data that a test invents.

use super::Zones;

/// Zones with one offset for all times, in seconds east of Greenwich.
///
/// # Panics
/// Never: the data are well formed.
#[must_use]
pub fn fixed_zones(version: &str, zones: &[(&str, i32)]) -> Zones {
    let files = zones.iter().map(|&(name, offset)| ((*name).to_owned(), fixed_zone(offset)));
    Zones::of_files(version, files).expect("the data are well formed")
}

/// A file of zone data in its version 1 form (RFC 9636 section 3), with one offset for all times.
#[must_use]
pub fn fixed_zone(offset: i32) -> Vec<u8> {
    let mut file = b"TZif\0".to_vec();
    file.extend([0; 15]);
    // Counts of UT indicators, standard indicators, leap seconds, transitions, types and letters.
    for count in [0_u32, 0, 0, 0, 1, 4] {
        file.extend(count.to_be_bytes());
    }
    file.extend(offset.to_be_bytes());
    file.extend(*b"\0\0TST\0");
    file
}
