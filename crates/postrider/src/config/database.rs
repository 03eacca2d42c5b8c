//! `[database]`.

use super::secret::Secret;
use super::section::Section;
use std::path::PathBuf;

/// The file that is used when nothing is said.
const FILE_DEFAULT: &str = "postrider.db";

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file for one node.
    Sqlite(PathBuf),
    /// A server for any number of nodes; the URL may hold a password.
    Postgres(Secret<String>),
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// What is wrong and what to do, each in one clause without the URL, which may hold a password.
    pub fn parse(url: &str) -> Result<Self, (&'static str, &'static str)> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Secret::new(url.to_owned())));
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err(("is of an unknown kind", "write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE"));
        };
        // Other programs write sqlite://PATH.
        match path.strip_prefix("//").unwrap_or(path) {
            "" => Err(("names no file", "write sqlite:PATH")),
            ":memory:" => Err(("is in memory, where a restart forgets what was sent", "write sqlite:PATH")),
            path => Ok(Self::Sqlite(PathBuf::from(path))),
        }
    }

    pub(super) fn read(mut section: Section<'_>) -> Self {
        let url = section.secret("url", "url_file").and_then(|given| {
            let parsed = Self::parse(given.value.expose());
            parsed.map_err(|(what, remedy)| section.refuse(&given, what, remedy)).ok()
        });
        section.finish();
        url.unwrap_or_else(|| Self::Sqlite(PathBuf::from(FILE_DEFAULT)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_file_or_a_server() {
        let file = |path: &str| Ok(DatabaseUrl::Sqlite(PathBuf::from(path)));
        let server = |url: &str| Ok(DatabaseUrl::Postgres(Secret::new(url.to_owned())));
        for (url, expected) in [
            ("sqlite:postrider.db", file("postrider.db")),
            ("sqlite:/var/lib/postrider/data.db", file("/var/lib/postrider/data.db")),
            ("sqlite:///var/lib/data.db", file("/var/lib/data.db")),
            ("sqlite://data.db", file("data.db")),
            ("postgres://u:p@h/d", server("postgres://u:p@h/d")),
            ("postgresql://h/d", server("postgresql://h/d")),
        ] {
            assert_eq!(DatabaseUrl::parse(url), expected, "{url}");
        }
        for url in ["", "sqlite:", "sqlite://", "sqlite::memory:", "mysql://h/d", "postrider.db"] {
            assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        }
    }
}
