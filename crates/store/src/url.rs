//! Where the data live, as the operator writes it.

use crate::postgres;
use std::error::Error as _;
use std::path::PathBuf;

/// Where the data live.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// `postgres://…`; may hold a password.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// One sentence that says what is understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err("sqlite: needs a path, such as sqlite:postrider.db".into());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match postgres::config(text) {
                Ok(_) => Ok(Self::Postgres(text.to_owned())),
                Err(error) => Err(problem(&error)),
            };
        }
        Err("a database URL begins with sqlite: or postgres://".into())
    }

    /// Whether it holds a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(url) => postgres::config(url).is_ok_and(|config| config.get_password().is_some()),
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    /// Shows the host and the name of a server's database, never its user or password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&postgres::shown(url)),
        }
    }
}

/// What is wrong with a URL of PostgreSQL. The driver names the option whose value is wrong, and never the value; but an
/// option that it does not know may be a part of a password in which `?` was not escaped.
fn problem(error: &tokio_postgres::Error) -> String {
    match error.source().map(ToString::to_string) {
        Some(source) if source.starts_with("unknown option") => format!("{error}: it has an unknown option"),
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_not_understood_says_why_and_shows_no_part_of_a_password() {
        for (text, expected) in [
            ("postgres://bob:hunter2@h:notaport/x", "port"),
            ("postgres://bob:p@ss?ter2=x@h/d", "unknown option"),
            ("postgres://bob:hunter2@h/x?sslmode=hunter2", "sslmode"),
            ("mysql://h/d", "begins with"),
            ("sqlite:", "needs a path"),
        ] {
            let problem = DatabaseUrl::parse(text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
            assert!(!problem.contains("ter2"), "{text}: {problem}");
        }
        for (text, has_password) in [
            ("postgres://bob:hunter2@h/d", true),
            ("postgres://h/d?password=hunter2", true),
            ("postgres://bob@h/d", false),
            ("sqlite:x.db", false),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().has_password(), has_password, "{text}");
        }
    }
}
