//! The states of an import job and what each allows.

use crate::error::Code;

/// Import jobs of one tenant that are not over, at most: each may hold a whole file.
pub const OPEN_JOBS_MAX: i64 = 50;

/// Where an import job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// It lacks its file, or what the columns mean.
    Pending,
    /// It can be started.
    Ready,
    /// Its rows are being taken.
    Running,
    /// Every row is accounted for.
    Completed,
    /// It stopped before the last row; what was taken before is in.
    Failed,
}

crate::campaign::words!(ImportState {
    Pending => "pending",
    Ready => "ready",
    Running => "running",
    Completed => "completed",
    Failed => "failed",
});

/// How the file of an import is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// A table with a header (RFC 4180 and its relatives).
    Csv,
    /// One JSON object a line.
    Jsonl,
}

crate::campaign::words!(ImportFormat { Csv => "csv", Jsonl => "jsonl" });

/// How a note about a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportSeverity {
    /// The row was refused.
    Error,
    /// The row was taken without a field.
    Warning,
}

crate::campaign::words!(ImportSeverity { Error => "error", Warning => "warning" });

impl ImportState {
    /// Whether the job will not change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }

    /// Whether a file may be sent. A new one takes the place of the one before.
    ///
    /// # Errors
    /// `IMPORTS.ALREADY_STARTED`.
    pub const fn may_take_file(self) -> Result<(), Code> {
        match self {
            Self::Pending | Self::Ready => Ok(()),
            Self::Running | Self::Completed | Self::Failed => Err(Code::ImportAlreadyStarted),
        }
    }

    /// Whether it may be said what the columns mean, once the file is there.
    ///
    /// # Errors
    /// `IMPORTS.ALREADY_STARTED`, `IMPORTS.FILE_MISSING`.
    pub const fn may_map(self, has_file: bool) -> Result<(), Code> {
        match (self.may_take_file(), has_file) {
            (Err(code), _) => Err(code),
            (Ok(()), false) => Err(Code::ImportFileMissing),
            (Ok(()), true) => Ok(()),
        }
    }

    /// Whether the job may be started.
    ///
    /// # Errors
    /// `IMPORTS.ALREADY_STARTED`, `IMPORTS.FILE_MISSING`, `IMPORTS.MAPPING_REQUIRED`.
    pub const fn may_start(self, has_file: bool) -> Result<(), Code> {
        match (self.may_map(has_file), self) {
            (Err(code), _) => Err(code),
            (Ok(()), Self::Pending) => Err(Code::ImportMappingRequired),
            (Ok(()), Self::Ready | Self::Running | Self::Completed | Self::Failed) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Code::{ImportAlreadyStarted as Started, ImportFileMissing as NoFile, ImportMappingRequired as NoMapping};

    #[test]
    fn each_state_allows_what_comes_next_and_says_what_is_missing() {
        for (state, has_file, file, map, start) in [
            (ImportState::Pending, false, Ok(()), Err(NoFile), Err(NoFile)),
            (ImportState::Pending, true, Ok(()), Ok(()), Err(NoMapping)),
            (ImportState::Ready, true, Ok(()), Ok(()), Ok(())),
            (ImportState::Running, true, Err(Started), Err(Started), Err(Started)),
            (ImportState::Completed, false, Err(Started), Err(Started), Err(Started)),
            (ImportState::Failed, false, Err(Started), Err(Started), Err(Started)),
        ] {
            assert_eq!(state.may_take_file(), file, "{state:?}");
            assert_eq!(state.may_map(has_file), map, "{state:?}");
            assert_eq!(state.may_start(has_file), start, "{state:?}");
        }
    }
}
