//! Why a command did not do what it should: one sentence, a code, an exit code.

use crate::config::{Config, Origin, Problem};
use postrider_core::error::{Class, Detail, Refusal};
use postrider_service::ServiceError;
use postrider_store::{DatabaseUrl, StoreError};
use serde_json::{Value, json};

/// Longest value of a flag that a sentence repeats, in bytes.
const VALUE_SHOWN_MAX_BYTES: usize = 100;

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
    /// What the refusal is about; decides what else its sentence names.
    about: About,
}

/// What a failure is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    /// A value that the command line gave.
    Field(Box<Field>),
    /// Something that is not in the database.
    Absent,
    /// The database itself.
    Database,
    /// Anything else.
    Other,
}

/// A value that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    /// Its name in the API.
    path: String,
    /// What was typed, if it is short.
    value: Option<String>,
    /// What is wrong with it, in one clause.
    problem: String,
}

impl Failure {
    /// A failure in one sentence without a full stop.
    #[must_use]
    pub fn of(trouble: Trouble, message: impl Into<String>) -> Self {
        let usage = trouble == Trouble::Usage;
        let about = if trouble == Trouble::Database { About::Database } else { About::Other };
        let (code, message) = (trouble.as_str(), message.into());
        Self { code, message, remediation: None, details: Value::Null, usage, about }
    }

    /// Why the database of a configuration cannot be opened.
    #[must_use]
    pub fn opening(config: &Config, error: StoreError) -> Self {
        let named = config.database_named();
        let remedy = "Name another with --config or --database, or create one with `postrider migrate`";
        let message = match (&error, &config.database) {
            (StoreError::Absent, _) => format!("There is no database at {named}. {remedy}"),
            (StoreError::Empty, DatabaseUrl::Sqlite(_)) => {
                format!("The file {named} is not a Postrider database yet. {remedy}")
            }
            (StoreError::Empty, DatabaseUrl::Postgres(_)) => {
                format!("The database {named} is not a Postrider database yet. {remedy}")
            }
            _ => return Self::from(error).of_database(&named),
        };
        Self::of(Trouble::Database, message)
    }

    /// Names the database in the sentence of a failure for which it matters.
    #[must_use]
    pub fn of_database(mut self, named: &str) -> Self {
        let place = named.split(" (").next().unwrap_or(named);
        let message = self.message.trim_end_matches('.');
        self.message = match self.about {
            About::Absent => format!("{message} in {named}"),
            About::Database if !message.contains(place.trim_start_matches("./")) => format!("{message}: {named}"),
            About::Database | About::Field(_) | About::Other => return self,
        };
        self.about = About::Other;
        self
    }

    /// Names the flag that was typed where the sentence names a field of the API.
    #[must_use]
    pub fn as_typed(mut self, flags: &[(&str, &str)]) -> Self {
        if let About::Field(typed) = &self.about
            && let Field { path, value, problem } = &**typed
            && let Some((_, flag)) = flags.iter().find(|(field, _)| field == path)
        {
            self.message = match value.as_deref() {
                Some(value) if value.is_empty() || value.contains(char::is_whitespace) => {
                    format!("{flag} {value:?}: {problem}")
                }
                Some(value) => format!("{flag} {value}: {problem}"),
                None => format!("{flag}: {problem}"),
            };
        }
        self
    }

    /// Names what the failure is about before its sentence.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
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
        let remediation = match &refusal.detail {
            Detail::Field { .. } => None,
            _ => Some(refusal.code.remediation().to_owned()),
        };
        let (code, message, class) = (refusal.code.as_str(), refusal.message(), refusal.code.class());
        let about = match refusal.detail {
            Detail::Field { path, value, problem } => {
                let value = value.and_then(|json| serde_json::from_str::<String>(&json).ok());
                let value = value.filter(|text| text.len() <= VALUE_SHOWN_MAX_BYTES);
                About::Field(Box::new(Field { path, value, problem }))
            }
            _ if matches!(class, Class::NotFound) => About::Absent,
            _ => About::Other,
        };
        // What the operator typed is not a value that there can be.
        let usage = matches!(class, Class::Invalid);
        Self { code, message, remediation, details: Value::Null, usage, about }
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
