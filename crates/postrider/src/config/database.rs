//! `[database]`.

use super::problem::Origin;
use super::section::Section;
use postrider_store::DatabaseUrl;
use std::path::{Path, PathBuf};

/// The file that is used when nothing is said.
const FILE_DEFAULT: &str = "postrider.db";

/// Which database, and where it was named.
pub(super) fn read(mut section: Section<'_>) -> (DatabaseUrl, Option<Origin>) {
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
    url.unwrap_or_else(|| (DatabaseUrl::Sqlite(PathBuf::from(FILE_DEFAULT)), None))
}
