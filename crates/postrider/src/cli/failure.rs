//! Why a command did not do what it should: one sentence, a code, an exit code.

use crate::config::{Origin, Problem};
use postrider_core::error::{Class, Detail, Refusal};
use postrider_service::ServiceError;
use postrider_store::StoreError;
use serde_json::{Value, json};

/// What kind of trouble there is, other than a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The configuration is wrong.
    Config,
    /// The command line is wrong in a way that only its meaning shows.
    Usage,
    /// The database cannot be used.
    Database,
    /// Another process already sends from this database.
    EngineRunning,
    /// The address cannot be listened at.
    Listen,
    /// A file cannot be read or written.
    File,
    /// A check found something.
    Unhealthy,
    /// Anything else.
    Failed,
}

impl Trouble {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "CONFIG_INVALID",
            Self::Usage => "USAGE_INVALID",
            Self::Database => "DATABASE_FAILED",
            Self::EngineRunning => "ENGINE_RUNNING",
            Self::Listen => "LISTEN_FAILED",
            Self::File => "FILE_FAILED",
            Self::Unhealthy => "UNHEALTHY",
            Self::Failed => "FAILED",
        }
    }
}

/// Why a command did not do what it should.
#[derive(Debug, Clone)]
pub struct Failure {
    code: &'static str,
    message: String,
    remediation: Option<String>,
    details: Value,
    usage: bool,
}

impl Failure {
    /// A failure in one sentence without a full stop.
    #[must_use]
    pub fn of(trouble: Trouble, message: impl Into<String>) -> Self {
        let usage = trouble == Trouble::Usage;
        Self { code: trouble.as_str(), message: message.into(), remediation: None, details: Value::Null, usage }
    }

    /// Adds what machines may want to know.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// All problems of a configuration. Those of the command line are wrong usage.
    #[must_use]
    pub fn config(problems: &[Problem]) -> Self {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let details: Vec<Value> = problems
            .iter()
            .map(|problem| json!({ "path": problem.path, "what": problem.what, "remedy": problem.remedy }))
            .collect();
        let usage = problems.iter().any(|problem| matches!(problem.origin, Some(Origin::Option(_))));
        let failure = Self::of(Trouble::Config, lines.join("\n")).with_details(json!({ "problems": details }));
        Self { usage, ..failure }
    }

    /// 1, or 2 for a wrong usage.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.usage { 2 } else { 1 }
    }

    /// For machines.
    #[must_use]
    pub fn document(&self) -> Value {
        let (message, remediation, details) = (&self.message, &self.remediation, &self.details);
        json!({ "error": { "code": self.code, "message": message, "remediation": remediation, "details": details } })
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message.trim_end_matches('.'))?;
        write!(f, " [{}]", self.code)?;
        if let Some(remediation) = &self.remediation {
            write!(f, "\n{remediation}")?;
        }
        Ok(())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        // What to do about a wrong value is in its own sentence; the remedy speaks of request bodies.
        let remediation = match refusal.detail {
            Detail::Field { .. } => None,
            _ => Some(refusal.code.remediation().to_owned()),
        };
        Self {
            code: refusal.code.as_str(),
            message: refusal.message(),
            remediation,
            details: Value::Null,
            // What the operator typed is not a value that there can be.
            usage: matches!(refusal.code.class(), Class::Invalid),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::of(Trouble::Database, error.to_string())
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusal) => refusal.into(),
            ServiceError::Failed(error) => error.into(),
        }
    }
}
