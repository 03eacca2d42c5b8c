//! `[database]`.

use super::problem::Origin;
use super::section::Section;
use postrider_store::{CONNECTIONS_DEFAULT, DatabaseUrl};
use std::path::{Path, PathBuf};

/// The file that is used when nothing is said.
const FILE_DEFAULT: &str = "postrider.db";

/// The fewest connections with which nothing waits for ever.
const CONNECTIONS_MIN: u64 = 2;
const CONNECTIONS_MAX: u64 = 500;

/// Which database, where it was named, and how many connections to it are used.
pub(super) fn read(mut section: Section<'_>) -> (DatabaseUrl, Option<Origin>, usize) {
    let connections = section.integer("connections", CONNECTIONS_DEFAULT as u64, CONNECTIONS_MIN..=CONNECTIONS_MAX);
    let remedy = "write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE";
    let url = section.secret("url", "url_file").and_then(|given| match DatabaseUrl::parse(given.value.expose()) {
        Ok(DatabaseUrl::Sqlite(path)) if path == Path::new(":memory:") => {
            section.refuse(&given, "is in memory, where a restart forgets what was sent", remedy);
            None
        }
        Ok(url) => Some((url, Some(given.origin.clone()))),
        // The URL itself is not shown: it may hold a password.
        Err(why) => {
            section.refuse(&given, &format!("is not the URL of a database ({why})"), remedy);
            None
        }
    });
    section.finish();
    let (url, origin) = url.unwrap_or_else(|| (DatabaseUrl::Sqlite(PathBuf::from(FILE_DEFAULT)), None));
    (url, origin, usize::try_from(connections).unwrap_or(CONNECTIONS_DEFAULT))
}
