//! What stands between a draft and its send.

/// How grave an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Must be mended first.
    Blocker,
    /// Deserves a look.
    Warning,
    /// Good to know.
    Info,
}

crate::campaign::words!(Severity { Blocker => "blocker", Warning => "warning", Info => "info" });

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How grave.
    pub severity: Severity,
    /// Stable code, such as `AUDIENCE_EMPTY`.
    pub code: &'static str,
    /// What was found, in one sentence.
    pub message: String,
    /// Which step of the campaign: `audience`, `content`, `schedule` or `channel`.
    pub step: Option<&'static str>,
    /// Ids of what it concerns.
    pub refs: Vec<String>,
}
