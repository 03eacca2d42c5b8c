//! `[database]`.

use super::section::Section;
use postrider_store::DatabaseUrl;
use std::path::{Path, PathBuf};

/// The file that is used when nothing is said.
const FILE_DEFAULT: &str = "postrider.db";

pub(super) fn read(mut section: Section<'_>) -> DatabaseUrl {
    let remedy = "write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE";
    let url = section.secret("url", "url_file").and_then(|given| match DatabaseUrl::parse(given.value.expose()) {
        Ok(DatabaseUrl::Sqlite(path)) if path == Path::new(":memory:") => {
            section.refuse(&given, "is in memory, where a restart forgets what was sent", remedy);
            None
        }
        Ok(url) => Some(url),
        // The URL itself is not shown: it may hold a password.
        Err(_) => {
            section.refuse(&given, "is not the URL of a database", remedy);
            None
        }
    });
    section.finish();
    url.unwrap_or_else(|| DatabaseUrl::Sqlite(PathBuf::from(FILE_DEFAULT)))
}
