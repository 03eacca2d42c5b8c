//! `[time]`: which zone data times are read with, and how far new ones may move a job that nobody asks.

use super::section::{Given, Section};
use postrider_core::time::{VERSION_UNKNOWN, Zones};
use std::path::Path;

/// The word for the data built into the program.
const BUILT_IN: &str = "built-in";
const TOLERANCE_DEFAULT_MINUTES: u64 = 120;
/// A week: more than any land has ever moved its clocks.
const TOLERANCE_MAX_MINUTES: u64 = 7 * 24 * 60;

/// How every file of zone data begins (RFC 9636 section 3.1).
const MAGIC: &[u8] = b"TZif";
/// What lies beside the zones in a folder of zone data: copies with leap seconds, and the machine's own zone.
const NO_ZONES: [&str; 4] = ["posix", "right", "posixrules", "localtime"];
/// `America/Argentina/Buenos_Aires` is as deep as names go.
const DEPTH_MAX: usize = 3;

/// How times are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// Zone data in place of the built-in ones.
    pub zones: Option<Zones>,
    /// How far new zone data may move a job that nobody asks.
    pub zone_change_tolerance_minutes: u64,
}

impl Time {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let given = section.text("zone_data").filter(|given| given.value != BUILT_IN);
        let zones = given.and_then(|given| of_folder(&section, &given));
        let tolerance =
            section.integer("zone_change_tolerance_minutes", TOLERANCE_DEFAULT_MINUTES, 0..=TOLERANCE_MAX_MINUTES);
        section.finish();
        Self { zones, zone_change_tolerance_minutes: tolerance }
    }
}

fn of_folder(section: &Section<'_>, given: &Given<String>) -> Option<Zones> {
    let folder = Path::new(&given.value);
    let mut files = Vec::new();
    let remedy = format!("name a folder of compiled zone data, such as /usr/share/zoneinfo, or {BUILT_IN:?}");
    if let Err(error) = collect(folder, "", 1, &mut files) {
        section.refuse(given, &format!("names {:?}, which cannot be read ({error})", given.value), &remedy);
        return None;
    }
    if files.is_empty() {
        section.refuse(given, &format!("names {:?}, which holds no zone data", given.value), &remedy);
        return None;
    }
    match Zones::of_files(&version(folder), files) {
        Ok(zones) => Some(zones),
        Err(name) => {
            section.refuse(given, &format!("names {:?}, where the file {name} is broken", given.value), &remedy);
            None
        }
    }
}

/// Every zone in the folder, by its name.
fn collect(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), std::io::Error> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if depth == 1 && NO_ZONES.contains(&name.as_str()) {
            continue;
        }
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        // A link that leads nowhere names no zone.
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            if depth < DEPTH_MAX {
                collect(&path, &format!("{name}/"), depth + 1, files)?;
            }
            continue;
        }
        let content = std::fs::read(&path)?;
        if content.starts_with(MAGIC) {
            files.push((name, content));
        }
    }
    Ok(())
}

/// What the database's own text says in its first line, `# version 2026f`, or the BSDs' file `+VERSION`.
fn version(folder: &Path) -> String {
    let source = std::fs::read_to_string(folder.join("tzdata.zi")).unwrap_or_default();
    let told = source.lines().next().and_then(|line| line.strip_prefix("# version "));
    let beside = || std::fs::read_to_string(folder.join("+VERSION")).ok();
    let version = told.map(str::to_owned).or_else(beside).unwrap_or_default();
    match version.trim() {
        "" => VERSION_UNKNOWN.to_owned(),
        version => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides, load};

    fn reads(zone_data: &Path) -> Result<Config, String> {
        let variable = ("POSTRIDER__TIME__ZONE_DATA".to_owned(), zone_data.display().to_string());
        load(None, std::iter::once(variable), Overrides::default()).map_err(|problems| problems[0].to_string())
    }

    #[test]
    fn a_folder_of_zone_data_takes_the_place_of_the_built_in_ones() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        let zone = postrider_core::time::testkit::fixed_zone(5 * 3600);
        for name in ["Europe/Berlin", "America/Argentina/Ushuaia", "right/Europe/Berlin", "posixrules", "localtime"] {
            put(name, &zone);
        }
        put("zone.tab", b"# no zone");
        let zones = reads(folder.path()).unwrap().time.zones.unwrap();
        assert_eq!(zones.version(), "unknown");
        put("tzdata.zi", b"# version 2099b\n# more\n");
        let zones = reads(folder.path()).unwrap().time.zones.unwrap();
        assert_eq!(zones.version(), "2099b");
        assert_eq!(zones.find("europe/berlin").unwrap().name(), "Europe/Berlin");
        assert!(zones.find("America/Argentina/Ushuaia").is_some());
        for name in ["right/Europe/Berlin", "posixrules", "localtime", "zone.tab", "Europe/Paris"] {
            assert!(zones.find(name).is_none(), "{name}");
        }
        put("Broken", b"TZif2");
        assert!(reads(folder.path()).unwrap_err().contains("the file Broken is broken"));
    }

    #[test]
    fn a_folder_without_zone_data_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        assert!(reads(folder.path()).unwrap_err().contains("holds no zone data"));
        assert!(reads(&folder.path().join("absent")).unwrap_err().contains("cannot be read"));
    }
}
