//! What is wrong with a configuration, and where.

use std::fmt;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The configuration file.
    File,
    /// An environment variable, which overrides the file.
    Variable(String),
    /// An option of the command line, which overrides both.
    Option(&'static str),
}

impl Origin {
    /// The order in which origins override each other; the highest wins.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::File => 0,
            Self::Variable(_) => 1,
            Self::Option(_) => 2,
        }
    }
}

/// One thing to mend. Prints as one line and never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `server.listen`, or the file itself.
    pub path: String,
    /// Where the value was given; nothing if it is missing.
    pub origin: Option<Origin>,
    /// What is wrong, in one clause that follows the path.
    pub what: String,
    /// What to do, in one clause.
    pub remedy: String,
}

impl fmt::Display for Problem {
    /// `server.listen (POSTRIDER__SERVER__LISTEN): "x" has no port; write HOST:PORT.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match &self.origin {
            Some(Origin::Variable(name)) => write!(f, " ({name})")?,
            Some(Origin::Option(name)) => write!(f, " ({name})")?,
            Some(Origin::File) | None => {}
        }
        write!(f, ": {}; {}.", self.what, self.remedy)
    }
}
